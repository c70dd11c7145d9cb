//! `PutEvents`, `TestEventPattern`, and how any event gets onto a bus.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::bus::BusKey;
use super::pattern::Pattern;
use super::{Event, Later, invalid, route};
use crate::call::{Answer, ApiError, Call};
use crate::faults::EventFault;
use crate::world::World;

/// Bytes of all entries of one call; from the User Guide's page "Amazon EventBridge quotas".
const MAX_SIZE: usize = 262_144;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Put {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[derive(Default)]
struct Entry {
    source: String,
    detail_type: String,
    detail: String,
    resources: Vec<String>,
    event_bus_name: Option<String>,
    /// Seconds since 1970.
    time: Option<f64>,
}

pub(super) fn events(world: &mut World, call: &Call) -> Answer {
    let input: Put = call.parse()?;
    if !(1..=10).contains(&input.entries.len()) {
        return Err(invalid("A request has 1 to 10 entries."));
    }
    let size = |entry: &Entry| entry.source.len() + entry.detail_type.len() + entry.detail.len() + 14;
    if input.entries.iter().map(size).sum::<usize>() > MAX_SIZE {
        return Err(invalid(format!(
            "Total size of the entries in the request is over the limit of {MAX_SIZE} bytes."
        )));
    }
    let mut failed = 0;
    let mut entries = Vec::new();
    for entry in input.entries {
        entries.push(match one(world, call, entry) {
            Ok(id) => json!({"EventId": id}),
            Err(ApiError { code, message, .. }) => {
                failed += 1;
                json!({"ErrorCode": code, "ErrorMessage": message})
            }
        });
    }
    Ok(json!({"FailedEntryCount": failed, "Entries": entries}))
}

fn one(world: &mut World, call: &Call, entry: Entry) -> Result<String, ApiError> {
    let required = [("Source", &entry.source), ("DetailType", &entry.detail_type), ("Detail", &entry.detail)];
    if let Some((name, _)) = required.into_iter().find(|(_, value)| value.is_empty()) {
        let why = format!("Parameter {name} is not valid. Reason: {name} is a required argument.");
        return Err(ApiError::new("InvalidArgument", why));
    }
    if entry.source.starts_with("aws.") {
        let why = "Not authorized for the source.";
        return Err(ApiError::new("NotAuthorizedForSourceException", why));
    }
    let detail = serde_json::from_str::<Value>(&entry.detail).ok().filter(Value::is_object);
    let detail = detail.ok_or_else(|| ApiError::new("MalformedDetail", "Detail is malformed."))?;
    let key = BusKey::named(call, entry.event_bus_name.as_deref());
    world.events.bus_mut(&key)?;
    let Entry { source, detail_type, resources, .. } = entry;
    let time = entry.time.and_then(|seconds| Timestamp::try_from(std::time::UNIX_EPOCH + duration(seconds)?).ok());
    Ok(accept(world, &key, &call.account, Event { source, detail_type, resources, detail }, time))
}

fn duration(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok()
}

/// Puts an event on a bus, as often and as late as the fault plan wants, and returns its id.
pub(super) fn accept(world: &mut World, key: &BusKey, account: &str, event: Event, time: Option<Timestamp>) -> String {
    let id = world.uuid();
    let faults = world.faults.event(&key.region, &event.detail_type);
    let envelope = json!({
        "version": "0",
        "id": id,
        "detail-type": event.detail_type,
        "source": event.source,
        "account": account,
        "time": time.unwrap_or(world.now()).strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "region": key.region,
        "resources": event.resources,
        "detail": event.detail,
    });
    let (mut copies, mut delay) = (1, Duration::ZERO);
    for fault in faults {
        match fault {
            EventFault::Drop => copies = 0,
            EventFault::Duplicate => copies *= 2,
            EventFault::Delay(by) => delay += by,
        }
    }
    for _ in 0..copies {
        let (key, envelope) = (key.clone(), envelope.clone());
        if delay.is_zero() {
            route::event(world, &key, &envelope, false);
        } else {
            world.schedule_in(delay, Later::Arrive { bus: key, envelope });
        }
    }
    id
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Test {
    event_pattern: String,
    event: String,
}

pub(super) fn test_pattern(call: &Call) -> Answer {
    let input: Test = call.parse()?;
    let pattern = Pattern::parse(&input.event_pattern)?;
    let event: Value = serde_json::from_str(&input.event).map_err(|_| invalid("Parameter Event is not valid JSON."))?;
    let needed = ["id", "account", "source", "time", "region", "resources", "detail-type"];
    if let Some(name) = needed.into_iter().find(|name| event.get(name).is_none()) {
        return Err(invalid(format!("Parameter Event is not valid. Reason: {name} is missing.")));
    }
    Ok(json!({"Result": pattern.matches(&event)}))
}
