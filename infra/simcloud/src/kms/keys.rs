//! Keys: creation, replication, state.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};

use super::Key;
use super::find::needed;
use crate::call::{Answer, ApiError, Call};
use crate::world::World;

/// `CreateKey`.
pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let input = &call.input;
    let spec = input.get("KeySpec").and_then(Json::as_str).unwrap_or("SYMMETRIC_DEFAULT");
    if spec != "SYMMETRIC_DEFAULT" {
        return Err(ApiError::new("UnsupportedOperationException", format!("simcloud has no keys of spec {spec}")));
    }
    let multi_region = input.get("MultiRegion").and_then(Json::as_bool) == Some(true);
    let id = if multi_region { format!("mrk-{:032x}", world.rng.u128(..)) } else { world.uuid() };
    let mut material = [0; 32];
    world.rng.fill(&mut material);
    let key = Key {
        arn: arn(call, &call.region, &id),
        id,
        material,
        description: input.get("Description").and_then(Json::as_str).unwrap_or_default().to_owned(),
        created: world.now(),
        enabled: true,
        deletion: None,
        primary: multi_region.then(|| call.region.clone()),
    };
    let place = (call.account.clone(), call.region.clone(), key.id.clone());
    world.kms.keys.insert(place.clone(), key.clone());
    Ok(json!({ "KeyMetadata": metadata(world, call, &key) }))
}

fn arn(call: &Call, region: &str, id: &str) -> String {
    format!("arn:aws:kms:{region}:{}:key/{id}", call.account)
}

/// `ReplicateKey`, called in the primary's Region.
pub(super) fn replicate(world: &mut World, call: &Call) -> Answer {
    let now = world.now();
    let to = needed(call, "ReplicaRegion")?.to_owned();
    let source = world.kms.usable(call, needed(call, "KeyId")?, now)?.clone();
    if source.primary.as_ref() != Some(&call.region) {
        let message = format!("{} is not a multi-Region primary key.", source.arn);
        return Err(ApiError::new("UnsupportedOperationException", message));
    }
    let place = (call.account.clone(), to.clone(), source.id.clone());
    if to == call.region || world.kms.keys.get(&place).is_some_and(|key| key.deletion.is_none_or(|at| now < at)) {
        let message = format!("{} already has a key in {to}.", source.arn);
        return Err(ApiError::new("AlreadyExistsException", message));
    }
    let description = call.input.get("Description").and_then(Json::as_str).unwrap_or_default().to_owned();
    let replica = Key { arn: arn(call, &to, &source.id), description, created: now, ..source };
    world.kms.keys.insert(place, replica.clone());
    Ok(json!({ "ReplicaKeyMetadata": metadata(world, call, &replica), "ReplicaPolicy": "", "ReplicaTags": [] }))
}

/// `DescribeKey`.
pub(super) fn describe(world: &mut World, call: &Call) -> Answer {
    let now = world.now();
    let key = world.kms.key(call, needed(call, "KeyId")?, now)?.clone();
    Ok(json!({ "KeyMetadata": metadata(world, call, &key) }))
}

/// `ListKeys`.
pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let here = |place: &(String, String, String)| place.0 == call.account && place.1 == call.region;
    let keys = world.kms.keys.iter().filter(|(place, _)| here(place)).map(|(_, key)| key);
    let keys: Vec<Json> = keys.map(|key| json!({ "KeyId": key.id, "KeyArn": key.arn })).collect();
    Ok(json!({ "Keys": keys, "Truncated": false }))
}

/// `EnableKey` and `DisableKey`.
pub(super) fn enable(world: &mut World, call: &Call, enabled: bool) -> Answer {
    let now = world.now();
    let key = world.kms.key(call, needed(call, "KeyId")?, now)?;
    if key.deletion.is_some() {
        return Err(ApiError::new("KMSInvalidStateException", format!("{} is pending deletion.", key.arn)));
    }
    key.enabled = enabled;
    Ok(json!({}))
}

/// `ScheduleKeyDeletion`, after 7 to 30 days.
pub(super) fn schedule_deletion(world: &mut World, call: &Call) -> Answer {
    let now = world.now();
    let days = call.input.get("PendingWindowInDays").and_then(Json::as_i64).unwrap_or(30);
    if !(7..=30).contains(&days) {
        return Err(ApiError::new("ValidationException", "PendingWindowInDays must be between 7 and 30"));
    }
    let key = world.kms.key(call, needed(call, "KeyId")?, now)?;
    if key.deletion.is_some() {
        return Err(ApiError::new("KMSInvalidStateException", format!("{} is pending deletion.", key.arn)));
    }
    let at = now.checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MAX);
    key.deletion = Some(at);
    Ok(json!({ "KeyId": key.arn, "DeletionDate": seconds(at), "KeyState": key.state(), "PendingWindowInDays": days }))
}

/// `CancelKeyDeletion`; the key comes back disabled.
pub(super) fn cancel_deletion(world: &mut World, call: &Call) -> Answer {
    let now = world.now();
    let key = world.kms.key(call, needed(call, "KeyId")?, now)?;
    if key.deletion.take().is_none() {
        return Err(ApiError::new("KMSInvalidStateException", format!("{} is not pending deletion.", key.arn)));
    }
    key.enabled = false;
    Ok(json!({ "KeyId": key.arn }))
}

/// KMS gives times in whole seconds here.
fn seconds(at: Timestamp) -> Json {
    at.as_second().into()
}

/// `KeyMetadata`.
fn metadata(world: &World, call: &Call, key: &Key) -> Json {
    let mut metadata = json!({
        "AWSAccountId": call.account,
        "KeyId": key.id,
        "Arn": key.arn,
        "CreationDate": seconds(key.created),
        "Enabled": key.state() == "Enabled",
        "Description": key.description,
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeyState": key.state(),
        "Origin": "AWS_KMS",
        "KeyManager": "CUSTOMER",
        "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
        "MultiRegion": key.primary.is_some(),
    });
    let Some(members) = metadata.as_object_mut() else { return metadata };
    if let Some(at) = key.deletion {
        members.insert("DeletionDate".into(), seconds(at));
    }
    if let Some(primary) = &key.primary {
        members.insert("MultiRegionConfiguration".into(), multi_region(world, call, key, primary));
    }
    metadata
}

fn multi_region(world: &World, call: &Call, key: &Key, primary: &str) -> Json {
    let related = world.kms.keys.iter().filter(|(place, _)| place.0 == call.account && place.2 == key.id);
    let (mut first, mut replicas) = (json!({}), Vec::new());
    for ((_, region, _), related) in related {
        let entry = json!({ "Arn": related.arn, "Region": region });
        if region == primary { first = entry } else { replicas.push(entry) }
    }
    let key_type = if key.arn == arn(call, primary, &key.id) { "PRIMARY" } else { "REPLICA" };
    json!({ "MultiRegionKeyType": key_type, "PrimaryKey": first, "ReplicaKeys": replicas })
}
