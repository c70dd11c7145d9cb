//! The standing configuration that copies a cluster's snapshots: one destination per cluster, one retention for the copies
//! of manual snapshots, and one for those of automated ones.
//!
//! Copies of ours have no end of their own there, since the service would remove the last good one at it; retention is
//! ours. What stands already is never changed, since changing it ends what somebody else relies on: another destination,
//! another retention of manual copies or another grant is a conflict, and reported. The retention of the automated copies
//! alone is a setting of the policy ([`super::keeping`]).
//!
//! Source: Amazon Redshift API reference, `EnableSnapshotCopy`.

use aws_sdk_redshift::types::{Cluster, ClusterSnapshotCopyStatus};
use chainwright_chain::exchange::StandingCopy;

use super::cluster::{DESCRIBE, Home};
use crate::{error::SourceError, error::failed, sources::conflict_of_copies};

const ENABLE: &str = "redshift:EnableSnapshotCopy";

/// A retention without an end.
pub(super) const FOR_EVER: i32 = -1;

impl Home<'_> {
    /// What copies the cluster's snapshots now.
    pub(super) async fn standing_copy(&self) -> Result<Option<StandingCopy>, SourceError> {
        self.cluster_if_any().await?.as_ref().map_or(Ok(None), standing)
    }

    /// Enables the copies of a cluster that has none.
    ///
    /// # Errors
    /// [`Class::Refused`](crate::error::Class::Refused) where others stand; as the service answers.
    pub(super) async fn ensure_copies(&self, cluster: &Cluster, wanted: &StandingCopy) -> Result<(), SourceError> {
        if agrees(cluster, wanted)? {
            return Ok(());
        }
        let days = wanted.automatic_days.and_then(|days| i32::try_from(days).ok());
        let call = self
            .client
            .enable_snapshot_copy()
            .cluster_identifier(self.name)
            .destination_region(wanted.region.as_str())
            .set_retention_period(days)
            .manual_snapshot_retention_period(FOR_EVER)
            .set_snapshot_copy_grant_name(wanted.key.clone());
        match call.send().await.map_err(failed(ENABLE)) {
            Ok(_) => Ok(()),
            // Somebody was quicker.
            Err(error) if error.code == "SnapshotCopyAlreadyEnabledFault" => {
                if agrees(&self.cluster().await?, wanted)? { Ok(()) } else { Err(error) }
            }
            Err(error) => Err(error),
        }
    }
}

/// What copies a cluster's snapshots.
pub(super) fn standing(cluster: &Cluster) -> Result<Option<StandingCopy>, SourceError> {
    let Some(found) = status(cluster) else { return Ok(None) };
    let region = found.destination_region().unwrap_or_default();
    let region = region.parse().map_err(|error| SourceError::unreadable(DESCRIBE, format!("{error}")))?;
    let automatic_days = found.retention_period().and_then(|days| u32::try_from(days).ok());
    Ok(Some(StandingCopy { region, key: found.snapshot_copy_grant_name.clone(), automatic_days }))
}

fn status(cluster: &Cluster) -> Option<&ClusterSnapshotCopyStatus> {
    cluster.cluster_snapshot_copy_status().filter(|status| status.destination_region().is_some())
}

/// Whether what is wanted stands already; not, where nothing does. Where the policy names no grant, any is right.
///
/// # Errors
/// [`Class::Refused`](crate::error::Class::Refused) where another one stands.
pub(super) fn agrees(cluster: &Cluster, wanted: &StandingCopy) -> Result<bool, SourceError> {
    let Some(found) = status(cluster) else { return Ok(false) };
    let region = found.destination_region().unwrap_or_default();
    let days = found.manual_snapshot_retention_period().filter(|days| *days != FOR_EVER);
    let grant = found.snapshot_copy_grant_name();
    // The service keeps names in lower case.
    let same = |wanted: &str| grant.is_some_and(|grant| grant.eq_ignore_ascii_case(wanted));
    if region == wanted.region.as_str() && days.is_none() && wanted.key.as_deref().is_none_or(same) {
        return Ok(true);
    }
    let kept = days.map_or_else(|| "without an end".to_owned(), |days| format!("for {days} days"));
    let stands = format!(
        "the snapshots of cluster {} are copied to {region} and kept there {kept}, {}",
        cluster.cluster_identifier().unwrap_or_default(),
        grant.map_or_else(|| "without a grant".to_owned(), |grant| format!("under the grant {grant}"))
    );
    Err(conflict_of_copies(DESCRIBE, &stands, wanted))
}
