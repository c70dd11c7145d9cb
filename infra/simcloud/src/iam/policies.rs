//! What a role is allowed: documents of its own, and managed policies attached to it.

use serde_json::Value as Json;

use super::document::Document;
use super::{managed, needed, no_such_entity};
use crate::call::{Answer, Call};
use crate::world::World;

/// `PutRolePolicy`.
pub(super) fn put(world: &mut World, call: &Call) -> Answer {
    let (name, document) = (needed(call, "PolicyName")?, needed(call, "PolicyDocument")?);
    Document::read(document)?;
    world.iam.role(call)?.inline.insert(name.to_owned(), document.to_owned());
    Ok(Json::Null)
}

/// `DeleteRolePolicy`.
pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let name = needed(call, "PolicyName")?;
    let gone = world.iam.role(call)?.inline.remove(name);
    gone.map(|_| Json::Null).ok_or_else(|| no_such_entity(format!("The role policy with name {name} cannot be found.")))
}

/// `AttachRolePolicy`: of the policies that AWS manages, those that are known here.
pub(super) fn attach(world: &mut World, call: &Call) -> Answer {
    let arn = needed(call, "PolicyArn")?;
    let role = world.iam.role(call)?;
    if managed::document(arn).is_none() {
        return Err(no_such_entity(format!("Policy {arn} does not exist or is not attachable.")));
    }
    role.attached.insert(arn.to_owned());
    Ok(Json::Null)
}

/// `DetachRolePolicy`.
pub(super) fn detach(world: &mut World, call: &Call) -> Answer {
    let arn = needed(call, "PolicyArn")?;
    if world.iam.role(call)?.attached.remove(arn) {
        return Ok(Json::Null);
    }
    Err(no_such_entity(format!("Policy {arn} was not found.")))
}
