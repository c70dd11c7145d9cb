//! Automated snapshots and their copies: made by the service, and removed by it alone.

use aws_sdk_redshift::types::{Cluster, Snapshot};
use chainwright_chain::exchange::AutomaticPoint;
use chainwright_contracts::{arn::Arn, names::Region, place::Place};
use jiff::Timestamp;

use super::{
    Redshift,
    snapshot::{end_after, resource_of},
    snapshots::{LIST, SnapshotType},
};
use crate::{
    convert::{self, timestamp},
    error::SourceError,
};

/// The automated snapshots of a cluster in a Region, at one moment.
pub(super) struct Automated {
    /// They, oldest first.
    pub(super) points: Vec<AutomaticPoint>,
    /// The Date of the listing.
    pub(super) date: Timestamp,
}

impl Redshift {
    /// Those in a Region, the cluster's own or that of its copies. When they end is told where the cluster is still there:
    /// it is the cluster that has their retentions.
    pub(super) async fn list_automated(&self, resource: &Arn, region: &Region) -> Result<Automated, SourceError> {
        let home = self.home_of(resource)?;
        let account = resource.account().parse().map_err(|error| SourceError::refused(LIST, format!("{error}")))?;
        let place = Place { account, region: region.clone(), vault: None };
        let days = home.cluster_if_any().await?.and_then(|cluster| kept(&cluster, resource, region));
        let mut found = Automated { points: Vec::new(), date: Timestamp::MAX };
        let mut marker = None;
        loop {
            let listing = self.list(&place, Some(home.name), SnapshotType::Automated, marker).await?;
            found.date = found.date.min(listing.date);
            let there = listing.snapshots.into_iter().filter(|it| resource_of(it, &place) == resource.as_str());
            found.points.extend(there.filter_map(|snapshot| automatic(snapshot, &place, days)));
            marker = listing.next;
            if marker.is_none() {
                break;
            }
        }
        found.points.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
        Ok(found)
    }
}

/// How many days a cluster's automated snapshots are kept in a Region.
pub(super) fn kept(cluster: &Cluster, resource: &Arn, region: &Region) -> Option<u32> {
    if resource.region() == region.as_str() {
        return cluster.automated_snapshot_retention_period().and_then(|days| u32::try_from(days).ok());
    }
    let status = cluster.cluster_snapshot_copy_status();
    let here = status.filter(|status| status.destination_region() == Some(region.as_str()))?;
    here.retention_period().and_then(|days| u32::try_from(days).ok())
}

fn automatic(snapshot: Snapshot, place: &Place, days: Option<u32>) -> Option<AutomaticPoint> {
    let created = snapshot.snapshot_create_time().and_then(timestamp)?;
    let expires = end_after(&snapshot, days.map(i64::from));
    let bytes = snapshot.total_backup_size_in_mega_bytes.map(convert::bytes);
    Some(AutomaticPoint { id: snapshot.snapshot_arn?, place: place.clone(), created, expires, bytes })
}
