//! Reading and changing Redshift past the API, for assertions and as people and accidents do.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::cluster::Cluster;
use super::{automatic, subscriptions, tags};
use crate::inspect::Inspect;

/// A snapshot as the model has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedshiftSnapshotView {
    /// The account that holds it.
    pub account: String,
    /// The Region that holds it.
    pub region: String,
    /// Its identifier.
    pub id: String,
    /// Its ARN, which its name makes: a later snapshot may have the same.
    pub arn: String,
    /// Its cluster's identifier.
    pub cluster: String,
    /// When its cluster was created, by which clusters of one name differ.
    pub cluster_created: Timestamp,
    /// Whether Redshift made it by itself.
    pub automated: bool,
    /// `Status`, such as `available`.
    pub status: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// `SnapshotCreateTime`; a copy has its source's.
    pub created: Timestamp,
    /// Its retention in days, where it is not for ever.
    pub retention: Option<u32>,
    /// The Region that a copy came from.
    pub copied_from: Option<String>,
    /// Which version of its cluster's data it holds.
    pub version: u64,
}

impl Inspect {
    /// Every snapshot of every account and Region, ordered by account, Region and identifier.
    #[must_use]
    pub fn redshift_snapshots(&self) -> Vec<RedshiftSnapshotView> {
        let world = self.world();
        let mut views = Vec::new();
        for ((account, region), held) in world.redshift.places() {
            views.extend(held.snapshots.values().map(|snapshot| RedshiftSnapshotView {
                account: account.clone(),
                region: region.clone(),
                id: snapshot.id.clone(),
                arn: snapshot.arn.clone(),
                cluster: snapshot.cluster.clone(),
                cluster_created: snapshot.cluster_created,
                automated: snapshot.is_automated(),
                status: snapshot.status.name().to_owned(),
                tags: snapshot.tags.clone(),
                created: snapshot.created,
                retention: u32::try_from(snapshot.retention.days).ok(),
                copied_from: snapshot.copied_from.clone(),
                version: snapshot.image.version,
            }));
        }
        views
    }

    /// Rewrites so many bytes of a cluster, which may make an automated snapshot due; false when there is none with
    /// that ARN.
    pub fn write_cluster(&self, arn: &str, bytes: u64) -> bool {
        let mut world = self.world();
        let now = world.now();
        let mut found = None;
        for (place, region) in world.redshift.places_mut() {
            if let Some(cluster) = region.clusters.values_mut().find(|cluster| cluster.arn == arn) {
                cluster.data.write(now, bytes);
                found = Some((place.clone(), cluster.namespace_arn.clone()));
            }
        }
        let Some((place, namespace)) = found else { return false };
        automatic::arm(&mut world, &place, &namespace);
        true
    }

    /// Which version of its data a cluster holds: what a restore brings back.
    #[must_use]
    pub fn cluster_version(&self, arn: &str) -> Option<u64> {
        let world = self.world();
        let mut clusters = world.redshift.places().flat_map(|(_, region)| region.clusters.values());
        clusters.find(|cluster: &&Cluster| cluster.arn == arn).map(|cluster| cluster.data.image().version)
    }

    /// Gives a cluster, snapshot, copy grant or subscription exactly these tags; false when there is none with that ARN.
    pub fn set_redshift_tags(&self, arn: &str, to: BTreeMap<String, String>) -> bool {
        let mut world = self.world();
        let mut places = world.redshift.places_mut();
        places.any(|(place, region)| tags::set(place, region, arn, &to))
    }

    /// Takes a snapshot away at once, in whatever state it is; false when there is none with that ARN.
    pub fn remove_redshift_snapshot(&self, arn: &str) -> bool {
        let mut world = self.world();
        let mut regions = world.redshift.places_mut().map(|(_, region)| region);
        regions.any(|region| region.snapshots.extract_if(.., |_, snapshot| snapshot.arn == arn).next().is_some())
    }

    /// The ARN of the queue that notifications for a topic go to: that of the topic's name in its Region and account.
    /// None where it is no topic's ARN.
    #[must_use]
    pub fn topic_queue(&self, topic_arn: &str) -> Option<String> {
        subscriptions::queue_of(topic_arn)
    }
}
