//! Clusters of Redshift, as a person makes and sees them.

use aws_sdk_redshift::types::Tag;
use chainwright_contracts::{
    arn::Arn,
    ids::{ChainId, Incarnation, PointId, snapshot_name, token},
    names::Region,
    sealed::{NAME_TAG, NameTag},
};
use jiff::SignedDuration;
use simcloud::RedshiftSnapshotView;

use crate::installation::{HOME, Installation, at, must};

/// A policy over clusters with the tag `backup: gold`: daily at 06:00 UTC, kept three days and copied for a week.
pub const CLUSTERS: &str = concat!(
    "policy: clusters\nsource: redshift\naccounts: [\"111122223333\"]\nregions: [eu-west-1]\n",
    "select: {tags: {backup: gold}}\n",
    "schedules:\n",
    "  daily: {at: \"06:00\", keep: 3 days, keep_copies: 7 days}\n",
    "copy_to:\n  eu-west-1: {region: eu-central-1}\n",
);

impl Installation {
    /// Makes a cluster which carries the tag that [`CLUSTERS`] selects.
    pub async fn cluster(&self, name: &str) -> Arn {
        self.cluster_in(HOME, name, Some("gold")).await
    }

    /// Makes a cluster in a Region, with this value of the tag `backup` if any.
    pub async fn cluster_in(&self, region: &str, name: &str, tag: Option<&str>) -> Arn {
        let call = self.redshift(region).create_cluster().cluster_identifier(name).node_type("ra3.large");
        let call = call.master_username("admin").manage_master_password(true).automated_snapshot_retention_period(1);
        let tags = tag.map(|value| vec![Tag::builder().key("backup").value(value).build()]);
        must(call.set_tags(tags).send().await);
        self.simulation.pass(SignedDuration::from_mins(5)).await;
        cluster_arn(region, name)
    }

    /// Redshift in a Region, as a person reaches it.
    #[must_use]
    pub fn redshift(&self, region: &str) -> aws_sdk_redshift::Client {
        let region: Region = must(region.parse());
        let clients = self.simulation.clients();
        must(clients.redshift(clients.own_account(), &region))
    }

    /// The manual snapshots of a Region that are available, by creation.
    #[must_use]
    pub fn manual_snapshots(&self, region: &str) -> Vec<RedshiftSnapshotView> {
        self.redshift_snapshots(region, false)
    }

    /// The automated ones.
    #[must_use]
    pub fn automated_snapshots(&self, region: &str) -> Vec<RedshiftSnapshotView> {
        self.redshift_snapshots(region, true)
    }

    fn redshift_snapshots(&self, region: &str, automated: bool) -> Vec<RedshiftSnapshotView> {
        let mut snapshots = self.simulation.cloud().inspect().redshift_snapshots();
        snapshots.retain(|it| it.region == region && it.automated == automated && it.status == "available");
        snapshots.sort_by_key(|snapshot| (snapshot.created, snapshot.id.clone()));
        snapshots
    }

    /// The days of the manual snapshots of a Region that are available, in order.
    #[must_use]
    pub fn manual_days(&self, region: &str) -> Vec<String> {
        self.manual_snapshots(region).iter().map(|snapshot| crate::model::day(snapshot.created)).collect()
    }

    /// The name that the snapshot of a cluster under [`CLUSTERS`] bears at its first attempt in a slot.
    pub async fn name_to_come(&self, cluster: &Arn, slot: &str) -> String {
        let found = self.redshift(HOME).describe_clusters().cluster_identifier(cluster.name()).send().await;
        let namespace = must(found).clusters().first().and_then(|found| found.cluster_namespace_arn.clone());
        let chain = ChainId::of(cluster, &Incarnation(namespace.unwrap_or_default()), "clusters");
        snapshot_name(&token("backup", &PointId::of_slot(&chain, at(slot)), "regular", 0))
    }
}

/// The ARN of a cluster.
#[must_use]
pub fn cluster_arn(region: &str, name: &str) -> Arn {
    must(format!("arn:aws:redshift:{region}:{}:cluster:{name}", simcloud::DEFAULT_ACCOUNT).parse())
}

/// The point that a snapshot's tags name.
#[must_use]
pub fn point_of(snapshot: &RedshiftSnapshotView) -> Option<NameTag> {
    snapshot.tags.get(NAME_TAG)?.parse().ok()
}
