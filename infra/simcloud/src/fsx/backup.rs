//! A backup as FSx shows it, whether FSx was asked for it or AWS Backup keeps it as a point.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::held::Held;
use super::input::{epoch, put, tag_list};
use super::state::Place;
use crate::backup::{self, Kept};
use crate::world::World;

/// `BackupLifecycle` of a backup that FSx was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(super) enum Lifecycle {
    Creating,
    Available,
    Failed,
}

impl Lifecycle {
    fn name(self) -> &'static str {
        match self {
            Self::Creating => "CREATING",
            Self::Available => "AVAILABLE",
            Self::Failed => "FAILED",
        }
    }
}

/// A backup that FSx was asked for.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Backup {
    pub(super) id: String,
    pub(super) arn: String,
    pub(super) lifecycle: Lifecycle,
    pub(super) failure: Option<String>,
    pub(super) created: Timestamp,
    pub(super) tags: BTreeMap<String, String>,
    #[serde(with = "crate::saved::shared")]
    pub(super) held: Arc<Held>,
}

impl Backup {
    pub(super) fn is_available(&self) -> bool {
        self.lifecycle == Lifecycle::Available
    }
}

/// A backup's ARN.
pub(super) fn arn((account, region): &Place, id: &str) -> String {
    format!("arn:aws:fsx:{region}:{account}:backup/{id}")
}

/// The id in a backup's ARN.
pub(super) fn id_in(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or_default()
}

/// What both kinds have in common.
pub(super) struct Seen<'a> {
    pub(super) arn: &'a str,
    pub(super) kind: &'static str,
    pub(super) lifecycle: &'static str,
    failure: Option<&'a str>,
    created: Timestamp,
    pub(super) tags: &'a BTreeMap<String, String>,
    pub(super) held: &'a Held,
}

impl<'a> From<&'a Backup> for Seen<'a> {
    fn from(own: &'a Backup) -> Self {
        Self {
            arn: &own.arn,
            kind: "USER_INITIATED",
            lifecycle: own.lifecycle.name(),
            failure: own.failure.as_deref(),
            created: own.created,
            tags: &own.tags,
            held: &own.held,
        }
    }
}

impl<'a> From<Kept<'a>> for Seen<'a> {
    fn from(kept: Kept<'a>) -> Self {
        Self {
            arn: kept.arn,
            kind: "AWS_BACKUP",
            lifecycle: if kept.complete { "AVAILABLE" } else { "CREATING" },
            failure: None,
            created: kept.created,
            tags: kept.tags,
            held: kept.held,
        }
    }
}

/// Every backup in a place, AWS Backup's among them, by id.
pub(super) fn all<'a>(world: &'a World, place: &Place) -> BTreeMap<&'a str, Seen<'a>> {
    let own = world.fsx.known(place).into_iter().flat_map(|region| region.backups.values()).map(Seen::from);
    let kept = backup::kept(world, place).map(Seen::from);
    own.chain(kept).map(|seen| (id_in(seen.arn), seen)).collect()
}

impl Seen<'_> {
    /// The backup as DescribeBackups has it.
    pub(super) fn show(&self) -> Json {
        let held = self.held;
        let mut shown = json!({
            "BackupId": id_in(self.arn),
            "ResourceARN": self.arn,
            "Lifecycle": self.lifecycle,
            "Type": self.kind,
            "CreationTime": epoch(self.created),
            "KmsKeyId": held.key,
            "Tags": tag_list(self.tags),
            "FileSystem": held.file_system,
            "ResourceType": if held.volume.is_some() { "VOLUME" } else { "FILE_SYSTEM" },
            "SizeInBytes": held.image.bytes,
        });
        put(&mut shown, "OwnerId", held.told("OwnerId"));
        put(&mut shown, "Volume", held.volume.clone());
        if self.lifecycle == "CREATING" {
            put(&mut shown, "ProgressPercent", Some(0));
        }
        if let Some(message) = self.failure {
            put(&mut shown, "FailureDetails", Some(json!({ "Message": message })));
        }
        if let Some((id, region)) = held.copied_from.clone() {
            put(&mut shown, "SourceBackupId", Some(id));
            put(&mut shown, "SourceBackupRegion", Some(region));
        }
        shown
    }
}
