//! What a vault imposes on its points.

use chainwright_contracts::place::Place;
use jiff::Timestamp;

use super::{Backup, vault_name};
use crate::error::{SourceError, failed};

const OPERATION: &str = "backup:DescribeBackupVault";

/// The lock of a vault, if it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Vault {
    /// Whether a lock stands; it binds during its grace time too.
    pub(super) locked: bool,
    /// The most days for which the vault takes a point. A point without an end is refused then.
    pub(super) max_retention_days: Option<i64>,
}

impl Vault {
    /// Until when a point that ends at `expires` cannot be removed: a locked vault lets points go at the end of their
    /// retention and not before, and one without an end never.
    pub(super) fn locked_until(self, expires: Option<Timestamp>) -> Option<Timestamp> {
        self.locked.then(|| expires.unwrap_or(Timestamp::MAX))
    }
}

impl Backup {
    pub(super) async fn vault(&self, place: &Place) -> Result<Vault, SourceError> {
        let name = vault_name(OPERATION, place)?;
        let vault =
            self.at(place)?.describe_backup_vault().backup_vault_name(name).send().await.map_err(failed(OPERATION))?;
        let locked = vault.locked().unwrap_or(false);
        Ok(Vault { locked, max_retention_days: vault.max_retention_days().filter(|_| locked) })
    }
}
