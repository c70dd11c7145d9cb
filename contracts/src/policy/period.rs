//! Periods: how long something is kept, how old something may get.

use std::{fmt, str::FromStr};

use super::{
    error::{PolicyProblem, Wrong},
    reader::FromText,
};
use crate::names::text_type;

/// The unit of a period. Days and longer follow the calendar of the policy's time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// Exactly 60 minutes. Only ages have it.
    Hour,
    /// A calendar day.
    Day,
    /// Seven calendar days.
    Week,
    /// A calendar month; a day that the month lacks becomes its last.
    Month,
    /// A calendar year.
    Year,
}

impl Unit {
    const fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    /// How many of this unit make a hundred years, the longest period there is.
    const fn most(self) -> u32 {
        match self {
            Self::Hour => 876_000,
            Self::Day => 36_500,
            Self::Week => 5_200,
            Self::Month => 1_200,
            Self::Year => 100,
        }
    }

    fn read(word: &str) -> Option<Self> {
        let singular = word.strip_suffix('s').unwrap_or(word);
        [Self::Hour, Self::Day, Self::Week, Self::Month, Self::Year].into_iter().find(|unit| unit.name() == singular)
    }
}

/// How long something is kept: a whole number of days, weeks, months or years, 1 day to 100 years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Period {
    n: u32,
    unit: Unit,
}

/// How old something may get: a period that may also be a number of hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Age {
    n: u32,
    unit: Unit,
}

impl Period {
    /// The number of units, at least 1.
    #[must_use]
    pub const fn n(self) -> u32 {
        self.n
    }

    /// The unit: a day or longer.
    #[must_use]
    pub const fn unit(self) -> Unit {
        self.unit
    }
    /// The length in days where it does not depend on the calendar: for days and weeks.
    #[must_use]
    pub const fn days(self) -> Option<u32> {
        match self.unit {
            Unit::Day => Some(self.n),
            Unit::Week => Some(self.n * 7),
            Unit::Hour | Unit::Month | Unit::Year => None,
        }
    }
}

impl Age {
    /// The number of units, at least 1.
    #[must_use]
    pub const fn n(self) -> u32 {
        self.n
    }

    /// The unit.
    #[must_use]
    pub const fn unit(self) -> Unit {
        self.unit
    }

    /// `n` hours.
    pub(super) const fn of_hours(n: u32) -> Self {
        Self { n, unit: Unit::Hour }
    }
}

impl From<Period> for Age {
    fn from(period: Period) -> Self {
        Self { n: period.n, unit: period.unit }
    }
}

fn read(text: &str, hours: bool, allowed: &str) -> Result<(u32, Unit), Wrong> {
    let wrong = |why: String| Wrong::new(PolicyProblem::BadPeriod, why, allowed);
    let (number, word) = text.split_once(' ').ok_or_else(|| wrong(format!("{text:?} is not a period")))?;
    let plain = number == "0" || !number.starts_with('0');
    let digits = plain && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let unit = Unit::read(word).filter(|unit| hours || *unit != Unit::Hour);
    let (true, Some(unit)) = (digits, unit) else { return Err(wrong(format!("{text:?} is not a period"))) };
    match number.parse::<u32>() {
        Ok(0) => Err(wrong(format!("{text:?} is shorter than 1 {}", unit.name()))),
        Ok(n) if n <= unit.most() => Ok((n, unit)),
        _ => Err(wrong(format!("{text:?} is longer than 100 years"))),
    }
}

impl FromText for Period {
    const ALLOWED: &'static str =
        "a whole number of days, weeks, months or years, such as \"14 days\", at most 100 years";

    fn from_text(text: &str) -> Result<Self, Wrong> {
        read(text, false, Self::ALLOWED).map(|(n, unit)| Self { n, unit })
    }
}

impl FromText for Age {
    const ALLOWED: &'static str =
        "a whole number of hours, days, weeks, months or years, such as \"36 hours\", at most 100 years";

    fn from_text(text: &str) -> Result<Self, Wrong> {
        read(text, true, Self::ALLOWED).map(|(n, unit)| Self { n, unit })
    }
}

impl FromStr for Period {
    type Err = Wrong;

    fn from_str(text: &str) -> Result<Self, Wrong> {
        Self::from_text(text)
    }
}

impl FromStr for Age {
    type Err = Wrong;

    fn from_str(text: &str) -> Result<Self, Wrong> {
        Self::from_text(text)
    }
}

fn write(f: &mut fmt::Formatter<'_>, n: u32, unit: Unit) -> fmt::Result {
    write!(f, "{n} {}{}", unit.name(), if n == 1 { "" } else { "s" })
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(f, self.n, self.unit)
    }
}

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(f, self.n, self.unit)
    }
}

text_type!(
    Period,
    "^[1-9][0-9]* (day|week|month|year)s?$",
    "How long: a whole number of days, weeks, months or years by the calendar, at most 100 years."
);
text_type!(
    Age,
    "^[1-9][0-9]* (hour|day|week|month|year)s?$",
    "How old: a whole number of hours, days, weeks, months or years, at most 100 years."
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read_in_singular_and_plural() {
        for (text, shown) in [("1 day", "1 day"), ("3 day", "3 days"), ("1 weeks", "1 week"), ("7 years", "7 years")] {
            assert_eq!(text.parse::<Period>().unwrap().to_string(), shown);
        }
        assert_eq!("36 hours".parse::<Age>().unwrap().to_string(), "36 hours");
    }

    #[test]
    fn what_is_not_a_whole_number_of_units_is_refused() {
        for text in [
            "", "3", "days", "3days", "0 days", "-1 days", "1.5 days", "3  days", "3 Days", "3 dayss", "6 hours",
            "+3 days",
        ] {
            assert_eq!(text.parse::<Period>().unwrap_err().problem, PolicyProblem::BadPeriod, "{text}");
        }
    }

    #[test]
    fn a_hundred_years_is_the_longest_period_in_every_unit() {
        for (longest, longer) in [
            ("100 years", "101 years"),
            ("1200 months", "1201 months"),
            ("5200 weeks", "5201 weeks"),
            ("36500 days", "36501 days"),
        ] {
            assert!(longest.parse::<Period>().is_ok());
            assert!(longer.parse::<Period>().unwrap_err().wrong.contains("100 years"));
        }
        assert!("99999999999 days".parse::<Period>().is_err());
    }
}
