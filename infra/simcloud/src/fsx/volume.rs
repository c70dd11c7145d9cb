//! A volume: of ONTAP the unit of backups, of OpenZFS only the root that comes with the file system.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::file_system::FileSystem;
use super::input::{epoch, put, tag_list};
use super::kind::Kind;
use super::state::Place;

/// A volume.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Volume {
    pub(super) id: String,
    pub(super) arn: String,
    pub(super) file_system: String,
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) created: Timestamp,
    /// Until then it is CREATING.
    pub(super) ready_at: Timestamp,
    pub(super) deleting: bool,
    /// The configuration of its kind.
    pub(super) settings: Map<String, Json>,
    pub(super) tags: BTreeMap<String, String>,
}

/// A volume's ARN.
pub(super) fn arn((account, region): &Place, file_system: &str, id: &str) -> String {
    format!("arn:aws:fsx:{region}:{account}:volume/{file_system}/{id}")
}

impl Volume {
    /// The root volume of an OpenZFS file system.
    pub(super) fn root(of: &FileSystem, id: &str, place: &Place) -> Self {
        let path = [("VolumePath".to_owned(), json!("/fsx"))];
        Self {
            id: id.to_owned(),
            arn: arn(place, &of.id, id),
            file_system: of.id.clone(),
            kind: Kind::OpenZfs,
            name: "fsx".to_owned(),
            created: of.created,
            ready_at: of.ready_at,
            deleting: false,
            settings: path.into_iter().collect(),
            tags: BTreeMap::new(),
        }
    }

    /// Whether it came with its file system and goes with it.
    pub(super) fn is_root(&self) -> bool {
        self.kind == Kind::OpenZfs
    }

    /// Whether it is of the type that can be backed up; DP volumes mirror another.
    pub(super) fn is_writable(&self) -> bool {
        self.settings.get("OntapVolumeType").and_then(Json::as_str) == Some("RW")
    }

    /// Whether backups that FSx is asked for get its tags, where they are given none.
    pub(super) fn copies_tags(&self) -> bool {
        self.settings.get("CopyTagsToBackups") == Some(&Json::Bool(true))
    }

    /// `Lifecycle`: what is ready is CREATED in ONTAP, AVAILABLE in OpenZFS.
    pub(super) fn lifecycle(&self, now: Timestamp) -> &'static str {
        match self.kind {
            _ if self.deleting => "DELETING",
            _ if now < self.ready_at => "CREATING",
            Kind::OpenZfs => "AVAILABLE",
            _ => "CREATED",
        }
    }

    /// The volume as DescribeVolumes has it.
    pub(super) fn show(&self, now: Timestamp) -> Json {
        let mut shown = self.describe();
        put(&mut shown, "Lifecycle", Some(self.lifecycle(now)));
        put(&mut shown, "Tags", Some(tag_list(&self.tags)));
        shown
    }

    /// What a backup keeps of it, also when it is gone.
    pub(super) fn describe(&self) -> Json {
        json!({
            "VolumeId": self.id,
            "ResourceARN": self.arn,
            "FileSystemId": self.file_system,
            "VolumeType": self.kind.name(),
            "Name": self.name,
            "CreationTime": epoch(self.created),
            self.kind.configuration(): self.settings,
        })
    }
}
