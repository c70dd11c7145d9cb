//! AWS Backup's calls, shared by the sources that it backs up.
//!
//! Source of what is asked and answered: AWS Backup API reference; of its oddities: AWS Backup developer guide. Jobs
//! are looked at where they were started: a copy in its source's Region. Whatever AWS Backup answers 200 to is looked
//! at again by the caller, since a 200 to a deletion is no promise.

mod cold;
mod find;
mod legal;
mod observe;
mod pace;
mod points;
mod preflight;
mod start;
mod tags;
mod vault;

use std::collections::HashMap;

pub(in crate::sources) use self::preflight::CopyKeys;

use chainwright_chain::exchange::Extent;
use chainwright_contracts::{arn::Arn, place::Place};

use crate::{
    clients::Clients,
    error::{Class, SourceError, failed},
    sources::Scope,
};

const SETTINGS: &str = "backup:DescribeRegionSettings";

/// Items per page of any listing: the most that AWS Backup allows.
const PAGE: i32 = 1000;

/// AWS Backup in every account and Region that the clients reach.
#[derive(Debug, Clone)]
pub struct Backup {
    clients: Clients,
    resource_type: &'static str,
    extent: Option<Extent>,
}

impl Backup {
    /// AWS Backup through these clients, for one of its resource types, whose points all store this much; none where it
    /// depends.
    #[must_use]
    pub fn new(clients: Clients, resource_type: &'static str, extent: Option<Extent>) -> Self {
        Self { clients, resource_type, extent }
    }

    /// The client for what lies in a place.
    fn at(&self, place: &Place) -> Result<aws_sdk_backup::Client, SourceError> {
        self.clients.backup(&place.account, &place.region)
    }

    /// Whether backups of the resource type are fully managed by AWS Backup, which for DynamoDB means its advanced
    /// features: without them a backup carries no tags and cannot be copied to another Region.
    ///
    /// # Errors
    /// [`Class::Refused`] with code `NotFullyManaged` where they are off; whatever `DescribeRegionSettings` fails with.
    pub async fn ensure_fully_managed(&self, scope: &Scope) -> Result<(), SourceError> {
        let resource_type = self.resource_type;
        if self.preferences(scope).await?.managed == Some(true) {
            return Ok(());
        }
        let message = format!(
            "AWS Backup's advanced features for {resource_type} are off in {}/{}: switch them on with \
             UpdateRegionSettings, ResourceTypeManagementPreference {{\"{resource_type}\": true}} and \
             ResourceTypeOptInPreference {{\"{resource_type}\": true}}",
            scope.account, scope.region
        );
        Err(SourceError::new(Class::Refused, SETTINGS, "NotFullyManaged", message))
    }

    /// Whether AWS Backup protects the resource type at all, which an account may have opted out of.
    ///
    /// # Errors
    /// [`Class::Refused`] with code `NotOptedIn` where it has; whatever `DescribeRegionSettings` fails with.
    pub async fn ensure_opted_in(&self, scope: &Scope) -> Result<(), SourceError> {
        if self.preferences(scope).await?.opted_in != Some(false) {
            return Ok(());
        }
        let resource_type = self.resource_type;
        let message = format!(
            "AWS Backup is not opted in to {resource_type} in {}/{}: switch it on with UpdateRegionSettings, \
             ResourceTypeOptInPreference {{\"{resource_type}\": true}}",
            scope.account, scope.region
        );
        Err(SourceError::new(Class::Refused, SETTINGS, "NotOptedIn", message))
    }

    async fn preferences(&self, scope: &Scope) -> Result<Preferences, SourceError> {
        let client = self.clients.backup(&scope.account, &scope.region)?;
        let settings = client.describe_region_settings().send().await.map_err(failed(SETTINGS))?;
        let of = |preferences: Option<&HashMap<String, bool>>| {
            preferences.and_then(|preferences| preferences.get(self.resource_type)).copied()
        };
        Ok(Preferences {
            managed: of(settings.resource_type_management_preference()),
            opted_in: of(settings.resource_type_opt_in_preference()),
        })
    }
}

/// What an account and Region has set for a resource type; none where nothing is set.
struct Preferences {
    managed: Option<bool>,
    opted_in: Option<bool>,
}

/// The vault's name; a place without one is none of AWS Backup's.
fn vault_name<'a>(operation: &'static str, place: &'a Place) -> Result<&'a str, SourceError> {
    place.vault.as_deref().ok_or_else(|| SourceError::refused(operation, format!("{place} names no vault")))
}

/// The vault's ARN, as StartCopyJob wants its destination.
fn vault_arn(operation: &'static str, place: &Place) -> Result<String, SourceError> {
    let name = vault_name(operation, place)?;
    Ok(format!("arn:{}:backup:{}:{}:backup-vault:{name}", place.region.partition(), place.region, place.account))
}

/// The role's ARN, which AWS Backup cannot do without.
fn role<'a>(operation: &'static str, resource: &Arn, role: Option<&'a str>) -> Result<&'a str, SourceError> {
    role.ok_or_else(|| SourceError::refused(operation, format!("no role is named for the backup of {resource}")))
}
