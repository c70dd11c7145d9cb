//! Reading and changing FSx past the API, for assertions and as applications do.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::backup;
use crate::data::Data;
use crate::inspect::Inspect;

/// A backup as the model has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FsxBackupView {
    /// The account that holds it.
    pub account: String,
    /// The Region that holds it.
    pub region: String,
    /// Its ARN.
    pub arn: String,
    /// The id of its file system or volume.
    pub unit: String,
    /// `Type`, such as `AWS_BACKUP`.
    pub kind: String,
    /// `Lifecycle`, such as `AVAILABLE`.
    pub lifecycle: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The instant whose data it holds; a copy has its source's.
    pub taken: Timestamp,
    /// The key that it is encrypted with.
    pub key: String,
    /// How many bytes a restore brings back.
    pub bytes: u64,
    /// How many of them no other backup had when it was made.
    pub added: u64,
    /// Whether these were all, for there was no other.
    pub full: bool,
    /// Which version of its unit's data it holds.
    pub version: u64,
    /// Whether it is a copy.
    pub is_copy: bool,
}

impl Inspect {
    /// Every backup of every account and Region, AWS Backup's among them, ordered by account, Region and id.
    #[must_use]
    pub fn fsx_backups(&self) -> Vec<FsxBackupView> {
        let world = self.world();
        let places = world.fsx.places().map(|(place, _)| place).chain(world.backup.used());
        let places: std::collections::BTreeSet<_> = places.collect();
        let mut views = Vec::new();
        for place in places {
            views.extend(backup::all(&world, place).into_values().map(|seen| FsxBackupView {
                account: place.0.clone(),
                region: place.1.clone(),
                arn: seen.arn.to_owned(),
                unit: seen.held.unit.clone(),
                kind: seen.kind.to_owned(),
                lifecycle: seen.lifecycle.to_owned(),
                tags: seen.tags.clone(),
                taken: seen.held.taken,
                key: seen.held.key.clone(),
                bytes: seen.held.image.bytes,
                added: seen.held.added,
                full: seen.held.full,
                version: seen.held.image.version,
                is_copy: seen.held.copied_from.is_some(),
            }));
        }
        views
    }

    /// Rewrites so many bytes of a file system or volume; false when there never was one with that id.
    pub fn write_file_system(&self, id: &str, bytes: u64) -> bool {
        let mut world = self.world();
        let now = world.now();
        world.fsx.data.get_mut(id).map(|data| data.write(now, bytes)).is_some()
    }

    /// Lets a file system or volume hold so many bytes, of which so many change in an hour, as if it had never been
    /// otherwise; false when there never was one with that id.
    pub fn fill_file_system(&self, id: &str, bytes: u64, hourly: u64) -> bool {
        let mut world = self.world();
        world.fsx.data.get_mut(id).map(|data| *data = Data::new(bytes, hourly)).is_some()
    }

    /// Which version of its data a file system or volume holds: what a restore brings back.
    #[must_use]
    pub fn file_system_version(&self, id: &str) -> Option<u64> {
        self.world().fsx.data.get(id).map(|data| data.image().version)
    }
}
