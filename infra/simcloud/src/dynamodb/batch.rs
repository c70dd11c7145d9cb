//! `BatchGetItem` and `BatchWriteItem`.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use super::expression::Placeholders;
use super::items::{lags_off, projection};
use super::state::{lags, serving};
use super::throughput::{self, Kind};
use super::value::{Item, item_from_json, item_size, item_to_json};
use super::write::{Write, refuse_legacy};
use super::{Invalid, text};
use crate::call::{Answer, Call};
use crate::world::World;

/// A batch reads so many items and bytes; what is over the bytes comes back as unprocessed.
const MAX_KEYS: usize = 100;
const MAX_BYTES: usize = 16 * 1024 * 1024;
/// A batch writes so many items.
const MAX_WRITES: usize = 25;

/// `BatchGetItem`.
pub(crate) fn get(world: &mut World, call: &Call) -> Answer {
    let requests = tables(&call.input)?;
    let keys = requests.values().filter_map(|request| request.get("Keys")?.as_array()).map(Vec::len).sum::<usize>();
    if keys == 0 || keys > MAX_KEYS {
        return Err(Invalid::new("Too many items requested for the BatchGetItem call").into());
    }
    let (mut responses, mut unprocessed) = (Map::new(), Map::new());
    let (mut bytes, mut read) = (0, Vec::new());
    for (name, request) in &requests {
        let before = bytes;
        let (found, left) = get_from(world, call, name, request, &mut bytes)?;
        responses.insert(name.clone(), Json::Array(found));
        if !left.is_empty() {
            let mut rest = request.clone();
            if let Some(members) = rest.as_object_mut() {
                members.insert("Keys".into(), Json::Array(left));
            }
            unprocessed.insert(name.clone(), rest);
        }
        read.push((name.as_str(), bytes - before));
    }
    let mut answer = Map::new();
    answer.insert("Responses".into(), Json::Object(responses));
    answer.insert("UnprocessedKeys".into(), Json::Object(unprocessed));
    throughput::report_all(&call.input, &mut answer, Kind::Read, read.into_iter());
    Ok(Json::Object(answer))
}

type FoundAndLeft = (Vec<Json>, Vec<Json>);

fn get_from(
    world: &mut World,
    call: &Call,
    name: &str,
    request: &Json,
    bytes: &mut usize,
) -> Result<FoundAndLeft, crate::call::ApiError> {
    refuse_legacy(request)?;
    let lags = lags(world);
    let stale = !lags_off(world) && request.get("ConsistentRead").and_then(Json::as_bool) != Some(true);
    let table = serving(world, call, name)?;
    let mut placeholders = Placeholders::read(request)?;
    let projection = projection(request, &mut placeholders)?;
    placeholders.all_used()?;
    let (mut found, mut left, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for given in request.get("Keys").and_then(Json::as_array).into_iter().flatten() {
        let key = table.schema.key_alone(&item_from_json(given)?)?;
        if *bytes > MAX_BYTES {
            left.push(given.clone());
            continue;
        }
        let item = if stale { table.get_stale(&key, lags) } else { table.get(&key).cloned() };
        if !seen.insert(key) {
            return Err(Invalid::new("Provided list of item keys contains duplicates").into());
        }
        if let Some(item) = item {
            *bytes += item_size(&item);
            let shown = projection.as_ref().map_or_else(|| Item::clone(&item), |projection| projection.of(&item));
            found.push(item_to_json(&shown));
        }
    }
    Ok((found, left))
}

/// `BatchWriteItem`: each write for itself, in no order that a caller could rely on.
pub(crate) fn write(world: &mut World, call: &Call) -> Answer {
    let requests = tables(&call.input)?;
    let all = requests.values().filter_map(Json::as_array).map(Vec::len).sum::<usize>();
    if all == 0 || all > MAX_WRITES {
        return Err(Invalid::new("Too many items requested for the BatchWriteItem call").into());
    }
    let mut writes = Vec::new();
    for (name, requests) in &requests {
        let table = serving(world, call, name)?;
        let mut seen = BTreeSet::new();
        for request in requests.as_array().into_iter().flatten() {
            let write = match (request.get("PutRequest"), request.get("DeleteRequest")) {
                (Some(put), None) => Write::read("Put", put, table)?,
                (None, Some(delete)) => Write::read("Delete", delete, table)?,
                _ => return Err(Invalid::new("Supplied WriteRequest must have exactly one request").into()),
            };
            if !seen.insert(write.key.clone()) {
                return Err(Invalid::new("Provided list of item keys contains duplicates").into());
            }
            writes.push((name.as_str(), write));
        }
    }
    let mut written = Vec::new();
    for (name, write) in writes {
        let lags = lags(world);
        let table = serving(world, call, name)?;
        // A batch has no conditions, so nothing is refused any more.
        if let Some(after) = write.decide(table)?.after {
            written.push((name, after.as_ref().map_or(0, item_size)));
            table.store(&write.key, after, lags);
        }
    }
    let mut answer = Map::new();
    answer.insert("UnprocessedItems".into(), json!({}));
    throughput::report_all(&call.input, &mut answer, Kind::Write, written.into_iter());
    Ok(Json::Object(answer))
}

fn tables(input: &Json) -> Result<Map<String, Json>, Invalid> {
    let requests = input.get("RequestItems").and_then(Json::as_object).filter(|requests| !requests.is_empty());
    if text(input, "TableName").is_some() {
        return Err(Invalid::new("A batch names its tables in RequestItems"));
    }
    requests.cloned().ok_or_else(|| Invalid::new("The requestItems parameter is required"))
}
