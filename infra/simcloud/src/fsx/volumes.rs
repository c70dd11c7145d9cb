//! The operations on volumes, as far as ONTAP's need them to be backed up.

use serde_json::{Map, Value as Json, json};

use super::errors::{bad, no_svm, no_volume, unsupported};
use super::input::{filters, kept, lets_through, needed, new_id, page, put, tag_list, tags, texts};
use super::kind::Kind;
use super::state::{Place, place_of};
use super::unit::Unit;
use super::volume::{self, Volume};
use super::{Later, backups, file_systems, tokens};
use crate::backup;
use crate::call::{Answer, ApiError, Call};
use crate::clock::after;
use crate::data::Data;
use crate::world::World;

/// The member with a volume's configuration, and with what a deletion did beside.
const CONFIGURATION: &str = "OntapConfiguration";
/// What of a configuration is kept and shown as it came.
const KEPT: [&str; 9] = [
    "CopyTagsToBackups",
    "JunctionPath",
    "SecurityStyle",
    "SizeInBytes",
    "SizeInMegabytes",
    "SnapshotPolicy",
    "StorageEfficiencyEnabled",
    "StorageVirtualMachineId",
    "TieringPolicy",
];

/// `CreateVolume`, of ONTAP alone.
pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let (place, now) = (place_of(call), world.now());
    if let Some(id) = tokens::recall(world, call)?
        && let Some(known) = world.fsx.region(&place).volumes.get(&id)
    {
        return Ok(json!({ "Volume": known.show(now) }));
    }
    let made = read(world, call, &place)?;
    let (id, answer) = (made.id.clone(), json!({ "Volume": made.show(now) }));
    add(world, &place, made, file_systems::new_data());
    tokens::remember(world, call, &id);
    Ok(answer)
}

/// Puts a new volume there, with these data.
pub(super) fn add(world: &mut World, place: &Place, made: Volume, data: Data) {
    world.fsx.data.insert(made.id.clone(), data);
    world.fsx.region(place).volumes.insert(made.id.clone(), made);
}

/// Reads what CreateVolume, or a restore that looks the same, asks for.
pub(super) fn read(world: &mut World, call: &Call, place: &Place) -> Result<Volume, ApiError> {
    let (kind, name) = (needed(call, "VolumeType")?, needed(call, "Name")?);
    if kind != Kind::Ontap.name() {
        return Err(unsupported(format!("Only {} volumes are simulated, not {kind}.", Kind::Ontap.name())));
    }
    let given = call.input.get(CONFIGURATION).and_then(Json::as_object).cloned();
    let missing = || ApiError::new("MissingVolumeConfiguration", format!("{CONFIGURATION} is required."));
    let given = given.ok_or_else(missing)?;
    let mut settings: Map<String, Json> = kept(&given, &KEPT).collect();
    let svm = given.get("StorageVirtualMachineId").and_then(Json::as_str).unwrap_or_default();
    let known = world.fsx.region(place).svms.get(svm).ok_or_else(|| no_svm(svm))?;
    let file_system = known.file_system.clone();
    let of_type = given.get("OntapVolumeType").and_then(Json::as_str).unwrap_or("RW");
    settings.insert("OntapVolumeType".to_owned(), json!(of_type));
    settings.insert("UUID".to_owned(), json!(world.uuid()));
    let id = new_id(&mut world.rng, "fsvol");
    Ok(Volume {
        arn: volume::arn(place, &file_system, &id),
        file_system,
        kind: Kind::Ontap,
        name: name.to_owned(),
        created: world.now(),
        ready_at: after(world.now(), world.pace.fsx.create),
        deleting: false,
        settings,
        tags: tags(call.input.get("Tags"))?,
        id,
    })
}

/// `DescribeVolumes`: those named, or all by pages.
pub(super) fn describe(world: &mut World, call: &Call) -> Answer {
    let now = world.now();
    let (named, filters) = (texts(&call.input, "VolumeIds"), filters(call));
    let all = &world.fsx.region(&place_of(call)).volumes;
    if let Some(missing) = named.iter().find(|id| !all.contains_key(**id)) {
        return Err(no_volume(missing));
    }
    let wanted = all.values().filter(|known| {
        let svm = known.settings.get("StorageVirtualMachineId").and_then(Json::as_str);
        (named.is_empty() || named.contains(&known.id.as_str()))
            && lets_through(&filters, "file-system-id", Some(&known.file_system))
            && lets_through(&filters, "storage-virtual-machine-id", svm)
    });
    page(call, "Volumes", wanted.map(|known| (known.id.clone(), known.show(now))))
}

/// `DeleteVolume`, which leaves a last backup unless that is declined.
pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let (place, id) = (place_of(call), needed(call, "VolumeId")?);
    let region = world.fsx.region(&place);
    let known = region.volume(id)?.clone();
    if known.is_root() {
        return Err(bad(format!("Volume '{id}' is the root volume of its file system.")));
    }
    let file_system = region.file_system(&known.file_system)?.clone();
    if known.deleting || backup::is_backing_up(world, &known.arn) || backups::is_making(world, &place, id) {
        return Err(bad(format!("Volume '{id}' is in use.")));
    }
    let given = call.input.get(CONFIGURATION).cloned().unwrap_or_default();
    let mut answer = json!({ "VolumeId": id, "Lifecycle": "DELETING" });
    let unit = Unit::volume(file_system, known);
    let skip = given.get("SkipFinalBackup").and_then(Json::as_bool).unwrap_or(false);
    if !skip && unit.unsupported().is_none() {
        let tags = tags(given.get("FinalBackupTags"))?;
        let made = backups::make(world, &place, &unit, tags);
        let last = json!({ "FinalBackupId": made.id, "FinalBackupTags": tag_list(&made.tags) });
        put(&mut answer, "OntapResponse", Some(last));
    }
    world.fsx.region(&place).volume(id)?.deleting = true;
    let wait = world.pace.fsx.delete;
    world.schedule_in(wait, Later::Vanish { place, id: id.to_owned() });
    Ok(answer)
}
