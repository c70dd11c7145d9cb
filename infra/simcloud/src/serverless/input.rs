//! Reading the members of a request, and writing times and lists.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::errors::{invalid, too_many_tags};
use crate::call::{Answer, ApiError, Call};
use crate::warehouse::{self, FOR_EVER, MAX_TAGS};

/// A page has so many entries at most, and as many by default.
const MAX_RESULTS: i64 = 100;

/// A text member.
pub(super) fn text<'a>(call: &'a Call, member: &str) -> Option<&'a str> {
    call.input.get(member).and_then(Json::as_str)
}

/// A text member that the operation cannot do without.
pub(super) fn needed<'a>(call: &'a Call, member: &str) -> Result<&'a str, ApiError> {
    let message = || format!("1 validation error detected: Value null at '{member}'");
    text(call, member).filter(|text| !text.is_empty()).ok_or_else(|| invalid(message()))
}

/// A name of a namespace, workgroup or snapshot: 3 to 64 lower-case letters, digits and hyphens.
pub(super) fn name<'a>(call: &'a Call, member: &str) -> Result<&'a str, ApiError> {
    let name = needed(call, member)?;
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if (3..=64).contains(&name.len()) && name.chars().all(legal) {
        return Ok(name);
    }
    Err(invalid(format!("{member} must match ^(?=^[a-z0-9-]+$).{{3,64}}$: {name}")))
}

/// A retention in days, for ever where none is given.
pub(super) fn retention(call: &Call, member: &str) -> Result<i64, ApiError> {
    match call.input.get(member).and_then(Json::as_i64) {
        None => Ok(FOR_EVER),
        Some(days) if warehouse::is_retention(days) => Ok(days),
        Some(days) => Err(invalid(format!("{member} must be -1 or between 1 and 3653, not {days}."))),
    }
}

/// Tags that are to be put on something called `name`.
pub(super) fn tags(call: &Call, name: &str) -> Result<BTreeMap<String, String>, ApiError> {
    let mut read = BTreeMap::new();
    for tag in call.input.get("tags").and_then(Json::as_array).into_iter().flatten() {
        let member = |member: &str| tag.get(member).and_then(Json::as_str).unwrap_or_default().to_owned();
        let (key, value) = (member("key"), member("value"));
        if !warehouse::is_legal_tag(&key, &value) {
            return Err(invalid(format!("Invalid tag key or value: {key}")));
        }
        read.insert(key, value);
    }
    if read.len() > MAX_TAGS {
        return Err(too_many_tags(name, MAX_TAGS));
    }
    Ok(read)
}

/// A time in a request: seconds since the epoch.
#[expect(clippy::cast_possible_truncation, reason = "a fraction of a millisecond is none of this API's")]
pub(super) fn time(call: &Call, member: &str) -> Result<Option<Timestamp>, ApiError> {
    let Some(given) = call.input.get(member) else { return Ok(None) };
    let milliseconds = given.as_f64().map(|seconds| (seconds * 1000.0) as i64);
    let at = milliseconds.and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok());
    at.map(Some).ok_or_else(|| invalid(format!("{member} is no time: {given}")))
}

/// A time in an answer.
pub(super) fn iso(at: Timestamp) -> Json {
    json!(at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string())
}

/// Adds the member where there is a value: absent members are left out of answers, not null.
pub(super) fn put(object: &mut Json, member: &str, value: Option<impl Into<Json>>) {
    if let (Some(members), Some(value)) = (object.as_object_mut(), value) {
        members.insert(member.to_owned(), value.into());
    }
}

/// One page of entries in the order of their positions, under `member`.
pub(super) fn page(call: &Call, member: &str, entries: impl Iterator<Item = (String, Json)>) -> Answer {
    let size = call.input.get("maxResults").and_then(Json::as_i64).unwrap_or(MAX_RESULTS);
    let size = usize::try_from(size).ok().filter(|size| (1..=100).contains(size));
    let size = size.ok_or_else(|| invalid("maxResults must be between 1 and 100."))?;
    let token = text(call, "nextToken").filter(|token| !token.is_empty());
    let behind = token.map(|token| warehouse::position(token).ok_or_else(|| invalid("The nextToken is not valid.")));
    let (page, next) = warehouse::page(entries, behind.transpose()?.as_deref(), size);
    let mut answer = json!({ member: page });
    put(&mut answer, "nextToken", next);
    Ok(answer)
}
