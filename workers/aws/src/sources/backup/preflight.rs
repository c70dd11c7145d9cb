//! What AWS Backup has in the way of a policy: vaults, their locks and keys, quotas, and the time that jobs take.

use aws_sdk_backup::{
    operation::describe_backup_vault::DescribeBackupVaultOutput,
    types::{BackupJobState, CopyJobState},
};
use chainwright_chain::{finding::Obstacle, policy::Policy};
use chainwright_contracts::{
    codes,
    policy::{CopyTarget, Period},
};
use jiff::{SignedDuration, Timestamp};

use super::{Backup, PAGE};
use crate::{
    convert::{date_time, timestamp},
    date::AnswerDate,
    error::{Class, SourceError, failed},
    sources::Scope,
};

const VAULT: &str = "backup:DescribeBackupVault";
const BACKUPS: &str = "backup:ListBackupJobs";
const COPIES: &str = "backup:ListCopyJobs";

/// Recovery points that a vault takes (AWS Backup developer guide, "Quotas").
const POINTS_PER_VAULT: i64 = 1_000_000;
/// The alias of the key that AWS manages for AWS Backup.
const BACKUPS_KEY: &str = "alias/aws/backup";
/// How far back the time that jobs take is looked at.
const LOOKED_BACK: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How many slots ahead the shortest time between two of them is looked for.
const SLOTS_AHEAD: usize = 400;

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
        }
        found.extend(self.pace(policy, scope).await?);
        Ok(found)
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

    /// Whether sessions leave the time that a backup and its copy took at most.
    async fn pace(&self, policy: &Policy, scope: &Scope) -> Result<Option<Obstacle>, SourceError> {
        let client = self.clients.backup(&scope.account, &scope.region)?;
        let date = AnswerDate::default();
        let jobs = client.list_backup_jobs().by_resource_type(self.resource_type).by_state(BackupJobState::Completed);
        let jobs =
            jobs.max_results(PAGE).customize().interceptor(date.clone()).send().await.map_err(failed(BACKUPS))?;
        let now = date.get(BACKUPS)?;
        let since = now.checked_sub(LOOKED_BACK).unwrap_or(now);
        let took = |from: Option<Timestamp>, to: Option<Timestamp>| {
            let (from, to) = (from.filter(|from| *from >= since)?, to?);
            Some(to.duration_since(from))
        };
        let backups = jobs.backup_jobs.unwrap_or_default();
        let backup = backups
            .iter()
            .filter_map(|job| took(job.creation_date().and_then(timestamp), job.completion_date().and_then(timestamp)));
        let mut longest = backup.max().unwrap_or_default();
        if policy.file().copy_to.contains_key(&scope.region) {
            let jobs = client.list_copy_jobs().by_resource_type(self.resource_type).by_state(CopyJobState::Completed);
            let jobs =
                jobs.by_created_after(date_time(since)).max_results(PAGE).send().await.map_err(failed(COPIES))?;
            let copy = jobs.copy_jobs.unwrap_or_default();
            let copy = copy.iter().filter_map(|job| {
                took(job.creation_date().and_then(timestamp), job.completion_date().and_then(timestamp))
            });
            longest = longest.saturating_add(copy.max().unwrap_or_default());
        }
        Ok(shortest_gap(policy, now).filter(|gap| *gap < longest).map(|gap| {
            let wrong = format!(
                "policy {} has sessions {gap:#} apart, and a backup with its copy took {longest:#} in {}/{}",
                policy.file().policy,
                scope.account,
                scope.region
            );
            Obstacle::notice(codes::TOO_FREQUENT, wrong, "more time between two slots of `schedules`")
        }))
    }
}

/// The shortest time between two sessions that are to come.
fn shortest_gap(policy: &Policy, now: Timestamp) -> Option<SignedDuration> {
    let slots: Vec<_> = policy.calendar().slots(now, Timestamp::MAX).take(SLOTS_AHEAD).map(|slot| slot.at).collect();
    let later = slots.iter().skip(1);
    slots.iter().zip(later).map(|(from, to)| to.duration_since(*from)).min()
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
