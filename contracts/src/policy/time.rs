//! Times and days as a schedule spells them, local to the policy's time zone.

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Serialize, Serializer};

use super::{
    error::{PolicyProblem, Wrong},
    reader::FromText,
};
use crate::names::text_type;

/// `FromStr`, serde and JSON Schema for a value that the policy's reader spells as text.
macro_rules! from_text_type {
    ($name:ident, $pattern:expr) => {
        impl FromStr for $name {
            type Err = Wrong;

            fn from_str(text: &str) -> Result<Self, Wrong> {
                Self::from_text(text)
            }
        }

        text_type!($name, $pattern, <$name as FromText>::ALLOWED);
    };
}
pub(super) use from_text_type;

/// A time of day in minutes, on a 24-hour clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay {
    hour: u8,
    minute: u8,
}

impl TimeOfDay {
    /// 0 to 23.
    #[must_use]
    pub const fn hour(self) -> u8 {
        self.hour
    }

    /// 0 to 59.
    #[must_use]
    pub const fn minute(self) -> u8 {
        self.minute
    }
}

/// Reads a number of one or two digits, without a sign.
fn small(text: &str) -> Option<u8> {
    (text.len() <= 2 && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

impl FromText for TimeOfDay {
    const ALLOWED: &'static str = "a time from \"00:00\" to \"23:59\", local to the policy's time zone";

    fn from_text(text: &str) -> Result<Self, Wrong> {
        let wrong = || Wrong::new(PolicyProblem::BadTime, format!("{text:?} is not a time of day"), Self::ALLOWED);
        let (hour, minute) = text.split_once(':').filter(|(h, m)| h.len() == 2 && m.len() == 2).ok_or_else(wrong)?;
        match (small(hour), small(minute)) {
            (Some(hour @ 0..=23), Some(minute @ 0..=59)) => Ok(Self { hour, minute }),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.hour, self.minute)
    }
}

from_text_type!(TimeOfDay, "^([01][0-9]|2[0-3]):[0-5][0-9]$");

/// An interval of whole hours that divides the day, counted from 00:00 local.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EveryHours(u8);

impl EveryHours {
    /// The hours between two times: 1, 2, 3, 4, 6, 8 or 12.
    #[must_use]
    pub const fn hours(self) -> u8 {
        self.0
    }

    /// The day's times: 00:00 and so on.
    #[must_use]
    pub fn times(self) -> Vec<TimeOfDay> {
        (0..24).step_by(usize::from(self.0)).map(|hour| TimeOfDay { hour, minute: 0 }).collect()
    }
}

impl FromText for EveryHours {
    const ALLOWED: &'static str = "\"N hours\" with N one of 1, 2, 3, 4, 6, 8, 12";

    fn from_text(text: &str) -> Result<Self, Wrong> {
        text.split_once(' ')
            .filter(|(_, unit)| matches!(*unit, "hour" | "hours"))
            .filter(|(number, _)| !number.starts_with('0'))
            .and_then(|(number, _)| small(number))
            .filter(|hours| [1, 2, 3, 4, 6, 8, 12].contains(hours))
            .map(Self)
            .ok_or_else(|| {
                Wrong::new(PolicyProblem::BadTime, format!("{text:?} is not such an interval"), Self::ALLOWED)
            })
    }
}

impl fmt::Display for EveryHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} hour{}", self.0, if self.0 == 1 { "" } else { "s" })
    }
}

from_text_type!(EveryHours, "^(1|2|3|4|6|8|12) hours?$");

/// A day of the week; the week begins on Monday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weekday {
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}

impl Weekday {
    /// The week.
    pub const ALL: [Self; 7] =
        [Self::Monday, Self::Tuesday, Self::Wednesday, Self::Thursday, Self::Friday, Self::Saturday, Self::Sunday];

    const fn name(self) -> &'static str {
        match self {
            Self::Monday => "monday",
            Self::Tuesday => "tuesday",
            Self::Wednesday => "wednesday",
            Self::Thursday => "thursday",
            Self::Friday => "friday",
            Self::Saturday => "saturday",
            Self::Sunday => "sunday",
        }
    }

    fn read(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|day| day.name() == text)
    }
}

