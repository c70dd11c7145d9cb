//! Tags of namespaces, workgroups and snapshots.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::errors::{not_found, too_many_tags};
use super::input::{self, needed};
use super::state::place_of;
use crate::call::{Answer, ApiError, Call};
use crate::warehouse::MAX_TAGS;
use crate::world::World;

fn tags_of<'a>(world: &'a mut World, call: &Call) -> Result<&'a mut BTreeMap<String, String>, ApiError> {
    let arn = needed(call, "resourceArn")?;
    let region = world.serverless.region(&place_of(call));
    let namespaces = region.namespaces.values_mut().map(|it| (&it.arn, &mut it.tags));
    let workgroups = region.workgroups.values_mut().map(|it| (&it.arn, &mut it.tags));
    let snapshots = region.snapshots.values_mut().map(|it| (&it.arn, &mut it.tags));
    let found = namespaces.chain(workgroups).chain(snapshots).find(|(known, _)| *known == arn);
    found.map(|(_, tags)| tags).ok_or_else(|| not_found("resource", arn))
}

/// `ListTagsForResource`.
pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let tags = tags_of(world, call)?;
    let tags: Vec<Json> = tags.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
    Ok(json!({ "tags": tags }))
}

/// `TagResource`.
pub(super) fn tag(world: &mut World, call: &Call) -> Answer {
    let arn = needed(call, "resourceArn")?;
    let given = input::tags(call, arn)?;
    let tags = tags_of(world, call)?;
    let mut changed = tags.clone();
    changed.extend(given);
    if changed.len() > MAX_TAGS {
        return Err(too_many_tags(arn, MAX_TAGS));
    }
    *tags = changed;
    Ok(json!({}))
}

/// `UntagResource`.
pub(super) fn untag(world: &mut World, call: &Call) -> Answer {
    let tags = tags_of(world, call)?;
    for key in call.input.get("tagKeys").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str) {
        tags.remove(key);
    }
    Ok(json!({}))
}
