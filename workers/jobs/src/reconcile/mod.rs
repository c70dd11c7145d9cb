//! Reconcile: one chain, compared with AWS itself.
//!
//! It may mark points lost or found again and take in those that prove to be the chain's. What does not prove so is noted
//! once, reported, and left alone. In `comparison` is what is compared and how it is written down, in `mend` what becomes
//! of the points that the ledger knows, in `strangers` of those that it does not; `freshness` judges how old the newest is.

mod comparison;
mod freshness;
mod mend;
mod strangers;

use chainwright_chain::{
    prune::plan,
    state::{Owner, SideState},
};
use chainwright_contracts::{
    codes,
    jobs::{OperationKind, Reconcile, Side},
};
use chainwright_engine::{Outcome, Outgoing};

use self::comparison::Comparison;
use crate::{
    Context,
    error::{JobError, conclude},
    follow_up,
    ledger::Family,
    prune::{FOR_ANOTHER_CLOCK, view},
    sight::{Sight, mark_lost},
    telemetry,
};

/// Runs a reconcile job.
pub async fn run(job: Reconcile, ctx: Context) -> Outcome {
    let result = reconcile(&job, &ctx).await;
    conclude(&ctx, result).await
}

async fn reconcile(job: &Reconcile, ctx: &Context) -> Result<Outcome, JobError> {
    let owner = Owner::Chain(job.chain.clone());
    let mut family = read(ctx, &owner).await?;
    freshness::watch(ctx, &mut family).await?;
    let source = ctx.source_of(&family.chain.value.resource)?.1.as_ref();
    let mut sight = Sight::of(ctx, source, &family).await?;
    if !sight.agrees_with(ctx) {
        return Ok(Outcome::Snooze(FOR_ANOTHER_CLOCK));
    }
    let lost = mend::lost(&family);
    let family = if mark_lost(ctx, source, &family, &mut sight).await? { read(ctx, &owner).await? } else { family };
    let mut comparison = Comparison::new(family, &sight);
    comparison.find_again(ctx, source).await?;
    comparison.make_again(ctx, source, &lost).await?;
    comparison.open_again(ctx, source).await?;
    comparison.meet_strangers(ctx, source).await?;
    comparison.look_for_the_resource(ctx, source).await?;
    let cause = ctx.job_id().to_owned();
    comparison.commit(ctx).await?;
    // What is read again now is what the follow-ups are derived from.
    let family = read(ctx, &owner).await?;
    telemetry::look_at(ctx, &family);
    let jobs = follow_ups(ctx, &family, &sight, &cause);
    Ok(if jobs.is_empty() { Outcome::Done } else { Outcome::Continue(jobs) })
}

async fn read(ctx: &Context, owner: &Owner) -> Result<Family, JobError> {
    let family = ctx.ledger().family(owner).await?;
    family.ok_or_else(|| JobError::rejected(codes::NO_SUCH_CHAIN, format!("the ledger knows no {owner}")))
}

/// A prune where something would go, and the copies that are wanted and that nobody has asked for.
fn follow_ups(ctx: &Context, family: &Family, sight: &Sight, cause: &str) -> Vec<Outgoing> {
    let mut jobs = Vec::new();
    for point in family.points.iter().map(|point| &point.value) {
        // With its source gone the copy finds that out, and is given up.
        let there = point
            .sides
            .get(&Side::Regular)
            .is_some_and(|side| matches!(side.state, SideState::Available | SideState::Removing | SideState::Removed));
        let unasked = point.sides.iter().filter(|(side, record)| {
            record.state == SideState::Wanted && family.operation(&point.id, OperationKind::Copy, side).is_none()
        });
        jobs.extend(unasked.filter_map(|(side, _)| side.copied_to()).filter(|_| there).map(|region| {
            let span = ctx.span_of(telemetry::names::RECONCILE, &point.id);
            span.sends(follow_up::copy(&point.id, region, cause))
        }));
    }
    let input = view(family, Some(sight), sight.date);
    let chain = family.chain.value.owner.chain();
    if plan(&input).removals().any(|planned| !planned.id.removing.contains(planned.side)) {
        jobs.extend(chain.map(|chain| follow_up::prune(chain, cause)));
    }
    jobs
}
