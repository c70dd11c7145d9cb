//! What a backup holds, and how much of it no other backup has.
//!
//! Every backup of FSx restores the whole, and stores only what changed since the one before it, whoever asked for
//! that one ("Working with backups" in the FSx guides: all backups are incremental). So the first is full, and so is one
//! whose predecessors were all deleted. A copy is compared with copies of the same unit under the same key in its
//! Region; which of several AWS chooses is not documented, here it is the nearest in time. Nor is it whether a
//! backup that FSx was asked for is a predecessor to AWS Backup's: the guides make no difference, nor is one here.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::state::Place;
use super::unit::Unit;
use crate::backup;
use crate::data::{Data, Image};
use crate::world::World;

/// What a backup holds.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Held {
    /// The id of the file system or volume.
    pub(super) unit: String,
    /// The instant whose data it holds; a copy has its source's.
    pub(super) taken: Timestamp,
    pub(super) image: Image,
    /// Bytes that no other backup has that was there.
    pub(crate) added: u64,
    /// Whether these are all.
    pub(super) full: bool,
    pub(crate) key: String,
    /// The file system as it was, and the volume.
    pub(super) file_system: Json,
    pub(super) volume: Option<Json>,
    /// The id and Region of the backup that a copy came from.
    pub(super) copied_from: Option<(String, String)>,
}

impl Held {
    /// How much a restore brings back.
    pub(crate) fn whole(&self) -> u64 {
        self.image.bytes
    }

    /// A member of the file system as it was.
    pub(super) fn told(&self, member: &str) -> Option<&str> {
        self.file_system.get(member).and_then(Json::as_str)
    }
}

/// Takes a backup of a unit as it is now.
pub(super) fn take(world: &World, place: &Place, unit: &Unit) -> Held {
    let now = world.now();
    let image = world.fsx.data.get(unit.id()).map_or(Image { bytes: 0, version: 0 }, Data::image);
    let (added, full) = added(world, unit.id(), now, image, taken_here(world, place, unit.id()));
    Held {
        unit: unit.id().to_owned(),
        taken: now,
        image,
        added,
        full,
        key: unit.file_system.key.clone(),
        file_system: unit.file_system.describe(),
        volume: unit.volume.as_ref().map(super::volume::Volume::describe),
        copied_from: None,
    }
}

/// What a copy to another place under a key holds.
pub(super) fn copy(world: &World, to: &Place, key: &str, source: &Held, from: (String, String)) -> Held {
    let copies = backup::kept(world, to).filter(|kept| kept.complete && kept.held.unit == source.unit);
    let alike = copies.filter(|kept| kept.held.copied_from.is_some() && kept.held.key == key);
    let instants: Vec<Timestamp> = alike.map(|kept| kept.held.taken).collect();
    let (added, full) = added(world, &source.unit, source.taken, source.image, instants);
    Held { added, full, key: key.to_owned(), copied_from: Some(from), ..source.clone() }
}

/// When the backups of a unit were taken that are whole and here, copies apart.
fn taken_here(world: &World, place: &Place, unit: &str) -> Vec<Timestamp> {
    let own = world.fsx.known(place).into_iter().flat_map(|region| region.backups.values());
    let own = own.filter(|own| own.is_available() && own.held.unit == unit).map(|own| own.held.taken);
    let kept = backup::kept(world, place).filter(|kept| kept.complete && kept.held.unit == unit);
    let kept = kept.filter(|kept| kept.held.copied_from.is_none()).map(|kept| kept.held.taken);
    own.chain(kept).collect()
}

/// How many bytes of an image the others do not have, and whether that is because there is no other.
fn added(world: &World, unit: &str, taken: Timestamp, image: Image, others: Vec<Timestamp>) -> (u64, bool) {
    let nearest = others.into_iter().min_by_key(|other| taken.duration_since(*other).abs());
    match (nearest, world.fsx.data.get(unit)) {
        (Some(other), Some(data)) => (data.changed(other.min(taken), other.max(taken)).min(image.bytes), false),
        _ => (image.bytes, true),
    }
}
