//! The operations on backups.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use super::backup::{self as shown, Backup, Lifecycle, Seen, arn};
use super::errors::{bad, in_progress, no_backup, no_file_system, unsupported};
use super::input::{filters, lets_through, needed, new_id, page, tags, text, texts};
use super::state::{Place, place_of};
use super::unit::Unit;
use super::{Later, held, tokens};
use crate::backup::{self, Use};
use crate::call::{Answer, ApiError, Call};
use crate::faults::JobFault;
use crate::world::World;

/// `CreateBackup`: one at a time of a file system or volume.
pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let place = place_of(call);
    if let Some(id) = tokens::recall(world, call)?
        && let Some(known) = world.fsx.region(&place).backups.get(&id)
    {
        return Ok(json!({ "Backup": Seen::from(known).show() }));
    }
    let unit = named(world, call, &place)?;
    let given = tags(call.input.get("Tags"))?;
    if let Some(why) = unit.unsupported() {
        return Err(unsupported(why));
    }
    if let Some(why) = unit.unready(world.now()) {
        return Err(bad(why));
    }
    if backup::is_backing_up(world, unit.arn()) || is_making(world, &place, unit.id()) {
        return Err(in_progress(format!("A backup of {} is already under way.", unit.id())));
    }
    let tags = if given.is_empty() && unit.copies_tags() { unit.tags().clone() } else { given };
    let made = make(world, &place, &unit, tags);
    tokens::remember(world, call, &made.id);
    Ok(json!({ "Backup": Seen::from(&made).show() }))
}

/// The unit that a call names.
fn named(world: &mut World, call: &Call, place: &Place) -> Result<Unit, ApiError> {
    let region = world.fsx.region(place);
    match (text(call, "FileSystemId"), text(call, "VolumeId")) {
        (Some(id), None) => {
            let known = region.file_system(id)?.clone();
            Ok(Unit::file_system(region, known))
        }
        (None, Some(id)) => {
            let volume = region.volume(id)?.clone();
            Ok(Unit::volume(region.file_system(&volume.file_system)?.clone(), volume))
        }
        _ => Err(bad("Either FileSystemId or VolumeId is required.")),
    }
}

/// Whether FSx is making a backup that it was asked for.
pub(super) fn is_making(world: &World, place: &Place, unit: &str) -> bool {
    let backups = world.fsx.known(place).into_iter().flat_map(|region| region.backups.values());
    backups.into_iter().any(|own| own.lifecycle == Lifecycle::Creating && own.held.unit == unit)
}

/// Begins a backup of a unit.
pub(super) fn make(world: &mut World, place: &Place, unit: &Unit, tags: BTreeMap<String, String>) -> Backup {
    let id = new_id(&mut world.rng, "backup");
    let held = held::take(world, place, unit);
    let made = Backup {
        arn: arn(place, &id),
        lifecycle: Lifecycle::Creating,
        failure: None,
        created: world.now(),
        tags,
        held: Arc::new(held),
        id: id.clone(),
    };
    world.fsx.region(place).backups.insert(id.clone(), made.clone());
    let failure = match world.faults.job("backup", unit.arn()) {
        Some(JobFault::Stalls | JobFault::Ignored) => return made,
        Some(JobFault::Fails(text)) => Some(text),
        Some(JobFault::Aborts | JobFault::Expires | JobFault::EndsPartial) => Some("The backup failed.".to_owned()),
        None | Some(JobFault::CompletesWith(_)) => None,
    };
    let wait = world.pace.fsx.backup.draw(&mut world.rng);
    world.schedule_in(wait, Later::EndBackup { place: place.clone(), id, failure });
    made
}

/// Ends a backup, as failed where there is a reason.
pub(super) fn end(world: &mut World, place: &Place, id: &str, failure: Option<String>) {
    if let Some(own) = world.fsx.region(place).backups.get_mut(id) {
        own.lifecycle = if failure.is_some() { Lifecycle::Failed } else { Lifecycle::Available };
        own.failure = failure;
    }
}

/// `DescribeBackups`: those named, or all that the filters let through, by pages.
pub(super) fn describe(world: &mut World, call: &Call) -> Answer {
    let (named, filters) = (texts(&call.input, "BackupIds"), filters(call));
    let place = place_of(call);
    let all = shown::all(world, &place);
    if let Some(missing) = named.iter().find(|id| !all.contains_key(**id)) {
        return Err(no_backup(missing));
    }
    exist(world, &filters)?;
    let wanted = all.iter().filter(|(id, seen)| {
        let volume = seen.held.volume.as_ref().map(|_| seen.held.unit.as_str());
        (named.is_empty() || named.contains(id))
            && lets_through(&filters, "file-system-id", seen.held.told("FileSystemId"))
            && lets_through(&filters, "file-system-type", seen.held.told("FileSystemType"))
            && lets_through(&filters, "backup-type", Some(seen.kind))
            && lets_through(&filters, "volume-id", volume)
    });
    page(call, "Backups", wanted.map(|(id, seen)| ((*id).to_owned(), seen.show())))
}

/// Refuses to look for backups of file systems that never were.
fn exist(world: &World, filters: &[(&str, Vec<&str>)]) -> Result<(), ApiError> {
    let ids = filters.iter().filter(|(known, _)| *known == "file-system-id").flat_map(|(_, ids)| ids);
    let unknown = ids.copied().find(|id| !world.fsx.data.contains_key(*id));
    unknown.map_or(Ok(()), |id| Err(no_file_system(id)))
}

/// `DeleteBackup`. What AWS Backup keeps can be deleted only there (AWS Backup developer guide, "Deleting backups"); the
/// error by which FSx says so is not documented.
pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let (place, id) = (place_of(call), needed(call, "BackupId")?);
    let arn = arn(&place, id);
    let all = shown::all(world, &place);
    let seen = all.get(id).ok_or_else(|| no_backup(id))?;
    if seen.lifecycle == "CREATING" {
        return Err(in_progress(format!("Backup '{id}' is still being made.")));
    }
    match backup::used_for(world, &place, &arn) {
        Some(Use::Copy) => {
            let message = format!("Backup '{id}' is being copied.");
            return Err(ApiError::new("BackupBeingCopied", message).with("BackupId", id));
        }
        Some(Use::Restore) => {
            let message = format!("A file system is being restored from backup '{id}'.");
            return Err(ApiError::new("BackupRestoring", message));
        }
        None if seen.kind == "AWS_BACKUP" => {
            return Err(bad(format!("Backup '{id}' was made by AWS Backup and can be deleted only there.")));
        }
        None => {}
    }
    world.fsx.region(&place).backups.remove(id);
    Ok(json!({ "BackupId": id, "Lifecycle": "DELETED" }))
}
