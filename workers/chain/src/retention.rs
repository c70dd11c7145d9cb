//! Retention: which flags a point carries on which side, and when each ends.
//!
//! Everything is measured from the slot. The slot's instant is taken in local time (after a gap, as it happened), the
//! period is added by the calendar (a month's end clamps), and the result is made an instant by the calendar's rule. So
//! a point that started late still goes on the expected day. The result is stored in the point and sealed; later edits
//! of the policy do not reach it.

use std::collections::{BTreeMap, BTreeSet};

use chainwright_contracts::{
    flag::Flag,
    jobs::Side,
    names::Region,
    policy::{Age, ColdAfter, Unit},
};
use jiff::{Span, Timestamp, ToSpan, tz::TimeZone};

use crate::{calendar::instant, policy::Policy};

/// A point's flags on one side, each with the instant at which it ends.
pub type SideFlags = BTreeMap<Flag, Timestamp>;

/// How long a point must lie in cold storage at least.
///
/// Source: AWS Backup developer guide, "Lifecycle and storage tiers": 90 days.
const LEAST_COLD_DAYS: i64 = 90;

/// The instant `age` after `from`: days and longer by the local calendar, hours by the clock.
///
/// Saturates at the end of time (the year 9999).
#[must_use]
pub fn later(zone: &TimeZone, from: Timestamp, age: Age) -> Timestamp {
    let n = i64::from(age.n());
    let span: Span = match age.unit() {
        Unit::Hour => {
            let hours = jiff::SignedDuration::from_secs(n.saturating_mul(3600));
            return from.saturating_add(hours).unwrap_or(Timestamp::MAX);
        }
        Unit::Day => n.days(),
        Unit::Week => n.weeks(),
        Unit::Month => n.months(),
        Unit::Year => n.years(),
    };
    let local = zone.to_datetime(from).saturating_add(span);
    instant(zone, local).unwrap_or(Timestamp::MAX)
}

/// When the last of these flags ends; none where there never was a flag.
#[must_use]
pub fn last_expiry(flags: &SideFlags) -> Option<Timestamp> {
    flags.values().max().copied()
}

/// The flags that stand at `now`. A flag is gone when `now` has reached its expiry.
#[must_use]
pub fn standing(flags: &SideFlags, now: Timestamp) -> SideFlags {
    flags.iter().filter(|(_, expiry)| now < **expiry).map(|(flag, expiry)| (*flag, *expiry)).collect()
}

/// Until when a copy that does not exist yet is wanted: its own last expiry or its source's, whichever is sooner.
///
/// None where either side never had a flag: then no copy is wanted.
#[must_use]
pub fn copy_wanted_until(copy: &SideFlags, source: &SideFlags) -> Option<Timestamp> {
    Some(last_expiry(copy)?.min(last_expiry(source)?))
}

impl Policy {
    /// The sides that a point of `slot` gets in `region`, with their flags.
    ///
    /// `due` are the flags that the point carries: those due at its slot, and those it takes over from missed or failed
    /// slots. All expire from this point's own slot. A flag whose schedule the policy no longer has is dropped. The
    /// regular side is always there; a copy only where the Region has a target and a flag asks for copies.
    #[must_use]
    pub fn sides(&self, region: &Region, slot: Timestamp, due: &BTreeSet<Flag>) -> BTreeMap<Side, SideFlags> {
        let zone = self.calendar().zone();
        let mut regular = SideFlags::new();
        let mut copy = SideFlags::new();
        for (flag, keeps) in self.keeps().iter().filter(|(flag, _)| due.contains(flag)) {
            regular.insert(*flag, later(zone, slot, keeps.regular.into()));
            if let Some(period) = keeps.copies {
                copy.insert(*flag, later(zone, slot, period.into()));
            }
        }
        let mut sides = BTreeMap::from([(Side::Regular, regular)]);
        if let Some(target) = self.file().copy_to.get(region)
            && !copy.is_empty()
        {
            sides.insert(Side::Copy(target.region.clone()), copy);
        }
        sides
    }

    /// After how many days a point of `slot` with these flags moves to cold storage; none where it stays warm.
    ///
    /// Only a point whose longest flag outlives the move by 90 days goes cold, since it must lie there so long.
    #[must_use]
    pub fn cold_after_days(&self, slot: Timestamp, regular: &SideFlags) -> Option<i64> {
        let ColdAfter::After(period) = self.file().cold_after else { return None };
        let zone = self.calendar().zone();
        let moved = later(zone, slot, period.into());
        let free = instant(zone, zone.to_datetime(moved).saturating_add(LEAST_COLD_DAYS.days()))?;
        let days = zone.to_datetime(moved).date().duration_since(zone.to_datetime(slot).date()).as_hours() / 24;
        (last_expiry(regular)? >= free).then_some(days)
    }
}
