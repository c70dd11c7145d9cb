//! Time to live: the setting, and which items it has come to delete.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::state::table_mut;
use super::table::PrimaryKey;
use super::value::{Item, Value};
use super::{Invalid, needed};
use crate::call::{Answer, ApiError, Call};
use crate::clock::after;
use crate::world::World;

/// Items that expired longer ago than this are left alone ("Using time to live").
const TOO_OLD: Duration = Duration::from_hours(5 * 365 * 24);

/// A table's TTL setting.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Ttl {
    attribute: Option<String>,
    /// Until then the last change is under way.
    busy_until: Timestamp,
    due: BTreeSet<(Timestamp, PrimaryKey)>,
}

impl Default for Ttl {
    fn default() -> Self {
        Self { attribute: None, busy_until: Timestamp::MIN, due: BTreeSet::new() }
    }
}

impl Ttl {
    pub(crate) fn set(&mut self, attribute: Option<String>, busy_until: Timestamp) {
        *self = Self { attribute, busy_until, due: BTreeSet::new() };
    }

    /// The attribute, while TTL is on.
    pub(crate) fn attribute(&self) -> Option<&str> {
        self.attribute.as_deref()
    }

    fn expiry(&self, item: &Item) -> Option<Timestamp> {
        match item.get(self.attribute.as_ref()?)? {
            Value::N(seconds) => Timestamp::from_second(seconds.as_i64()?).ok(),
            _ => None,
        }
    }

    /// Takes note of an item that was written.
    pub(crate) fn note(&mut self, key: &PrimaryKey, item: &Item, lag: Duration) {
        if let Some(expiry) = self.expiry(item) {
            self.due.insert((after(expiry, lag), key.clone()));
        }
    }

    /// The next item that may have expired by now.
    pub(crate) fn pop_due(&mut self, now: Timestamp) -> Option<PrimaryKey> {
        let first = self.due.first()?;
        if first.0 > now { None } else { self.due.pop_first().map(|(_, key)| key) }
    }

    /// Whether the item, as it is now, has expired and is not too old for TTL to touch.
    pub(crate) fn is_expired(&self, item: &Item, now: Timestamp) -> bool {
        self.expiry(item).is_some_and(|expiry| expiry <= now && after(expiry, TOO_OLD) > now)
    }
}

/// `DescribeTimeToLive`.
pub(crate) fn describe(world: &mut World, call: &Call) -> Answer {
    let now = world.now();
    let table = table_mut(world, call, needed(&call.input, "TableName")?)?;
    let ttl = table.ttl();
    let status = match (ttl.attribute(), now < ttl.busy_until) {
        (Some(_), true) => "ENABLING",
        (Some(_), false) => "ENABLED",
        (None, true) => "DISABLING",
        (None, false) => "DISABLED",
    };
    let mut description = json!({ "TimeToLiveStatus": status });
    if let (Some(attribute), Some(members)) = (ttl.attribute(), description.as_object_mut()) {
        members.insert("AttributeName".into(), attribute.into());
    }
    Ok(json!({ "TimeToLiveDescription": description }))
}

/// `UpdateTimeToLive`.
pub(crate) fn update(world: &mut World, call: &Call) -> Answer {
    let now = world.now();
    let busy_until = after(now, world.pace.dynamodb.ttl_change);
    let lag = world.pace.dynamodb.ttl_deletion.draw(&mut world.rng);
    let specification = call.input.get("TimeToLiveSpecification").cloned().unwrap_or_default();
    let attribute = needed(&specification, "AttributeName")?.to_owned();
    let enable = specification.get("Enabled").and_then(Json::as_bool).unwrap_or(false);
    let table = table_mut(world, call, needed(&call.input, "TableName")?)?;
    if table.status(now) != "ACTIVE" {
        return Err(ApiError::new("ResourceInUseException", "Table is not in a state for this operation"));
    }
    if now < table.ttl().busy_until {
        return Err(Invalid::new("Time to live has been modified multiple times within a fixed interval").into());
    }
    match (table.ttl().attribute(), enable) {
        (Some(_), true) => return Err(Invalid::new("TimeToLive is already enabled").into()),
        (None, false) => return Err(Invalid::new("TimeToLive is already disabled").into()),
        (Some(current), false) if current != attribute => {
            return Err(Invalid::new("TimeToLive is active on a different AttributeName").into());
        }
        _ => {}
    }
    table.set_ttl(enable.then(|| attribute.clone()), busy_until, lag);
    Ok(json!({ "TimeToLiveSpecification": { "AttributeName": attribute, "Enabled": enable } }))
}
