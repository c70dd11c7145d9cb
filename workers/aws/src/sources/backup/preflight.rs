//! What AWS Backup has in the way of a policy: vaults, their locks and keys, quotas, opt-ins, and the time that jobs take.

use aws_sdk_backup::operation::describe_backup_vault::DescribeBackupVaultOutput;
use chainwright_chain::{finding::Obstacle, policy::Policy};
use chainwright_contracts::{
    codes,
    policy::{CopyTarget, Period},
};

use super::Backup;
use crate::{
    error::{Class, SourceError, failed},
    sources::Scope,
};

const VAULT: &str = "backup:DescribeBackupVault";

/// Recovery points that a vault takes (AWS Backup developer guide, "Quotas").
const POINTS_PER_VAULT: i64 = 1_000_000;
/// The alias of the key that AWS manages for AWS Backup.
const BACKUPS_KEY: &str = "alias/aws/backup";

/// What the copies of a type need of the vault that they go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sources) enum CopyKeys {
    /// Any key will do.
    Any,
    /// Not the key that AWS manages for AWS Backup (AWS Backup developer guide, "Encryption for backups").
    NotBackups,
}

impl Backup {
    /// Looks at what a policy needs of AWS Backup in one account and Region, and where its copies go.
    ///
    /// # Errors
    /// As AWS Backup answers; a vault that is not there is no error.
    pub(in crate::sources) async fn preflight(
        &self,
        policy: &Policy,
        scope: &Scope,
        keys: CopyKeys,
    ) -> Result<Vec<Obstacle>, SourceError> {
        let file = policy.file();
        let mut found = Vec::new();
        if let Some(vault) = &file.vault {
            let keeps = policy.keeps().values().map(|keeps| keeps.regular).collect::<Vec<_>>();
            found.extend(self.vault_of(scope, vault.as_str(), &keeps, CopyKeys::Any).await?);
        }
        if let Some(CopyTarget { region, vault: Some(vault) }) = file.copy_to.get(&scope.region) {
            let there = Scope { account: scope.account.clone(), region: region.clone() };
            let keeps = policy.keeps().values().filter_map(|keeps| keeps.copies).collect::<Vec<_>>();
            found.extend(self.vault_of(&there, vault.as_str(), &keeps, keys).await?);
            found.extend(self.opted_out(&there).await?);
        }
        found.extend(self.pace(policy, scope).await?);
        Ok(found)
    }

    /// Whether AWS Backup is opted out of the resource type. It does not try to protect such a type in a Region (AWS Backup
    /// API reference, `DescribeRegionSettings`). Elsewhere its guide has the first backup of DynamoDB's advanced features
    /// opt in by itself, and it is silent on copies that come in: so this is told, and refuses nothing.
    pub(in crate::sources) async fn opted_out(&self, scope: &Scope) -> Result<Option<Obstacle>, SourceError> {
        match self.ensure_opted_in(scope).await {
            Err(error) if error.class == Class::Refused => {
                let remedy = self.opt_in(scope);
                Ok(Some(Obstacle::missing(codes::NOT_SUPPORTED, error.message, remedy)))
            }
            other => other.map(|()| None),
        }
    }

    /// The command that opts in to the resource type.
    pub(in crate::sources) fn opt_in(&self, scope: &Scope) -> String {
        format!(
            "aws backup update-region-settings --region {} --resource-type-opt-in-preference {}=true",
            scope.region, self.resource_type
        )
    }

