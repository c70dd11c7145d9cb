//! One schedule as a test of days and a list of times.

use std::collections::BTreeSet;

use chainwright_contracts::{
    flag::Flag,
    policy::{DailyTimes, MonthDay, Ordinal, Schedules, TimeOfDay, Weekday, YearDay},
};
use jiff::civil::{self, Date, Time};

/// When a schedule falls due, in local days and times.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    days: DayRule,
    times: Vec<Time>,
}

#[derive(Debug, Clone)]
enum DayRule {
    Week(BTreeSet<Weekday>),
    Month { months: BTreeSet<u8>, on: MonthDay },
    Year(YearDay),
}

impl Rule {
    /// Whether the schedule falls due on this day.
    pub(super) fn falls_on(&self, date: Date) -> bool {
        match &self.days {
            DayRule::Week(days) => days.contains(&weekday(date)),
            DayRule::Month { months, on } => {
                u8::try_from(date.month()).is_ok_and(|m| months.contains(&m)) && is_day(date, *on)
            }
            DayRule::Year(day) => u8::try_from(date.month()) == Ok(day.month()) && is_number(date, day.day()),
        }
    }

    /// The times of such a day, in order.
    pub(super) fn times(&self) -> &[Time] {
        &self.times
    }
}

fn weekday(date: Date) -> Weekday {
    match date.weekday() {
        civil::Weekday::Monday => Weekday::Monday,
        civil::Weekday::Tuesday => Weekday::Tuesday,
        civil::Weekday::Wednesday => Weekday::Wednesday,
        civil::Weekday::Thursday => Weekday::Thursday,
        civil::Weekday::Friday => Weekday::Friday,
        civil::Weekday::Saturday => Weekday::Saturday,
        civil::Weekday::Sunday => Weekday::Sunday,
    }
}

/// Whether `date` is day `number` of its month, or the month's last where the month is shorter.
fn is_number(date: Date, number: u8) -> bool {
    let last = date.days_in_month();
    date.day() == i8::try_from(number).unwrap_or(last).min(last)
}

fn is_day(date: Date, on: MonthDay) -> bool {
    match on {
        MonthDay::Last => date.day() == date.days_in_month(),
        MonthDay::Day(number) => is_number(date, number),
        MonthDay::Nth(Ordinal::Last, day) => weekday(date) == day && date.day() + 7 > date.days_in_month(),
        MonthDay::Nth(ordinal, day) => {
            // The first monday lies within days 1 to 7, the second within 8 to 14.
            let weeks_before = match ordinal {
                Ordinal::First => 0,
                Ordinal::Second => 1,
                Ordinal::Third => 2,
                Ordinal::Fourth | Ordinal::Last => 3,
            };
            weekday(date) == day && (date.day() - 1) / 7 == weeks_before
        }
    }
}

fn time(time: TimeOfDay) -> Time {
    // A time of day is in range by its type; midnight stands in for the impossible.
    let part = |part: u8| i8::try_from(part).unwrap_or_default();
    Time::new(part(time.hour()), part(time.minute()), 0, 0).unwrap_or(Time::midnight())
}

/// The rules of every schedule that there is, the most frequent first.
pub(super) fn compile(schedules: &Schedules) -> Vec<(Flag, Rule)> {
    let mut rules = Vec::new();
    if let Some(daily) = &schedules.daily {
        let times = match &daily.times {
            DailyTimes::At(times) => times.iter().copied().map(time).collect(),
            DailyTimes::Every(hours) => hours.times().into_iter().map(time).collect(),
        };
        rules.push((Flag::Daily, Rule { days: DayRule::Week(daily.on.set()), times }));
    }
    if let Some(weekly) = &schedules.weekly {
        rules.push((Flag::Weekly, Rule { days: DayRule::Week(weekly.on.clone()), times: vec![time(weekly.at)] }));
    }
    if let Some(monthly) = &schedules.monthly {
        let days = DayRule::Month { months: monthly.months.clone(), on: monthly.on };
        rules.push((Flag::Monthly, Rule { days, times: vec![time(monthly.at)] }));
    }
    if let Some(yearly) = &schedules.yearly {
        rules.push((Flag::Yearly, Rule { days: DayRule::Year(yearly.on), times: vec![time(yearly.at)] }));
    }
    rules
}
