//! When a backup cannot start: within four hours before, or during, a file system's weekly maintenance window or its
//! automatic backup window (AWS Backup developer guide, "Backup plan options and configuration"). Windows last half an hour
//! (FSx guides, "Maintenance windows", "Working with automatic daily backups"), and their times are UTC.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

const LEAD: i64 = 4 * 3600;
const LENGTH: i64 = 30 * 60;
const DAY: i64 = 24 * 3600;
const WEEK: i64 = 7 * DAY;
/// Windows that can follow each other without a time to start between them: at most the two of a day.
const MOST_IN_A_ROW: usize = 3;
/// The epoch was a Thursday, and weeks begin on Mondays.
const EPOCH_IN_WEEK: i64 = 3 * DAY;

/// The windows of one file system.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Windows {
    /// The second of the week at which maintenance begins.
    maintenance: Option<i64>,
    /// The second of the day at which automatic backups begin, where there are any.
    automatic: Option<i64>,
}

/// A time without backups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Closed {
    /// Which window it is.
    what: &'static str,
    /// When it is over, with those that follow it.
    pub(super) until: Timestamp,
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, until } = self;
        write!(f, "no backup starts within 4 hours before or during its {what} window: it waits until {until}")
    }
}

impl Windows {
    /// As FSx writes them: `d:HH:MM`, 1 being Monday, and `HH:MM`. What cannot be read closes nothing.
    pub(super) fn new(weekly: Option<&str>, daily: Option<&str>, retention_days: Option<i32>) -> Self {
        let automatic = daily.filter(|_| retention_days.is_some_and(|days| days > 0)).and_then(second_of_day);
        Self { maintenance: weekly.and_then(second_of_week), automatic }
    }

    /// Why no backup starts at `now`, and until when; none where one can. Windows that follow each other are one.
    pub(super) fn closed(self, now: Timestamp) -> Option<Closed> {
        let (what, mut until) = self.closed_until(now)?;
        for _ in 0..MOST_IN_A_ROW {
            let Some((_, longer)) = self.closed_until(until) else { break };
            until = longer;
        }
        Some(Closed { what, until })
    }

    fn closed_until(self, now: Timestamp) -> Option<(&'static str, Timestamp)> {
        let into_week = now.as_second().saturating_add(EPOCH_IN_WEEK);
        let of = |start: Option<i64>, period: i64, what: &'static str| {
            let since = (into_week - start?).rem_euclid(period);
            let left = if since < LENGTH { LENGTH - since } else { period - since + LENGTH };
            let until = now.checked_add(SignedDuration::from_secs(left)).unwrap_or(Timestamp::MAX);
            (since < LENGTH || period - since <= LEAD).then_some((what, until))
        };
        of(self.maintenance, WEEK, "maintenance").or_else(|| of(self.automatic, DAY, "automatic backup"))
    }
}

fn second_of_day(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    ((0..24).contains(&hours) && (0..60).contains(&minutes)).then_some(hours * 3600 + minutes * 60)
}

fn second_of_week(text: &str) -> Option<i64> {
    let (day, time) = text.split_once(':')?;
    let day: i64 = day.parse().ok().filter(|day| (1..=7).contains(day))?;
    Some((day - 1) * DAY + second_of_day(time)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    // 5 January 2026 is a Monday.

    #[test]
    fn nothing_starts_in_the_four_hours_before_a_window_nor_in_it() {
        let windows = Windows::new(Some("1:02:00"), None, None);
        for (at, closed) in [
            ("2026-01-04T21:59:59Z", false),
            ("2026-01-04T22:00:00Z", true),
            ("2026-01-05T02:29:59Z", true),
            ("2026-01-05T02:30:00Z", false),
            ("2026-01-06T02:00:00Z", false),
            ("2026-01-11T23:00:00Z", true),
        ] {
            assert_eq!(windows.closed(at.parse().unwrap()).is_some(), closed, "{at}");
        }
        let told = windows.closed("2026-01-04T23:00:00Z".parse().unwrap()).unwrap().to_string();
        assert!(told.ends_with("it waits until 2026-01-05T02:30:00Z"), "{told}");
    }

    #[test]
    fn the_automatic_window_counts_only_where_there_are_automatic_backups() {
        for (days, closed) in [(Some(0), false), (None, false), (Some(7), true)] {
            let windows = Windows::new(None, Some("03:00"), days);
            assert_eq!(windows.closed("2026-01-07T00:00:00Z".parse().unwrap()).is_some(), closed, "{days:?}");
        }
    }

    #[test]
    fn windows_without_a_time_between_them_are_waited_for_together() {
        let windows = Windows::new(Some("1:08:00"), Some("04:00"), Some(7));
        let told = windows.closed("2026-01-05T00:00:00Z".parse().unwrap()).unwrap().to_string();
        assert!(told.ends_with("it waits until 2026-01-05T08:30:00Z"), "{told}");
    }

    #[test]
    fn what_cannot_be_read_closes_nothing() {
        for text in ["", "8:02:00", "1:24:00", "1:02:60", "x:02:00", "02:00"] {
            assert_eq!(Windows::new(Some(text), Some(text), Some(7)).maintenance, None, "{text}");
        }
    }
}
