//! Restores into a namespace, whose data they replace.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::errors::{conflict, invalid, not_found};
use super::input::needed;
use super::namespaces::idle;
use super::snapshot::Status;
use super::state::{Place, place_of};
use super::{Later, events, recovery, snapshots};
use crate::call::{Answer, ApiError, Call};
use crate::data::Image;
use crate::faults::JobFault;
use crate::world::World;

/// What a restore is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) enum Source {
    Snapshot,
    RecoveryPoint,
}

/// `RestoreFromSnapshot`.
pub(super) fn from_snapshot(world: &mut World, call: &Call) -> Answer {
    let snapshot = snapshots::named(world.serverless.region(&place_of(call)), call)?.clone();
    if snapshot.status != Status::Available {
        return Err(conflict(format!("The snapshot {} is {}.", snapshot.name, snapshot.status.name())));
    }
    let namespace = begin(world, call, snapshot.image, Source::Snapshot)?;
    Ok(json!({ "snapshotName": snapshot.name, "ownerAccount": snapshot.owner, "namespace": namespace }))
}

/// `RestoreFromRecoveryPoint`, into the namespace that it is of.
pub(super) fn from_recovery_point(world: &mut World, call: &Call) -> Answer {
    let (id, name) = (needed(call, "recoveryPointId")?, needed(call, "namespaceName")?);
    let (of, image) = recovery::held(world, call)?;
    if of.name != name {
        return Err(invalid(format!("The recovery point {id} is of the namespace {}.", of.name)));
    }
    let namespace = begin(world, call, image, Source::RecoveryPoint)?;
    Ok(json!({ "recoveryPointId": id, "namespace": namespace }))
}

/// Begins to restore into the namespace that a call names, and shows it.
fn begin(world: &mut World, call: &Call, image: Image, of: Source) -> Result<serde_json::Value, ApiError> {
    let (place, now) = (place_of(call), world.now());
    let (name, workgroup) = (needed(call, "namespaceName")?, needed(call, "workgroupName")?);
    let region = world.serverless.region(&place);
    let attached = region.workgroups.get(workgroup).ok_or_else(|| not_found("workgroup", workgroup))?;
    if attached.namespace != name {
        return Err(invalid(format!("The workgroup {workgroup} is not attached to the namespace {name}.")));
    }
    let namespace = region.namespace(name)?;
    idle(namespace, now)?;
    namespace.restoring = true;
    let (shown, arn) = (namespace.show(now), namespace.arn.clone());
    let image = match world.faults.job("restore", &arn) {
        None | Some(JobFault::CompletesWith(_) | JobFault::EndsPartial) => Some(image),
        Some(JobFault::Stalls | JobFault::Ignored) => return Ok(shown),
        Some(JobFault::Fails(_) | JobFault::Aborts | JobFault::Expires) => None,
    };
    let wait = world.pace.serverless.restore.draw(&mut world.rng);
    world.schedule_in(wait, Later::EndRestore { place, namespace: name.to_owned(), image, of });
    Ok(shown)
}

/// Ends a restore, which failed where there is no image.
pub(super) fn end(world: &mut World, place: &Place, name: &str, image: Option<Image>, of: Source) {
    let now = world.now();
    let Ok(namespace) = world.serverless.region(place).namespace(name) else { return };
    namespace.restoring = false;
    if let Some(image) = image {
        namespace.data.replace(now, image);
    }
    events::restore(world, place, name, of, image.is_some());
}
