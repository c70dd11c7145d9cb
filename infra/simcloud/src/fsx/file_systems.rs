//! The operations on file systems.

use serde_json::{Map, Value as Json, json};

use super::errors::{bad, no_file_system};
use super::file_system::FileSystem;
use super::input::{kept, needed, new_id, page, tag_list, tags, text, texts};
use super::kind::Kind;
use super::state::{Place, place_of};
use super::unit::Unit;
use super::volume::Volume;
use super::window::{self, DAILY, RETENTION, WEEKLY};
use super::{Later, backups, configuration, tokens};
use crate::backup;
use crate::call::{Answer, ApiError, Call};
use crate::clock::after;
use crate::data::{Data, GIB, MIB};
use crate::world::World;

/// What a new file system or volume holds, and how much of it changes in an hour.
const BYTES: u64 = 20 * GIB;
const HOURLY: u64 = 50 * MIB;
/// What every kind has and shows as it came.
const GIVEN: [&str; 5] = ["FileSystemTypeVersion", "NetworkType", "StorageCapacity", "StorageType", "SubnetIds"];
/// What can be changed of a configuration, and which of it changes the hardware.
const CHANGEABLE: [&str; 6] =
    [RETENTION, "CopyTagsToBackups", DAILY, "ThroughputCapacity", WEEKLY, "DataCompressionType"];
const HARDWARE: &str = "ThroughputCapacity";
const CAPACITY: &str = "StorageCapacity";

/// The data of a new file system or volume.
pub(super) fn new_data() -> Data {
    Data::new(BYTES, HOURLY)
}

/// `CreateFileSystem`.
pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let (place, now) = (place_of(call), world.now());
    if let Some(id) = tokens::recall(world, call)?
        && let Some(known) = world.fsx.region(&place).file_systems.get(&id)
    {
        return Ok(json!({ "FileSystem": known.show(now) }));
    }
    let made = read(world, call, &place)?;
    let (id, answer) = (made.id.clone(), json!({ "FileSystem": made.show(now) }));
    add(world, &place, made, new_data());
    tokens::remember(world, call, &id);
    Ok(answer)
}

/// Puts a new file system there, with these data.
pub(super) fn add(world: &mut World, place: &Place, made: FileSystem, data: Data) {
    if let Some(root) = made.setting("RootVolumeId") {
        let volume = Volume::root(&made, root, place);
        world.fsx.region(place).volumes.insert(volume.id.clone(), volume);
    }
    world.fsx.data.insert(made.id.clone(), data);
    world.fsx.region(place).file_systems.insert(made.id.clone(), made);
}

/// Reads what CreateFileSystem, or a restore that looks the same, asks for.
pub(super) fn read(world: &mut World, call: &Call, place: &Place) -> Result<FileSystem, ApiError> {
    let now = world.now();
    let name = needed(call, "FileSystemType")?;
    let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name);
    let kind = kind.ok_or_else(|| bad(format!("Invalid FileSystemType: {name}")))?;
    let subnets = texts(&call.input, "SubnetIds").len();
    if subnets == 0 {
        return Err(bad("At least one subnet is required."));
    }
    let mut settings = configuration::read(call, kind, &mut world.rng)?;
    let given = given(call, &mut world.rng, subnets)?;
    let key = key(world, call)?;
    let id = new_id(&mut world.rng, "fs");
    if kind == Kind::OpenZfs {
        settings.insert("RootVolumeId".to_owned(), json!(new_id(&mut world.rng, "fsvol")));
    }
    let mut made = FileSystem {
        arn: format!("arn:aws:fsx:{}:{}:file-system/{id}", place.1, place.0),
        owner: place.0.clone(),
        kind,
        created: now,
        ready_at: after(now, world.pace.fsx.create),
        updated_at: now,
        deleting: false,
        key,
        given,
        settings,
        tags: tags(call.input.get("Tags"))?,
        id,
    };
    made.given.insert("DNSName".to_owned(), json!(format!("{}.fsx.{}.amazonaws.com", made.id, place.1)));
    Ok(made)
}

/// The common members of a new file system.
fn given(call: &Call, rng: &mut fastrand::Rng, subnets: usize) -> Result<Map<String, Json>, ApiError> {
    let request = call.input.as_object().cloned().unwrap_or_default();
    let mut given: Map<String, Json> = kept(&request, &GIVEN).collect();
    let elastic = given.get("StorageType").and_then(Json::as_str) == Some("INTELLIGENT_TIERING");
    if !elastic && given.get(CAPACITY).and_then(Json::as_i64).is_none_or(|gibibytes| gibibytes <= 0) {
        return Err(bad("StorageCapacity is required."));
    }
    given.entry("StorageType").or_insert(json!("SSD"));
    given.insert("VpcId".to_owned(), json!(new_id(rng, "vpc")));
    let interfaces: Vec<String> = (0..subnets).map(|_| new_id(rng, "eni")).collect();
    given.insert("NetworkInterfaceIds".to_owned(), json!(interfaces));
    Ok(given)
}

