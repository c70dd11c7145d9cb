//! What a look at a backup leads to.

use chainwright_chain::{
    exchange::{Observed, ObservedPoint},
    state::{ChainRecord, Phase, SideState, Waiting},
};
use chainwright_contracts::{codes, events::outgoing::DetailType, flag::Flag, jobs::Side};
use chainwright_engine::Outgoing;
use jiff::Timestamp;

use super::{Look, cold, extent};
use crate::{
    Context, claim,
    claim::Claim,
    conditions,
    error::JobError,
    follow_up, hold,
    ledger::{Change, Key, Versioned},
    news, policies, telemetry,
};

/// Looks after a completion at which tags are given up for unreadable and points for gone: both may follow their job with
/// a delay.
pub(super) const PATIENCE: u32 = 4;

/// A job is complete, and what it made is gone before anybody saw it: the attempt has ended without a point.
pub(super) fn vanished(arn: &str) -> Observed {
    Observed::Failed { reason: format!("the job is complete, and {arn} is gone"), occupied: false }
}

/// Records what the service says of a backup.
pub(super) async fn conclude(ctx: &Context, mut look: Look, observed: &Observed) -> Result<Look, JobError> {
    let now = ctx.now();
    let mut change = Change::new();
    let mut chain = read_chain(ctx, &look).await?;
    match observed {
        Observed::Done { point: Some(arn), .. } => {
            look.operation.value = match arrived(ctx, &look, arn).await? {
                Some(Arrived { point, opened, held }) => {
                    take_in(&mut look, &point, opened.then_some(now));
                    if held {
                        hold::found(&mut look.point.value, now);
                    }
                    extent::derive(ctx, &mut look, &Side::Regular).await?;
                    chain.value.arrived(look.point.value.slot, &look.point.value.flags());
                    if opened {
                        is_fresh(ctx, &mut chain.value, look.point.value.slot);
                    }
                    look.operation.value.looked(observed, now)
                }
                None if look.operation.value.unseen < PATIENCE => look.operation.value.not_seen(now),
                None => look.operation.value.looked(&vanished(arn), now),
            };
        }
        Observed::Done { point: None, .. } => {
            look.operation.value = look.operation.value.looked(&Observed::Running, now);
        }
        _ => look.operation.value = look.operation.value.looked(observed, now),
    }
    if look.operation.value.phase == Phase::Failed {
        give_up(ctx, &mut look, &mut chain.value).await?;
    }
    if look.operation.value.is_over() {
        change = change.update(&look.point).update(&chain);
        if look.point.value.is_over() {
            change = ctx.ledger().end_owner(change, &look.point.value).await?;
        }
    }
    ctx.ledger().commit(change.update(&look.operation)).await?;
    telemetry::arrived(ctx, &chain.value, &look.point.value, &Side::Regular);
    Ok(look)
}

async fn read_chain(ctx: &Context, look: &Look) -> Result<Versioned<ChainRecord>, JobError> {
    ctx.ledger()
        .get(&Key::chain(&look.owner))
        .await?
        .ok_or_else(|| JobError::rejected(codes::NO_SUCH_CHAIN, format!("the ledger has no record of {}", look.owner)))
}

/// What a complete job has left.
struct Arrived {
    /// As the service describes it.
    point: ObservedPoint,
    /// Whether its seal opened.
    opened: bool,
    /// Whether somebody has put a hold on it already.
    held: bool,
}

