//! What a backup is made of: a file system; of ONTAP, a volume.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value as Json;

use super::file_system::FileSystem;
use super::kind::Kind;
use super::state::{Place, Region, State};
use super::volume::Volume;

/// A file system or a volume in it, as it is now.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    pub(super) file_system: FileSystem,
    pub(super) volume: Option<Volume>,
    /// Whether the file system is linked by an association.
    associated: bool,
}

impl Unit {
    /// A file system of this place.
    pub(super) fn file_system(region: &Region, file_system: FileSystem) -> Self {
        let associated = region.associations.values().any(|one| one.file_system == file_system.id);
        Self { file_system, volume: None, associated }
    }

    pub(super) fn volume(file_system: FileSystem, volume: Volume) -> Self {
        Self { file_system, volume: Some(volume), associated: false }
    }

    /// The unit with that ARN.
    pub(super) fn find(state: &State, place: &Place, arn: &str) -> Option<Self> {
        let region = state.known(place)?;
        let id = arn.rsplit('/').next()?;
        let found = match region.volumes.get(id) {
            Some(volume) => Self::volume(region.file_systems.get(&volume.file_system)?.clone(), volume.clone()),
            None => Self::file_system(region, region.file_systems.get(id)?.clone()),
        };
        (found.arn() == arn).then_some(found)
    }

    pub(super) fn id(&self) -> &str {
        self.volume.as_ref().map_or(&self.file_system.id, |volume| &volume.id)
    }

    pub(super) fn arn(&self) -> &str {
        self.volume.as_ref().map_or(&self.file_system.arn, |volume| &volume.arn)
    }

    pub(super) fn tags(&self) -> &BTreeMap<String, String> {
        self.volume.as_ref().map_or(&self.file_system.tags, |volume| &volume.tags)
    }

    /// Whether backups that FSx is asked for get its tags, where they are given none.
    pub(super) fn copies_tags(&self) -> bool {
        self.volume.as_ref().map_or_else(|| self.file_system.copies_tags(), Volume::copies_tags)
    }

    /// What keeps a backup from starting for a while.
    pub(super) fn unready(&self, now: Timestamp) -> Option<String> {
        let lifecycle = self.file_system.lifecycle(now);
        if lifecycle != "AVAILABLE" {
            return Some(format!("File system {} is {lifecycle}.", self.file_system.id));
        }
        let volume = self.volume.as_ref().map(|volume| (&volume.id, volume.lifecycle(now)));
        let unready = volume.filter(|(_, lifecycle)| *lifecycle != "CREATED");
        unready.map(|(id, lifecycle)| format!("Volume {id} is {lifecycle}."))
    }

    /// Why it can never be backed up, if it cannot: scratch file systems and those linked to a bucket (API reference,
    /// CreateBackup), ONTAP file systems as a whole, volumes that are not read and written.
    pub(super) fn unsupported(&self) -> Option<String> {
        let scratch = self.file_system.setting("DeploymentType").is_some_and(|kind| kind.starts_with("SCRATCH"));
        let linked = self.file_system.settings.get("DataRepositoryConfiguration").is_some_and(Json::is_object);
        let why = match (self.file_system.kind, &self.volume) {
            (Kind::Lustre, _) if scratch => "is a scratch file system",
            (Kind::Lustre, _) if linked || self.associated => "is linked to a data repository",
            (Kind::Ontap, None) => "is backed up by its volumes",
            (Kind::Ontap, Some(volume)) if !volume.is_writable() => "is not a read-write volume",
            (Kind::OpenZfs, Some(_)) => "is backed up with its file system",
            _ => return None,
        };
        Some(format!("{} {why}: a backup of it is not supported.", self.id()))
    }
}
