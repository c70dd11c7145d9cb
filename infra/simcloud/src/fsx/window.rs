//! When AWS Backup cannot back a file system up: "Amazon FSx cannot start backups 4 hours before or during" its weekly
//! maintenance window or its automatic backup window, and jobs that fall there fail (AWS Backup developer guide, "Backup
//! plan options and configuration").

use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use super::errors::bad;
use crate::call::ApiError;

/// How long a window is closed before it begins, and how long it lasts, in seconds.
const LEAD: i64 = 4 * 3_600;
const LENGTH: i64 = 30 * 60;
/// The periods in which windows recur, in seconds.
const DAY: i64 = 24 * 3_600;
const WEEK: i64 = 7 * DAY;
/// The epoch was a Thursday, weeks begin on Mondays.
const EPOCH_IN_WEEK: i64 = 3 * DAY;

/// The members that hold the times.
pub(super) const WEEKLY: &str = "WeeklyMaintenanceStartTime";
pub(super) const DAILY: &str = "DailyAutomaticBackupStartTime";
pub(super) const RETENTION: &str = "AutomaticBackupRetentionDays";

/// The second of the day that `HH:MM` means.
fn daily(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    let part = |text: &str, below: i64| {
        let number = (text.len() == 2).then(|| text.parse::<i64>().ok())??;
        (0..below).contains(&number).then_some(number)
    };
    Some(part(hours, 24)? * 3_600 + part(minutes, 60)? * 60)
}

/// The second of the week that `d:HH:MM` means, 1 being Monday.
fn weekly(text: &str) -> Option<i64> {
    let (day, time) = text.split_once(':')?;
    let day = day.parse::<i64>().ok().filter(|day| (1..=7).contains(day))?;
    Some((day - 1) * DAY + daily(time)?)
}

/// Refuses times and a retention that are none.
pub(super) fn check(settings: &Map<String, Json>) -> Result<(), ApiError> {
    let fits = |member: &str, fits: &dyn Fn(&Json) -> bool| match settings.get(member) {
        Some(given) if !fits(given) => Err(bad(format!("Invalid {member}: {given}"))),
        _ => Ok(()),
    };
    fits(WEEKLY, &|given| given.as_str().and_then(weekly).is_some())?;
    fits(DAILY, &|given| given.as_str().and_then(daily).is_some())?;
    fits(RETENTION, &|given| given.as_i64().is_some_and(|days| (0..=90).contains(&days)))
}

/// Why a backup cannot start now, if it cannot.
pub(super) fn closed(settings: &Map<String, Json>, now: Timestamp) -> Option<String> {
    let text = |member: &str| settings.get(member).and_then(Json::as_str);
    let automatic = settings.get(RETENTION).and_then(Json::as_i64).is_some_and(|days| days > 0);
    let in_week = now.as_second() + EPOCH_IN_WEEK;
    let why =
        |window: &str| format!("Amazon FSx cannot start a backup within 4 hours before or during the {window} window.");
    if text(WEEKLY).and_then(weekly).is_some_and(|start| is_near(in_week - start, WEEK)) {
        return Some(why("weekly maintenance"));
    }
    let daily = text(DAILY).filter(|_| automatic).and_then(daily);
    daily.is_some_and(|start| is_near(in_week - start, DAY)).then(|| why("automatic backup"))
}

/// Whether what began so long ago, and begins again each period, is under way or about to begin.
fn is_near(since: i64, period: i64) -> bool {
    let since = since.rem_euclid(period);
    since < LENGTH || period - since <= LEAD
}

/// Times drawn for a file system whose creator names none.
pub(super) fn drawn(rng: &mut fastrand::Rng) -> (String, String) {
    let daily = |rng: &mut fastrand::Rng| format!("{:02}:{:02}", rng.u8(..24), rng.u8(..2) * 30);
    (format!("{}:{}", rng.u8(1..=7), daily(rng)), daily(rng))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{closed, is_near};

    fn is_closed(settings: &serde_json::Value, at: &str) -> bool {
        let settings = settings.as_object().cloned().unwrap_or_default();
        closed(&settings, at.parse().expect("a time")).is_some()
    }

    #[test]
    fn a_window_is_closed_four_hours_before_and_for_half_an_hour() {
        let weekly = json!({"WeeklyMaintenanceStartTime": "1:02:00"});
        // 5 January 2026 is a Monday.
        for (at, expected) in [
            ("2026-01-04T21:59:59Z", false),
            ("2026-01-04T22:00:00Z", true),
            ("2026-01-05T02:29:59Z", true),
            ("2026-01-05T02:30:00Z", false),
            ("2026-01-06T02:00:00Z", false),
            ("2026-01-12T02:00:00Z", true),
        ] {
            assert_eq!(is_closed(&weekly, at), expected, "{at}");
        }
    }

    #[test]
    fn the_daily_window_counts_only_where_there_are_automatic_backups() {
        for (days, expected) in [(0, false), (7, true)] {
            let daily = json!({"DailyAutomaticBackupStartTime": "03:00", "AutomaticBackupRetentionDays": days});
            assert_eq!(is_closed(&daily, "2026-01-07T00:00:00Z"), expected);
            assert!(!is_closed(&daily, "2026-01-07T04:00:00Z"));
        }
        assert!(is_near(-1, 86_400));
    }
}