impl FromText for Weekday {
    const ALLOWED: &'static str = "monday, tuesday, wednesday, thursday, friday, saturday, sunday";

    fn from_text(text: &str) -> Result<Self, Wrong> {
        let wrong = || Wrong::new(PolicyProblem::BadDay, format!("{text:?} is not a day of the week"), Self::ALLOWED);
        Self::read(text).ok_or_else(wrong)
    }
}

impl fmt::Display for Weekday {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

from_text_type!(Weekday, "^(monday|tuesday|wednesday|thursday|friday|saturday|sunday)$");

/// The days of a daily schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Days {
    /// `every day`, the default.
    Every,
    /// `weekdays`: Monday to Friday.
    Weekdays,
    /// `weekends`: Saturday and Sunday.
    Weekends,
    /// The days named.
    On(BTreeSet<Weekday>),
}

impl Days {
    /// What is allowed, in words.
    pub(super) const ALLOWED: &'static str =
        "weekdays, weekends or every day; or days in full and lower case, such as monday, one or a list";

    /// The days as a set.
    #[must_use]
    pub fn set(&self) -> BTreeSet<Weekday> {
        let (workdays, weekend) = Weekday::ALL.split_at(5);
        match self {
            Self::Every => Weekday::ALL.into(),
            Self::Weekdays => workdays.iter().copied().collect(),
            Self::Weekends => weekend.iter().copied().collect(),
            Self::On(days) => days.clone(),
        }
    }

    /// The group of that name.
    pub(super) fn group(text: &str) -> Option<Self> {
        match text {
            "every day" => Some(Self::Every),
            "weekdays" => Some(Self::Weekdays),
            "weekends" => Some(Self::Weekends),
            _ => None,
        }
    }
}

impl Serialize for Days {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Every => serializer.serialize_str("every day"),
            Self::Weekdays => serializer.serialize_str("weekdays"),
            Self::Weekends => serializer.serialize_str("weekends"),
            Self::On(days) => days.serialize(serializer),
        }
    }
}

/// Which of a month's days of one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ordinal {
    /// The first in the month.
    First,
    /// The second.
    Second,
    /// The third.
    Third,
    /// The fourth.
    Fourth,
    /// The last, be it the fourth or the fifth.
    Last,
}

impl Ordinal {
    const ALL: [Self; 5] = [Self::First, Self::Second, Self::Third, Self::Fourth, Self::Last];

    const fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Second => "second",
            Self::Third => "third",
            Self::Fourth => "fourth",
            Self::Last => "last",
        }
    }
}

/// The day of a month on which a monthly schedule falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MonthDay {
    /// Such as `first monday` or `last friday`.
    Nth(Ordinal, Weekday),
    /// `day N`, 1 to 31; in a shorter month its last day.
    Day(u8),
    /// `last day`.
    Last,
}

impl FromText for MonthDay {
    const ALLOWED: &'static str = "first, second, third, fourth or last and a day of the week, such as \"first monday\"; or \"day N\", 1 to 31; or \"last day\"";

    fn from_text(text: &str) -> Result<Self, Wrong> {
        let wrong = |why: &str| Wrong::new(PolicyProblem::BadDay, format!("{text:?} {why}"), Self::ALLOWED);
        let (first, second) = text.split_once(' ').ok_or_else(|| wrong("is not a day of a month"))?;
        match (first, second) {
            ("last", "day") => Ok(Self::Last),
            ("day", number) => match small(number).filter(|_| !number.starts_with('0')) {
                Some(day @ 1..=31) => Ok(Self::Day(day)),
                _ => Err(wrong("is a day that no month has")),
            },
            _ => {
                let ordinal = Ordinal::ALL.into_iter().find(|ordinal| ordinal.name() == first);
                let nth = ordinal.zip(Weekday::read(second)).map(|(ordinal, day)| Self::Nth(ordinal, day));
                nth.ok_or_else(|| wrong("is not a day of a month"))
            }
        }
    }
}

impl fmt::Display for MonthDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nth(ordinal, day) => write!(f, "{} {day}", ordinal.name()),
            Self::Day(day) => write!(f, "day {day}"),
            Self::Last => f.write_str("last day"),
        }
    }
}