/// The key of a new file system: the one named, or the one that AWS manages for FSx.
fn key(world: &mut World, call: &Call) -> Result<String, ApiError> {
    let now = world.now();
    let managed = format!("arn:aws:kms:{}:{}:alias/aws/fsx", call.region, call.account);
    let named = text(call, "KmsKeyId").filter(|key| *key != managed);
    if let Some(key) = named {
        world.kms.can_use(call, key, now).map_err(|error| bad(error.message))?;
    }
    Ok(named.map_or(managed, str::to_owned))
}

/// `DescribeFileSystems`: those named, or all by pages.
pub(super) fn describe(world: &mut World, call: &Call) -> Answer {
    let now = world.now();
    let named = texts(&call.input, "FileSystemIds");
    let all = &world.fsx.region(&place_of(call)).file_systems;
    if let Some(missing) = named.iter().find(|id| !all.contains_key(**id)) {
        return Err(no_file_system(missing));
    }
    let wanted = all.values().filter(|known| named.is_empty() || named.contains(&known.id.as_str()));
    page(call, "FileSystems", wanted.map(|known| (known.id.clone(), known.show(now))))
}

/// `UpdateFileSystem`: its windows and retention at once; capacity and throughput take a while.
pub(super) fn update(world: &mut World, call: &Call) -> Answer {
    let (now, wait) = (world.now(), world.pace.fsx.update);
    let known = world.fsx.region(&place_of(call)).file_system(needed(call, "FileSystemId")?)?;
    let lifecycle = known.lifecycle(now);
    if lifecycle != "AVAILABLE" {
        return Err(bad(format!("File system '{}' is {lifecycle}.", known.id)));
    }
    let given = call.input.get(known.kind.configuration()).and_then(Json::as_object).cloned().unwrap_or_default();
    let mut settings = known.settings.clone();
    settings.extend(kept(&given, &CHANGEABLE));
    window::check(&settings)?;
    let capacity = call.input.get(CAPACITY).and_then(Json::as_i64);
    if capacity.is_none() && given.is_empty() {
        return Err(bad(format!("Nothing of a {} file system is to be changed.", known.kind.name())));
    }
    if let Some(gibibytes) = capacity {
        if known.given.get(CAPACITY).and_then(Json::as_i64).is_some_and(|before| gibibytes <= before) {
            return Err(bad("StorageCapacity can only grow."));
        }
        known.given.insert(CAPACITY.to_owned(), json!(gibibytes));
    }
    if capacity.is_some() || settings.get(HARDWARE) != known.settings.get(HARDWARE) {
        known.updated_at = after(now, wait);
    }
    known.settings = settings;
    Ok(json!({ "FileSystem": known.show(now) }))
}

/// `DeleteFileSystem`. Some kinds leave a last backup unless that is declined; what was backed up before stays.
pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let (place, now, id) = (place_of(call), world.now(), needed(call, "FileSystemId")?);
    let region = world.fsx.region(&place);
    let known = region.file_system(id)?.clone();
    let within = region.volumes.values().any(|volume| volume.file_system == id && !volume.is_root());
    if within || region.svms.values().any(|svm| svm.file_system == id) {
        return Err(bad(format!("File system '{id}' has volumes or storage virtual machines.")));
    }
    if known.deleting || backup::is_backing_up(world, &known.arn) || backups::is_making(world, &place, id) {
        return Err(bad(format!("File system '{id}' is in use.")));
    }
    let mut answer = json!({ "FileSystemId": id, "Lifecycle": "DELETING" });
    let member = known.kind.configuration();
    if let Some((member, last)) = last_backup(world, call, &place, &known, member)? {
        super::input::put(&mut answer, member, Some(last));
    }
    world.fsx.region(&place).file_system(id)?.deleting = true;
    world.schedule(after(now, world.pace.fsx.delete), Later::Vanish { place, id: id.to_owned() });
    Ok(answer)
}

/// Makes the last backup of a file system, where one is wanted, and tells of it.
fn last_backup(
    world: &mut World,
    call: &Call,
    place: &Place,
    of: &FileSystem,
    member: &str,
) -> Result<Option<(&'static str, Json)>, ApiError> {
    let given = call.input.get(member).cloned().unwrap_or_default();
    let skip = given.get("SkipFinalBackup").and_then(Json::as_bool).unwrap_or(!of.kind.has_final_backup());
    let unit = Unit::file_system(world.fsx.region(place), of.clone());
    if skip || unit.unsupported().is_some() {
        return Ok(None);
    }
    let tags = tags(given.get("FinalBackupTags"))?;
    let made = backups::make(world, place, &unit, tags);
    let last = json!({ "FinalBackupId": made.id, "FinalBackupTags": tag_list(&made.tags) });
    Ok(Some((of.kind.response(), last)))
}

/// Takes away what was deleted, whatever it was.
pub(super) fn vanish(world: &mut World, place: &Place, id: &str) {
    let region = world.fsx.region(place);
    region.file_systems.remove(id);
    region.svms.remove(id);
    region.associations.retain(|_, association| association.file_system != id);
    region.volumes.retain(|known, volume| known != id && volume.file_system != id);
}
