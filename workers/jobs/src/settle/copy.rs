//! What a look at a copy leads to.

use std::time::Duration;

use chainwright_aws::{error::Class, sealing::OpenError};
use chainwright_chain::{
    exchange::Observed,
    state::{Phase, SideState},
};
use chainwright_contracts::{codes, events::outgoing::DetailType};
use chainwright_engine::Outgoing;

use super::{
    Look,
    backup::{PATIENCE, vanished},
    cold, extent,
};
use crate::{
    Context, claim,
    claim::Claim,
    conditions,
    error::JobError,
    follow_up, hold,
    ledger::{Change, Key, LedgerError},
    news, standing, telemetry,
};

/// After so many failures a copy is told to be in trouble, though it is tried on for as long as it is wanted, which may be
/// years: as often as a backup is tried at all by default.
pub(super) const MANY_FAILURES: u32 = 3;

/// How long that stands as a condition of this worker: it is tried at least every half hour, and whoever tries says it anew.
const STANDS: Duration = Duration::from_hours(2);

/// Tells that a copy fails time after time. It is tried on.
pub(super) async fn keeps_failing(ctx: &Context, look: &Look) -> Result<(), JobError> {
    let (operation, point) = (&look.operation.value, &look.point.value);
    let last = operation.reason.as_deref().unwrap_or("no reason was given");
    let reason = format!("the copy has failed {} times and is tried on; the last time: {last}", operation.attempts);
    ctx.conditions().raise_for(STANDS, codes::COPY_FAILED, subject_of(look), reason.clone());
    let news = news::of_failure(DetailType::ChainAtRisk, point, &operation.side, codes::COPY_FAILED, &reason);
    news::tell(ctx, vec![news]).await
}

fn subject_of(look: &Look) -> String {
    format!("{} {}", look.point.value.id, look.operation.value.side)
}

/// Records what the service says of a copy.
pub(super) async fn conclude(ctx: &Context, mut look: Look, observed: &Observed) -> Result<Look, JobError> {
    let now = ctx.now();
    let patient = look.operation.value.unseen < PATIENCE;
    let standing = ctx.source_of(&look.point.value.resource)?.0.has_standing_copies();
    let observed = if standing { standing::observed(observed, &look.operation.value, now) } else { observed.clone() };
    let observed = match &observed {
        Observed::Done { point: Some(arn), .. } => match arrived(ctx, &mut look, arn).await? {
            Arrived::Taken => {
                let side = look.operation.value.side.clone();
                extent::derive(ctx, &mut look, &side).await?;
                observed.clone()
            }
            Arrived::Gone if !patient => vanished(arn),
            Arrived::Foreign => {
                Observed::Failed { reason: format!("{arn} bears the copy's name and is not the copy"), occupied: false }
            }
            // What is complete and cannot be seen yet, tags included, is looked at again.
            Arrived::Gone | Arrived::Unproven => {
                look.operation.value.unseen += 1;
                Observed::Running
            }
        },
        Observed::Done { point: None, .. } => Observed::Running,
        other => other.clone(),
    };
    look.operation.value = look.operation.value.looked(&observed, now);
    let change = Change::new().update(&look.operation);
    if look.operation.value.phase == Phase::Failed
        && let Some(side) = look.point.value.sides.get_mut(&look.operation.value.side)
    {
        side.state = SideState::Failed;
    }
    if look.operation.value.is_over() {
        ctx.conditions().clear(codes::COPY_FAILED, &subject_of(&look));
        let chain = ctx.ledger().get::<chainwright_chain::state::ChainRecord>(&Key::chain(&look.owner)).await?;
        let chain = chain.ok_or_else(|| LedgerError::Conflict(look.owner.to_string()))?;
        let mut change = change.update(&look.point).update(&chain);
        if look.point.value.is_over() {
            change = ctx.ledger().end_owner(change, &look.point.value).await?;
        }
        ctx.ledger().commit(change).await?;
        telemetry::arrived(ctx, &chain.value, &look.point.value, &look.operation.value.side);
        return Ok(look);
    }
    ctx.ledger().commit(change).await?;
    Ok(look)
}

