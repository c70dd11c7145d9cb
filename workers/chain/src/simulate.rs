//! What a policy would make of one resource, with everything on time: points, flags, expiries, removals.

use std::collections::BTreeMap;

use chainwright_contracts::{flag::Flag, jobs::Side, names::Region};
use jiff::Timestamp;
use serde::Serialize;

use crate::{
    policy::Policy,
    retention::{SideFlags, last_expiry},
};

/// Every point of an interval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Simulation {
    /// The points, by chain (as text), then slot.
    pub points: Vec<SimulatedPoint>,
}

/// One side of one point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SimulatedPoint {
    /// The side: `regular` or `copy:REGION`.
    pub chain: Side,
    /// The slot.
    pub slot: Timestamp,
    /// Each flag with its expiry.
    pub flags: BTreeMap<Flag, Timestamp>,
    /// When retention removes it; none where that is not before the interval's end.
    pub removed_at: Option<Timestamp>,
}

/// The points that `policy` makes of one resource in `region` for the slots in `[from, to)`.
///
/// Every session succeeds at once; there is no catch-up, no substitution, no hold. A point leaves at the later of its
/// last expiry and the slot of the `keep_last`-th next point on its side. Whether the policy is paused is ignored.
#[must_use]
pub fn simulate(policy: &Policy, region: &Region, from: Timestamp, to: Timestamp) -> Simulation {
    let mut chains: BTreeMap<String, Vec<(Side, Timestamp, SideFlags)>> = BTreeMap::new();
    for slot in policy.calendar().slots(from, to) {
        for (side, flags) in policy.sides(region, slot.at, &slot.flags) {
            chains.entry(side.to_string()).or_default().push((side, slot.at, flags));
        }
    }
    let keep_last = usize::try_from(policy.file().keep_last).unwrap_or(usize::MAX);
    let points = chains.into_values().flat_map(|chain| removals(chain, keep_last, to)).collect();
    Simulation { points }
}

fn removals(chain: Vec<(Side, Timestamp, SideFlags)>, keep_last: usize, to: Timestamp) -> Vec<SimulatedPoint> {
    let slots: Vec<Timestamp> = chain.iter().map(|(_, slot, _)| *slot).collect();
    let point = |(index, (chain, slot, flags)): (usize, (Side, Timestamp, SideFlags))| {
        let outranked = slots.get(index.saturating_add(keep_last)).copied();
        let removed_at = outranked.zip(last_expiry(&flags)).map(|(slot, expiry)| slot.max(expiry));
        SimulatedPoint { chain, slot, flags, removed_at: removed_at.filter(|at| *at < to) }
    };
    chain.into_iter().enumerate().map(point).collect()
}
