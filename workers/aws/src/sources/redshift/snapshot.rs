//! A snapshot as the service shows it, in our words.

use aws_sdk_redshift::types::Snapshot;
use chainwright_chain::exchange::{Extent, Observed, ObservedPoint, PointStatus};
use chainwright_contracts::place::Place;
use jiff::{SignedDuration, Timestamp};

use super::cluster::arn_of;
use crate::{
    convert::{self, timestamp},
    error::SourceError,
};

/// The ARN of the cluster that a snapshot is of, which the service does not tell: it tells the cluster's name, the account
/// and, of a copy, the Region that it came from.
pub(super) fn resource_of(snapshot: &Snapshot, place: &Place) -> String {
    let region = snapshot.source_region().filter(|region| !region.is_empty()).unwrap_or(place.region.as_str());
    let account = snapshot.owner_account().unwrap_or(place.account.as_str());
    arn_of(place.region.partition(), region, account, snapshot.cluster_identifier().unwrap_or_default())
}

/// The name in a snapshot's ARN, which ends in `snapshot:CLUSTER/NAME`.
///
/// Source: Amazon Redshift management guide, "Identity and access management in Amazon Redshift", the formats of ARNs.
pub(super) fn name_in(arn: &str) -> Option<&str> {
    let (_, of_cluster) = arn.split_once(":snapshot:")?;
    of_cluster.split_once('/').map(|(_, name)| name)
}

/// Still shown, although it is deleted.
pub(super) fn is_gone(snapshot: &Snapshot) -> bool {
    snapshot.status() == Some("deleted")
}

/// It has ended without holding anything.
pub(super) fn has_failed(snapshot: &Snapshot) -> bool {
    matches!(snapshot.status(), Some("failed" | "cancelled"))
}

pub(super) fn observed(snapshot: Snapshot) -> Observed {
    match snapshot.status() {
        Some("available") => Observed::Done { point: snapshot.snapshot_arn, remark: None },
        Some(status) if has_failed(&snapshot) => {
            Observed::Failed { reason: format!("the snapshot is {status}"), occupied: false }
        }
        _ => Observed::Running,
    }
}

pub(super) fn point(operation: &'static str, snapshot: Snapshot, place: &Place) -> Result<ObservedPoint, SourceError> {
    let created = snapshot.snapshot_create_time().and_then(timestamp);
    let (Some(arn), Some(created)) = (snapshot.snapshot_arn.clone(), created) else {
        return Err(SourceError::unreadable(operation, "a snapshot without an ARN or a creation date"));
    };
    Ok(ObservedPoint {
        arn,
        place: place.clone(),
        resource: resource_of(&snapshot, place),
        name: snapshot.snapshot_identifier.clone(),
        status: status(snapshot.status()),
        created,
        bytes: snapshot.total_backup_size_in_mega_bytes.map(convert::bytes),
        extent: extent(&snapshot),
        key: snapshot.kms_key_id.clone(),
        expires: end_after(&snapshot, snapshot.manual_snapshot_retention_period.map(i64::from)),
        locked_until: None,
        is_cold: false,
        legal_hold: false,
    })
}

/// Source: Amazon Redshift API reference, `Snapshot`, with the states of the command line's `describe-cluster-snapshots`.
fn status(status: Option<&str>) -> PointStatus {
    match status {
        Some("available") => PointStatus::Available,
        Some("creating" | "copying" | "final snapshot") => PointStatus::Creating,
        Some("deleted") => PointStatus::Deleting,
        _ => PointStatus::Unusable,
    }
}

fn extent(snapshot: &Snapshot) -> Option<Extent> {
    let (all, new) =
        (snapshot.total_backup_size_in_mega_bytes?, snapshot.actual_incremental_backup_size_in_mega_bytes?);
    Some(if new < all { Extent::Incremental } else { Extent::Full })
}

/// When the service removes a snapshot that it keeps for so many days; a retention that is not positive has no end.
pub(super) fn end_after(snapshot: &Snapshot, days: Option<i64>) -> Option<Timestamp> {
    let days = days.filter(|days| *days > 0)?;
    let from = snapshot.snapshot_retention_start_time().or(snapshot.snapshot_create_time()).and_then(timestamp)?;
    from.checked_add(SignedDuration::from_hours(days.checked_mul(24)?)).ok()
}
