//! The four schedules: when each falls due and how long it keeps what was made then.

use std::{borrow::Cow, collections::BTreeMap, collections::BTreeSet};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use super::{
    error::PolicyProblem,
    period::Period,
    reader::{Field, FromText, Keys, Report},
    time::{Days, EveryHours, MonthDay, TimeOfDay, Weekday, YearDay},
};
use crate::flag::Flag;

/// When a policy's sessions run. Each schedule is optional, one is needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, extend("minProperties" = 1))]
pub struct Schedules {
    /// On days of the week, at one or more times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub daily: Option<Daily>,
    /// On days of the week, at one time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weekly: Option<Weekly>,
    /// On one day of a month.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monthly: Option<Monthly>,
    /// On one day of a year.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub yearly: Option<Yearly>,
}

/// How long a schedule's flag stands on a point, by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keeps {
    /// On the regular side.
    pub regular: Period,
    /// On the copy; without it this schedule asks for no copy.
    pub copies: Option<Period>,
}

impl Schedules {
    /// The periods of every schedule that the policy has, the most frequent schedule first.
    #[must_use]
    pub fn keeps(&self) -> BTreeMap<Flag, Keeps> {
        let keeps = |regular, copies| Keeps { regular, copies };
        let daily = self.daily.as_ref().map(|daily| (Flag::Daily, keeps(daily.keep, daily.keep_copies)));
        let weekly = self.weekly.as_ref().map(|weekly| (Flag::Weekly, keeps(weekly.keep, weekly.keep_copies)));
        let monthly = self.monthly.as_ref().map(|monthly| (Flag::Monthly, keeps(monthly.keep, monthly.keep_copies)));
        let yearly = self.yearly.as_ref().map(|yearly| (Flag::Yearly, keeps(yearly.keep, yearly.keep_copies)));
        [daily, weekly, monthly, yearly].into_iter().flatten().collect()
    }
}

/// The times of a daily schedule: `at` or `every`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DailyTimes {
    /// At these times, local.
    At(BTreeSet<TimeOfDay>),
    /// Every so many hours from 00:00 local.
    Every(EveryHours),
}

/// A schedule by days of the week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Daily {
    /// When on the day.
    #[serde(flatten)]
    pub times: DailyTimes,
    /// On which days.
    pub on: Days,
    /// How long the daily flag stands on the regular side.
    pub keep: Period,
    /// How long it stands on the copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_copies: Option<Period>,
}

/// A schedule on days of the week, at one time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Weekly {
    /// When on the day.
    pub at: TimeOfDay,
    /// A day or a list of days.
    #[schemars(schema_with = "weekdays_schema")]
    pub on: BTreeSet<Weekday>,
    /// How long the weekly flag stands on the regular side.
    pub keep: Period,
    /// How long it stands on the copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_copies: Option<Period>,
}

/// A schedule on one day of a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Monthly {
    /// When on the day.
    pub at: TimeOfDay,
    /// On which day.
    pub on: MonthDay,
    /// In which months, 1 to 12; all where not given.
    #[serde(default = "all_months")]
    #[schemars(inner(range(min = 1, max = 12)), length(min = 1))]
    pub months: BTreeSet<u8>,
    /// How long the monthly flag stands on the regular side.
    pub keep: Period,
    /// How long it stands on the copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_copies: Option<Period>,
}

/// A schedule on one day of a year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Yearly {
    /// When on the day.
    pub at: TimeOfDay,
    /// On which day.
    pub on: YearDay,
    /// How long the yearly flag stands on the regular side.
    pub keep: Period,
    /// How long it stands on the copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_copies: Option<Period>,
}

fn all_months() -> BTreeSet<u8> {
    (1..=12).collect()
}

fn one_or_many(item: &Schema) -> Schema {
    json_schema!({ "anyOf": [item, { "type": "array", "items": item, "minItems": 1, "uniqueItems": true }] })
}

fn weekdays_schema(generator: &mut SchemaGenerator) -> Schema {
    one_or_many(&generator.subschema_for::<Weekday>())
}

impl JsonSchema for Daily {
    fn schema_name() -> Cow<'static, str> {
        "Daily".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let period = generator.subschema_for::<Period>();
        let days = weekdays_schema(generator);
        json_schema!({
            "description": "A schedule by days of the week, at times or every so many hours.",
            "type": "object",
            "properties": {
                "at": one_or_many(&generator.subschema_for::<TimeOfDay>()),
                "every": generator.subschema_for::<EveryHours>(),
                "on": {
                    "description": "A group, a day, or a list of days; every day where not given.",
                    "anyOf": [{ "enum": ["every day", "weekdays", "weekends"] }, days],
                    "default": "every day"
                },
                "keep": period,
                "keep_copies": period,
            },
            "required": ["keep"],
            "oneOf": [{ "required": ["at"] }, { "required": ["every"] }],
            "additionalProperties": false,
        })
    }
}

