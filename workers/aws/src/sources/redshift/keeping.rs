//! How long a cluster's automated snapshots and their copies are kept: settings of the cluster, which a policy may name.
//!
//! Keeping them longer harms nobody, and a backup does so by the way. Keeping them shorter deletes those that are older at
//! once, so that only a person who has seen how many does that.
//!
//! Source: Amazon Redshift API reference, `ModifyCluster` and `ModifySnapshotCopyRetentionPeriod`: a lower number of days
//! applies to what is there already.

use aws_sdk_redshift::types::Cluster;
use chainwright_chain::{
    exchange::{AutomaticPoint, BackupRequest, StandingChange, StandingCopy},
    policy::Policy,
};
use chainwright_contracts::{arn::Arn, names::Region};
use jiff::{SignedDuration, Timestamp};

use super::{Redshift, automated::kept, cluster::Home, copies::agrees};
use crate::{
    error::{SourceError, failed},
    sources::{automatic_keep, standing_copy},
};

const MODIFY: &str = "redshift:ModifyCluster";
const MODIFY_COPIES: &str = "redshift:ModifySnapshotCopyRetentionPeriod";

impl Redshift {
    /// In what a cluster differs from its policy, and what of it goes at once with the policy's settings.
    pub(super) async fn changes(&self, policy: &Policy, resource: &Arn) -> Result<Vec<StandingChange>, SourceError> {
        let home = self.home_of(resource)?;
        let copies = standing_copy(policy.file(), &home.region()?);
        let cluster = home.cluster().await?;
        let mut changes = home.differing(&cluster, automatic_keep(policy.file()), copies.as_ref())?;
        for change in changes.iter_mut().filter(|change| change.days < change.days_now) {
            let there = self.list_automated(resource, &change.region).await?;
            let sooner = SignedDuration::from_hours(i64::from(change.days_now - change.days) * 24);
            change.ends = there.points.iter().filter(|point| ends_by(point, sooner, there.date)).count();
        }
        Ok(changes)
    }
}

/// Whether a point that ends so much sooner than now has ended already.
fn ends_by(point: &AutomaticPoint, sooner: SignedDuration, now: Timestamp) -> bool {
    point.expires.is_some_and(|expires| expires.checked_sub(sooner).is_ok_and(|end| end <= now))
}

impl Home<'_> {
    pub(super) fn region(&self) -> Result<Region, SourceError> {
        self.arn.region().parse().map_err(|error| SourceError::refused(MODIFY, format!("{}: {error}", self.arn)))
    }

    /// The settings that are not as wanted; those of a copy configuration that is not ours to change are left out.
    fn differing(
        &self,
        cluster: &Cluster,
        keep: Option<u32>,
        copies: Option<&StandingCopy>,
    ) -> Result<Vec<StandingChange>, SourceError> {
        let copies = copies.filter(|copies| agrees(cluster, copies).unwrap_or(false));
        let of_copies = copies.and_then(|copies| Some((copies.region.clone(), copies.automatic_days?)));
        let wanted = keep.map(|days| self.region().map(|region| (region, days))).transpose()?.into_iter();
        let all = wanted.chain(of_copies).filter_map(|(region, days)| {
            let days_now = kept(cluster, self.arn, &region)?;
            Some(StandingChange { resource: self.arn.clone(), region, days_now, days, ends: 0 })
        });
        Ok(all.filter(|change| change.days != change.days_now).collect())
    }

    /// Keeps what the policy wants to be kept longer for longer, and nothing shorter.
    pub(super) async fn keep_longer(&self, cluster: &Cluster, request: &BackupRequest) -> Result<(), SourceError> {
        for change in self.differing(cluster, request.automatic_keep, request.standing_copy.as_ref())? {
            if change.days > change.days_now {
                self.keep(&change.region, change.days).await?;
            }
        }
        Ok(())
    }

    /// Keeps the automated snapshots of a Region for so many days.
    pub(super) async fn keep(&self, region: &Region, days: u32) -> Result<(), SourceError> {
        let retention = i32::try_from(days).map_err(|error| SourceError::refused(MODIFY, error.to_string()))?;
        if region.as_str() == self.arn.region() {
            let call = self.client.modify_cluster().cluster_identifier(self.name);
            call.automated_snapshot_retention_period(retention).send().await.map_err(failed(MODIFY))?;
            return Ok(());
        }
        // By now they may go elsewhere, for somebody else.
        if kept(&self.cluster().await?, self.arn, region).is_none() {
            let message = format!("the snapshots of {} are not copied to {region}", self.arn);
            return Err(SourceError::refused(MODIFY_COPIES, message));
        }
        let call = self.client.modify_snapshot_copy_retention_period().cluster_identifier(self.name);
        call.retention_period(retention).manual(false).send().await.map_err(failed(MODIFY_COPIES))?;
        Ok(())
    }
}
