//! All that Redshift keeps, by account and Region.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::cluster::Cluster;
use super::errors::{cluster_not_found, snapshot_not_found};
use super::events::Event;
use super::grants::Grant;
use super::snapshot::{Snapshot, Status};
use super::subscriptions::Subscription;
use super::tables::TableRestore;
use crate::call::ApiError;
use crate::place::Places;
pub(super) use crate::place::{Place, place_of};

/// Redshift everywhere.
pub(crate) type State = Places<Region>;

/// Redshift in one account and Region.
#[derive(Default, Deserialize, Serialize)]
pub(crate) struct Region {
    /// By identifier, as all that follow.
    pub(super) clusters: BTreeMap<String, Cluster>,
    /// Manual and automated ones, and copies of either.
    pub(super) snapshots: BTreeMap<String, Snapshot>,
    pub(super) grants: BTreeMap<String, Grant>,
    pub(super) subscriptions: BTreeMap<String, Subscription>,
    pub(super) tables: BTreeMap<String, TableRestore>,
    /// What `DescribeEvents` knows, oldest first.
    pub(super) events: Vec<Event>,
}

impl Region {
    /// The cluster of that name.
    pub(super) fn cluster(&mut self, id: &str) -> Result<&mut Cluster, ApiError> {
        self.clusters.get_mut(id).ok_or_else(|| cluster_not_found(id))
    }

    /// The cluster with that namespace, which no other that bears the same name has.
    pub(super) fn by_namespace(&mut self, arn: &str) -> Option<&mut Cluster> {
        self.clusters.values_mut().find(|cluster| cluster.namespace_arn == arn)
    }

    /// The snapshot of that name.
    pub(super) fn snapshot(&mut self, id: &str) -> Result<&mut Snapshot, ApiError> {
        self.snapshots.get_mut(id).ok_or_else(|| snapshot_not_found(id))
    }

    /// How many bytes of a cluster are in none of its snapshots.
    pub(super) fn incremental(&self, of: &Cluster, now: Timestamp) -> u64 {
        let earlier = self.snapshots.values();
        let earlier = earlier.filter(|it| it.namespace_arn == of.namespace_arn && it.status == Status::Available);
        let base = earlier.map(|earlier| earlier.created).max();
        base.map_or(of.data.image().bytes, |base| of.data.changed(base, now))
    }

    /// The snapshot that was made under that number; another may bear its name since.
    pub(super) fn by_serial(&mut self, serial: &str) -> Option<&mut Snapshot> {
        self.snapshots.values_mut().find(|snapshot| snapshot.serial == serial)
    }
}
