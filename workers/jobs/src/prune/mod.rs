//! Prune: retention, applied to one chain.
//!
//! First the plan is made from the ledger alone; where nothing would go, AWS is not asked. Where something would, every
//! place that the chain has used is listed, what the ledger has and AWS has not is marked lost, the seals of the newest
//! points are opened, and the chain is planned anew by the Date of that listing. Only then are tombstones written, on
//! the condition that the chain is still as the plan saw it.

mod view;

use std::{collections::BTreeMap, time::Duration};

use chainwright_aws::sources::Source;
use chainwright_chain::{
    prune::plan,
    state::{Owner, PointRecord, SideState, Why},
};
use chainwright_contracts::{
    codes,
    ids::PointId,
    jobs::{Prune, Side},
};
use chainwright_engine::Outcome;

pub use self::view::recorded;
pub(crate) use self::view::{prove_newest, view};
use crate::{
    Context,
    error::{JobError, conclude},
    ledger::{Family, Versioned},
    removal,
    sight::{Sight, mark_lost},
    telemetry::names,
};

/// How many points are written in one transaction: each takes its own record and a deletion for each side, and DynamoDB
/// takes 100 writes (DynamoDB API reference, `TransactWriteItems`).
const POINTS_AT_ONCE: usize = 20;

/// How long a prune that met a wrong clock leaves the chain to workers with a better one.
pub(crate) const FOR_ANOTHER_CLOCK: Duration = Duration::from_mins(5);

/// How often a prune plans anew within one run, when points turn out to be lost.
const PLANS: usize = 3;

/// Runs a prune job.
pub async fn run(job: Prune, ctx: Context) -> Outcome {
    let result = prune(&job, &ctx).await;
    conclude(&ctx, result).await
}

async fn prune(job: &Prune, ctx: &Context) -> Result<Outcome, JobError> {
    let owner = Owner::Chain(job.chain.clone());
    for _ in 0..PLANS {
        let Some(family) = ctx.ledger().family(&owner).await? else {
            return Err(JobError::rejected(codes::NO_SUCH_CHAIN, format!("the ledger knows no chain {}", job.chain)));
        };
        if removals(&plan(&recorded(&family, ctx.now()))).is_empty() {
            return Ok(Outcome::Done);
        }
        let source = ctx.source_of(&family.chain.value.resource)?.1.as_ref();
        match see(ctx, source, family).await? {
            Seen::Whole(seen) => return remove(ctx, source, &seen.0, &seen.1).await,
            Seen::ByAnotherClock => return Ok(Outcome::Snooze(FOR_ANOTHER_CLOCK)),
            Seen::Lost => {}
        }
    }
    Ok(Outcome::retry("points of the chain went missing while it was planned"))
}

/// What a look at a chain came to.
pub(crate) enum Seen {
    /// The chain, its newest points proven anew, and what AWS lists.
    Whole(Box<(Family, Sight)>),
    /// Points that were there are gone: they have been marked lost, and the chain has to be read anew.
    Lost,
    /// AWS's clock and this worker's differ too much to judge by.
    ByAnotherClock,
}

/// Holds what the ledger has of a chain against what AWS lists.
pub(crate) async fn see(ctx: &Context, source: &dyn Source, mut family: Family) -> Result<Seen, JobError> {
    let mut sight = Sight::of(ctx, source, &family).await?;
    if !sight.agrees_with(ctx) {
        return Ok(Seen::ByAnotherClock);
    }
    if mark_lost(ctx, source, &family, &mut sight).await? {
        return Ok(Seen::Lost);
    }
    view::open_newest(ctx, source, &mut family, &sight).await?;
    Ok(Seen::Whole(Box::new((family, sight))))
}

async fn remove(ctx: &Context, source: &dyn Source, family: &Family, sight: &Sight) -> Result<Outcome, JobError> {
    let input = view(family, Some(sight), sight.date);
    let doomed = removals(&plan(&input));
    let mut chain = family.chain.clone();
    let points: Vec<(Versioned<PointRecord>, Vec<Side>)> =
        doomed.into_iter().filter_map(|(id, sides)| Some((family.point(&id)?.clone(), sides))).collect();
    for batch in points.chunks(POINTS_AT_ONCE) {
        let operations = removal::entomb(ctx, &chain, batch, Why::Expired, sight.date).await?;
        chain.version += 1;
        for (side, operation) in operations {
            let span = ctx.span_of(names::PRUNE, &operation.value.point).on(&side);
            span.within(removal::execute(ctx, source, operation)).await?;
        }
        // What came between the plan and the next batch shows in the chain's version, which has to be this one.
        if let Some(now) = ctx.ledger().get(&crate::ledger::Key::chain(&chain.value.owner)).await? {
            chain = if now.version == chain.version { now } else { return Ok(Outcome::retry("the chain changed")) };
        }
    }
    Ok(Outcome::Done)
}

/// The sides to remove, by point; those whose removal is under way already are not removed again.
pub(crate) fn removals(plan: &chainwright_chain::prune::Plan<'_, PointOf>) -> BTreeMap<PointId, Vec<Side>> {
    let mut doomed: BTreeMap<PointId, Vec<Side>> = BTreeMap::new();
    for planned in plan.removals() {
        if !planned.id.removing.contains(planned.side) {
            doomed.entry(planned.id.id.clone()).or_default().push(planned.side.clone());
        }
    }
    doomed
}

/// How the plan names a point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PointOf {
    /// The point.
    pub id: PointId,
    /// Its sides whose removal is under way.
    pub removing: Vec<Side>,
}

impl PointOf {
    fn new(point: &PointRecord) -> Self {
        let removing = point.sides.iter().filter(|(_, side)| side.state == SideState::Removing);
        Self { id: point.id.clone(), removing: removing.map(|(side, _)| side.clone()).collect() }
    }
}
