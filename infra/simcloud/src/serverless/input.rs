//! Reading the members of a request, and writing times and lists.

use std::collections::BTreeMap;

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

use super::errors::{invalid, too_many_tags};
use crate::call::{Answer, ApiError, Call};

/// A page has so many entries at most, and as many by default.
const MAX_RESULTS: i64 = 100;
/// A resource has so many tags at most (management guide, "Tagging resources").
pub(super) const MAX_TAGS: usize = 50;
/// For ever, as a retention in days; and the longest that is not.
pub(super) const FOR_EVER: i64 = -1;
const MAX_RETENTION: i64 = 3_653;

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
        Some(days) if days == FOR_EVER || (1..=MAX_RETENTION).contains(&days) => Ok(days),
        Some(days) => Err(invalid(format!("{member} must be -1 or between 1 and {MAX_RETENTION}, not {days}."))),
    }
}

/// Tags that are to be put on something called `name`.
pub(super) fn tags(call: &Call, name: &str) -> Result<BTreeMap<String, String>, ApiError> {
    let mut read = BTreeMap::new();
    for tag in call.input.get("tags").and_then(Json::as_array).into_iter().flatten() {
        let member = |member: &str| tag.get(member).and_then(Json::as_str).unwrap_or_default().to_owned();
        let (key, value) = (member("key"), member("value"));
        let lengths_fit = (1..=128).contains(&key.chars().count()) && value.chars().count() <= 256;
        let legal = |c: char| c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c);
        if !lengths_fit || key.starts_with("aws:") || !key.chars().chain(value.chars()).all(legal) {
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
    let behind = match text(call, "nextToken").filter(|token| !token.is_empty()) {
        None => None,
        Some(token) => {
            let decoded = BASE64URL_NOPAD.decode(token.as_bytes()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            Some(decoded.ok_or_else(|| invalid("The nextToken is not valid."))?)
        }
    };
    let mut rest = entries.filter(|(position, _)| behind.as_ref().is_none_or(|behind| position > behind));
    let page: Vec<(String, Json)> = rest.by_ref().take(size).collect();
    let mut answer = Map::new();
    if let (Some(_), Some((last, _))) = (rest.next(), page.last()) {
        answer.insert("nextToken".into(), BASE64URL_NOPAD.encode(last.as_bytes()).into());
    }
    answer.insert(member.to_owned(), page.into_iter().map(|(_, entry)| entry).collect());
    Ok(Json::Object(answer))
}
