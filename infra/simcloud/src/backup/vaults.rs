//! Vaults.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::errors::{exceeded, invalid, refused};
use super::events;
use super::input::{self, epoch, needed, put, text};
use super::listing::Page;
use super::locks::Lock;
use super::state::{Place, Region, place_of};
use crate::call::{Answer, ApiError, Call};
use crate::world::World;

/// Vaults per account and Region.
const MAX_VAULTS: usize = 300;

/// A vault.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Vault {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) created: Timestamp,
    pub(super) key_arn: String,
    creator: Option<String>,
    pub(super) lock: Option<Lock>,
    pub(super) tags: BTreeMap<String, String>,
}

/// A vault's ARN.
pub(super) fn vault_arn((account, region): &Place, name: &str) -> String {
    format!("arn:aws:backup:{region}:{account}:backup-vault:{name}")
}

/// Account, Region and name in a vault's ARN.
pub(super) fn parse_arn(arn: &str) -> Option<(Place, String)> {
    let parts: Vec<&str> = arn.split(':').collect();
    match parts.as_slice() {
        ["arn", "aws", "backup", region, account, "backup-vault", name] => {
            Some((((*account).to_owned(), (*region).to_owned()), (*name).to_owned()))
        }
        _ => None,
    }
}

/// `CreateBackupVault`.
pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let (place, now) = (place_of(call), world.now());
    let name = needed(call, "BackupVaultName")?;
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !(2..=50).contains(&name.len()) || !name.chars().all(legal) {
        return Err(invalid("BackupVaultName must match ^[a-zA-Z0-9\\-\\_]{2,50}$"));
    }
    let tags = input::tags(call, "BackupVaultTags")?;
    let arn = vault_arn(&place, name);
    let (account, region_name) = &place;
    let default_key = format!("arn:aws:kms:{region_name}:{account}:alias/aws/backup");
    let key_arn = text(call, "EncryptionKeyArn").map_or(default_key, str::to_owned);
    let creator = text(call, "CreatorRequestId").map(str::to_owned);
    let region = world.backup.region(&place);
    if let Some(existing) = region.vaults.get(name) {
        return Err(ApiError::new("AlreadyExistsException", format!("Backup vault {name} already exists"))
            .with("Arn", existing.arn.clone()));
    }
    if region.vaults.len() >= MAX_VAULTS {
        return Err(exceeded("Limit of 300 backup vaults exceeded"));
    }
    let vault = Vault { name: name.to_owned(), arn: arn.clone(), created: now, key_arn, creator, lock: None, tags };
    region.vaults.insert(name.to_owned(), vault);
    events::vault(world, &place, name, "CREATED", false);
    Ok(json!({ "BackupVaultName": name, "BackupVaultArn": arn, "CreationDate": epoch(now) }))
}

fn show(vault: &Vault, region: &Region) -> Json {
    let mut json = json!({
        "BackupVaultName": vault.name,
        "BackupVaultArn": vault.arn,
        "VaultType": "BACKUP_VAULT",
        "VaultState": "AVAILABLE",
        "CreationDate": epoch(vault.created),
        "EncryptionKeyArn": vault.key_arn,
        "NumberOfRecoveryPoints": region.points.of_vault(&vault.name, None).count(),
        "Locked": vault.lock.is_some(),
    });
    put(&mut json, "CreatorRequestId", vault.creator.clone());
    if let Some(lock) = &vault.lock {
        put(&mut json, "MinRetentionDays", lock.min_days);
        put(&mut json, "MaxRetentionDays", lock.max_days);
        put(&mut json, "LockDate", lock.date.map(epoch));
    }
    json
}

/// `DescribeBackupVault`.
pub(super) fn describe(world: &mut World, call: &Call) -> Answer {
    let denied = world.switches.backup.missing_vaults_denied;
    let region = world.backup.region(&place_of(call));
    let vault = region.vault_seen(needed(call, "BackupVaultName")?, denied)?;
    Ok(show(vault, region))
}

/// `ListBackupVaults`.
pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let region = world.backup.region(&place_of(call));
    let page = Page::read(call)?;
    let name = |vault: &&Vault| vault.name.clone();
    Ok(page.collect("BackupVaultList", region.vaults.values(), name, |vault| show(vault, region)))
}

/// `DeleteBackupVault`; only empty ones.
pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let place = place_of(call);
    let name = needed(call, "BackupVaultName")?;
    let region = world.backup.region(&place);
    region.vault(name)?;
    if region.points.of_vault(name, None).next().is_some() {
        return Err(refused(format!("Backup vault {name} cannot be deleted because it contains recovery points")));
    }
    region.vaults.remove(name);
    events::vault(world, &place, name, "DELETED", false);
    Ok(json!({}))
}
