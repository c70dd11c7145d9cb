//! The two passes of the plan.

use std::collections::{BTreeMap, VecDeque};

use chainwright_contracts::jobs::Side;
use jiff::Timestamp;

use super::{
    decision::{Decision, Keep, Plan, Planned},
    input::{Chain, ChainPoint, Goodness, Kind, Lock, NotGood, Ownership, PointSide},
};
use crate::retention::{last_expiry, standing};

/// Decides on every point and side of `chain`.
///
/// A side whose deletion was requested before is decided anew like any other, so that a hold that came since is seen;
/// but it counts among the newest good ones only where too few others do.
#[must_use]
pub fn plan<Id>(chain: &Chain<Id>) -> Plan<'_, Id> {
    let mut points: Vec<&ChainPoint<Id>> = chain.points.iter().collect();
    points.sort_by_key(|point| point.slot);
    points.reverse();
    let mut counted = count(&points);
    let mut decisions = Vec::with_capacity(points.len());
    for (index, point) in points.iter().enumerate() {
        for (side, state) in point.sides.iter().rev() {
            let of_side = counted.entry(side).or_default();
            let decision = decide(chain, point, (index, side, state), of_side);
            decisions.push(Planned { id: &point.id, slot: point.slot, side, decision });
        }
    }
    decisions.reverse();
    Plan { decisions }
}

/// What is known of one side of the chain.
#[derive(Debug, Default)]
struct OfSide<'c> {
    /// How many of the newest good points stay.
    keep_last: u32,
    /// How many good points there are whose deletion was not requested, at most as many as matter.
    sound: u32,
    /// Per key, the position of the newest copy under it.
    bases: BTreeMap<&'c str, Base>,
    /// Second pass: good points seen, by whether their deletion was requested.
    seen_sound: u32,
    seen_doomed: u32,
    /// Second pass: the slots of the last `keep_last` sound points seen, newest first.
    newer: VecDeque<Timestamp>,
}

#[derive(Debug, Clone, Copy)]
struct Base {
    index: usize,
    doomed: bool,
}

/// The first pass, newest first: how many are good on each side, and which copies are bases.
fn count<'c, Id>(points: &[&'c ChainPoint<Id>]) -> BTreeMap<&'c Side, OfSide<'c>> {
    let mut counted: BTreeMap<&Side, OfSide<'_>> = BTreeMap::new();
    for (index, point) in points.iter().enumerate() {
        for (side, state) in point.sides.iter().filter(|(_, state)| state.counts(point.kind)) {
            let doomed = state.deletion_requested;
            let of_side = counted.entry(side).or_default();
            // The setting is the newest good point's; one whose deletion was requested lends it only until a sound
            // one is found.
            if (!doomed && of_side.sound == 0) || of_side.keep_last == 0 {
                of_side.keep_last = point.keep_last.max(1);
            }
            of_side.sound = of_side.sound.saturating_add(u32::from(!doomed));
            if let (Side::Copy(_), Some(key)) = (side, &state.fsx_key) {
                let base = Base { index, doomed };
                let known = of_side.bases.entry(key).or_insert(base);
                if known.doomed && !doomed {
                    *known = base;
                }
            }
        }
    }
    counted
}

/// The second pass, newest first: the decision on one side of one point.
fn decide<'c, Id>(
    chain: &Chain<Id>,
    point: &ChainPoint<Id>,
    (index, side, state): (usize, &Side, &'c PointSide),
    of_side: &mut OfSide<'c>,
) -> Decision {
    let place = take_place(point, state, of_side);
    if state.goodness == Goodness::Lost {
        return Decision::Lost;
    }
    let since = removable_since(chain, point, state, of_side);
    if state.counts(point.kind) && !state.deletion_requested {
        remember(point.slot, of_side);
    }
    let mut reasons = own_reasons(chain, point, state);
    if chain.ownership != Ownership::Released {
        reasons.extend(place.map(|place| match place {
            1 => Keep::Newest,
            place => Keep::KeepLast { place, of: of_side.keep_last },
        }));
        let base = state.fsx_key.as_deref().and_then(|key| of_side.bases.get(key));
        if matches!(side, Side::Copy(_)) && base.is_some_and(|base| base.index == index) {
            reasons.push(Keep::IncrementalBase);
        }
    }
    if reasons.is_empty() { Decision::Removed { since } } else { Decision::Kept(reasons) }
}