from_text_type!(
    MonthDay,
    "^((first|second|third|fourth|last) (monday|tuesday|wednesday|thursday|friday|saturday|sunday)|day ([1-9]|[12][0-9]|3[01])|last day)$"
);

const MONTHS: [(&str, u8); 12] = [
    ("january", 31),
    ("february", 29),
    ("march", 31),
    ("april", 30),
    ("may", 31),
    ("june", 30),
    ("july", 31),
    ("august", 31),
    ("september", 30),
    ("october", 31),
    ("november", 30),
    ("december", 31),
];

/// The day of a year on which a yearly schedule falls; February 29 means the 28th in a common year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct YearDay {
    month: u8,
    day: u8,
}

impl YearDay {
    /// 1 to 12.
    #[must_use]
    pub const fn month(self) -> u8 {
        self.month
    }

    /// 1 to the length of the month, in February 29.
    #[must_use]
    pub const fn day(self) -> u8 {
        self.day
    }
}

impl FromText for YearDay {
    const ALLOWED: &'static str = "a month in full and lower case and one of its days, such as \"january 1\"";

    fn from_text(text: &str) -> Result<Self, Wrong> {
        let wrong = |why: &str| Wrong::new(PolicyProblem::BadDay, format!("{text:?} {why}"), Self::ALLOWED);
        let (name, number) = text.split_once(' ').ok_or_else(|| wrong("is not a day of a year"))?;
        let found = (1..).zip(MONTHS).find(|(_, (month, _))| *month == name);
        let (month, (_, longest)) = found.ok_or_else(|| wrong("does not begin with a month"))?;
        match small(number).filter(|_| !number.starts_with('0')) {
            Some(day) if (1..=longest).contains(&day) => Ok(Self { month, day }),
            Some(_) => Err(wrong("is a day that no year has")),
            None => Err(wrong("is not a day of a year")),
        }
    }
}

impl fmt::Display for YearDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = MONTHS.get(usize::from(self.month).wrapping_sub(1)).map_or("", |(name, _)| name);
        write!(f, "{name} {}", self.day)
    }
}

from_text_type!(
    YearDay,
    "^(january|february|march|april|may|june|july|august|september|october|november|december) ([1-9]|[12][0-9]|3[01])$"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day_have_two_digits_each_and_end_at_23_59() {
        for text in ["00:00", "07:00", "23:59"] {
            assert_eq!(text.parse::<TimeOfDay>().unwrap().to_string(), text);
        }
        for text in ["", "7:00", "07", "24:00", "07:60", "07:00:00", "7 am", "+7:00", "07:0"] {
            assert_eq!(text.parse::<TimeOfDay>().unwrap_err().problem, PolicyProblem::BadTime, "{text}");
        }
    }

    #[test]
    fn an_interval_divides_the_day() {
        let times = |text: &str| text.parse::<EveryHours>().unwrap().times().len();
        assert_eq!((times("1 hour"), times("6 hours"), times("12 hours")), (24, 4, 2));
        for text in ["5 hours", "0 hours", "24 hours", "6", "6 days", "06 hours", "6h"] {
            assert!(text.parse::<EveryHours>().is_err(), "{text}");
        }
    }

    #[test]
    fn days_of_a_month_are_ordinals_numbers_or_the_last() {
        for text in ["first monday", "last friday", "day 1", "day 31", "last day"] {
            assert_eq!(text.parse::<MonthDay>().unwrap().to_string(), text);
        }
        for text in
            ["fifth monday", "first", "day 0", "day 32", "day 01", "First monday", "first mon", "1", "last", "monday"]
        {
            assert_eq!(text.parse::<MonthDay>().unwrap_err().problem, PolicyProblem::BadDay, "{text}");
        }
    }

    #[test]
    fn a_day_that_no_year_has_is_refused() {
        for text in ["january 1", "february 29", "april 30", "december 31"] {
            assert_eq!(text.parse::<YearDay>().unwrap().to_string(), text);
        }
        for text in ["february 30", "april 31", "january 0", "january 32", "jan 1", "January 1", "1 january", "january"]
        {
            assert_eq!(text.parse::<YearDay>().unwrap_err().problem, PolicyProblem::BadDay, "{text}");
        }
    }
}
