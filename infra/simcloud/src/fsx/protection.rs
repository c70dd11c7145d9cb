//! What AWS Backup asks FSx: whether a resource can be backed up now, and what a backup or copy of it holds.

use std::collections::BTreeMap;

use super::state::Place;
use super::unit::Unit;
use super::{Held, backup, backups, held, input, window};
use crate::world::World;

/// Regions that an account must be opted in to. Copies of FSx's backups neither leave nor reach them (AWS Backup
/// developer guide, "Feature availability by resource"; the list is of the Account management reference).
const OPT_IN: [&str; 16] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-south-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-7",
    "ca-west-1",
    "eu-central-2",
    "eu-south-1",
    "eu-south-2",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
];

/// Whether a backup of a resource can start.
pub(crate) enum Readiness {
    Ready,
    /// Not now.
    Busy(String),
    /// Never, or not in this window: the job fails.
    Refused(String),
}

/// Whether the ARN is one of a file system or volume in that place.
pub(crate) fn is_unit((account, region): &Place, arn: &str) -> bool {
    let local = arn.strip_prefix("arn:aws:fsx:").and_then(|rest| rest.strip_prefix(&format!("{region}:{account}:")));
    local.is_some_and(|local| local.starts_with("file-system/") || local.starts_with("volume/"))
}

/// Whether the file system or volume is there.
pub(crate) fn exists(world: &World, place: &Place, arn: &str) -> bool {
    Unit::find(&world.fsx, place, arn).is_some()
}

/// Why it can never be backed up, if it cannot.
pub(crate) fn objection(world: &World, place: &Place, arn: &str) -> Option<String> {
    Unit::find(&world.fsx, place, arn)?.unsupported()
}

/// Whether a backup can start now. What is not there is ready: the job then finds nothing.
pub(crate) fn readiness(world: &World, place: &Place, arn: &str) -> Readiness {
    let Some(unit) = Unit::find(&world.fsx, place, arn) else { return Readiness::Ready };
    let now = world.now();
    if let Some(why) = unit.unsupported() {
        return Readiness::Refused(why);
    }
    if let Some(why) = unit.unready(now) {
        return Readiness::Busy(why);
    }
    if backups::is_making(world, place, unit.id()) {
        return Readiness::Busy(format!("Another backup of {} is under way.", unit.id()));
    }
    window::closed(&unit.file_system.settings, now).map_or(Readiness::Ready, Readiness::Refused)
}

/// Reads the resource as it is now: its tags, and what a backup of it holds.
pub(crate) fn capture(world: &World, place: &Place, arn: &str) -> Option<(BTreeMap<String, String>, Held)> {
    let unit = Unit::find(&world.fsx, place, arn)?;
    let held = held::take(world, place, &unit);
    Some((unit.tags().clone(), held))
}

/// The ARN of a new backup.
pub(crate) fn new_arn(world: &mut World, place: &Place) -> String {
    backup::arn(place, &input::new_id(&mut world.rng, "backup"))
}

/// Why a backup cannot be copied, under a key, if it cannot. Volumes and intelligent tiering never are; under the key
/// that AWS manages for AWS Backup nothing is that AWS Backup does not manage fully (AWS Backup developer guide,
/// "Encryption for backups").
pub(crate) fn copy_objection(held: &Held, from: &Place, to: &Place, key: &str) -> Option<String> {
    let tiered = held.told("StorageType") == Some("INTELLIGENT_TIERING");
    let closed = [from, to].into_iter().find(|place| from.1 != to.1 && OPT_IN.contains(&place.1.as_str()));
    match closed {
        _ if held.volume.is_some() => Some("Backups of ONTAP volumes cannot be copied.".to_owned()),
        _ if tiered => Some("Backups of file systems with intelligent tiering cannot be copied.".to_owned()),
        Some(place) => Some(format!("Backups of FSx cannot be copied from or to the opt-in Region {}.", place.1)),
        None if key.ends_with(":alias/aws/backup") => {
            Some("The destination vault is encrypted with aws/backup: copies of FSx need another key.".to_owned())
        }
        None => None,
    }
}

/// What a copy of the backup with that ARN holds.
pub(crate) fn copied(world: &World, source: (&str, &Held), from: &Place, to: &Place, key: &str) -> Held {
    let (arn, held) = source;
    held::copy(world, to, key, held, (backup::id_in(arn).to_owned(), from.1.clone()))
}
