//! Cron expressions of six fields: minutes, hours, day of month, month, day of week, year.
//!
//! From the User Guide's page "Setting a schedule pattern for scheduled rules". One of the two day fields must be `?`.
//! The `W` of that page is not supported.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

const MONTHS: &[&str] = &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: &[&str] = &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// How far ahead a firing is sought: beyond the longest gap between two Februaries with 29 days.
const HORIZON_DAYS: i64 = 366 * 9;

#[derive(Clone, Debug)]
pub(super) struct Cron {
    minutes: Vec<i16>,
    hours: Vec<i16>,
    days: Days,
    months: Vec<i16>,
    years: Vec<i16>,
}

#[derive(Clone, Debug)]
enum Days {
    OfMonth(Vec<i16>),
    LastOfMonth,
    OfWeek(Vec<i16>),
    /// The last such weekday of the month.
    LastOfWeek(i16),
    /// The nth such weekday of the month.
    Nth(i16, i16),
}

impl Cron {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, day, month, weekday, year] = fields.as_slice() else { return None };
        let days = match (*day, *weekday) {
            ("L", "?") => Days::LastOfMonth,
            (day, "?") => Days::OfMonth(field(day, 1, 31, &[])?),
            ("?", weekday) => parse_weekday(weekday)?,
            _ => return None,
        };
        Some(Self {
            minutes: field(minutes, 0, 59, &[])?,
            hours: field(hours, 0, 23, &[])?,
            days,
            months: field(month, 1, 12, MONTHS)?,
            years: field(year, 1970, 2199, &[])?,
        })
    }

    /// The first firing after `now`.
    pub(super) fn next(&self, now: Timestamp) -> Option<Timestamp> {
        let now = now.to_zoned(TimeZone::UTC).datetime();
        let mut date = now.date();
        for _ in 0..HORIZON_DAYS {
            if self.includes(date) {
                let times = self.hours.iter().flat_map(|hour| self.minutes.iter().map(move |minute| (*hour, *minute)));
                let instants = times.filter_map(|(hour, minute)| {
                    let (hour, minute) = (i8::try_from(hour).ok()?, i8::try_from(minute).ok()?);
                    Some(date.at(hour, minute, 0, 0))
                });
                if let Some(at) = instants.into_iter().find(|at| *at > now) {
                    return at.to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp());
                }
            }
            date = date.tomorrow().ok()?;
        }
        None
    }

    fn includes(&self, date: Date) -> bool {
        let (day, length) = (i16::from(date.day()), i16::from(date.days_in_month()));
        let weekday = i16::from(date.weekday().to_sunday_one_offset());
        let on_day = match &self.days {
            Days::OfMonth(days) => days.contains(&day),
            Days::LastOfMonth => day == length,
            Days::OfWeek(days) => days.contains(&weekday),
            Days::LastOfWeek(of) => *of == weekday && day + 7 > length,
            Days::Nth(of, nth) => *of == weekday && (day - 1) / 7 + 1 == *nth,
        };
        on_day && self.months.contains(&i16::from(date.month())) && self.years.contains(&date.year())
    }
}

fn parse_weekday(text: &str) -> Option<Days> {
    if text == "L" {
        return Some(Days::OfWeek(vec![7]));
    }
    if let Some(day) = text.strip_suffix('L') {
        return Some(Days::LastOfWeek(value(day, 1, 7, DAYS)?));
    }
    if let Some((day, nth)) = text.split_once('#') {
        return Some(Days::Nth(value(day, 1, 7, DAYS)?, value(nth, 1, 5, &[])?));
    }
    Some(Days::OfWeek(field(text, 1, 7, DAYS)?))
}

/// A list of values, ranges and steps, sorted.
fn field(text: &str, low: i16, high: i16, names: &[&str]) -> Option<Vec<i16>> {
    let mut values = Vec::new();
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step.parse::<usize>().ok().filter(|step| *step > 0)?)),
            None => (part, None),
        };
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (low, high),
            Some((from, to)) => (value(from, low, high, names)?, value(to, low, high, names)?),
            None => {
                let from = value(range, low, high, names)?;
                (from, if step.is_some() { high } else { from })
            }
        };
        values.extend((from..=to).step_by(step.unwrap_or(1)));
    }
    values.sort_unstable();
    values.dedup();
    (!values.is_empty()).then_some(values)
}

fn value(text: &str, low: i16, high: i16, names: &[&str]) -> Option<i16> {
    let named = names.iter().position(|name| name.eq_ignore_ascii_case(text)).and_then(|at| i16::try_from(at).ok());
    let value = named.map(|at| at + low).or_else(|| text.parse().ok())?;
    (low..=high).contains(&value).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::Cron;

    fn next(expression: &str, now: &str) -> Option<String> {
        let cron = Cron::parse(expression).expect(expression);
        cron.next(now.parse().unwrap()).map(|at| at.to_string())
    }

    #[test]
    fn a_daily_schedule_fires_the_next_day_once_today_has_passed() {
        assert_eq!(next("0 10 * * ? *", "2026-01-05T09:59:59Z").as_deref(), Some("2026-01-05T10:00:00Z"));
        assert_eq!(next("0 10 * * ? *", "2026-01-05T10:00:00Z").as_deref(), Some("2026-01-06T10:00:00Z"));
    }

    #[test]
    fn steps_ranges_and_names_are_understood() {
        assert_eq!(next("0/15 8-17 ? * MON-FRI *", "2026-01-09T17:46:00Z").as_deref(), Some("2026-01-12T08:00:00Z"));
        assert_eq!(next("5 0 1 JAN,JUL ? *", "2026-01-05T00:00:00Z").as_deref(), Some("2026-07-01T00:05:00Z"));
    }

    #[test]
    fn the_last_day_and_the_nth_weekday_are_found() {
        assert_eq!(next("0 0 L * ? *", "2028-02-03T00:00:00Z").as_deref(), Some("2028-02-29T00:00:00Z"));
        assert_eq!(next("0 0 ? * 6L *", "2026-01-05T00:00:00Z").as_deref(), Some("2026-01-30T00:00:00Z"));
        assert_eq!(next("0 0 ? * MON#1 *", "2026-01-05T00:00:00Z").as_deref(), Some("2026-02-02T00:00:00Z"));
    }

    #[test]
    fn a_year_that_has_passed_never_fires() {
        assert_eq!(next("0 0 1 1 ? 2020", "2026-01-05T00:00:00Z"), None);
    }

    #[test]
    fn a_schedule_without_question_mark_is_refused() {
        assert!(Cron::parse("0 0 * * * *").is_none());
        assert!(Cron::parse("60 0 * * ? *").is_none());
        assert!(Cron::parse("0 0 * * ?").is_none());
    }
}
