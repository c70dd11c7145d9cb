//! Recovery points, listed and described.

use std::collections::BTreeSet;

use aws_sdk_backup::{
    operation::describe_recovery_point::DescribeRecoveryPointOutput,
    types::{CalculatedLifecycle, RecoveryPointByBackupVault, RecoveryPointStatus, StorageClass},
};
use chainwright_chain::exchange::{Extent, ObservedPoint, PointStatus};
use chainwright_contracts::{arn::Arn, place::Place};
use jiff::Timestamp;

use super::{Backup, PAGE, vault::Vault, vault_name};
use crate::{
    convert::timestamp,
    date::AnswerDate,
    error::{Class, SourceError, failed},
    sources::ObservedPage,
};

const DESCRIBE: &str = "backup:DescribeRecoveryPoint";
const LIST: &str = "backup:ListRecoveryPointsByBackupVault";

impl Backup {
    /// The points in a vault, of `resource` or all, of whatever status, whoever made them.
    ///
    /// The vault's lock and legal holds are read first, so that the date is that of the listing itself and no point is older
    /// than it.
    ///
    /// # Errors
    /// As AWS Backup answers; an answer without a readable `Date` is [`Class::Transient`].
    pub async fn list_points(
        &self,
        resource: Option<&Arn>,
        place: &Place,
        page: Option<String>,
    ) -> Result<ObservedPage, SourceError> {
        let vault = self.vault(place).await?;
        // Whoever lists everything wants to know what there is, and removes nothing by it.
        let held = if resource.is_some() { self.legally_held(place).await? } else { BTreeSet::new() };
        let date = AnswerDate::default();
        let answer = self
            .at(place)?
            .list_recovery_points_by_backup_vault()
            .backup_vault_name(vault_name(LIST, place)?)
            .set_by_resource_arn(resource.map(Arn::to_string))
            // Other types in the vault have other sources.
            .by_resource_type(self.resource_type)
            .max_results(PAGE)
            .set_next_token(page)
            .customize()
            .interceptor(date.clone())
            .send()
            .await
            .map_err(failed(LIST))?;
        let points = answer.recovery_points.unwrap_or_default();
        let mut points =
            points.into_iter().map(|point| self.listed(point, place, vault)).collect::<Result<Vec<_>, _>>()?;
        for point in &mut points {
            point.legal_hold = held.contains(&point.arn);
        }
        Ok(ObservedPage { points, next: answer.next_token, date: date.get(LIST)? })
    }

    /// One point; none where AWS Backup says that it does not know it.
    ///
    /// # Errors
    /// As AWS Backup answers.
    pub async fn describe_point(&self, place: &Place, point: &str) -> Result<Option<ObservedPoint>, SourceError> {
        let found = match self.describe(place, point).await {
            Err(error) if error.class == Class::NotFound => return Ok(None),
            other => other?,
        };
        let vault = self.vault(place).await?;
        let read = Read {
            arn: found.recovery_point_arn.as_deref(),
            resource: found.resource_arn.as_deref(),
            status: found.status.as_ref(),
            created: found.creation_date.as_ref().and_then(timestamp),
            bytes: found.backup_size_in_bytes,
            lifecycle: found.calculated_lifecycle.as_ref(),
            key: found.encryption_key_arn.as_deref(),
            cold: found.storage_class == Some(StorageClass::Cold),
        };
        read.observed(DESCRIBE, place, vault, self.extent).map(Some)
    }

    fn listed(
        &self,
        point: RecoveryPointByBackupVault,
        place: &Place,
        vault: Vault,
    ) -> Result<ObservedPoint, SourceError> {
        let read = Read {
            arn: point.recovery_point_arn.as_deref(),
            resource: point.resource_arn.as_deref(),
            status: point.status.as_ref(),
            created: point.creation_date.as_ref().and_then(timestamp),
            bytes: point.backup_size_in_bytes,
            lifecycle: point.calculated_lifecycle.as_ref(),
            key: point.encryption_key_arn.as_deref(),
            // A listing does not tell.
            cold: false,
        };
        read.observed(LIST, place, vault, self.extent)
    }

    pub(super) async fn describe(
        &self,
        place: &Place,
        point: &str,
    ) -> Result<DescribeRecoveryPointOutput, SourceError> {
        let vault = vault_name(DESCRIBE, place)?;
        let call = self.at(place)?.describe_recovery_point().backup_vault_name(vault).recovery_point_arn(point);
        call.send().await.map_err(failed(DESCRIBE))
    }
}

/// What listing and description share.
struct Read<'a> {
    arn: Option<&'a str>,
    resource: Option<&'a str>,
    status: Option<&'a RecoveryPointStatus>,
    created: Option<Timestamp>,
    bytes: Option<i64>,
    lifecycle: Option<&'a CalculatedLifecycle>,
    key: Option<&'a str>,
    cold: bool,
}

impl Read<'_> {
    fn observed(
        self,
        operation: &'static str,
        place: &Place,
        vault: Vault,
        extent: Option<Extent>,
    ) -> Result<ObservedPoint, SourceError> {
        let (Some(arn), Some(created)) = (self.arn, self.created) else {
            return Err(SourceError::unreadable(operation, "a point without an ARN or a creation date"));
        };
        let expires = self.lifecycle.and_then(CalculatedLifecycle::delete_at).and_then(timestamp);
        Ok(ObservedPoint {
            arn: arn.to_owned(),
            place: place.clone(),
            resource: self.resource.unwrap_or_default().to_owned(),
            name: None,
            status: status(self.status),
            created,
            bytes: self.bytes,
            extent,
            key: self.key.map(str::to_owned),
            expires,
            locked_until: vault.locked_until(expires),
            is_cold: self.cold,
            legal_hold: false,
        })
    }
}

fn status(status: Option<&RecoveryPointStatus>) -> PointStatus {
    match status {
        Some(RecoveryPointStatus::Completed | RecoveryPointStatus::Available) => PointStatus::Available,
        Some(RecoveryPointStatus::Creating) => PointStatus::Creating,
        Some(RecoveryPointStatus::Deleting) => PointStatus::Deleting,
        Some(RecoveryPointStatus::Expired) => PointStatus::Expired,
        _ => PointStatus::Unusable,
    }
}
