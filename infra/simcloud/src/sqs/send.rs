//! `SendMessage`, `SendMessageBatch`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::errors::{invalid, missing};
use super::message::{self, MessageAttribute, RawAttribute};
use super::{NewMessage, QueueKey, batch, checksum, put, queue_of};
use crate::call::{Answer, ApiError, Call};
use crate::world::World;

/// What all messages of one batch may weigh together.
const MAX_BATCH: usize = 1_048_576;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Send {
    #[serde(default)]
    message_body: String,
    delay_seconds: Option<i64>,
    #[serde(default)]
    message_attributes: BTreeMap<String, RawAttribute>,
    #[serde(default)]
    message_system_attributes: BTreeMap<String, RawAttribute>,
    message_group_id: Option<String>,
}

pub(super) fn one(world: &mut World, call: &Call) -> Answer {
    let (key, input) = (queue_of(call)?, call.parse::<Send>()?);
    send(world, &key, input.checked()?)
}

pub(super) fn batch(world: &mut World, call: &Call) -> Answer {
    let (key, entries) = (queue_of(call)?, batch::entries::<Send>(call)?);
    let checked: Vec<_> =
        entries.into_iter().map(|batch::Entry { id, item }| batch::Entry { id, item: item.checked() }).collect();
    let total: usize = checked.iter().filter_map(|entry| entry.item.as_ref().ok()).map(NewMessage::size).sum();
    if total > MAX_BATCH {
        let why = format!("Batch requests cannot be longer than {MAX_BATCH} bytes. You have sent {total} bytes.");
        return Err(ApiError::new("BatchRequestTooLong", why));
    }
    batch::each(world, &key, checked, |world, message| send(world, &key, message?))
}

fn send(world: &mut World, key: &QueueKey, message: NewMessage) -> Answer {
    let limit = world.sqs.queue(key)?.settings.max_size;
    if message.size() > limit {
        return Err(invalid(format!("Message must be shorter than {limit} bytes.")));
    }
    let mut output = Map::new();
    output.insert("MD5OfMessageBody".to_owned(), json!(checksum::of_body(&message.body)));
    if let Some(digest) = checksum::of_attributes(&message.attributes) {
        output.insert("MD5OfMessageAttributes".to_owned(), json!(digest));
    }
    if let Some(header) = &message.trace_header {
        let value = message::AttributeValue::Text(header.clone());
        let attribute = MessageAttribute { data_type: "String".to_owned(), value };
        let digest = checksum::of_attributes([(&"AWSTraceHeader".to_owned(), &attribute)]);
        output.insert("MD5OfMessageSystemAttributes".to_owned(), json!(digest));
    }
    output.insert("MessageId".to_owned(), json!(put(world, key, message)?));
    Ok(Value::Object(output))
}

impl Send {
    fn checked(self) -> Result<NewMessage, ApiError> {
        if self.message_body.is_empty() {
            return Err(missing("MessageBody"));
        }
        if !message::is_legal(&self.message_body) {
            let why = "The body contains characters outside of what XML 1.0 allows.";
            return Err(ApiError::new("InvalidMessageContents", why));
        }
        let delay = match self.delay_seconds {
            None => None,
            Some(seconds @ 0..=900) => Some(Duration::from_secs(seconds.unsigned_abs())),
            Some(seconds) => {
                return Err(invalid(format!("Value {seconds} for parameter DelaySeconds must be >= 0 and <= 900.")));
            }
        };
        if self.message_group_id.as_ref().is_some_and(|group| group.is_empty() || group.len() > 128) {
            return Err(invalid("MessageGroupId has 1 to 128 characters."));
        }
        Ok(NewMessage {
            body: self.message_body,
            attributes: message::check_attributes(self.message_attributes)?,
            trace_header: trace_header(self.message_system_attributes)?,
            group: self.message_group_id,
            delay,
        })
    }
}

/// The one system attribute that a sender may set.
fn trace_header(raw: BTreeMap<String, RawAttribute>) -> Result<Option<String>, ApiError> {
    match message::check_attributes(raw)?.pop_first() {
        None => Ok(None),
        Some((name, MessageAttribute { value: message::AttributeValue::Text(text), .. }))
            if name == "AWSTraceHeader" =>
        {
            Ok(Some(text))
        }
        Some((name, _)) => Err(invalid(format!("Message system attribute name '{name}' is invalid."))),
    }
}
