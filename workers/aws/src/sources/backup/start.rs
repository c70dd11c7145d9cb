//! Starting backups, copies and deletions.
//!
//! A point of a chain has no end of its own: AWS would remove the last good one at it. So a backup carries no lifecycle
//! and a copy says explicitly that it never ends, except where a vault's lock has a maximum, which refuses points
//! without an end: there the point gets exactly that.

use aws_sdk_backup::types::Lifecycle;
use chainwright_chain::exchange::{BackupRequest, CopyRequest, DeleteRequest, Started};

use super::{Backup, role, vault_arn, vault_name};
use crate::error::{Class, SourceError, failed};

const START_BACKUP: &str = "backup:StartBackupJob";
const START_COPY: &str = "backup:StartCopyJob";
const DELETE: &str = "backup:DeleteRecoveryPoint";

/// The shortest start window that AWS Backup takes (API reference, StartBackupJob): a job that waits for another one of
/// the same resource ends as EXPIRED after it, and is asked for anew.
const START_WINDOW_MINUTES: i64 = 60;
/// For a copy of a point that has an end, which "always" would inherit (developer guide, "Creating backup copies").
const LONGEST_DAYS: i64 = 36_500;
/// "Always" (API reference, Lifecycle).
pub(super) const NEVER: i64 = -1;

impl Backup {
    /// Starts the backup that `request` describes.
    ///
    /// # Errors
    /// As AWS Backup answers; [`Class::Refused`] where the request names no vault or no role.
    pub async fn start_backup(&self, request: &BackupRequest) -> Result<Started, SourceError> {
        let vault = vault_name(START_BACKUP, &request.place)?;
        let role = role(START_BACKUP, &request.resource, request.role.as_deref())?;
        let maximum = self.vault(&request.place).await?.max_retention_days;
        let lifecycle = maximum.map(|days| Lifecycle::builder().delete_after_days(days).build());
        let answer = self
            .at(&request.place)?
            .start_backup_job()
            .backup_vault_name(vault)
            .resource_arn(request.resource.as_str())
            .iam_role_arn(role)
            .idempotency_token(&request.token)
            .start_window_minutes(START_WINDOW_MINUTES)
            .set_lifecycle(lifecycle)
            .set_recovery_point_tags(Some(request.tags.clone().into_iter().collect()))
            .send()
            .await
            .map_err(failed(START_BACKUP))?;
        started(START_BACKUP, answer.backup_job_id, answer.recovery_point_arn)
    }

    /// Starts the copy that `request` describes, in the Region where its source lies.
    ///
    /// # Errors
    /// As AWS Backup answers; [`Class::NotFound`] where the source is gone.
    pub async fn start_copy(&self, request: &CopyRequest) -> Result<Started, SourceError> {
        let from = vault_name(START_COPY, &request.from)?;
        let to = vault_arn(START_COPY, &request.to)?;
        let role = role(START_COPY, &request.resource, request.role.as_deref())?;
        let lifecycle = self.copy_lifecycle(request).await?;
        let answer = self
            .at(&request.from)?
            .start_copy_job()
            .recovery_point_arn(&request.point)
            .source_backup_vault_name(from)
            .destination_backup_vault_arn(to)
            .iam_role_arn(role)
            .idempotency_token(&request.token)
            .lifecycle(lifecycle)
            .send()
            .await
            .map_err(failed(START_COPY))?;
        started(START_COPY, answer.copy_job_id, None)
    }

    async fn copy_lifecycle(&self, request: &CopyRequest) -> Result<Lifecycle, SourceError> {
        if let Some(days) = self.vault(&request.to).await?.max_retention_days {
            return Ok(Lifecycle::builder().delete_after_days(days).build());
        }
        let source = self.describe(&request.from, &request.point).await?;
        let ends = source.lifecycle().and_then(Lifecycle::delete_after_days).is_some_and(|days| days != NEVER);
        Ok(if ends {
            Lifecycle::builder().delete_after_days(LONGEST_DAYS).build()
        } else {
            Lifecycle::builder().move_to_cold_storage_after_days(NEVER).delete_after_days(NEVER).build()
        })
    }

    /// Requests the removal of a point; one that is gone already counts as requested.
    ///
    /// # Errors
    /// As AWS Backup answers.
    pub async fn delete_point(&self, request: &DeleteRequest) -> Result<Started, SourceError> {
        let vault = vault_name(DELETE, &request.place)?;
        let call = self
            .at(&request.place)?
            .delete_recovery_point()
            .backup_vault_name(vault)
            .recovery_point_arn(&request.point);
        match call.send().await.map_err(failed(DELETE)) {
            Err(error) if error.class != Class::NotFound => Err(error),
            _ => Ok(Started { id: request.point.clone(), point: Some(request.point.clone()) }),
        }
    }
}

fn started(operation: &'static str, id: Option<String>, point: Option<String>) -> Result<Started, SourceError> {
    let id = id.ok_or_else(|| SourceError::unreadable(operation, "the answer names no job"))?;
    Ok(Started { id, point })
}
