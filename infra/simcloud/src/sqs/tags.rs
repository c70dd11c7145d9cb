//! `TagQueue`, `UntagQueue`, `ListQueueTags`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::errors::invalid;
use super::queue_of;
use crate::call::{Answer, Call};
use crate::world::World;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    tags: BTreeMap<String, String>,
}

pub(super) fn tag(world: &mut World, call: &Call) -> Answer {
    let input: Tag = call.parse()?;
    let queue = world.sqs.queue_mut(&queue_of(call)?)?;
    let mut tags = queue.tags.clone();
    tags.extend(input.tags);
    if tags.len() > 50 {
        return Err(invalid("a queue has at most 50 tags."));
    }
    queue.tags = tags;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Untag {
    tag_keys: Vec<String>,
}

pub(super) fn untag(world: &mut World, call: &Call) -> Answer {
    let input: Untag = call.parse()?;
    let queue = world.sqs.queue_mut(&queue_of(call)?)?;
    queue.tags.retain(|key, _| !input.tag_keys.contains(key));
    Ok(json!({}))
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let queue = world.sqs.queue(&queue_of(call)?)?;
    Ok(json!({"Tags": queue.tags}))
}
