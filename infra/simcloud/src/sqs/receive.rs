//! `ReceiveMessage`, with the waiting that it does.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::time::{Instant, sleep_until};

use super::errors::invalid;
use super::receipt::Receipt;
use super::{Message, QueueKey, checksum, queue_of, watch};
use crate::call::{Answer, ApiError, Call};
use crate::clock::after;
use crate::cloud::Inner;
use crate::world::World;

/// How many messages of a standard queue may be in flight; from the Developer Guide's page "Amazon SQS queue quotas".
const MAX_IN_FLIGHT: usize = 120_000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Receive {
    max_number_of_messages: Option<u64>,
    visibility_timeout: Option<u64>,
    wait_time_seconds: Option<u64>,
    /// The name of `MessageSystemAttributeNames` before 2024.
    #[serde(default)]
    attribute_names: Vec<String>,
    #[serde(default)]
    message_system_attribute_names: Vec<String>,
    #[serde(default)]
    message_attribute_names: Vec<String>,
}

pub(super) async fn run(cloud: &Arc<Inner>, call: &Call) -> Answer {
    let (key, input) = (queue_of(call)?, call.parse::<Receive>()?);
    input.check()?;
    let mut deadline = None;
    loop {
        let arrivals = Arc::clone(&cloud.world().sqs.queue(&key)?.arrivals);
        let arrival = arrivals.notified();
        tokio::pin!(arrival);
        // In line before looking, so that nothing that arrives between the look and the wait is missed.
        arrival.as_mut().enable();
        let until = {
            let mut world = cloud.world();
            let messages = take(&mut world, &key, &input)?;
            if !messages.is_empty() {
                return Ok(json!({"Messages": messages}));
            }
            let queue_wait = world.sqs.queue(&key)?.settings.wait_seconds;
            let wait = cloud.receive_wait(input.wait_time_seconds.unwrap_or(queue_wait));
            *deadline.get_or_insert_with(|| Instant::now() + wait)
        };
        if Instant::now() >= until {
            return Ok(json!({}));
        }
        tokio::select! {
            biased;
            () = arrival => {}
            () = sleep_until(until) => {}
        }
    }
}

impl Receive {
    fn check(&self) -> Result<(), ApiError> {
        let ranges = [
            ("MaxNumberOfMessages", self.max_number_of_messages, 1..=10),
            ("VisibilityTimeout", self.visibility_timeout, 0..=43_200),
            ("WaitTimeSeconds", self.wait_time_seconds, 0..=20),
        ];
        for (name, value, range) in ranges {
            if let Some(value) = value.filter(|value| !range.contains(value)) {
                let (low, high) = range.into_inner();
                return Err(invalid(format!("Value {value} for parameter {name} must be between {low} and {high}.")));
            }
        }
        Ok(())
    }

    fn wants(&self, system_attribute: &str) -> bool {
        let names = || self.attribute_names.iter().chain(&self.message_system_attribute_names);
        names().any(|name| name == "All" || name == system_attribute)
    }

    /// A message attribute is asked for by name, by a prefix before `.*`, or with all others.
    fn wants_attribute(&self, attribute: &str) -> bool {
        self.message_attribute_names.iter().any(|name| match name.strip_suffix(".*") {
            _ if name == "All" || name == ".*" => true,
            Some(prefix) => attribute.starts_with(prefix),
            None => name == attribute,
        })
    }
}

