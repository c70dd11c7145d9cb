//! Namespaces of Redshift Serverless, as a person makes and sees them.

use aws_sdk_redshiftserverless::types::Tag;
use chainwright_contracts::{
    arn::Arn,
    names::Region,
    sealed::{NAME_TAG, NameTag},
};
use jiff::SignedDuration;
use simcloud::ServerlessSnapshotView;

use crate::installation::{HOME, Installation, must};

/// A policy over namespaces with the tag `backup: gold`: daily at 06:00 UTC, kept three days and copied for a week.
pub const WAREHOUSES: &str = concat!(
    "policy: houses\nsource: redshift-serverless\naccounts: [\"111122223333\"]\nregions: [eu-west-1]\n",
    "select: {tags: {backup: gold}}\n",
    "schedules:\n",
    "  daily: {at: \"06:00\", keep: 3 days, keep_copies: 7 days}\n",
    "copy_to:\n  eu-west-1: {region: eu-central-1}\n",
);

impl Installation {
    /// Makes a namespace with its workgroup, which carries the tag that [`WAREHOUSES`] selects.
    pub async fn namespace(&self, name: &str) -> Arn {
        let client = self.serverless(HOME);
        let made = must(client.create_namespace().namespace_name(name).send().await);
        let tag = must(Tag::builder().key("backup").value("gold").build());
        let workgroup = client.create_workgroup().workgroup_name(format!("{name}-wg")).namespace_name(name).tags(tag);
        must(workgroup.send().await);
        self.simulation.pass(SignedDuration::from_mins(5)).await;
        let arn = made.namespace.and_then(|namespace| namespace.namespace_arn).unwrap_or_default();
        must(arn.parse())
    }

    /// Redshift Serverless in a Region, as a person reaches it.
    #[must_use]
    pub fn serverless(&self, region: &str) -> aws_sdk_redshiftserverless::Client {
        let region: Region = must(region.parse());
        let clients = self.simulation.clients();
        must(clients.redshift_serverless(clients.own_account(), &region))
    }

    /// The available snapshots of a Region, by creation.
    #[must_use]
    pub fn snapshots(&self, region: &str) -> Vec<ServerlessSnapshotView> {
        let mut snapshots = self.simulation.cloud().inspect().serverless_snapshots();
        snapshots.retain(|snapshot| snapshot.region == region && snapshot.status == "AVAILABLE");
        snapshots.sort_by_key(|snapshot| (snapshot.created, snapshot.name.clone()));
        snapshots
    }

    /// The days of the available snapshots of a Region, in order.
    #[must_use]
    pub fn snapshot_days(&self, region: &str) -> Vec<String> {
        self.snapshots(region).iter().map(|snapshot| crate::model::day(snapshot.created)).collect()
    }
}

/// The point that a snapshot's tags name.
#[must_use]
pub fn named(snapshot: &ServerlessSnapshotView) -> Option<NameTag> {
    snapshot.tags.get(NAME_TAG)?.parse().ok()
}
