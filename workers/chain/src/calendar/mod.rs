//! The calendar: at which instants a policy's schedules fall due.
//!
//! A schedule names days and times local to a time zone. Each pair of day and time becomes an instant by one rule: a
//! local time that the clocks skip moves forward by the gap, one that they repeat means the first. Schedules that fall
//! due at the same instant share one slot.
//!
//! Everything here derives from one walk over local days. Within a day the rule above keeps the order of times except
//! in a gap, and a gap never moves a time by more than a day; so a slot is final once the walk is two days past it.

mod rule;
mod walk;

use std::collections::BTreeSet;

use chainwright_contracts::{flag::Flag, policy::Schedules};
use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};

use self::rule::Rule;
pub use self::walk::Slots;

/// A slot: the nominal instant of a session, with every flag whose schedule falls due then.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// The instant.
    pub at: Timestamp,
    /// At least one flag.
    pub flags: BTreeSet<Flag>,
}

/// A policy's schedules, compiled.
#[derive(Debug, Clone)]
pub struct Calendar {
    zone: TimeZone,
    rules: Vec<(Flag, Rule)>,
}

/// The instant of a local time: moved forward by the gap where the clocks skip it, the first where they repeat it.
///
/// `None` beyond the year 9999.
#[must_use]
pub fn instant(zone: &TimeZone, local: DateTime) -> Option<Timestamp> {
    zone.to_ambiguous_timestamp(local).compatible().ok()
}

impl Calendar {
    /// Compiles `schedules`, whose times are meant in `zone`.
    #[must_use]
    pub fn new(schedules: &Schedules, zone: TimeZone) -> Self {
        Self { zone, rules: rule::compile(schedules) }
    }

    /// The zone in which times are meant.
    #[must_use]
    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The flags of the schedules that the policy has, the most frequent first.
    pub fn schedules(&self) -> impl Iterator<Item = Flag> {
        self.rules.iter().map(|(flag, _)| *flag)
    }

    /// The slots in `[from, to)`, in order, each instant once.
    #[must_use]
    pub fn slots(&self, from: Timestamp, to: Timestamp) -> Slots<'_> {
        Slots::new(self, from, to)
    }

    /// The first slot later than `t`; none at the end of time (the year 9999).
    #[must_use]
    pub fn next_slot_after(&self, t: Timestamp) -> Option<Slot> {
        // Slots lie on whole seconds, so the first at or after the next nanosecond is the first after `t`.
        let from = t.checked_add(jiff::SignedDuration::from_nanos(1)).ok()?;
        self.slots(from, Timestamp::MAX).next()
    }

    /// The last slot not later than `t`; none before the beginning of time.
    #[must_use]
    pub fn newest_slot_at_or_before(&self, t: Timestamp) -> Option<Slot> {
        walk::newest_at_or_before(self, t)
    }

    /// The flags whose schedules fall due exactly at `slot`; empty where none does.
    #[must_use]
    pub fn flags_due(&self, slot: Timestamp) -> BTreeSet<Flag> {
        let newest = self.newest_slot_at_or_before(slot);
        newest.filter(|found| found.at == slot).map(|found| found.flags).unwrap_or_default()
    }

    /// Every (instant, flag) that the local day `date` brings, unordered.
    fn due_on(&self, date: Date) -> impl Iterator<Item = (Timestamp, Flag)> {
        self.rules.iter().filter(move |(_, rule)| rule.falls_on(date)).flat_map(move |(flag, rule)| {
            rule.times().iter().filter_map(move |time| Some((instant(&self.zone, date.to_datetime(*time))?, *flag)))
        })
    }

    fn local_date(&self, t: Timestamp) -> Date {
        self.zone.to_datetime(t).date()
    }
}
