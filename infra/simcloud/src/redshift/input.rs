//! Reading the members of a request, in which everything is text, and writing times and pages.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::errors::{self, bad_tag, invalid, missing, too_many_tags};
use crate::call::{Answer, ApiError, Call};
use crate::warehouse::{self, FOR_EVER, MAX_TAGS};

/// A page has between so many entries.
const PAGE: std::ops::RangeInclusive<usize> = 20..=100;

/// A text member that is not empty.
pub(super) fn text<'a>(call: &'a Call, member: &str) -> Option<&'a str> {
    call.input.get(member).and_then(Json::as_str).filter(|text| !text.is_empty())
}

/// A text member that the operation cannot do without.
pub(super) fn needed<'a>(call: &'a Call, member: &str) -> Result<&'a str, ApiError> {
    text(call, member).ok_or_else(|| missing(member))
}

/// A number.
pub(super) fn number(call: &Call, member: &str) -> Result<Option<i64>, ApiError> {
    let given = text(call, member);
    given.map(|text| text.parse().map_err(|_| invalid(format!("{member} is no number: {text}")))).transpose()
}

/// A yes or no.
pub(super) fn flag(call: &Call, member: &str) -> Result<Option<bool>, ApiError> {
    let given = text(call, member);
    given
        .map(|text| text.parse().map_err(|_| invalid(format!("{member} is neither true nor false: {text}"))))
        .transpose()
}

/// A list of texts.
pub(super) fn list<'a>(call: &'a Call, member: &str) -> Vec<&'a str> {
    call.input.get(member).and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).collect()
}

/// An instant in ISO 8601.
pub(super) fn time(call: &Call, member: &str) -> Result<Option<Timestamp>, ApiError> {
    let given = text(call, member);
    given.map(|text| text.parse().map_err(|_| invalid(format!("{member} is no time: {text}")))).transpose()
}

/// The name of something: letters, digits and single hyphens behind a first letter, in lower case since names are not
/// case sensitive.
pub(super) fn identifier(call: &Call, member: &str, longest: usize) -> Result<String, ApiError> {
    let name = needed(call, member)?.to_ascii_lowercase();
    let legal = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('-')
        && !name.contains("--")
        && name.len() <= longest;
    if legal { Ok(name) } else { Err(invalid(format!("{member} is not a valid identifier: {name}"))) }
}

/// The name of something that is there.
pub(super) fn name(call: &Call, member: &str) -> Result<String, ApiError> {
    needed(call, member).map(str::to_ascii_lowercase)
}

/// A retention in days of something that somebody asked for.
pub(super) fn manual_retention(call: &Call, member: &str) -> Result<Option<i64>, ApiError> {
    match number(call, member)? {
        Some(days) if !warehouse::is_retention(days) => Err(errors::retention(member, days)),
        given => Ok(given),
    }
}

/// The same, for ever where none is given.
pub(super) fn manual_retention_or_for_ever(call: &Call, member: &str) -> Result<i64, ApiError> {
    Ok(manual_retention(call, member)?.unwrap_or(FOR_EVER))
}

/// A retention in days of what is made automatically: from `least` to 35.
pub(super) fn automated_retention(call: &Call, member: &str, least: i64) -> Result<Option<i64>, ApiError> {
    match number(call, member)? {
        Some(days) if !(least..=35).contains(&days) => Err(errors::retention(member, days)),
        given => Ok(given),
    }
}

/// Tags that are to be put on something.
pub(super) fn tags(call: &Call) -> Result<BTreeMap<String, String>, ApiError> {
    let mut read = BTreeMap::new();
    for tag in call.input.get("Tags").and_then(Json::as_array).into_iter().flatten() {
        let member = |member: &str| tag.get(member).and_then(Json::as_str).unwrap_or_default().to_owned();
        let (key, value) = (member("Key"), member("Value"));
        if !warehouse::is_legal_tag(&key, &value) {
            return Err(bad_tag(&key));
        }
        read.insert(key, value);
    }
    if read.len() > MAX_TAGS { Err(too_many_tags(MAX_TAGS)) } else { Ok(read) }
}

/// Whether something with these tags is asked for: one of them must have one of the keys and one of the values.
pub(super) fn wants(call: &Call, tags: &BTreeMap<String, String>) -> bool {
    let (keys, values) = (list(call, "TagKeys"), list(call, "TagValues"));
    let fits = |wanted: &[&str], text: &str| wanted.is_empty() || wanted.contains(&text);
    let any = tags.iter().any(|(key, value)| fits(&keys, key) && fits(&values, value));
    any || (keys.is_empty() && values.is_empty())
}

/// Tags in an answer.
pub(super) fn shown(tags: &BTreeMap<String, String>) -> Json {
    tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
}

/// A time in an answer.
pub(super) fn iso(at: Timestamp) -> Json {
    json!(at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string())
}

/// One page of entries in the order of their positions, under `member`.
pub(super) fn page(call: &Call, member: &str, entries: impl Iterator<Item = (String, Json)>) -> Answer {
    let size = number(call, "MaxRecords")?.map_or(Some(*PAGE.end()), |size| usize::try_from(size).ok());
    let size = size.filter(|size| PAGE.contains(size));
    let size = size.ok_or_else(|| invalid("MaxRecords must be between 20 and 100."))?;
    let behind = text(call, "Marker")
        .map(|marker| warehouse::position(marker).ok_or_else(|| invalid(format!("The marker {marker} is not valid."))));
    let (page, marker) = warehouse::page(entries, behind.transpose()?.as_deref(), size);
    Ok(json!({ "Marker": marker, member: page }))
}
