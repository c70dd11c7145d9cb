//! Cold storage: cheaper, billed for 90 days at least, and left by no copy (AWS Backup developer guide, "Lifecycle and storage
//! tiers").

use aws_sdk_backup::types::Lifecycle;
use chainwright_contracts::place::Place;

use super::{Backup, start::NEVER, vault_name};
use crate::error::{SourceError, failed};

const UPDATE: &str = "backup:UpdateRecoveryPointLifecycle";

impl Backup {
    /// Has a point moved to cold storage so many days after its creation, and its end left as it is.
    ///
    /// # Errors
    /// As AWS Backup answers.
    pub async fn move_to_cold(&self, place: &Place, point: &str, after_days: i64) -> Result<(), SourceError> {
        let ends = self.describe(place, point).await?.lifecycle().and_then(Lifecycle::delete_after_days);
        // What is left out becomes nothing (API reference, `UpdateRecoveryPointLifecycle`).
        let lifecycle = Lifecycle::builder()
            .move_to_cold_storage_after_days(after_days)
            .delete_after_days(ends.unwrap_or(NEVER))
            .build();
        let call = self.at(place)?.update_recovery_point_lifecycle();
        let call = call.backup_vault_name(vault_name(UPDATE, place)?).recovery_point_arn(point).lifecycle(lifecycle);
        call.send().await.map_err(failed(UPDATE))?;
        Ok(())
    }
}
