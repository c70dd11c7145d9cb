//! `copy backfill`: copies that are wanted by the policy and not there, of points that are.
//!
//! A copy that the point's seal does not name yet is sealed into it first. One that was given up, or lost, is wanted again.
//! One that was removed is never made again.

use chainwright_aws::sources::Source;
use chainwright_chain::{
    policy::Policy,
    retention::{SideFlags, copy_wanted_until},
    state::{PointRecord, SideRecord, SideState},
};
use chainwright_contracts::{
    codes,
    ids::{ChainId, PointId},
    jobs::{OperationKind, Side},
    names::Region,
    place::Place,
};
use jiff::Timestamp;

use crate::{
    Context,
    error::JobError,
    ledger::{Change, Family, Key, Versioned},
    reapply::policy_of,
    reseal::{TRIES, family, hindered, lost_a_race, point_of, seal_anew},
};

/// A copy that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Of which point.
    pub point: PointId,
    /// The point's slot.
    pub slot: Timestamp,
    /// To which Region.
    pub to: Region,
    /// The flags that it will carry.
    pub flags: SideFlags,
    /// Why it cannot be asked for now.
    pub hindered: Option<String>,
}

/// The copies of a chain's points that are missing; changes nothing.
///
/// # Errors
/// Where the chain or its policy is unknown, where the service copies by standing configuration, which takes nothing that
/// was made before, or where the ledger does not answer.
pub async fn plan_backfill(ctx: &Context, chain: &ChainId) -> Result<Vec<Missing>, JobError> {
    let family = family(ctx, chain).await?;
    let (policy, region) = policy_of(ctx, &family).await?;
    copies_one_by_one(&family)?;
    let missing = |point: &Versioned<PointRecord>| {
        let (target, flags) = wanted(&policy, &region, &point.value, ctx.now())?;
        let (id, slot) = (point.value.id.clone(), point.value.slot);
        Some(Missing { point: id, slot, to: target.region, flags, hindered: hindered(&family, &point.value) })
    };
    let mut found: Vec<Missing> = family.points.iter().filter_map(missing).collect();
    found.sort_by_key(|missing| missing.slot);
    Ok(found)
}

/// Has a missing copy wanted again, sealed where the seal does not name it. Says to which Region, or that nothing is
/// missing; the copy itself is for a worker to make.
///
/// # Errors
/// As [`plan_backfill`]; where the point cannot be sealed anew, or AWS does not answer.
pub async fn backfill(ctx: &Context, chain: &ChainId, point: &PointId) -> Result<Option<Region>, JobError> {
    let mut tries = 1;
    loop {
        match backfill_once(ctx, chain, point).await {
            Err(error) if lost_a_race(&error) && tries < TRIES => tries += 1,
            ended => return ended,
        }
    }
}

async fn backfill_once(ctx: &Context, chain: &ChainId, point: &PointId) -> Result<Option<Region>, JobError> {
    let mut family = family(ctx, chain).await?;
    let (policy, region) = policy_of(ctx, &family).await?;
    copies_one_by_one(&family)?;
    let mut point = point_of(&family, point)?;
    let Some((place, flags)) = wanted(&policy, &region, &point.value, ctx.now()) else { return Ok(None) };
    if let Some(why) = hindered(&family, &point.value) {
        return Err(JobError::rejected(codes::NOT_RESEALED, format!("point {}: {why}", point.value.id)));
    }
    let source = ctx.source_of(&point.value.resource)?.1.as_ref();
    let (to, side) = (place.region.clone(), Side::Copy(place.region.clone()));
    if let Some(why) = forbids(source, &point.value, &side).await? {
        return Err(JobError::rejected(codes::NOT_RESEALED, format!("point {}: {why}", point.value.id)));
    }
    let known = point.value.sides.get(&side);
    let sealed = known.is_some_and(|known| known.place == place && known.flags == flags);
    let again =
        SideRecord { made_again: known.map_or(0, |known| known.made_again), ..SideRecord::wanted(place, flags) };
    family.chain.value.places.insert(again.place.clone());
    point.value.sides.insert(side.clone(), again);
    let change = reopen(ctx, &point.value, &side).await?;
    if sealed {
        ctx.ledger().commit(change.update(&point).update(&family.chain)).await?;
    } else {
        seal_anew(ctx, source, &family, point, change).await?;
    }
    Ok(Some(to))
}

/// What AWS itself says against another copy: the one that was lost is there, or its source is where none can be made from.
async fn forbids(source: &dyn Source, point: &PointRecord, side: &Side) -> Result<Option<String>, JobError> {
    if let Some(known) = point.sides.get(side)
        && let Some(arn) = &known.arn
        && source.describe_point(&known.place, arn).await?.is_some()
    {
        return Ok(Some(format!("{arn} is there again; `chainwright chain reconcile` takes it in")));
    }
    let Some(regular) = point.sides.get(&Side::Regular) else { return Ok(None) };
    let Some(arn) = &regular.arn else { return Ok(None) };
    let cold = source.describe_point(&regular.place, arn).await?.is_some_and(|seen| seen.is_cold);
    Ok(cold.then(|| "it lies in cold storage, from where no copy is made".to_owned()))
}

/// An earlier attempt at the copy that is over begins a new epoch.
async fn reopen(ctx: &Context, point: &PointRecord, side: &Side) -> Result<Change, JobError> {
    let key = Key::operation(&point.owner, &point.id, OperationKind::Copy, side);
    let change = Change::when_ready();
    Ok(match ctx.ledger().get::<chainwright_chain::state::OperationRecord>(&key).await? {
        None => change,
        Some(copy) => {
            let mut value = copy.value.reopened("it is asked for again".to_owned(), ctx.now());
            let source = point.sides.get(&Side::Regular).map(|regular| regular.flags.clone()).unwrap_or_default();
            value.retry.until = point.sides.get(side).and_then(|copy| copy_wanted_until(&copy.flags, &source));
            change.update(&Versioned { version: copy.version, value })
        }
    })
}

/// Where the copy of a point goes and what it carries, if it is missing and anybody would still want it.
fn wanted(policy: &Policy, region: &Region, point: &PointRecord, now: Timestamp) -> Option<(Place, SideFlags)> {
    let regular = point.sides.get(&Side::Regular)?;
    let target = policy.file().copy_to.get(region)?;
    let side = Side::Copy(target.region.clone());
    let missing = match point.sides.get(&side).map(|known| known.state) {
        None | Some(SideState::Failed | SideState::Lost) => true,
        Some(SideState::Wanted | SideState::Available | SideState::Removing | SideState::Removed) => false,
    };
    let carried = regular.flags.keys().copied().collect();
    let flags = policy.sides(region, point.slot, &carried).remove(&side)?;
    let lasting = copy_wanted_until(&flags, &regular.flags).is_some_and(|until| now < until);
    let place = Place {
        account: regular.place.account.clone(),
        region: target.region.clone(),
        vault: target.vault.as_ref().map(ToString::to_string),
    };
    (missing && lasting && regular.state == SideState::Available).then_some((place, flags))
}

fn copies_one_by_one(family: &Family) -> Result<(), JobError> {
    let kind = family.chain.value.source;
    if !kind.has_standing_copies() {
        return Ok(());
    }
    let reason = format!("{kind} copies what is made while its configuration stands, and nothing afterwards");
    Err(JobError::rejected(codes::NOT_RESEALED, reason))
}
