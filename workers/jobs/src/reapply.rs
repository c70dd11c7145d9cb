//! `retention reapply`: a policy's present retention, given to the points that it made before.

use chainwright_chain::{
    policy::Policy,
    prune::plan,
    reapply::{Reapplied, reapply},
    state::PointRecord,
};
use chainwright_contracts::{
    codes,
    ids::{ChainId, PointId},
    names::Region,
};
use jiff::Timestamp;

use crate::{
    Context,
    error::JobError,
    ledger::{Change, Family},
    policies,
    prune::recorded,
    reseal::{TRIES, family, hindered, lost_a_race, point_of, seal_anew},
};

/// What a reapply would do to one point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The point as it is.
    pub point: PointRecord,
    /// What changes.
    pub reapplied: Reapplied,
    /// Why it cannot be done to this point now.
    pub hindered: Option<String>,
}

/// What a reapply would do to a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reapplication {
    /// The points that change, by slot.
    pub points: Vec<Planned>,
    /// How many sides retention removes as things are, and how many it would remove then.
    pub removals: (usize, usize),
}

/// Plans a reapply; changes nothing.
///
/// # Errors
/// Where the chain or its policy is unknown, or the ledger does not answer.
pub async fn plan_reapply(ctx: &Context, chain: &ChainId, now: Timestamp) -> Result<Reapplication, JobError> {
    let family = family(ctx, chain).await?;
    let (policy, region) = policy_of(ctx, &family).await?;
    let mut points = Vec::new();
    let mut then = family.clone();
    for point in &mut then.points {
        let reapplied = reapply(&policy, &region, &point.value);
        if !reapplied.is_nothing() {
            let hindered = hindered(&family, &point.value);
            points.push(Planned { point: point.value.clone(), reapplied: reapplied.clone(), hindered });
            give(&mut point.value, reapplied);
        }
    }
    points.sort_by_key(|planned| planned.point.slot);
    let removals = |family: &Family| plan(&recorded(family, now)).removals().count();
    Ok(Reapplication { points, removals: (removals(&family), removals(&then)) })
}

/// Seals one point of a chain anew with its policy's present retention. Says whether anything changed.
///
/// # Errors
/// As [`plan_reapply`]; where the point cannot be sealed anew, or AWS does not answer.
pub async fn reapply_to(ctx: &Context, chain: &ChainId, point: &PointId) -> Result<bool, JobError> {
    let mut tries = 1;
    loop {
        match reapply_once(ctx, chain, point).await {
            Err(error) if lost_a_race(&error) && tries < TRIES => tries += 1,
            ended => return ended,
        }
    }
}

async fn reapply_once(ctx: &Context, chain: &ChainId, point: &PointId) -> Result<bool, JobError> {
    let family = family(ctx, chain).await?;
    let (policy, region) = policy_of(ctx, &family).await?;
    let mut point = point_of(&family, point)?;
    let reapplied = reapply(&policy, &region, &point.value);
    if reapplied.is_nothing() {
        return Ok(false);
    }
    if let Some(why) = hindered(&family, &point.value) {
        return Err(JobError::rejected(codes::NOT_RESEALED, format!("point {}: {why}", point.value.id)));
    }
    give(&mut point.value, reapplied);
    let source = ctx.source_of(&point.value.resource)?.1.as_ref();
    seal_anew(ctx, source, &family, point, Change::when_ready()).await?;
    Ok(true)
}

fn give(point: &mut PointRecord, reapplied: Reapplied) {
    for (side, flags) in reapplied.sides {
        if let Some(record) = point.sides.get_mut(&side) {
            record.flags = flags;
        }
    }
    point.keep_last = reapplied.keep_last.unwrap_or(point.keep_last);
}

/// The present revision of the chain's policy, and the Region of its resource.
pub(crate) async fn policy_of(ctx: &Context, family: &Family) -> Result<(Policy, Region), JobError> {
    let chain = &family.chain.value;
    let policy = match &chain.policy {
        Some(name) => policies::present(ctx, name).await?,
        None => None,
    };
    let unknown = || JobError::rejected(codes::NO_SUCH_POLICY, format!("{} has no policy now", chain.owner));
    let region = chain.resource.region().parse().map_err(|_| unknown())?;
    Ok((policy.ok_or_else(unknown)?, region))
}
