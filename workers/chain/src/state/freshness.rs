//! How fresh a chain is: what would be lost if its resource were gone now.

use std::collections::BTreeMap;

use chainwright_contracts::jobs::Side;
use jiff::{SignedDuration, Timestamp};

use super::{PointRecord, SideRecord, SideState};

/// How fresh a chain is at one moment. Ages are measured from slots.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Freshness {
    /// The slot of the newest good point on the regular side; none where there is none.
    pub newest_point: Option<Timestamp>,
    /// Its age.
    pub newest_point_age: Option<SignedDuration>,
    /// The slot of the newest good copy, by the sides that any point has; none where there is none.
    pub newest_copy: BTreeMap<Side, Option<Timestamp>>,
    /// Its age.
    pub newest_copy_age: BTreeMap<Side, Option<SignedDuration>>,
}

impl Freshness {
    /// How much older the newest good copy of a side is than the newest good point; none where either is missing.
    #[must_use]
    pub fn copy_lag(&self, side: &Side) -> Option<SignedDuration> {
        let copy = self.newest_copy.get(side).copied().flatten()?;
        Some(self.newest_point?.duration_since(copy).max(SignedDuration::ZERO))
    }
}

/// The freshness of a chain with these points, as the ledger has them.
pub fn freshness<'a>(points: impl IntoIterator<Item = &'a PointRecord>, now: Timestamp) -> Freshness {
    let mut freshness = Freshness::default();
    for point in points {
        for (side, record) in &point.sides {
            let slot = is_good(record).then_some(point.slot);
            let newest = match side {
                Side::Regular => &mut freshness.newest_point,
                Side::Copy(_) => freshness.newest_copy.entry(side.clone()).or_default(),
            };
            *newest = slot.max(*newest);
        }
    }
    let age = |slot: Timestamp| now.duration_since(slot);
    freshness.newest_point_age = freshness.newest_point.map(age);
    let ages = freshness.newest_copy.iter().map(|(side, slot)| (side.clone(), slot.map(age)));
    freshness.newest_copy_age = ages.collect();
    freshness
}

fn is_good(record: &SideRecord) -> bool {
    record.state == SideState::Available
        && record.opened_at.is_some()
        && !record.doubtful
        && !record.flags.is_empty()
        && record.tombstone.is_none()
}
