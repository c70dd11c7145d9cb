//! The operations on snapshots.

use serde_json::json;

use super::errors::{conflict, invalid, not_found};
use super::input::{self, name, needed, page, retention, text, time};
use super::namespaces::idle;
use super::snapshot::{self, New, Snapshot, Status};
use super::state::{Region, place_of};
use crate::call::{Answer, ApiError, Call};
use crate::faults::JobFault;
use crate::world::World;

/// `CreateSnapshot`. There is no token: the name makes it idempotent.
pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let (place, now) = (place_of(call), world.now());
    let (name, namespace) = (name(call, "snapshotName")?, needed(call, "namespaceName")?);
    let (tags, retention) = (input::tags(call, name)?, retention(call, "retentionPeriod")?);
    let region = world.serverless.region(&place);
    let found = region.namespace(namespace)?.clone();
    if region.workgroup_of(namespace).is_none() {
        return Err(invalid(format!("The namespace {namespace} is not attached to a workgroup.")));
    }
    idle(&found, now)?;
    let new = New { name: name.to_owned(), retention, tags, image: None };
    Ok(json!({ "snapshot": snapshot::make(world, &place, &found, new)?.show(now) }))
}

/// The snapshot that a call names by `snapshotName` or `snapshotArn`.
pub(super) fn named<'a>(region: &'a Region, call: &Call) -> Result<&'a Snapshot, ApiError> {
    match (text(call, "snapshotName"), text(call, "snapshotArn")) {
        (Some(name), _) => region.snapshots.get(name).ok_or_else(|| not_found("snapshot", name)),
        (None, Some(arn)) => {
            let found = region.snapshots.values().find(|snapshot| snapshot.arn == arn);
            found.ok_or_else(|| not_found("snapshot", arn))
        }
        (None, None) => Err(invalid("Either snapshotName or snapshotArn is required.")),
    }
}

/// `GetSnapshot`.
pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    let now = world.now();
    let region = world.serverless.region(&place_of(call));
    Ok(json!({ "snapshot": named(region, call)?.show(now) }))
}

/// `ListSnapshots`, copies from other Regions among them. Their namespace need not exist here.
pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let now = world.now();
    let (name, arn, owner) = (text(call, "namespaceName"), text(call, "namespaceArn"), text(call, "ownerAccount"));
    let (from, to) = (time(call, "startTime")?, time(call, "endTime")?);
    let fits = |snapshot: &&Snapshot| {
        name.is_none_or(|name| name == snapshot.namespace_name)
            && arn.is_none_or(|arn| arn == snapshot.namespace_arn)
            && owner.is_none_or(|owner| owner == snapshot.owner)
            && from.is_none_or(|from| from <= snapshot.created)
            && to.is_none_or(|to| snapshot.created <= to)
    };
    let snapshots = world.serverless.region(&place_of(call)).snapshots.values().filter(fits);
    page(call, "snapshots", snapshots.map(|snapshot| (snapshot.name.clone(), snapshot.show(now))))
}

/// `UpdateSnapshot`: another retention.
pub(super) fn update(world: &mut World, call: &Call) -> Answer {
    let (place, now) = (place_of(call), world.now());
    let (name, retention) = (needed(call, "snapshotName")?, retention(call, "retentionPeriod")?);
    let region = world.serverless.region(&place);
    let snapshot = region.snapshots.get_mut(name).ok_or_else(|| not_found("snapshot", name))?;
    if snapshot.status != Status::Available {
        return Err(conflict(format!("The snapshot {name} is {}.", snapshot.status.name())));
    }
    snapshot.retention.days = retention;
    let (arn, answer) = (snapshot.arn.clone(), json!({ "snapshot": snapshot.show(now) }));
    snapshot::arm(world, &place, &arn);
    Ok(answer)
}

/// `DeleteSnapshot`. One that is being made, or perhaps copied, is in use.
pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let (place, now, name) = (place_of(call), world.now(), needed(call, "snapshotName")?);
    let protects = world.switches.serverless.copying_protects;
    let region = world.serverless.region(&place);
    let snapshot = region.snapshots.get(name).ok_or_else(|| not_found("snapshot", name))?.clone();
    let under_way = matches!(snapshot.status, Status::Creating | Status::Copying);
    if under_way || (protects && snapshot.copying > 0) {
        return Err(conflict(format!("The snapshot {name} is in use.")));
    }
    let mut shown = snapshot.show(now);
    input::put(&mut shown, "status", Some(Status::Deleted.name()));
    match world.faults.job("delete", &snapshot.arn) {
        None | Some(JobFault::CompletesWith(_)) if snapshot.status != Status::Deleted => {
            snapshot::leave(world, &place, &snapshot.arn);
        }
        // It shows as deleted for good.
        Some(JobFault::Stalls) => {
            if let Some(snapshot) = world.serverless.region(&place).by_arn(&snapshot.arn) {
                snapshot.status = Status::Deleted;
            }
        }
        // Answered as done, and still there.
        _ => {}
    }
    Ok(json!({ "snapshot": shown }))
}