/// The point that a complete job has left. None while its tags may still be on their way.
async fn arrived(ctx: &Context, look: &Look, arn: &str) -> Result<Option<Arrived>, JobError> {
    let point = &look.point.value;
    let (Some(side), source) = (point.sides.get(&Side::Regular), ctx.source_of(&point.resource)?.1) else {
        return Ok(None);
    };
    let Some(observed) = source.describe_point(&side.place, arn).await? else {
        return Ok(None);
    };
    let (held, problem) = match claim::read(ctx, source.as_ref(), &observed).await? {
        Claim::Opens(seal) => (seal.held, claim::fits(&seal.record, &observed, point, side).err()),
        Claim::NotOurs => (false, Some("it carries no sealed metadata".to_owned())),
        Claim::Broken(why) => (false, Some(why)),
        Claim::Gone => return Ok(None),
    };
    let Some(problem) = problem else {
        hold::extend(source.as_ref(), point, &observed, held).await?;
        return Ok(Some(Arrived { point: observed, opened: true, held }));
    };
    if look.operation.value.unseen < PATIENCE {
        return Ok(None);
    }
    let news = news::of_failure(DetailType::ChainAtRisk, point, &Side::Regular, codes::SEAL_BROKEN, &problem);
    let subject = format!("{} {}", point.id, Side::Regular);
    conditions::of_chain(ctx, &look.owner, codes::SEAL_BROKEN, subject, problem);
    news::tell(ctx, vec![news]).await?;
    hold::extend(source.as_ref(), point, &observed, held).await?;
    Ok(Some(Arrived { point: observed, opened: false, held }))
}

fn take_in(look: &mut Look, observed: &ObservedPoint, opened_at: Option<Timestamp>) {
    if let Some(side) = look.point.value.sides.get_mut(&Side::Regular) {
        side.is_there(observed, opened_at);
    }
}

/// The chain has a new good point, which may end its risk; that a risk begins is for a comparison to find and to tell.
fn is_fresh(ctx: &Context, chain: &mut ChainRecord, slot: Timestamp) {
    let newest = chain.fresh_from.max(Some(slot));
    let mut judged = chain.clone();
    if !judged.judge_freshness(newest, ctx.now()) {
        *chain = judged;
    }
    if let (None, Some(id)) = (chain.at_risk, chain.owner.chain()) {
        ctx.conditions().clear(codes::CHAIN_STALE, id.as_str());
    }
}

/// The backup is not tried again: no side comes, and the rarer flags wait for the next point.
async fn give_up(ctx: &Context, look: &mut Look, chain: &mut ChainRecord) -> Result<(), JobError> {
    for side in look.point.value.sides.values_mut() {
        side.state = SideState::Failed;
    }
    let point = &look.point.value;
    let flags = point.flags();
    if let Some(policy) = policies::pinned(ctx, point).await? {
        chain.pass_on(flags.into_iter().filter_map(|flag: Flag| {
            let mut later =
                policy.calendar().slots(point.slot, Timestamp::MAX).skip_while(|slot| slot.at <= point.slot);
            let next = later.find(|slot| slot.flags.contains(&flag))?;
            Some((flag, Waiting { from: point.slot, until: next.at }))
        }));
    }
    Ok(())
}

/// What follows from a backup that is over.
pub(super) async fn follow_ups(ctx: &Context, look: &Look) -> Result<Vec<Outgoing>, JobError> {
    let point = &look.point.value;
    if look.operation.value.phase == Phase::Failed {
        let reason = look.operation.value.reason.as_deref().unwrap_or_default();
        let failed = DetailType::RestorePointFailed;
        let failure = news::of_failure(failed, point, &Side::Regular, codes::BACKUP_FAILED, reason);
        news::tell(ctx, vec![failure]).await?;
        return Ok(Vec::new());
    }
    // Copies and retention do not wait for the bus.
    news::tell_if_possible(ctx, vec![news::of_side(DetailType::RestorePointAvailable, point, &Side::Regular)]).await;
    cold::send(ctx, look).await?;
    let wanted = point.sides.iter().filter(|(_, side)| side.state == SideState::Wanted);
    let mut jobs: Vec<Outgoing> = wanted
        .filter_map(|(side, _)| side.copied_to())
        .map(|region| follow_up::copy(&point.id, region, "available"))
        .collect();
    jobs.extend(look.owner.chain().map(|chain| follow_up::prune(chain, point.id.as_str())));
    Ok(jobs)
}
