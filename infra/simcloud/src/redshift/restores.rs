//! `RestoreFromClusterSnapshot`: a new cluster that is as the snapshot's was, but for its groups and roles.

use super::Later;
use super::automatic;
use super::cluster::Phase;
use super::clusters;
use super::errors::{combination, snapshot_not_found, snapshot_state};
use super::events;
use super::input::text;
use super::snapshot::{Snapshot, Status};
use super::snapshots::named;
use super::state::{Place, place_of};
use crate::call::{Answer, ApiError, Call};
use crate::faults::JobFault;
use crate::warehouse::{self, Ending};
use crate::world::World;

/// The snapshot that a call names by identifier or ARN.
fn source(world: &mut World, call: &Call) -> Result<Snapshot, ApiError> {
    let snapshot = match (text(call, "SnapshotIdentifier"), text(call, "SnapshotArn")) {
        (Some(_), None) => named(world, call, "SnapshotIdentifier", "SnapshotClusterIdentifier")?,
        (None, Some(arn)) => {
            let mut snapshots = world.redshift.region(&place_of(call)).snapshots.values();
            snapshots.find(|snapshot| snapshot.arn == arn).cloned().ok_or_else(|| snapshot_not_found(arn))?
        }
        _ => return Err(combination("Either SnapshotIdentifier or SnapshotArn is required.")),
    };
    if snapshot.status != Status::Available {
        return Err(snapshot_state(format!("The snapshot {} is {}.", snapshot.id, snapshot.status.name())));
    }
    Ok(snapshot)
}

/// `RestoreFromClusterSnapshot`.
pub(super) fn from_snapshot(world: &mut World, call: &Call) -> Answer {
    let (place, now) = (place_of(call), world.now());
    let snapshot = source(world, call)?;
    let nature = snapshot.nature.clone().changed(call)?;
    let mut cluster = clusters::begun(world, call, nature)?;
    cluster.phase = Phase::Restoring;
    // Until the restore says otherwise.
    cluster.ready_at = jiff::Timestamp::MAX;
    cluster.data.replace(now, snapshot.image);
    let (arn, namespace) = (cluster.arn.clone(), cluster.namespace_arn.clone());
    let shown = clusters::keep(world, &place, cluster);
    let fault = world.faults.job("restore", &arn);
    if let Some(how) = warehouse::ending(fault.as_ref().filter(|fault| **fault != JobFault::EndsPartial)) {
        let wait = world.pace.redshift.restore.draw(&mut world.rng);
        let done = how == Ending::Success;
        world.schedule_in(wait, Later::EndRestore { place, namespace, done });
    }
    Ok(shown)
}

/// Ends a restore.
pub(super) fn end(world: &mut World, place: &Place, namespace: &str, done: bool) {
    let now = world.now();
    let Some(cluster) = world.redshift.region(place).by_namespace(namespace) else { return };
    if cluster.phase != Phase::Restoring {
        return;
    }
    if done {
        (cluster.ready_at, cluster.automated_at) = (now, now);
    } else {
        cluster.phase = Phase::RestoreFailed;
    }
    let id = cluster.id.clone();
    events::restored(world, place, &id, done);
    if done {
        automatic::arm(world, place, namespace);
    }
}