/// What a complete copy job has left.
enum Arrived {
    /// The copy, which is taken in.
    Taken,
    /// A point that does not prove to be the copy, or not yet.
    Unproven,
    /// Somebody else's, where the copy was to appear.
    Foreign,
    /// Nothing.
    Gone,
}

/// Takes the copy in if it is there, ours by its seal and in its place; after some patience also without the proof, so
/// that it is reported and never counts as good.
async fn arrived(ctx: &Context, look: &mut Look, arn: &str) -> Result<Arrived, JobError> {
    let point = &look.point.value;
    let (kind, source) = ctx.source_of(&point.resource)?;
    let Some(side) = point.sides.get(&look.operation.value.side) else {
        return Ok(Arrived::Gone);
    };
    let Some(observed) = source.describe_point(&side.place, arn).await? else {
        return Ok(Arrived::Gone);
    };
    let mut claim = claim::read(ctx, source.as_ref(), &observed).await;
    if kind.has_standing_copies() && matches!(claim, Ok(Claim::NotOurs)) {
        if !standing::adopt(ctx, source.as_ref(), look, &observed).await? {
            return Ok(Arrived::Foreign);
        }
        claim = claim::read(ctx, source.as_ref(), &observed).await;
    }
    let claim = match claim {
        // Somebody else's configuration copies where the hub never meant to open anything.
        Err(JobError::Open(OpenError::Kms(error))) if kind.has_standing_copies() && error.class == Class::NotFound => {
            Claim::Broken(format!("the hub's key has no replica in {}", observed.place.region))
        }
        claim => claim?,
    };
    let (held, problem) = match claim {
        Claim::Opens(seal) => (seal.held, claim::fits(&seal.record, &observed, point, side).err()),
        Claim::NotOurs => (false, Some("it carries no sealed metadata".to_owned())),
        Claim::Broken(why) => (false, Some(why)),
        Claim::Gone => return Ok(Arrived::Gone),
    };
    if let Some(problem) = &problem {
        if look.operation.value.unseen < PATIENCE {
            return Ok(Arrived::Unproven);
        }
        let risk = DetailType::ChainAtRisk;
        let news = news::of_failure(risk, point, &look.operation.value.side, codes::SEAL_BROKEN, problem);
        let subject = subject_of(look);
        conditions::of_chain(ctx, &look.owner, codes::SEAL_BROKEN, subject, problem.clone());
        news::tell(ctx, vec![news]).await?;
    }
    hold::extend(source.as_ref(), point, &observed, held).await?;
    let now = ctx.now();
    if held {
        hold::found(&mut look.point.value, now);
    }
    if let Some(side) = look.point.value.sides.get_mut(&look.operation.value.side) {
        side.is_there(&observed, problem.is_none().then_some(now));
    }
    Ok(Arrived::Taken)
}

/// What follows from a copy that is over.
pub(super) async fn follow_ups(ctx: &Context, look: &Look) -> Result<Vec<Outgoing>, JobError> {
    cold::send(ctx, look).await?;
    let (point, side) = (&look.point.value, &look.operation.value.side);
    // A copy that no flag asked for is nobody's loss, and goes at once where it comes.
    if point.sides.get(side).is_some_and(|record| !record.flags.is_empty()) {
        let news = if look.operation.value.phase == Phase::Failed {
            let reason = look.operation.value.reason.as_deref().unwrap_or_default();
            news::of_failure(DetailType::CopyFailed, point, side, codes::COPY_FAILED, reason)
        } else {
            news::of_side(DetailType::CopyAvailable, point, side)
        };
        news::tell(ctx, vec![news]).await?;
    }
    let cause = format!("{} {side}", point.id);
    Ok(look.owner.chain().map(|chain| follow_up::prune(chain, &cause)).into_iter().collect())
}
