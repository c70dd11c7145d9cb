//! Aliases.

use serde_json::{Value as Json, json};

use super::find::needed;
use crate::call::{Answer, ApiError, Call};
use crate::world::World;

/// `CreateAlias`.
pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let now = world.now();
    let alias = needed(call, "AliasName")?;
    if !alias.starts_with("alias/") || alias.starts_with("alias/aws/") {
        return Err(ApiError::new("InvalidAliasNameException", format!("Alias name {alias} is not allowed")));
    }
    let id = world.kms.key(call, needed(call, "TargetKeyId")?, now)?.id.clone();
    let place = (call.account.clone(), call.region.clone(), alias.to_owned());
    if world.kms.aliases.contains_key(&place) {
        return Err(ApiError::new("AlreadyExistsException", format!("An alias with the name {alias} already exists")));
    }
    world.kms.aliases.insert(place, id);
    Ok(json!({}))
}

/// `ListAliases`, of one key if it names one.
pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let now = world.now();
    let of = match call.input.get("KeyId").and_then(Json::as_str) {
        Some(key) => Some(world.kms.key(call, key, now)?.id.clone()),
        None => None,
    };
    let here = world.kms.aliases.iter().filter(|((account, region, _), id)| {
        *account == call.account && *region == call.region && of.as_ref().is_none_or(|of| of == *id)
    });
    let aliases = here.map(|((account, region, alias), id)| {
        json!({ "AliasName": alias, "AliasArn": format!("arn:aws:kms:{region}:{account}:{alias}"), "TargetKeyId": id })
    });
    let aliases: Vec<Json> = aliases.collect();
    Ok(json!({ "Aliases": aliases, "Truncated": false }))
}

/// `DeleteAlias`.
pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let alias = needed(call, "AliasName")?;
    let place = (call.account.clone(), call.region.clone(), alias.to_owned());
    match world.kms.aliases.remove(&place) {
        Some(_) => Ok(json!({})),
        None => Err(ApiError::new("NotFoundException", format!("Alias {alias} is not found."))),
    }
}
