//! Restores by AWS Backup: a new file system, or of ONTAP a new volume in a storage virtual machine that is there. The
//! metadata of a restore are those members of CreateFileSystem that its creator wants otherwise; what is no text is
//! JSON in one, where numbers may be texts again (AWS Backup developer guide, "Restore an FSx file system").

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::held::Held;
use super::kind::Kind;
use super::state::Place;
use super::{file_systems, volumes};
use crate::call::{Call, Service};
use crate::data::Data;
use crate::world::World;

/// What of the file system a restore takes over where the metadata do not say otherwise.
const COMMON: [&str; 4] = ["FileSystemTypeVersion", "StorageCapacity", "StorageType", "SubnetIds"];
/// Members of the metadata that stand beside the configuration.
const GIVEN: [&str; 5] = ["KmsKeyId", "SecurityGroupIds", "StorageCapacity", "StorageType", "SubnetIds"];
/// What of a volume can be restored otherwise.
const OF_VOLUME: [&str; 4] = ["JunctionPath", "SizeInMegabytes", "StorageEfficiencyEnabled", "TieringPolicy"];

/// What a text of the metadata stands for.
fn read(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_else(|_| json!(text))
}

/// A configuration in the metadata: an object, whose members may be texts for what they are not.
fn configuration(metadata: &BTreeMap<String, String>, member: &str) -> Result<Map<String, Json>, String> {
    let Some(text) = metadata.get(&member.to_lowercase()) else { return Ok(Map::new()) };
    let Json::Object(given) = read(text) else { return Err(format!("{member} must be a JSON object: {text}")) };
    let plain = |value: Json| match &value {
        Json::String(text) => match read(text) {
            plain @ (Json::Number(_) | Json::Bool(_)) => plain,
            _ => value,
        },
        _ => value,
    };
    Ok(given.into_iter().map(|(member, value)| (capitalised(&member), plain(value))).collect())
}

/// A member as the API spells it: the examples for volumes begin with small letters.
fn capitalised(member: &str) -> String {
    let mut letters = member.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn kind(held: &Held) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| Some(kind.name()) == held.told("FileSystemType"))
}

/// The request that makes what a restore is to make. The keys of the metadata are in small letters.
pub(crate) fn restore_request(held: &Held, metadata: &BTreeMap<String, String>) -> Result<Json, String> {
    let kind = kind(held).ok_or("The backup is of no known kind.")?;
    let given = configuration(metadata, kind.configuration())?;
    if held.volume.is_some() {
        let name = metadata.get("name").ok_or("Name is required to restore a volume.")?;
        let known = given.contains_key("StorageVirtualMachineId");
        let request = json!({ "VolumeType": kind.name(), "Name": name, kind.configuration(): given });
        return known.then_some(request).ok_or_else(|| "storageVirtualMachineId is required.".to_owned());
    }
    let mut settings =
        held.file_system.get(kind.configuration()).and_then(Json::as_object).cloned().unwrap_or_default();
    settings.extend(given);
    if kind == Kind::OpenZfs && settings.get("DeploymentType") == Some(&json!("MULTI_AZ_1")) {
        return Err("AWS Backup cannot restore Multi-AZ file systems of OpenZFS.".to_owned());
    }
    if !metadata.contains_key("subnetids") {
        return Err("SubnetIds are required to restore a file system.".to_owned());
    }
    let mut request = Map::from_iter([("FileSystemType".to_owned(), json!(kind.name()))]);
    let common =
        COMMON.iter().filter_map(|member| Some(((*member).to_owned(), held.file_system.get(*member)?.clone())));
    request.extend(common);
    let given = GIVEN.iter().filter_map(|member| Some((*member, metadata.get(&member.to_lowercase())?)));
    request.extend(given.map(|(member, text)| (member.to_owned(), read(text))));
    request.insert(kind.configuration().to_owned(), Json::Object(settings));
    Ok(Json::Object(request))
}

/// Makes what a request asks for, with what a backup holds, and tells its ARN. It is there at once: the job has waited.
pub(crate) fn restore(world: &mut World, place: &Place, held: &Held, request: &Json) -> Result<String, String> {
    let now = world.now();
    let (account, region) = place.clone();
    let operation = if held.volume.is_some() { "CreateVolume" } else { "CreateFileSystem" };
    let input = request.clone();
    let key = account.clone();
    let call =
        Call { account, key, region, service: Service::Fsx, operation: operation.to_owned(), endpoint: None, input };
    let source = world.fsx.data.get(&held.unit);
    let mut data = source.map_or_else(file_systems::new_data, Data::emptied);
    data.replace(now, held.image);
    if held.volume.is_some() {
        let mut made = volumes::read(world, &call, place).map_err(|error| error.message)?;
        made.ready_at = now;
        let arn = made.arn.clone();
        volumes::add(world, place, made, data);
        return Ok(arn);
    }
    let mut made = file_systems::read(world, &call, place).map_err(|error| error.message)?;
    (made.ready_at, made.updated_at) = (now, now);
    let arn = made.arn.clone();
    file_systems::add(world, place, made, data);
    Ok(arn)
}

/// The metadata with which a restore would make the same again (`GetRecoveryPointRestoreMetadata`), as far as they are
/// known: secrets are not, nor are security groups.
pub(crate) fn restore_metadata(held: &Held) -> BTreeMap<String, String> {
    let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut metadata = BTreeMap::new();
    let Some(kind) = kind(held) else { return metadata };
    let mut add = |member: &str, value: Option<&Json>| {
        metadata.extend(value.map(|value| (member.to_owned(), text(value))));
    };
    if let Some(volume) = &held.volume {
        let known = volume.get(kind.configuration()).and_then(Json::as_object);
        let of_volume =
            OF_VOLUME.iter().filter_map(|member| Some(((*member).to_owned(), known?.get(*member)?.clone())));
        add("Name", volume.get("Name"));
        add(kind.configuration(), Some(&Json::Object(of_volume.collect())));
        return metadata;
    }
    for member in ["StorageCapacity", "StorageType", "SubnetIds", "VpcId"] {
        add(member, held.file_system.get(member));
    }
    add("KmsKeyId", Some(&json!(held.key)));
    let known = held.file_system.get(kind.configuration()).and_then(Json::as_object);
    let kept: Option<Map<String, Json>> = known.map(|known| super::input::kept(known, kind.kept()).collect());
    add(kind.configuration(), kept.map(Json::Object).as_ref());
    metadata
}
