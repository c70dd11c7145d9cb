//! `GetQueueAttributes`, `SetQueueAttributes`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Queue, QueueKey, queue_of};
use crate::call::{Answer, ApiError, Call};
use crate::world::World;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Get {
    #[serde(default)]
    attribute_names: Vec<String>,
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    let input: Get = call.parse()?;
    let (key, now) = (queue_of(call)?, world.now());
    let queue = world.sqs.queue_mut(&key)?;
    queue.expire(now);
    let mut all = described(&key, queue);
    if !input.attribute_names.iter().any(|name| name == "All") {
        all.retain(|name, _| input.attribute_names.contains(name));
        if let Some(name) = input.attribute_names.iter().find(|name| !is_known(name)) {
            return Err(ApiError::new("InvalidAttributeName", format!("Unknown Attribute {name}.")));
        }
    }
    Ok(if all.is_empty() { json!({}) } else { json!({"Attributes": all}) })
}

/// All attributes of a queue, each as text.
fn described(key: &QueueKey, queue: &Queue) -> BTreeMap<String, String> {
    let depth = queue.depth();
    let computed = [
        ("QueueArn", key.arn()),
        ("ApproximateNumberOfMessages", depth.ready.to_string()),
        ("ApproximateNumberOfMessagesNotVisible", depth.in_flight.to_string()),
        ("ApproximateNumberOfMessagesDelayed", depth.delayed.to_string()),
        ("CreatedTimestamp", queue.created.as_second().to_string()),
        ("LastModifiedTimestamp", queue.modified.as_second().to_string()),
    ];
    let computed = computed.map(|(name, value)| (name.to_owned(), value));
    queue.settings.texts.clone().into_iter().chain(computed).collect()
}

/// Names that may be asked for, also where the queue has no such attribute.
fn is_known(name: &str) -> bool {
    const NAMES: [&str; 16] = [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesDelayed",
        "ApproximateNumberOfMessagesNotVisible",
        "CreatedTimestamp",
        "DelaySeconds",
        "KmsDataKeyReusePeriodSeconds",
        "KmsMasterKeyId",
        "LastModifiedTimestamp",
        "MaximumMessageSize",
        "MessageRetentionPeriod",
        "Policy",
        "QueueArn",
        "ReceiveMessageWaitTimeSeconds",
        "RedriveAllowPolicy",
        "RedrivePolicy",
        "VisibilityTimeout",
    ];
    NAMES.contains(&name) || name == "SqsManagedSseEnabled"
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Set {
    attributes: BTreeMap<String, String>,
}

pub(super) fn set(world: &mut World, call: &Call) -> Answer {
    let input: Set = call.parse()?;
    let (key, now) = (queue_of(call)?, world.now());
    let queue = world.sqs.queue_mut(&key)?;
    queue.settings = queue.settings.changed(&input.attributes)?;
    queue.modified = now;
    Ok(Value::Object(serde_json::Map::new()))
}
