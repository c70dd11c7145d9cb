//! Automated snapshots: each eight hours, or each 5 GB of changes per node where that is sooner (management guide,
//! "Automated snapshots"). They are copied as others are, and nobody can delete them but Redshift: when their
//! retention is over, when the cluster's is lowered, or with the cluster.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::Later;
use super::cluster::{Cluster, Phase};
use super::snapshot::{self, Kind, New, Snapshot};
use super::state::Place;
use crate::clock::after;
use crate::data::GIB;
use crate::world::World;

const PERIOD: Duration = Duration::from_hours(8);
const PER_NODE: u64 = 5 * GIB;

/// When the next automated snapshot of a cluster is due, if nobody writes until then.
fn due(cluster: &Cluster, now: Timestamp) -> Timestamp {
    let changes = PER_NODE.saturating_mul(cluster.nature.nodes.unsigned_abs());
    let by_size = after(now, cluster.data.until_changed(cluster.automated_at, now, changes));
    after(cluster.automated_at, PERIOD).min(by_size).max(cluster.ready_at)
}

/// Puts the next automated snapshot on the agenda. Called whenever something changes when it is due.
pub(super) fn arm(world: &mut World, place: &Place, namespace: &str) {
    let now = world.now();
    let Some(cluster) = world.redshift.region(place).by_namespace(namespace) else { return };
    cluster.armed += 1;
    let (at, armed) = (due(cluster, now), cluster.armed);
    if cluster.automated_retention > 0 && at < Timestamp::MAX {
        world.schedule(at, Later::Automated { place: place.clone(), namespace: namespace.to_owned(), armed });
    }
}

/// Makes an automated snapshot that is still due now.
pub(super) fn make(world: &mut World, place: &Place, namespace: &str, armed: u64) {
    let now = world.now();
    let Some(cluster) = world.redshift.region(place).by_namespace(namespace) else { return };
    let leaves = matches!(cluster.phase, Phase::FinalSnapshot | Phase::Deleting | Phase::RestoreFailed);
    if cluster.armed != armed || leaves {
        return;
    }
    cluster.automated_at = now;
    let cluster = cluster.clone();
    let id = format!("rs:{}-{}", cluster.id, now.strftime("%Y-%m-%d-%H-%M-%S"));
    let new = New { id, kind: Kind::Automated, days: cluster.automated_retention, tags: BTreeMap::new() };
    // Only what callers ask for is ever refused.
    let _made = snapshot::make(world, place, &cluster, new);
    arm(world, place, namespace);
}

/// Keeps the automated snapshots of a cluster for so many days, those that are there already among them.
pub(super) fn keep_for(world: &mut World, place: &Place, namespace: &str, days: i64) {
    let region = world.redshift.region(place);
    if let Some(cluster) = region.by_namespace(namespace) {
        cluster.automated_retention = days;
    }
    retain(world, place, days, |snapshot| snapshot.goes_with(namespace));
}

/// Gives automated snapshots another retention. It may be over for some of them at once.
pub(super) fn retain(world: &mut World, place: &Place, days: i64, which: impl Fn(&Snapshot) -> bool) {
    let snapshots = world.redshift.region(place).snapshots.values_mut().filter(|it| which(it));
    let serials: Vec<String> = snapshots
        .map(|snapshot| {
            snapshot.retention.days = days;
            snapshot.serial.clone()
        })
        .collect();
    for serial in serials {
        snapshot::arm(world, place, &serial);
    }
}
