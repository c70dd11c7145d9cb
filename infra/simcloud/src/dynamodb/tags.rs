//! Tags of tables.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::state::table_mut;
use super::{Invalid, needed, text};
use crate::call::{Answer, ApiError, Call};
use crate::clock::after;
use crate::world::World;

/// `ListTagsOfResource` may be called so often per second and account, and gives so many tags per page. The first
/// figure is AWS's (API reference, ListTagsOfResource); the page's size is not documented.
const READS_PER_SECOND: usize = 10;
const PAGE: usize = 10;
/// A table has so many tags at most.
const MAX_TAGS: usize = 50;

/// `ListTagsOfResource`.
pub(crate) fn list(world: &mut World, call: &Call) -> Answer {
    throttle(world, call)?;
    let table = table_mut(world, call, needed(&call.input, "ResourceArn")?)?;
    let start = text(&call.input, "NextToken").unwrap_or_default();
    let mut rest = table.tags.iter().filter(|(key, _)| key.as_str() > start);
    let page: Vec<_> = rest.by_ref().take(PAGE).collect();
    let tags: Vec<Json> = page.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
    let mut answer = json!({ "Tags": tags });
    if let (Some(_), Some((last, _)), Some(members)) = (rest.next(), page.last(), answer.as_object_mut()) {
        members.insert("NextToken".into(), last.as_str().into());
    }
    Ok(answer)
}

fn throttle(world: &mut World, call: &Call) -> Result<(), ApiError> {
    if !world.switches.dynamodb.throttle_tag_reads {
        return Ok(());
    }
    let now = world.now();
    let reads = world.dynamodb.tag_reads.entry(call.account.clone()).or_default();
    while reads.pop_front_if(|read| after(*read, Duration::from_secs(1)) <= now).is_some() {}
    if reads.len() >= READS_PER_SECOND {
        return Err(ApiError::new("ThrottlingException", "Rate of requests exceeds the allowed throughput."));
    }
    reads.push_back(now);
    Ok(())
}

/// `TagResource`.
pub(crate) fn tag(world: &mut World, call: &Call) -> Answer {
    let given = read(call.input.get("Tags"))?;
    let table = table_mut(world, call, needed(&call.input, "ResourceArn")?)?;
    let mut tags = table.tags.clone();
    tags.extend(given);
    if tags.len() > MAX_TAGS {
        return Err(Invalid::new("One or more parameter values were invalid: Too many tags").into());
    }
    table.tags = tags;
    Ok(json!({}))
}

/// `UntagResource`.
pub(crate) fn untag(world: &mut World, call: &Call) -> Answer {
    let table = table_mut(world, call, needed(&call.input, "ResourceArn")?)?;
    for key in call.input.get("TagKeys").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str) {
        table.tags.remove(key);
    }
    Ok(json!({}))
}

/// Reads a list of tags.
pub(crate) fn read(tags: Option<&Json>) -> Result<BTreeMap<String, String>, Invalid> {
    let mut read = BTreeMap::new();
    for tag in tags.and_then(Json::as_array).into_iter().flatten() {
        let (key, value) = (needed(tag, "Key")?, needed(tag, "Value")?);
        let lengths_fit = (1..=128).contains(&key.chars().count()) && value.chars().count() <= 256;
        if !lengths_fit || key.starts_with("aws:") {
            return Err(Invalid::new(format!(
                "One or more parameter values were invalid: Invalid tag key or value: {key}"
            )));
        }
        read.insert(key.to_owned(), value.to_owned());
    }
    Ok(read)
}
