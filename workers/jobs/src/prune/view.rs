//! A chain as the plan sees it: the ledger's records, corrected by what AWS lists.

use std::collections::BTreeMap;

use chainwright_aws::sources::Source;
use chainwright_chain::{
    exchange::{ObservedPoint, PointStatus},
    prune::{Chain, ChainPoint, Goodness, Kind, Lock, NotGood, Ownership, PointSide},
    retention,
    state::{PointRecord, SideRecord, SideState},
};
use chainwright_contracts::{
    codes,
    events::outgoing::DetailType,
    jobs::{OperationKind, Side},
    policy::SourceKind,
};
use jiff::{SignedDuration, Timestamp};

use super::PointOf;
use crate::{Context, claim, claim::Claim, conditions, error::JobError, ledger::Family, news, sight::Sight};

/// A seal opened longer ago than this proves nothing any more.
const OPENED_WITHIN: SignedDuration = SignedDuration::from_hours(24);

/// The input of a plan at `now` as the ledger alone has it: good enough to show, and to see whether AWS need be asked.
#[must_use]
pub fn recorded(family: &Family, now: Timestamp) -> Chain<PointOf> {
    view(family, None, now)
}

/// The input of a plan at `now`, with what AWS lists.
pub(crate) fn view(family: &Family, sight: Option<&Sight>, now: Timestamp) -> Chain<PointOf> {
    let chain = &family.chain.value;
    let ownership = match (&chain.orphaned, chain.released) {
        (None, _) => Ownership::Owned,
        (Some(_), false) => Ownership::Orphaned,
        (Some(_), true) => Ownership::Released,
    };
    let mut points: Vec<ChainPoint<PointOf>> =
        family.points.iter().map(|point| of_point(family, &point.value, sight, now)).collect();
    points.sort_by_key(|point| point.slot);
    Chain { points, ownership, now }
}

fn of_point(family: &Family, point: &PointRecord, sight: Option<&Sight>, now: Timestamp) -> ChainPoint<PointOf> {
    let gone = |side: &SideRecord| matches!(side.state, SideState::Failed | SideState::Removed);
    let sides: BTreeMap<Side, PointSide> = point
        .sides
        .iter()
        .filter(|(_, record)| !gone(record))
        .map(|(side, record)| (side.clone(), of_side(family, point, side, record, sight, now)))
        .collect();
    ChainPoint {
        id: PointOf::new(point),
        slot: point.slot,
        kind: if point.is_manual() { Kind::Manual } else { Kind::Chained },
        keep_last: point.keep_last,
        held: point.hold.is_some(),
        sides,
    }
}

fn of_side(
    family: &Family,
    point: &PointRecord,
    side: &Side,
    record: &SideRecord,
    sight: Option<&Sight>,
    now: Timestamp,
) -> PointSide {
    let observed = sight.and_then(|sight| sight.of_side(point, side));
    PointSide {
        goodness: goodness(record, sight.is_some(), observed, now),
        conflict: sight.is_some_and(|sight| is_contested(record, sight)),
        copying: is_copying(family, point, side, now),
        lock: observed.and_then(lock),
        // Of FSx alone copies build on each other in a way that a removal can undo.
        fsx_key: record.key.clone().filter(|_| family.chain.value.source == SourceKind::Fsx),
        deletion_requested: record.tombstone.is_some(),
        ..PointSide::good(record.flags.clone())
    }
}

fn goodness(record: &SideRecord, seen: bool, observed: Option<&ObservedPoint>, now: Timestamp) -> Goodness {
    match (record.state, seen, observed.map(|observed| observed.status)) {
        (SideState::Wanted, ..) => Goodness::NotGood(NotGood::Unfinished),
        (SideState::Lost, ..) => Goodness::Lost,
        // Asked to go, and not seen to be there.
        (SideState::Removing, false, _) | (SideState::Removing, true, None) => {
            Goodness::NotGood(NotGood::ServiceExpired)
        }
        _ if record.opened_at.is_none() || record.doubtful => Goodness::NotGood(NotGood::Unproven),
        // What the service itself is about to remove may be gone before the next look.
        _ if observed.is_some_and(|observed| is_ending(observed, now)) => Goodness::NotGood(NotGood::ServiceExpired),
        (_, false, _) | (_, true, Some(PointStatus::Available)) => Goodness::Good,
        (_, true, Some(PointStatus::Creating)) => Goodness::NotGood(NotGood::Unfinished),
        (_, true, Some(PointStatus::Expired | PointStatus::Deleting)) => Goodness::NotGood(NotGood::ServiceExpired),
        (_, true, Some(PointStatus::Unusable)) => Goodness::NotGood(NotGood::Failed),
        (_, true, None) => Goodness::Lost,
    }
}

/// What the service enforces.
fn lock(observed: &ObservedPoint) -> Option<Lock> {
    if observed.legal_hold { Some(Lock::Indefinite) } else { observed.locked_until.map(Lock::Until) }
}

