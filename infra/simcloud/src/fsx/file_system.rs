//! A file system.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::input::{epoch, put, tag_list};
use super::kind::Kind;

/// A file system of any kind.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct FileSystem {
    pub(super) id: String,
    pub(super) arn: String,
    pub(super) owner: String,
    pub(super) kind: Kind,
    pub(super) created: Timestamp,
    /// Until then it is CREATING.
    pub(super) ready_at: Timestamp,
    /// Until then it is UPDATING.
    pub(super) updated_at: Timestamp,
    pub(super) deleting: bool,
    pub(super) key: String,
    /// What every kind has and shows as it came: capacity, storage type, subnets.
    pub(super) given: Map<String, Json>,
    /// The configuration of its kind.
    pub(super) settings: Map<String, Json>,
    pub(super) tags: BTreeMap<String, String>,
}

impl FileSystem {
    /// `Lifecycle`.
    pub(super) fn lifecycle(&self, now: Timestamp) -> &'static str {
        match self {
            _ if self.deleting => "DELETING",
            _ if now < self.ready_at => "CREATING",
            _ if now < self.updated_at => "UPDATING",
            _ => "AVAILABLE",
        }
    }

    /// A text of the configuration.
    pub(super) fn setting(&self, member: &str) -> Option<&str> {
        self.settings.get(member).and_then(Json::as_str)
    }

    /// Whether backups that FSx is asked for get its tags, where they are given none.
    pub(super) fn copies_tags(&self) -> bool {
        self.settings.get("CopyTagsToBackups") == Some(&Json::Bool(true))
    }

    /// The file system as DescribeFileSystems has it. Security groups are never told (API reference, CreateFileSystem).
    pub(super) fn show(&self, now: Timestamp) -> Json {
        let mut shown = self.describe();
        put(&mut shown, "Lifecycle", Some(self.lifecycle(now)));
        put(&mut shown, "Tags", Some(tag_list(&self.tags)));
        shown
    }

    /// What a backup keeps of it, also when it is gone.
    pub(super) fn describe(&self) -> Json {
        let mut shown = self.given.clone();
        shown.extend([
            ("FileSystemId".to_owned(), json!(self.id)),
            ("ResourceARN".to_owned(), json!(self.arn)),
            ("OwnerId".to_owned(), json!(self.owner)),
            ("FileSystemType".to_owned(), json!(self.kind.name())),
            ("CreationTime".to_owned(), epoch(self.created)),
            ("KmsKeyId".to_owned(), json!(self.key)),
            (self.kind.configuration().to_owned(), json!(self.settings)),
        ]);
        Json::Object(shown)
    }
}
