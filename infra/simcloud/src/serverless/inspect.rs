//! Reading and changing Redshift Serverless past the API, for assertions and as people and accidents do.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::inspect::Inspect;

/// A snapshot as the model has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerlessSnapshotView {
    /// The account that holds it.
    pub account: String,
    /// The Region that holds it.
    pub region: String,
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// The ARN of its namespace, which has the namespace's Region and id.
    pub namespace: String,
    /// `status`, such as `AVAILABLE`.
    pub status: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// `snapshotCreateTime`; a copy has its source's.
    pub created: Timestamp,
    /// `snapshotRetentionPeriod` in days, where it is not for ever.
    pub retention: Option<u32>,
    /// The Region that a copy came from.
    pub copied_from: Option<String>,
    /// Which version of its namespace's data it holds.
    pub version: u64,
}

impl Inspect {
    /// Every snapshot of every account and Region, ordered by account, Region and name.
    #[must_use]
    pub fn serverless_snapshots(&self) -> Vec<ServerlessSnapshotView> {
        let world = self.world();
        let mut views = Vec::new();
        for ((account, region), held) in world.serverless.places() {
            views.extend(held.snapshots.values().map(|snapshot| ServerlessSnapshotView {
                account: account.clone(),
                region: region.clone(),
                name: snapshot.name.clone(),
                arn: snapshot.arn.clone(),
                namespace: snapshot.namespace_arn.clone(),
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

    /// Rewrites so many bytes of a namespace; false when there is none with that ARN.
    pub fn write_namespace(&self, arn: &str, bytes: u64) -> bool {
        let mut world = self.world();
        let now = world.now();
        let mut namespaces = world.serverless.places_mut().flat_map(|(_, region)| region.namespaces.values_mut());
        let found = namespaces.find(|namespace| namespace.arn == arn);
        found.map(|namespace| namespace.data.write(now, bytes)).is_some()
    }

    /// Which version of its data a namespace holds: what a restore brings back.
    #[must_use]
    pub fn namespace_version(&self, arn: &str) -> Option<u64> {
        let world = self.world();
        let mut namespaces = world.serverless.places().flat_map(|(_, region)| region.namespaces.values());
        namespaces.find(|namespace| namespace.arn == arn).map(|namespace| namespace.data.image().version)
    }

    /// Gives a snapshot exactly these tags; false when there is none with that ARN.
    pub fn set_serverless_tags(&self, arn: &str, tags: BTreeMap<String, String>) -> bool {
        let mut world = self.world();
        let mut snapshots = world.serverless.places_mut().flat_map(|(_, region)| region.snapshots.values_mut());
        snapshots.find(|snapshot| snapshot.arn == arn).map(|snapshot| snapshot.tags = tags).is_some()
    }

    /// Takes a snapshot away at once, in whatever state it is; false when there is none with that ARN.
    pub fn remove_serverless_snapshot(&self, arn: &str) -> bool {
        let mut world = self.world();
        let mut regions = world.serverless.places_mut().map(|(_, region)| region);
        regions.any(|region| {
            let before = region.snapshots.len();
            region.snapshots.retain(|_, snapshot| snapshot.arn != arn);
            region.snapshots.len() < before
        })
    }
}