    async fn vault_of(
        &self,
        scope: &Scope,
        name: &str,
        keeps: &[Period],
        keys: CopyKeys,
    ) -> Result<Vec<Obstacle>, SourceError> {
        let client = self.clients.backup(&scope.account, &scope.region)?;
        let place = format!("{}/{}/{name}", scope.account, scope.region);
        let vault = match client.describe_backup_vault().backup_vault_name(name).send().await.map_err(failed(VAULT)) {
            // A vault that is not there and one that may not be looked at are answered alike.
            Err(error) if matches!(error.class, Class::NotFound | Class::Denied) => {
                let wrong = format!("there is no vault {place}, or it may not be looked at");
                let remedy =
                    format!("aws backup create-backup-vault --region {} --backup-vault-name {name}", scope.region);
                return Ok(vec![Obstacle::missing(codes::NOT_LOOKED_AT, wrong, remedy)]);
            }
            vault => vault?,
        };
        let mut found: Vec<Obstacle> = lock(&vault, scope, name, keeps).into_iter().collect();
        let key = vault.encryption_key_arn().unwrap_or_default();
        if keys == CopyKeys::NotBackups && self.is_backups_own(scope, key).await? {
            let wrong =
                format!("the vault {place} is encrypted under aws/backup, and copies of this type need another key");
            let remedy = format!(
                "aws backup create-backup-vault --region {} --backup-vault-name NAME --encryption-key-arn KEY, and NAME in \
                 copy_to",
                scope.region
            );
            found.push(Obstacle::refused(codes::KEY_UNFIT, wrong, remedy));
        }
        if vault.number_of_recovery_points() > POINTS_PER_VAULT / 10 * 9 {
            let points = vault.number_of_recovery_points();
            let wrong = format!("the vault {place} has {points} of at most {POINTS_PER_VAULT} points");
            let remedy = "aws service-quotas list-service-quotas --service-code backup".to_owned();
            found.push(Obstacle::notice(codes::QUOTA_NEAR, wrong, remedy));
        }
        Ok(found)
    }

    /// Whether a vault's key is the one that AWS manages for AWS Backup, however it is written.
    async fn is_backups_own(&self, scope: &Scope, key: &str) -> Result<bool, SourceError> {
        if key.is_empty() || key.ends_with(BACKUPS_KEY) {
            return Ok(true);
        }
        let kms = self.clients.kms(&scope.account, &scope.region)?;
        match kms.describe_key().key_id(BACKUPS_KEY).send().await.map_err(failed("kms:DescribeKey")) {
            Ok(own) => Ok(own.key_metadata.and_then(|own| own.arn).is_some_and(|own| own == key)),
            Err(error) if matches!(error.class, Class::Transient | Class::Occupied) => Err(error),
            // Never made, or not ours to look at: then it cannot be told.
            Err(_) => Ok(false),
        }
    }
}

/// What a vault's lock makes of a policy's retention.
///
/// Nobody removes a point from a locked vault before its lifecycle ends (AWS Backup developer guide, "AWS Backup Vault
/// Lock"). A chain's points have no end, which is longer than any least retention; only where there is a greatest one do
/// they get it. So without a greatest retention nothing ever goes. That is refused where the lock is a compliance one:
/// once its date has come nobody can undo it, nor what is stored under it. A governance lock can be taken off.
fn lock(vault: &DescribeBackupVaultOutput, scope: &Scope, name: &str, keeps: &[Period]) -> Option<Obstacle> {
    if !vault.locked().unwrap_or(false) {
        return None;
    }
    let place = format!("{}/{}/{name}", scope.account, scope.region);
    let Some(most) = vault.max_retention_days() else {
        let put = format!(
            "aws backup put-backup-vault-lock-configuration --region {} --backup-vault-name {name} --max-retention-days \
             DAYS, or another vault",
            scope.region
        );
        let forever = format!("{place} is locked without a greatest retention, so that no point ever leaves it");
        return Some(match vault.lock_date() {
            Some(_) => {
                let wrong = format!("{forever}, and nobody can take the lock off once its date has come");
                Obstacle::refused(codes::LOCK_BINDS, wrong, put)
            }
            None => Obstacle::missing(codes::LOCK_BINDS, forever, put),
        });
    };
    let shorter = keeps.iter().filter_map(|keep| keep.days()).min().filter(|days| i64::from(*days) < most);
    let shorter = shorter.map(|days| format!(", not after {days} as the policy says")).unwrap_or_default();
    let wrong = format!(
        "the lock of {place} has points removed by AWS after {most} days and no sooner{shorter}: the newest good one too, \
         whatever their flags"
    );
    Some(Obstacle::notice(codes::LOCK_BINDS, wrong, "another vault, or sessions well within that time"))
}
