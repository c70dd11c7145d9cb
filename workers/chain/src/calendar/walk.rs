//! The walk over local days that finds slots.

use std::collections::{BTreeMap, BTreeSet};

use chainwright_contracts::flag::Flag;
use jiff::{Timestamp, ToSpan, civil::Date};

use super::{Calendar, Slot};

/// The slots of a calendar in an interval, in order.
#[derive(Debug, Clone)]
pub struct Slots<'c> {
    calendar: &'c Calendar,
    from: Timestamp,
    to: Timestamp,
    /// The next day to read; none once the last day of the calendar has been read.
    day: Option<Date>,
    /// What was read and may still gain flags, or be preceded, from a day not yet read.
    pending: BTreeMap<Timestamp, BTreeSet<Flag>>,
}

fn days_before(date: Date, days: i32) -> Date {
    date.saturating_sub(days.days())
}

impl<'c> Slots<'c> {
    pub(super) fn new(calendar: &'c Calendar, from: Timestamp, to: Timestamp) -> Self {
        // A gap of a whole day can carry a slot into the day after its own.
        let first = days_before(calendar.local_date(from), 2);
        Self { calendar, from, to, day: Some(first), pending: BTreeMap::new() }
    }

    /// Whether no day that is still to be read can touch or precede `at`.
    fn is_final(&self, at: Timestamp) -> bool {
        self.day.is_none_or(|day| days_before(day, 1) > self.calendar.local_date(at))
    }

    fn read_day(&mut self, day: Date) {
        for (at, flag) in self.calendar.due_on(day) {
            if at >= self.from {
                self.pending.entry(at).or_default().insert(flag);
            }
        }
        self.day = day.tomorrow().ok();
    }
}

impl Iterator for Slots<'_> {
    type Item = Slot;

    fn next(&mut self) -> Option<Slot> {
        loop {
            let first = self.pending.first_key_value().map(|(at, _)| *at);
            match (first, self.day) {
                (Some(at), _) if self.is_final(at) => {
                    let (at, flags) = self.pending.pop_first()?;
                    return (at < self.to).then_some(Slot { at, flags });
                }
                (_, Some(day)) if days_before(day, 2) > self.calendar.local_date(self.to) => return None,
                (_, Some(day)) => self.read_day(day),
                (_, None) => return None,
            }
        }
    }
}

/// The last slot not later than `t`, by the same walk backwards.
pub(super) fn newest_at_or_before(calendar: &Calendar, t: Timestamp) -> Option<Slot> {
    let mut found: BTreeMap<Timestamp, BTreeSet<Flag>> = BTreeMap::new();
    let mut day = calendar.local_date(t);
    loop {
        for (at, flag) in calendar.due_on(day) {
            if at <= t {
                found.entry(at).or_default().insert(flag);
            }
        }
        let newest = found.last_key_value().map(|(at, _)| calendar.local_date(*at));
        // A slot of an earlier day lies at most one day after that day.
        let settled = newest.is_some_and(|newest| day < days_before(newest, 1));
        match day.yesterday() {
            Ok(before) if !settled => day = before,
            _ => return found.pop_last().map(|(at, flags)| Slot { at, flags }),
        }
    }
}