/// Whether the service's own lifecycle has ended the point.
fn is_ending(observed: &ObservedPoint, now: Timestamp) -> bool {
    observed.expires.is_some_and(|expires| expires <= now)
}

/// Whether another point at AWS claims to be this side, too.
fn is_contested(record: &SideRecord, sight: &Sight) -> bool {
    record.rivals.iter().any(|rival| sight.points.contains_key(rival))
}

/// A copy protects its source from when it is wanted until it is over; without a running job only as long as wanted.
fn is_copying(family: &Family, point: &PointRecord, side: &Side, now: Timestamp) -> bool {
    let operation = |to: &Side| family.operation(&point.id, OperationKind::Copy, to).map(|op| &op.value);
    if let Side::Copy(_) = side {
        return operation(side).is_some_and(|operation| !operation.is_over());
    }
    let wanted = point
        .sides
        .iter()
        .filter(|(other, record)| matches!(other, Side::Copy(_)) && record.state == SideState::Wanted);
    let mut wanted = wanted.map(|(other, record)| (operation(other), record));
    let regular = point.sides.get(&Side::Regular).map(|regular| regular.flags.clone()).unwrap_or_default();
    wanted.any(|(operation, record)| {
        let running = operation.is_some_and(|operation| operation.job.is_some() && !operation.is_over());
        let until = retention::copy_wanted_until(&record.flags, &regular);
        running || until.is_some_and(|until| now < until)
    })
}

/// Opens the seals of the newest points of each side, as many as are kept for being the newest; one that does not open
/// is no keeper, and the next one takes its place.
pub(super) async fn open_newest(
    ctx: &Context,
    source: &dyn Source,
    family: &mut Family,
    sight: &Sight,
) -> Result<(), JobError> {
    let changed = prove_newest(ctx, source, family, sight).await?;
    let opened = family.points.iter().zip(&changed).filter(|(_, changed)| **changed);
    let opened: Vec<_> = opened.map(|(point, _)| point.clone()).collect();
    family.chain.version = ctx.ledger().commit_points(&family.chain, &opened).await?;
    for (point, _) in family.points.iter_mut().zip(&changed).filter(|(_, changed)| **changed) {
        point.version += 1;
    }
    Ok(())
}

/// As [`open_newest`], but nothing is written down; says of each point whether it changed.
pub(crate) async fn prove_newest(
    ctx: &Context,
    source: &dyn Source,
    family: &mut Family,
    sight: &Sight,
) -> Result<Vec<bool>, JobError> {
    let mut sides: Vec<Side> = family.points.iter().flat_map(|point| point.value.sides.keys().cloned()).collect();
    sides.sort();
    sides.dedup();
    family.points.sort_by_key(|point| std::cmp::Reverse(point.value.slot));
    let mut changed = vec![false; family.points.len()];
    for side in sides {
        let mut wanted: Option<u32> = None;
        for (point, changed) in family.points.iter_mut().zip(changed.iter_mut()) {
            if wanted == Some(0) {
                break;
            }
            let keep_last = point.value.keep_last;
            let before = point.value.clone();
            if is_proven(ctx, source, &mut point.value, &side, sight).await? {
                wanted = Some(wanted.unwrap_or(keep_last).saturating_sub(1));
            }
            *changed |= before != point.value;
        }
    }
    Ok(changed)
}

async fn is_proven(
    ctx: &Context,
    source: &dyn Source,
    point: &mut PointRecord,
    side: &Side,
    sight: &Sight,
) -> Result<bool, JobError> {
    let now = ctx.now();
    // Only what the plan would count among the newest can stand in for others.
    let counts = |record: &&SideRecord| {
        let asked_for = !record.flags.is_empty() && !record.doubtful;
        record.state == SideState::Available && asked_for && !is_contested(record, sight)
    };
    let there = |seen: &&ObservedPoint| seen.status == PointStatus::Available && !is_ending(seen, sight.date);
    let Some(record) = point.sides.get(side).filter(counts) else { return Ok(false) };
    let Some(observed) = sight.of_side(point, side).filter(there) else { return Ok(false) };
    if record.opened_at.is_some_and(|at| now.duration_since(at) < OPENED_WITHIN) {
        return Ok(true);
    }
    let problem = match claim::read(ctx, source, observed).await? {
        Claim::Opens(seal) => claim::fits(&seal.record, observed, point, record).err(),
        Claim::NotOurs => Some("it carries no sealed metadata any more".to_owned()),
        Claim::Broken(why) => Some(why),
        Claim::Gone => Some("it is gone".to_owned()),
    };
    if let Some(problem) = &problem {
        let subject = format!("{} {side}", point.id);
        conditions::of_chain(ctx, &point.owner, codes::SEAL_BROKEN, subject, problem.clone());
        let news = news::of_failure(DetailType::ChainAtRisk, point, side, codes::SEAL_BROKEN, problem);
        news::tell(ctx, vec![news]).await?;
    }
    if let Some(record) = point.sides.get_mut(side) {
        record.opened_at = if problem.is_none() { Some(now) } else { None };
    }
    Ok(problem.is_none())
}
