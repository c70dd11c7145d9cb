//! Reading the members of a request, and writing times, tags and pages.

use std::collections::BTreeMap;

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

use super::errors::bad;
use crate::call::{Answer, ApiError, Call};

/// FSx shows so many entries in a page at most, whatever was asked for. The figure is this model's.
const MAX_RESULTS: i64 = 50;
/// A resource has so many tags at most (API reference, Tag).
pub(super) const MAX_TAGS: usize = 50;

/// A text member.
pub(super) fn text<'a>(call: &'a Call, member: &str) -> Option<&'a str> {
    call.input.get(member).and_then(Json::as_str)
}

/// A text member that the operation cannot do without.
pub(super) fn needed<'a>(call: &'a Call, member: &str) -> Result<&'a str, ApiError> {
    let missing = || bad(format!("1 validation error detected: Value null at '{member}'"));
    text(call, member).filter(|text| !text.is_empty()).ok_or_else(missing)
}

/// The texts of a list; an absent one is empty.
pub(super) fn texts<'a>(given: &'a Json, member: &str) -> Vec<&'a str> {
    given.get(member).and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).collect()
}

/// The filters of a request by name, with the values that each lets through.
pub(super) fn filters(call: &Call) -> Vec<(&str, Vec<&str>)> {
    let given = call.input.get("Filters").and_then(Json::as_array).into_iter().flatten();
    given.filter_map(|filter| Some((filter.get("Name")?.as_str()?, texts(filter, "Values")))).collect()
}

/// Whether `value` is what the filters of that name let through.
pub(super) fn lets_through(filters: &[(&str, Vec<&str>)], name: &str, value: Option<&str>) -> bool {
    let mut of_name = filters.iter().filter(|(known, _)| *known == name);
    of_name.all(|(_, values)| value.is_some_and(|value| values.contains(&value)))
}

/// Tags in a list of them.
pub(super) fn tags(given: Option<&Json>) -> Result<BTreeMap<String, String>, ApiError> {
    let mut read = BTreeMap::new();
    for tag in given.and_then(Json::as_array).into_iter().flatten() {
        let member = |member: &str| tag.get(member).and_then(Json::as_str).unwrap_or_default().to_owned();
        let (key, value) = (member("Key"), member("Value"));
        let lengths_fit = (1..=128).contains(&key.chars().count()) && value.chars().count() <= 256;
        let legal = |c: char| c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c);
        if !lengths_fit || key.starts_with("aws:") || !key.chars().chain(value.chars()).all(legal) {
            return Err(bad(format!("Invalid tag key or value: {key}")));
        }
        read.insert(key, value);
    }
    if read.len() > MAX_TAGS {
        return Err(bad(format!("A resource has at most {MAX_TAGS} tags.")));
    }
    Ok(read)
}

/// Tags as FSx lists them.
pub(super) fn tag_list(tags: &BTreeMap<String, String>) -> Json {
    tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
}

/// A time in an answer: seconds since the epoch, with milliseconds.
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

/// What of an object is kept as it came.
pub(super) fn kept<'a>(given: &'a Map<String, Json>, members: &'a [&str]) -> impl Iterator<Item = (String, Json)> + 'a {
    members.iter().filter_map(|member| Some(((*member).to_owned(), given.get(*member)?.clone())))
}

/// A new id, such as `fs-0123456789abcdef0`.
pub(super) fn new_id(rng: &mut fastrand::Rng, prefix: &str) -> String {
    format!("{prefix}-{:017x}", rng.u128(..) >> 60)
}

/// One page of entries in the order of their ids, under `member`.
pub(super) fn page(call: &Call, member: &str, entries: impl Iterator<Item = (String, Json)>) -> Answer {
    let size = call.input.get("MaxResults").and_then(Json::as_i64).unwrap_or(MAX_RESULTS).min(MAX_RESULTS);
    let size = usize::try_from(size).ok().filter(|size| *size > 0);
    let size = size.ok_or_else(|| bad("MaxResults must be greater than 0."))?;
    let behind = match text(call, "NextToken").filter(|token| !token.is_empty()) {
        None => None,
        Some(token) => {
            let decoded = BASE64URL_NOPAD.decode(token.as_bytes()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            Some(decoded.ok_or_else(|| bad("The NextToken is not valid."))?)
        }
    };
    let mut rest = entries.filter(|(position, _)| behind.as_ref().is_none_or(|behind| position > behind));
    let page: Vec<(String, Json)> = rest.by_ref().take(size).collect();
    let mut answer = Map::new();
    if let (Some(_), Some((last, _))) = (rest.next(), page.last()) {
        answer.insert("NextToken".into(), BASE64URL_NOPAD.encode(last.as_bytes()).into());
    }
    answer.insert(member.to_owned(), page.into_iter().map(|(_, entry)| entry).collect());
    Ok(Json::Object(answer))
}
