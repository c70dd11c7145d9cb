//! Deleting snapshots that somebody asked for, one or up to a hundred at a time.

use serde_json::{Value as Json, json};

use super::errors::{invalid, snapshot_state};
use super::snapshot::{self, Snapshot, Status};
use super::snapshots::named;
use super::state::place_of;
use crate::call::{Answer, ApiError, Call};
use crate::faults::JobFault;
use crate::world::World;

/// `BatchDeleteClusterSnapshots` takes so many (API reference, its error).
const MAX_BATCH: usize = 100;

/// `DeleteClusterSnapshot`.
pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    Ok(json!({ "Snapshot": remove(world, call)?.show(world.now()) }))
}

/// Deletes the snapshot that a call names. Automated ones, and those that are being made or perhaps copied, stay.
fn remove(world: &mut World, call: &Call) -> Result<Snapshot, ApiError> {
    let place = place_of(call);
    let mut snapshot = named(world, call, "SnapshotIdentifier", "SnapshotClusterIdentifier")?;
    let id = &snapshot.id;
    if snapshot.is_automated() {
        return Err(snapshot_state(format!("The snapshot {id} is automated and cannot be deleted.")));
    }
    if matches!(snapshot.status, Status::Creating | Status::Deleted) {
        return Err(snapshot_state(format!("The snapshot {id} is {}.", snapshot.status.name())));
    }
    if world.switches.redshift.copying_protects && snapshot.copying > 0 {
        return Err(snapshot_state(format!("The snapshot {id} is being copied.")));
    }
    match world.faults.job("delete", &snapshot.arn) {
        None | Some(JobFault::CompletesWith(_)) => snapshot::leave(world, &place, &snapshot.serial),
        // It shows as deleted for good.
        Some(JobFault::Stalls) => {
            if let Some(snapshot) = world.redshift.region(&place).by_serial(&snapshot.serial) {
                snapshot.status = Status::Deleted;
            }
        }
        // Answered as done, and still there.
        Some(_) => {}
    }
    snapshot.status = Status::Deleted;
    Ok(snapshot)
}

/// `BatchDeleteClusterSnapshots`: each for itself.
pub(super) fn batch(world: &mut World, call: &Call) -> Answer {
    let Some(given) = call.input.get("Identifiers").and_then(Json::as_array) else {
        return Err(invalid("Identifiers must not be empty."));
    };
    if given.len() > MAX_BATCH {
        let message = format!("A batch has at most {MAX_BATCH} snapshots, not {}.", given.len());
        return Err(ApiError::new("BatchDeleteRequestSizeExceeded", message));
    }
    let (mut resources, mut errors) = (Vec::new(), Vec::new());
    for input in given {
        let one = Call { input: input.clone(), ..call.clone() };
        match remove(world, &one) {
            Ok(snapshot) => resources.push(snapshot.id),
            Err(error) => errors.push(json!({
                "SnapshotIdentifier": input.get("SnapshotIdentifier"),
                "SnapshotClusterIdentifier": input.get("SnapshotClusterIdentifier"),
                "FailureCode": error.code,
                "FailureReason": error.message,
            })),
        }
    }
    Ok(json!({ "Resources": resources, "Errors": errors }))
}
