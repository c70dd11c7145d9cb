//! The standing configuration that copies a namespace's snapshots: one destination per namespace, its own retention.
//!
//! Copies of ours have no end of their own there, since the service would remove the last good one at it; retention is
//! ours. What stands already is never changed, since changing the destination or the retention ends what somebody else
//! relies on: another destination, retention or key is a conflict, and reported.
//!
//! Source: Amazon Redshift management guide, "Copying snapshots to another AWS Region" (Serverless).

use aws_sdk_redshiftserverless::types::SnapshotCopyConfiguration;
use chainwright_chain::exchange::StandingCopy;

use super::namespace::Home;
use crate::{
    error::{Class, SourceError, failed},
    sources::conflict_of_copies,
};

const LIST: &str = "redshift-serverless:ListSnapshotCopyConfigurations";
const CREATE: &str = "redshift-serverless:CreateSnapshotCopyConfiguration";

impl Home<'_> {
    /// What copies the namespace's snapshots now.
    pub(super) async fn standing_copy(&self) -> Result<Option<StandingCopy>, SourceError> {
        let name = match self.name().await {
            Err(error) if error.class == Class::NotFound => return Ok(None),
            name => name?,
        };
        let Some(found) = self.configuration(&name).await? else { return Ok(None) };
        let region = found.destination_region().unwrap_or_default();
        let region = region.parse().map_err(|error| SourceError::unreadable(LIST, format!("{error}")))?;
        Ok(Some(StandingCopy { region, key: found.destination_kms_key_id, automatic_days: None }))
    }

    async fn configuration(&self, namespace: &str) -> Result<Option<SnapshotCopyConfiguration>, SourceError> {
        let call = self.client.list_snapshot_copy_configurations().namespace_name(namespace);
        Ok(call.send().await.map_err(failed(LIST))?.snapshot_copy_configurations.into_iter().next())
    }

    /// Whether what is wanted stands already; not, where nothing does.
    ///
    /// # Errors
    /// [`Class::Refused`] where another one stands; as the service answers.
    pub(super) async fn agrees(&self, namespace: &str, wanted: &StandingCopy) -> Result<bool, SourceError> {
        match self.configuration(namespace).await? {
            Some(found) => agree(namespace, &found, wanted).map(|()| true),
            None => Ok(false),
        }
    }

    /// Creates the configuration where there is none.
    ///
    /// # Errors
    /// [`Class::Refused`] where another one stands; as the service answers.
    pub(super) async fn ensure_copies(&self, namespace: &str, wanted: &StandingCopy) -> Result<(), SourceError> {
        if self.agrees(namespace, wanted).await? {
            return Ok(());
        }
        let call = self
            .client
            .create_snapshot_copy_configuration()
            .namespace_name(namespace)
            .destination_region(wanted.region.as_str())
            .set_destination_kms_key_id(wanted.key.clone());
        match call.send().await.map_err(failed(CREATE)) {
            Ok(_) => Ok(()),
            // Somebody was quicker.
            Err(error) if error.code == "ConflictException" => match self.agrees(namespace, wanted).await? {
                true => Ok(()),
                false => Err(error),
            },
            Err(error) => Err(error),
        }
    }
}

fn agree(namespace: &str, found: &SnapshotCopyConfiguration, wanted: &StandingCopy) -> Result<(), SourceError> {
    let region = found.destination_region().unwrap_or_default();
    let days = found.snapshot_retention_period().filter(|days| *days > 0);
    let key = found.destination_kms_key_id();
    let same_key = wanted.key.as_deref().is_none_or(|wanted| {
        // What an alias stands for is shown as the key itself.
        wanted.contains("alias/") || key.is_some_and(|key| key.ends_with(wanted))
    });
    if region == wanted.region.as_str() && days.is_none() && same_key {
        return Ok(());
    }
    let kept = days.map_or_else(|| "without an end".to_owned(), |days| format!("for {days} days"));
    let stands = format!(
        "the snapshots of namespace {namespace} are copied to {region} and kept there {kept}, under the key {}",
        key.unwrap_or("of the service")
    );
    Err(conflict_of_copies(LIST, &stands, wanted))
}
