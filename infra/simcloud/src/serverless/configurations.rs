//! The standing configuration that copies a namespace's snapshots and recovery points to another Region: one
//! destination at a time, with a retention of its own for the copies of snapshots.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::errors::{conflict, invalid, not_found};
use super::input::{needed, page, put, retention, text};
use super::state::place_of;
use crate::call::{Answer, ApiError, Call};
use crate::world::World;

/// A copy configuration.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Configuration {
    pub(super) id: String,
    arn: String,
    namespace: String,
    pub(super) namespace_id: String,
    pub(super) destination: String,
    pub(super) key: Option<String>,
    pub(super) retention: i64,
    from: Timestamp,
    /// When it was deleted.
    pub(super) until: Option<Timestamp>,
}

impl Configuration {
    /// Whether it copies what is made of a namespace at an instant to a Region.
    pub(super) fn copies(&self, namespace_id: &str, region: &str, at: Timestamp) -> bool {
        self.namespace_id == namespace_id && self.destination == region && self.stood(at)
    }

    /// Whether it stood at an instant.
    pub(super) fn stood(&self, at: Timestamp) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }

    fn show(&self) -> Json {
        let mut shown = json!({
            "snapshotCopyConfigurationId": self.id,
            "snapshotCopyConfigurationArn": self.arn,
            "namespaceName": self.namespace,
            "destinationRegion": self.destination,
            "snapshotRetentionPeriod": self.retention,
        });
        put(&mut shown, "destinationKmsKeyId", self.key.clone());
        shown
    }

    fn answer(&self) -> Json {
        json!({ "snapshotCopyConfiguration": self.show() })
    }
}

/// `CreateSnapshotCopyConfiguration`.
pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let (place, now, id) = (place_of(call), world.now(), world.uuid());
    let (name, destination) = (needed(call, "namespaceName")?, needed(call, "destinationRegion")?);
    let retention = retention(call, "snapshotRetentionPeriod")?;
    let key = text(call, "destinationKmsKeyId").map(str::to_owned);
    if let Some(key) = key.as_deref().filter(|key| *key != "AWS_OWNED_KMS_KEY") {
        let there = Call { region: destination.to_owned(), ..call.clone() };
        world.kms.can_use(&there, key, now).map_err(|error| invalid(error.message))?;
    }
    let region = world.serverless.region(&place);
    let namespace_id = region.namespace(name)?.id.clone();
    if destination == call.region {
        return Err(invalid("The destination Region is the namespace's own."));
    }
    let standing = |known: &&Configuration| known.namespace_id == namespace_id && known.until.is_none();
    if let Some(known) = region.configurations.iter().find(standing) {
        let message = format!("The namespace {name} is copied to {} already.", known.destination);
        return Err(conflict(message));
    }
    let made = Configuration {
        arn: format!("arn:aws:redshift-serverless:{}:{}:snapshotcopyconfiguration/{id}", call.region, call.account),
        id,
        namespace: name.to_owned(),
        namespace_id,
        destination: destination.to_owned(),
        key,
        retention,
        from: now,
        until: None,
    };
    let answer = made.answer();
    region.configurations.push(made);
    Ok(answer)
}

/// `ListSnapshotCopyConfigurations`.
pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let region = world.serverless.region(&place_of(call));
    let name = text(call, "namespaceName");
    if let Some(name) = name {
        region.namespace(name)?;
    }
    let mut standing: Vec<_> = region.configurations.iter().filter(|known| known.until.is_none()).collect();
    standing.retain(|known| name.is_none_or(|name| name == known.namespace));
    standing.sort_by_key(|known| &known.id);
    page(call, "snapshotCopyConfigurations", standing.into_iter().map(|known| (known.id.clone(), known.show())))
}

fn find<'a>(world: &'a mut World, call: &Call) -> Result<&'a mut Configuration, ApiError> {
    let id = needed(call, "snapshotCopyConfigurationId")?;
    let mut standing = world.serverless.region(&place_of(call)).configurations.iter_mut();
    let found = standing.find(|known| known.id == id && known.until.is_none());
    found.ok_or_else(|| not_found("snapshot copy configuration", id))
}

/// `UpdateSnapshotCopyConfiguration`: another retention for what is copied from now on.
pub(super) fn update(world: &mut World, call: &Call) -> Answer {
    let retention = retention(call, "snapshotRetentionPeriod")?;
    let known = find(world, call)?;
    known.retention = retention;
    Ok(known.answer())
}

/// `DeleteSnapshotCopyConfiguration`. What was copied stays.
pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let now = world.now();
    let known = find(world, call)?;
    known.until = Some(now);
    Ok(known.answer())
}
