//! `DeleteCluster`: after a last snapshot where one is asked for. Automated snapshots go with the cluster, manual ones
//! and copies in other Regions stay.

use serde_json::json;

use super::cluster::Phase;
use super::errors::combination;
use super::input::{self, flag, manual_retention_or_for_ever, name, text};
use super::snapshot::{self, Kind, New, Status};
use super::state::{Place, place_of};
use super::{Later, automatic};
use crate::call::{Answer, Call};
use crate::world::World;

/// `DeleteCluster`.
pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let (place, now) = (place_of(call), world.now());
    let id = name(call, "ClusterIdentifier")?;
    let skip = flag(call, "SkipFinalClusterSnapshot")?.unwrap_or(false);
    let last = text(call, "FinalClusterSnapshotIdentifier");
    let days = manual_retention_or_for_ever(call, "FinalClusterSnapshotRetentionPeriod")?;
    let cluster = world.redshift.region(&place).cluster(&id)?.clone();
    if skip == last.is_some() {
        return Err(combination("Either SkipFinalClusterSnapshot or FinalClusterSnapshotIdentifier is required."));
    }
    cluster.idle(now)?;
    if skip {
        leave(world, &place, &cluster.namespace_arn);
    } else {
        let last = input::identifier(call, "FinalClusterSnapshotIdentifier", snapshot::LONGEST_NAME)?;
        let new = New { id: last, kind: Kind::Final, days, tags: Default::default() };
        snapshot::make(world, &place, &cluster, new)?;
        world.redshift.region(&place).cluster(&id)?.phase = Phase::FinalSnapshot;
    }
    Ok(json!({ "Cluster": world.redshift.region(&place).cluster(&id)?.show(&place, now) }))
}

/// Goes on when the last snapshot has ended. A cluster whose last snapshot failed stays.
pub(super) fn go_on(world: &mut World, place: &Place, namespace: &str, how: Status) {
    if how == Status::Available {
        leave(world, place, namespace);
    } else if let Some(cluster) = world.redshift.region(place).by_namespace(namespace) {
        (cluster.phase, cluster.ready_at) = (Phase::Modifying, cluster.created);
        automatic::arm(world, place, namespace);
    }
}

/// Begins to delete a cluster.
fn leave(world: &mut World, place: &Place, namespace: &str) {
    let gone = world.pace.redshift.change;
    if let Some(cluster) = world.redshift.region(place).by_namespace(namespace) {
        cluster.phase = Phase::Deleting;
        let (place, namespace) = (place.clone(), namespace.to_owned());
        world.schedule_in(gone, Later::EndCluster { place, namespace });
    }
}

/// Takes a cluster away, and its automated snapshots.
pub(super) fn end(world: &mut World, place: &Place, namespace: &str) {
    let region = world.redshift.region(place);
    region.clusters.retain(|_, cluster| cluster.namespace_arn != namespace);
    region.snapshots.retain(|_, snapshot| !snapshot.goes_with(namespace));
}
