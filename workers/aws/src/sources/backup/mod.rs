//! AWS Backup's calls, shared by the sources that it backs up.
//!
//! Source of what is asked and answered: AWS Backup API reference; of its oddities: AWS Backup developer guide. Jobs
//! are looked at where they were started: a copy in its source's Region. Whatever AWS Backup answers 200 to is looked
//! at again by the caller, since a 200 to a deletion is no promise.

mod find;
mod observe;
mod points;
mod start;
mod tags;
mod vault;

use std::collections::HashMap;

use chainwright_chain::exchange::Extent;
use chainwright_contracts::{arn::Arn, place::Place};

use crate::{
    clients::Clients,
    error::{Class, SourceError, failed},
    sources::Scope,
};

/// Items per page of any listing: the most that AWS Backup allows.
const PAGE: i32 = 1000;

/// AWS Backup in every account and Region that the clients reach.
#[derive(Debug, Clone)]
pub struct Backup {
    clients: Clients,
    extent: Option<Extent>,
}

impl Backup {
    /// AWS Backup through these clients, for resources whose points all store this much; none where it depends.
    #[must_use]
    pub fn new(clients: Clients, extent: Option<Extent>) -> Self {
        Self { clients, extent }
    }

    /// The client for what lies in a place.
    fn at(&self, place: &Place) -> Result<aws_sdk_backup::Client, SourceError> {
        self.clients.backup(&place.account, &place.region)
    }

    /// Whether backups of a resource type are fully managed by AWS Backup, which for DynamoDB means its advanced
    /// features: without them a backup carries no tags and cannot be copied to another Region.
    ///
    /// # Errors
    /// [`Class::Refused`] with code `NotFullyManaged` where they are off; whatever `DescribeRegionSettings` fails with.
    pub async fn ensure_fully_managed(&self, scope: &Scope, resource_type: &str) -> Result<(), SourceError> {
        const OPERATION: &str = "backup:DescribeRegionSettings";
        let client = self.clients.backup(&scope.account, &scope.region)?;
        let settings = client.describe_region_settings().send().await.map_err(failed(OPERATION))?;
        let managed = |preferences: Option<&HashMap<String, bool>>| {
            preferences.and_then(|preferences| preferences.get(resource_type)).copied().unwrap_or(false)
        };
        if managed(settings.resource_type_management_preference()) {
            return Ok(());
        }
        let message = format!(
            "AWS Backup's advanced features for {resource_type} are off in {}/{}: switch them on with \
             UpdateRegionSettings, ResourceTypeManagementPreference {{\"{resource_type}\": true}} and \
             ResourceTypeOptInPreference {{\"{resource_type}\": true}}",
            scope.account, scope.region
        );
        Err(SourceError::new(Class::Refused, OPERATION, "NotFullyManaged", message))
    }
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
