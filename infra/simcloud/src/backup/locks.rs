//! Vault locks: what cannot be deleted, and how long what comes in must and may be kept.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::errors::{invalid, refused};
use super::events;
use super::input::{needed, number};
use super::lifecycle::Lifecycle;
use super::state::place_of;
use super::vaults::Vault;
use crate::call::{Answer, Call};
use crate::world::World;

/// The longest retention that a lock can name.
const MAX_DAYS: i64 = 36_500;
/// A compliance lock can be taken back for at least so many days.
const MIN_GRACE_DAYS: i64 = 3;

/// A vault's lock.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Lock {
    pub(super) min_days: Option<i64>,
    pub(super) max_days: Option<i64>,
    /// When a compliance lock becomes final; a governance lock never does.
    pub(super) date: Option<Timestamp>,
}

impl Lock {
    fn is_final(&self, now: Timestamp) -> bool {
        self.date.is_some_and(|date| date <= now)
    }

    /// Why the vault does not take a point with this lifecycle.
    pub(super) fn objects_to(&self, lifecycle: &Lifecycle) -> Option<String> {
        let days = lifecycle.delete_after;
        let short = self.min_days.filter(|least| days.is_some_and(|days| days < *least));
        let long = self.max_days.filter(|most| days.is_none_or(|days| days > *most));
        if let Some(least) = short {
            return Some(format!(
                "Retention period is less than the minimum retention of the backup vault, {least} days."
            ));
        }
        long.map(|most| format!("Retention period exceeds the maximum retention of the backup vault, {most} days."))
    }
}

impl Vault {
    /// As [`Lock::objects_to`], for whatever lock the vault has.
    pub(super) fn objects_to(&self, lifecycle: &Lifecycle) -> Option<String> {
        self.lock.as_ref()?.objects_to(lifecycle)
    }
}

/// `PutBackupVaultLockConfiguration`.
pub(super) fn put(world: &mut World, call: &Call) -> Answer {
    let (place, now) = (place_of(call), world.now());
    let name = needed(call, "BackupVaultName")?;
    let days = |member: &str, least: i64| match number(call, member) {
        Some(days) if !(least..=MAX_DAYS).contains(&days) => {
            Err(invalid(format!("{member} must be between {least} and {MAX_DAYS}")))
        }
        days => Ok(days),
    };
    let (min_days, max_days) = (days("MinRetentionDays", 1)?, days("MaxRetentionDays", 1)?);
    if min_days.zip(max_days).is_some_and(|(min, max)| min > max) {
        return Err(invalid("MinRetentionDays must not exceed MaxRetentionDays"));
    }
    let grace = days("ChangeableForDays", MIN_GRACE_DAYS)?;
    let date = grace.and_then(|days| now.checked_add(SignedDuration::from_hours(24 * days)).ok());
    let region = world.backup.region(&place);
    region.vault(name)?;
    if let Some(vault) = region.vaults.get_mut(name) {
        if vault.lock.as_ref().is_some_and(|lock| lock.is_final(now)) {
            return Err(refused(format!("Backup vault {name} is locked and its lock can no longer be changed")));
        }
        vault.lock = Some(Lock { min_days, max_days, date });
    }
    events::vault(world, &place, name, "MODIFIED", true);
    Ok(json!({}))
}

/// `DeleteBackupVaultLockConfiguration`.
pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let (place, now) = (place_of(call), world.now());
    let name = needed(call, "BackupVaultName")?;
    let region = world.backup.region(&place);
    region.vault(name)?;
    if let Some(vault) = region.vaults.get_mut(name) {
        if vault.lock.as_ref().is_some_and(|lock| lock.is_final(now)) {
            return Err(refused(format!("Backup vault {name} is locked and its lock can no longer be changed")));
        }
        vault.lock = None;
    }
    events::vault(world, &place, name, "MODIFIED", false);
    Ok(json!({}))
}