/// The place of a good point among those that `keep_last` keeps, from 1; none where it is not among them.
fn take_place<Id>(point: &ChainPoint<Id>, state: &PointSide, of_side: &mut OfSide<'_>) -> Option<u32> {
    if !state.counts(point.kind) {
        return None;
    }
    let place = if state.deletion_requested {
        // The doomed fill up what the sound leave free.
        of_side.seen_doomed = of_side.seen_doomed.saturating_add(1);
        of_side.sound.saturating_add(of_side.seen_doomed)
    } else {
        of_side.seen_sound = of_side.seen_sound.saturating_add(1);
        of_side.seen_sound
    };
    (place <= of_side.keep_last).then_some(place)
}

/// Remembers the slots of the last `keep_last` sound points; the oldest of them is the one that takes the next point's
/// place.
fn remember(slot: Timestamp, of_side: &mut OfSide<'_>) {
    of_side.newer.push_back(slot);
    if of_side.newer.len() > usize::try_from(of_side.keep_last).unwrap_or(usize::MAX) {
        of_side.newer.pop_front();
    }
}

fn removable_since<Id>(
    chain: &Chain<Id>,
    point: &ChainPoint<Id>,
    state: &PointSide,
    of_side: &OfSide<'_>,
) -> Timestamp {
    // What never had a flag was never wanted: it may go as soon as it is there.
    let expiry = last_expiry(&state.flags).unwrap_or(point.slot);
    let full = of_side.newer.len() >= usize::try_from(of_side.keep_last).unwrap_or(usize::MAX);
    let outranked =
        of_side.newer.front().filter(|_| full && chain.ownership != Ownership::Released && state.counts(point.kind));
    outranked.map_or(expiry, |slot| expiry.max(*slot))
}

/// The reasons that lie in the point itself, whatever else the chain has.
fn own_reasons<Id>(chain: &Chain<Id>, point: &ChainPoint<Id>, state: &PointSide) -> Vec<Keep> {
    let mut reasons = Vec::new();
    match point.kind {
        Kind::Chained => {}
        Kind::Manual => reasons.push(Keep::Manual),
        Kind::Foreign => reasons.push(Keep::Foreign),
        Kind::Automatic => reasons.push(Keep::Automatic),
    }
    let flags = standing(&state.flags, chain.now);
    if !flags.is_empty() {
        reasons.push(Keep::Flags(flags));
    }
    match state.goodness {
        Goodness::NotGood(NotGood::Unfinished) => reasons.push(Keep::Unfinished),
        Goodness::NotGood(NotGood::Unproven) => reasons.push(Keep::Unproven),
        Goodness::NotGood(NotGood::Failed | NotGood::ServiceExpired) | Goodness::Good | Goodness::Lost => {}
    }
    let lock = match state.lock {
        Some(Lock::Until(until)) => (until > chain.now).then_some(Keep::Lock { until: Some(until) }),
        Some(Lock::Indefinite) => Some(Keep::Lock { until: None }),
        None => None,
    };
    reasons.extend(lock);
    let marks = [
        (point.held, Keep::Hold),
        (state.copying, Keep::Copying),
        (state.restoring, Keep::Restoring),
        (state.conflict, Keep::Conflict),
    ];
    reasons.extend(marks.into_iter().filter(|(marked, _)| *marked).map(|(_, reason)| reason));
    reasons
}