/// Receives what is visible now.
pub(super) fn take(world: &mut World, key: &QueueKey, input: &Receive) -> Result<Vec<Value>, ApiError> {
    let now = world.now();
    world.sqs.queue_mut(key)?.expire(now);
    let mut messages = Vec::new();
    let wanted = usize::try_from(input.max_number_of_messages.unwrap_or(1)).unwrap_or(1);
    let mut twice = Vec::new();
    while messages.len() < wanted {
        let queue = world.sqs.queue_mut(key)?;
        let Some(serial) = queue.head() else { break };
        if queue.depth().in_flight >= MAX_IN_FLIGHT {
            if messages.is_empty() {
                return Err(ApiError::new("OverLimit", "Too many messages in flight.").status(403));
            }
            break;
        }
        if bury(world, key, serial) {
            continue;
        }
        let duplicate = world.faults.duplicates(&key.name);
        let queue = world.sqs.queue_mut(key)?;
        let visibility = input.visibility_timeout.map_or(queue.settings.visibility, Duration::from_secs);
        queue.hide(serial, after(now, visibility));
        if let Some(message) = queue.get_mut(serial) {
            message.receives += 1;
            message.first_received.get_or_insert(now);
            message.last_received = Some(now);
            messages.push(described(message, serial, input));
        }
        if duplicate || visibility.is_zero() {
            twice.push(serial);
        }
    }
    // Shown again only now, so that one receive never brings the same message twice.
    for serial in twice {
        world.sqs.queue_mut(key)?.show(serial);
    }
    watch(world, key);
    Ok(messages)
}

/// Moves a message that was received often enough to the dead-letter queue, where there is one.
fn bury(world: &mut World, key: &QueueKey, serial: u64) -> bool {
    let now = world.now();
    let Some(queue) = world.sqs.queues.get(key) else { return false };
    let Some(redrive) = queue.settings.redrive.clone() else { return false };
    let worn_out = queue.get(serial).is_some_and(|(message, _)| message.receives >= redrive.max_receives);
    if !worn_out || redrive.target == *key || !world.sqs.queues.contains_key(&redrive.target) {
        return false;
    }
    let Some(message) = world.sqs.queues.get_mut(key).and_then(|queue| queue.remove(serial)) else { return false };
    let dead = Message { dead_from: Some(key.clone()), ..message };
    if let Some(dead_letters) = world.sqs.queues.get_mut(&redrive.target) {
        dead_letters.add(dead, now, now);
    }
    true
}

fn described(message: &Message, serial: u64, input: &Receive) -> Value {
    let receipt = Receipt { serial, message_id: message.id.clone(), receive: message.receives };
    let mut output = json!({
        "MessageId": message.id,
        "ReceiptHandle": receipt.handle(),
        "MD5OfBody": checksum::of_body(&message.body),
        "Body": message.body,
    });
    let Value::Object(members) = &mut output else { return output };
    let system = system_attributes(message, input);
    if !system.is_empty() {
        members.insert("Attributes".to_owned(), Value::Object(system));
    }
    let wanted = || message.attributes.iter().filter(|(name, _)| input.wants_attribute(name));
    if let Some(digest) = checksum::of_attributes(wanted()) {
        let attributes: Map<String, Value> = wanted().map(|(name, value)| (name.clone(), value.to_json())).collect();
        members.insert("MessageAttributes".to_owned(), Value::Object(attributes));
        members.insert("MD5OfMessageAttributes".to_owned(), json!(digest));
    }
    output
}

fn system_attributes(message: &Message, input: &Receive) -> Map<String, Value> {
    let millis = |at: jiff::Timestamp| at.as_millisecond().to_string();
    let all = [
        ("SenderId", Some("AIDASIMCLOUD".to_owned())),
        ("SentTimestamp", Some(millis(message.sent))),
        ("ApproximateReceiveCount", Some(message.receives.to_string())),
        ("ApproximateFirstReceiveTimestamp", message.first_received.map(millis)),
        ("MessageGroupId", message.group.as_deref().map(str::to_owned)),
        ("AWSTraceHeader", message.trace_header.clone()),
        ("DeadLetterQueueSourceArn", message.dead_from.as_ref().map(QueueKey::arn)),
    ];
    let wanted = all.into_iter().filter(|(name, _)| input.wants(name));
    wanted.filter_map(|(name, value)| Some((name.to_owned(), json!(value?)))).collect()
}