/// Reads the block `schedules`.
pub(super) fn read(field: &Field<'_>, report: &mut Report<'_>) -> Option<Schedules> {
    let keys = Keys::of(field, report, &Flag::ALL.map(Flag::name))?;
    if Flag::ALL.iter().all(|flag| keys.get(flag.name()).is_none()) {
        field.wrong(
            report,
            PolicyProblem::MissingKey,
            "there is no schedule",
            "one or more of daily, weekly, monthly, yearly",
        );
        return None;
    }
    // Each schedule is read even where one before it is wrong, so that all mistakes are found at once.
    let daily = keys.get("daily").map(|field| read_daily(&field, report));
    let weekly = keys.get("weekly").map(|field| read_weekly(&field, report));
    let monthly = keys.get("monthly").map(|field| read_monthly(&field, report));
    let yearly = keys.get("yearly").map(|field| read_yearly(&field, report));
    Some(Schedules {
        daily: daily.map_or(Some(None), |read| read.map(Some))?,
        weekly: weekly.map_or(Some(None), |read| read.map(Some))?,
        monthly: monthly.map_or(Some(None), |read| read.map(Some))?,
        yearly: yearly.map_or(Some(None), |read| read.map(Some))?,
    })
}

/// The periods that every schedule has. The outer option is a mistake, the inner one an absent `keep_copies`.
fn read_keeps(keys: &Keys<'_>, report: &mut Report<'_>) -> Option<(Period, Option<Period>)> {
    let keep = keys.need(report, "keep", Period::ALLOWED).and_then(|field| field.parse(report));
    let copies = keys.get("keep_copies").map(|field| field.parse(report));
    Some((keep?, copies.map_or(Some(None), |read| read.map(Some))?))
}

/// The one time of a schedule that is not daily.
fn read_at(keys: &Keys<'_>, report: &mut Report<'_>) -> Option<TimeOfDay> {
    keys.need(report, "at", TimeOfDay::ALLOWED)?.parse(report)
}

fn read_daily(field: &Field<'_>, report: &mut Report<'_>) -> Option<Daily> {
    let keys = Keys::of(field, report, &["at", "every", "on", "keep", "keep_copies"])?;
    let times = read_daily_times(&keys, report);
    let on = keys.get("on").map_or(Some(Days::Every), |field| read_days(&field, report));
    let (keep, keep_copies) = read_keeps(&keys, report)?;
    Some(Daily { times: times?, on: on?, keep, keep_copies })
}

fn read_daily_times(keys: &Keys<'_>, report: &mut Report<'_>) -> Option<DailyTimes> {
    match (keys.get("at"), keys.get("every")) {
        (Some(at), None) => at.set(report, true).map(|times| DailyTimes::At(times.into_iter().collect())),
        (None, Some(every)) => every.parse(report).map(DailyTimes::Every),
        (Some(_), Some(every)) => {
            every.wrong(report, PolicyProblem::NotTogether, "at and every exclude each other", "one of them");
            None
        }
        (None, None) => {
            keys.need(
                report,
                "at",
                "at with times such as [\"07:00\", \"11:00\"], or every with an interval such as 6 hours",
            );
            None
        }
    }
}

fn read_days(field: &Field<'_>, report: &mut Report<'_>) -> Option<Days> {
    let items = field.items(report, true, Days::ALLOWED)?;
    let text = |item: &Field<'_>| item.text(&mut Report::new(""), "").and_then(Days::group);
    match items.as_slice() {
        [one] if text(one).is_some() => return text(one),
        several => {
            if let Some(group) = several.iter().find(|item| text(item).is_some()) {
                let wrong = format!("{} is a group and stands beside other days", group.value.describe());
                group.wrong(report, PolicyProblem::BadDay, wrong, Days::ALLOWED);
                return None;
            }
        }
    }
    field.set(report, true).map(|days| Days::On(days.into_iter().collect()))
}

fn read_weekly(field: &Field<'_>, report: &mut Report<'_>) -> Option<Weekly> {
    let keys = Keys::of(field, report, &["at", "on", "keep", "keep_copies"])?;
    let at = read_at(&keys, report);
    let on = keys.need(report, "on", Weekday::ALLOWED).and_then(|field| field.set(report, true));
    let (keep, keep_copies) = read_keeps(&keys, report)?;
    Some(Weekly { at: at?, on: on?.into_iter().collect(), keep, keep_copies })
}

fn read_monthly(field: &Field<'_>, report: &mut Report<'_>) -> Option<Monthly> {
    let keys = Keys::of(field, report, &["at", "on", "months", "keep", "keep_copies"])?;
    let at = read_at(&keys, report);
    let on = keys.need(report, "on", MonthDay::ALLOWED).and_then(|field| field.parse(report));
    let months = keys.get("months").map_or(Some(all_months()), |field| read_months(&field, report));
    let (keep, keep_copies) = read_keeps(&keys, report)?;
    Some(Monthly { at: at?, on: on?, months: months?, keep, keep_copies })
}

fn read_months(field: &Field<'_>, report: &mut Report<'_>) -> Option<BTreeSet<u8>> {
    let items = field.items(report, false, "a list of months, 1 to 12, such as [1, 7]")?;
    let mut months = BTreeSet::new();
    for item in items {
        let Some(month) = item.number(report, 1, 12).and_then(|month| u8::try_from(month).ok()) else { continue };
        if !months.insert(month) {
            item.wrong(
                report,
                PolicyProblem::Repeated,
                format!("the month {month} stands here again"),
                "each month once",
            );
        }
    }
    (!months.is_empty()).then_some(months)
}

fn read_yearly(field: &Field<'_>, report: &mut Report<'_>) -> Option<Yearly> {
    let keys = Keys::of(field, report, &["at", "on", "keep", "keep_copies"])?;
    let at = read_at(&keys, report);
    let on = keys.need(report, "on", YearDay::ALLOWED).and_then(|field| field.parse(report));
    let (keep, keep_copies) = read_keeps(&keys, report)?;
    Some(Yearly { at: at?, on: on?, keep, keep_copies })
}
