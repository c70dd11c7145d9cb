//! Reading the members of a request, and writing times.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::errors::{invalid, missing};
use crate::call::{ApiError, Call};
use crate::sts::is_role_arn;

/// A text member.
pub(super) fn text<'a>(call: &'a Call, member: &str) -> Option<&'a str> {
    call.input.get(member).and_then(Json::as_str)
}

/// A text member that the operation cannot do without.
pub(super) fn needed<'a>(call: &'a Call, member: &str) -> Result<&'a str, ApiError> {
    text(call, member).filter(|text| !text.is_empty()).ok_or_else(|| missing(member))
}

/// A whole number.
pub(super) fn number(call: &Call, member: &str) -> Option<i64> {
    call.input.get(member).and_then(Json::as_i64)
}

/// A map of texts; absent is empty.
pub(super) fn text_map(call: &Call, member: &str) -> Result<BTreeMap<String, String>, ApiError> {
    let given = call.input.get(member).and_then(Json::as_object).into_iter().flatten();
    let entry = |(key, value): (&String, &Json)| match value.as_str() {
        Some(value) => Ok((key.clone(), value.to_owned())),
        None => Err(invalid(format!("{member} must map texts to texts"))),
    };
    given.map(entry).collect()
}

/// Tags that are to be put on something.
pub(super) fn tags(call: &Call, member: &str) -> Result<BTreeMap<String, String>, ApiError> {
    let tags = text_map(call, member)?;
    let legal = |key: &str, value: &str| {
        (1..=128).contains(&key.chars().count()) && value.chars().count() <= 256 && !key.starts_with("aws:")
    };
    match tags.iter().find(|(key, value)| !legal(key, value)) {
        Some((key, _)) => Err(invalid(format!("Invalid tag key or value: {key}"))),
        None => Ok(tags),
    }
}

/// The role that AWS Backup is to assume.
pub(super) fn role(call: &Call) -> Result<String, ApiError> {
    let role = needed(call, "IamRoleArn")?;
    if is_role_arn(role) { Ok(role.to_owned()) } else { Err(invalid(format!("Invalid role ARN: {role}"))) }
}

/// A time in a query string or a body: ISO 8601 or seconds since the epoch.
pub(super) fn time(given: Option<&Json>) -> Result<Option<Timestamp>, ApiError> {
    let wrong = |given: &Json| invalid(format!("Not a time: {given}"));
    match given {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) => {
            let parsed = text.parse().or_else(|_| seconds(text.parse().unwrap_or(f64::NAN)).ok_or(()));
            parsed.map(Some).map_err(|()| wrong(&Json::from(text.as_str())))
        }
        Some(number) => number.as_f64().and_then(seconds).map(Some).ok_or_else(|| wrong(number)),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "checked against the range of representable times before")]
fn seconds(seconds: f64) -> Option<Timestamp> {
    let milliseconds = (seconds * 1000.0).round();
    let representable = milliseconds.is_finite() && milliseconds.abs() < 2.5e14;
    representable.then(|| Timestamp::from_millisecond(milliseconds as i64).ok()).flatten()
}

/// A time as Backup answers it: seconds since the epoch, with milliseconds.
#[expect(clippy::cast_precision_loss, reason = "milliseconds since the epoch fit a double's 53 bits for 285,000 years")]
pub(super) fn epoch(at: Timestamp) -> Json {
    json!(at.as_millisecond() as f64 / 1000.0)
}

/// Adds the member where there is a value: absent members are left out of answers, not null.
pub(super) fn put(object: &mut Json, member: &str, value: Option<impl Into<Json>>) {
    if let (Some(members), Some(value)) = (object.as_object_mut(), value) {
        members.insert(member.to_owned(), value.into());
    }
}
