//! A recovery point.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::input::{epoch, put};
use super::lifecycle::Lifecycle;
use super::resources::{self, ResourceType};
use super::state::Place;
use super::vaults::vault_arn;
use crate::dynamodb::Image;
use crate::fsx::Held;

/// `RecoveryPointStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(super) enum Status {
    Creating,
    Completed,
    Partial,
    Deleting,
    Expired,
}

impl Status {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Creating => "CREATING",
            Self::Completed => "COMPLETED",
            Self::Partial => "PARTIAL",
            Self::Deleting => "DELETING",
            Self::Expired => "EXPIRED",
        }
    }
}

/// What a point holds of its resource.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) enum Content {
    /// A table.
    Table(#[serde(with = "crate::saved::shared")] Arc<Image>),
    /// A file system or volume of FSx.
    FileSystem(#[serde(with = "crate::saved::shared")] Arc<Held>),
    /// Nothing that could be restored: a point that a test put there.
    Nothing,
}

/// A recovery point in a vault.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Point {
    pub(super) arn: String,
    pub(super) vault: String,
    pub(super) resource: String,
    #[serde(deserialize_with = "resources::known")]
    pub(super) resource_type: ResourceType,
    pub(super) role: String,
    pub(super) status: Status,
    pub(super) message: Option<String>,
    /// `CreationDate`, from which the lifecycle counts; a copy has its source's.
    pub(super) created: Timestamp,
    pub(super) initiated: Timestamp,
    pub(super) completed: Option<Timestamp>,
    pub(super) bytes: u64,
    pub(super) lifecycle: Lifecycle,
    pub(super) cold: bool,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) content: Content,
    /// The vault that a copy came from.
    pub(super) source_vault: Option<String>,
    /// The backup or copy job that made it.
    pub(super) job: Option<String>,
    /// How many copies and restores are reading it.
    pub(super) users: u32,
    /// How often its lifecycle was put on the agenda; earlier entries count for nothing.
    pub(super) armed: u64,
}

impl Point {
    /// Whether AWS Backup manages it fully.
    pub(super) fn is_managed(&self) -> bool {
        self.arn.starts_with("arn:aws:backup:")
    }

    /// Whether it has tags and a key and can be copied.
    pub(super) fn is_advanced(&self) -> bool {
        resources::is_advanced(self.resource_type, self.is_managed())
    }

    /// Whether it is a whole backup.
    pub(super) fn is_good(&self) -> bool {
        self.status == Status::Completed
    }

    /// The resource's own name.
    pub(super) fn resource_name(&self) -> &str {
        self.resource.rsplit(['/', ':']).next().unwrap_or_default()
    }

    /// The point as described: what lists show, and its storage class.
    pub(super) fn show_in_full(&self, place: &Place) -> Json {
        let mut json = self.show(place);
        put(&mut json, "StorageClass", Some(if self.cold { "COLD" } else { "WARM" }));
        if let Content::FileSystem(held) = &self.content {
            put(&mut json, "EncryptionKeyArn", Some(held.key.clone()));
        }
        json
    }

    /// The point in lists.
    pub(super) fn show(&self, place: &Place) -> Json {
        let mut json = json!({
            "RecoveryPointArn": self.arn,
            "BackupVaultName": self.vault,
            "BackupVaultArn": vault_arn(place, &self.vault),
            "ResourceArn": self.resource,
            "ResourceType": self.resource_type,
            "ResourceName": self.resource_name(),
            "IamRoleArn": self.role,
            "Status": self.status.name(),
            "CreationDate": epoch(self.created),
            "InitiationDate": epoch(self.initiated),
            "BackupSizeInBytes": self.bytes,
            "IsEncrypted": self.is_advanced(),
            "IsParent": false,
            "VaultType": "BACKUP_VAULT",
        });
        put(&mut json, "StatusMessage", self.message.clone());
        put(&mut json, "CompletionDate", self.completed.map(epoch));
        put(&mut json, "SourceBackupVaultArn", self.source_vault.clone());
        if self.lifecycle != Lifecycle::default() {
            put(&mut json, "Lifecycle", Some(self.lifecycle.show()));
            put(&mut json, "CalculatedLifecycle", Some(self.lifecycle.calculated(self.created)));
        }
        json
    }
}
