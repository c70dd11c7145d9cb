//! Retention applied anew: what a policy, as it is now, gives the points that it made before.
//!
//! A point keeps the flags that it carries; only when each of them ends is measured anew, from the point's own slot. What
//! the policy says nothing of any more, a schedule that it dropped or a side that it no longer copies to, stays as it was:
//! that a policy has become silent is no order to remove anything.

use std::collections::{BTreeMap, BTreeSet};

use chainwright_contracts::{flag::Flag, jobs::Side, names::Region};

use crate::{
    policy::Policy,
    retention::SideFlags,
    state::{PointRecord, SideState},
};

/// What becomes of one point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reapplied {
    /// The sides whose flags change, with what they will be.
    pub sides: BTreeMap<Side, SideFlags>,
    /// How many of the newest good points stay, where that changes.
    pub keep_last: Option<u32>,
}

impl Reapplied {
    /// Whether nothing changes.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.sides.is_empty() && self.keep_last.is_none()
    }
}

/// What `policy` gives a point of `region`. Sides that are gone or going are left as they are.
#[must_use]
pub fn reapply(policy: &Policy, region: &Region, point: &PointRecord) -> Reapplied {
    let carried: BTreeSet<Flag> = point.sides.values().flat_map(|side| side.flags.keys().copied()).collect();
    let given = policy.sides(region, point.slot, &carried);
    let stays = |state: SideState| matches!(state, SideState::Wanted | SideState::Available | SideState::Lost);
    let mut sides = BTreeMap::new();
    for (side, record) in point.sides.iter().filter(|(_, record)| stays(record.state)) {
        let Some(given) = given.get(side) else { continue };
        let anew = |(flag, expiry): (&Flag, &jiff::Timestamp)| (*flag, given.get(flag).copied().unwrap_or(*expiry));
        let flags: SideFlags = record.flags.iter().map(anew).collect();
        if flags != record.flags {
            sides.insert(side.clone(), flags);
        }
    }
    let keep_last = policy.file().keep_last;
    Reapplied { sides, keep_last: (keep_last != point.keep_last).then_some(keep_last) }
}
