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

/// Whether an entry of a batch is left over, as the switch has it.
fn left_over(world: &mut World) -> bool {
    let percent = world.switches.dynamodb.batch_leftovers;
    percent > 0 && world.rng.u8(0..100) < percent
}

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
    let keys = request.get("Keys").and_then(Json::as_array).cloned().unwrap_or_default();
    let over: Vec<bool> = keys.iter().map(|_| left_over(world)).collect();
    let table = serving(world, call, name)?;
    let mut placeholders = Placeholders::read(request)?;
    let projection = projection(request, &mut placeholders)?;
    placeholders.all_used()?;
    let (mut found, mut left, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (given, over) in keys.iter().zip(over) {
        let key = table.schema.key_alone(&item_from_json(given)?)?;
        if !seen.insert(key.clone()) {
            return Err(Invalid::new("Provided list of item keys contains duplicates").into());
        }
        if over || *bytes > MAX_BYTES {
            left.push(given.clone());
            continue;
        }
        if let Some(item) = if stale { table.get_stale(&key, lags) } else { table.get(&key).cloned() } {
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
    let writes = read_writes(world, call, &requests)?;
    let (mut written, mut left) = (Vec::new(), Map::new());
    for (name, request, write) in writes {
        if left_over(world) {
            let rest = left.entry(name).or_insert_with(|| json!([]));
            rest.as_array_mut().into_iter().for_each(|rest| rest.push(request.clone()));
            continue;
        }
        let lags = lags(world);
        let table = serving(world, call, name)?;
        // A batch has no conditions, so nothing is refused any more.
        if let Some(after) = write.decide(table)?.after {
            written.push((name, after.as_ref().map_or(0, item_size)));
            table.store(&write.key, after, lags);
        }
    }
    let mut answer = Map::new();
    answer.insert("UnprocessedItems".into(), Json::Object(left));
    throughput::report_all(&call.input, &mut answer, Kind::Write, written.into_iter());
    Ok(Json::Object(answer))
}

type Named<'a> = (&'a str, &'a Json, Write);

/// All writes of a batch, checked before the first one happens.
fn read_writes<'a>(
    world: &mut World,
    call: &Call,
    requests: &'a Map<String, Json>,
) -> Result<Vec<Named<'a>>, crate::call::ApiError> {
    let mut writes = Vec::new();
    for (name, requests) in requests {
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
            writes.push((name.as_str(), request, write));
        }
    }
    Ok(writes)
}

fn tables(input: &Json) -> Result<Map<String, Json>, Invalid> {
    let requests = input.get("RequestItems").and_then(Json::as_object).filter(|requests| !requests.is_empty());
    if text(input, "TableName").is_some() {
        return Err(Invalid::new("A batch names its tables in RequestItems"));
    }
    requests.cloned().ok_or_else(|| Invalid::new("The requestItems parameter is required"))
}
