//! Roles: made, shown, trusted, removed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::document::Document;
use super::{Role, member, needed};
use crate::call::{Answer, ApiError, Call};
use crate::inspect::Inspect;
use crate::world::World;

/// `CreateRole`.
pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let (name, trust) = (needed(call, "RoleName")?.to_owned(), needed(call, "AssumeRolePolicyDocument")?.to_owned());
    Document::read(&trust)?;
    let place = (call.account.clone(), name.clone());
    if world.iam.roles.contains_key(&place) {
        return Err(ApiError::new("EntityAlreadyExists", format!("Role with name {name} already exists.")).status(409));
    }
    let (path, description) = (member(call, "Path").unwrap_or("/"), member(call, "Description").map(str::to_owned));
    let role = Role { description, ..new(world, &call.account, path, &name, trust) };
    let answer = json!({ "Role": shown(&role) });
    world.iam.roles.insert(place, role);
    Ok(answer)
}

/// A role without any policy.
fn new(world: &World, account: &str, path: &str, name: &str, trust: String) -> Role {
    Role {
        name: name.to_owned(),
        path: path.to_owned(),
        arn: format!("arn:aws:iam::{account}:role{path}{name}"),
        id: format!("AROA{account}{:08X}", world.iam.roles.len()),
        created: world.now(),
        description: None,
        trust,
        inline: BTreeMap::new(),
        attached: BTreeSet::new(),
    }
}

impl Inspect {
    /// Makes a role that trusts whom this document names, with these managed policies, unless it is there.
    pub fn make_role(&self, account: &str, name: &str, trust: &str, policies: &[String]) {
        let mut world = self.world();
        let role =
            Role { attached: policies.iter().cloned().collect(), ..new(&world, account, "/", name, trust.into()) };
        world.iam.roles.entry((account.to_owned(), name.to_owned())).or_insert(role);
    }
}

/// `GetRole`.
pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    Ok(json!({ "Role": shown(world.iam.role(call)?) }))
}

/// `ListRoles`, always in one page.
pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let prefix = member(call, "PathPrefix").unwrap_or("/");
    let roles =
        world.iam.roles.iter().filter(|((account, _), role)| *account == call.account && role.path.starts_with(prefix));
    let roles: Vec<Json> = roles.map(|(_, role)| shown(role)).collect();
    Ok(json!({ "Roles": roles, "IsTruncated": false }))
}

/// `DeleteRole`: its policies have to go first.
pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let role = world.iam.role(call)?;
    if !role.attached.is_empty() || !role.inline.is_empty() {
        let message = "Cannot delete entity, must detach all policies first.";
        return Err(ApiError::new("DeleteConflict", message).status(409));
    }
    let place = (call.account.clone(), role.name.clone());
    world.iam.roles.remove(&place);
    Ok(Json::Null)
}

/// `UpdateAssumeRolePolicy`.
pub(super) fn update_trust(world: &mut World, call: &Call) -> Answer {
    let trust = needed(call, "PolicyDocument")?;
    Document::read(trust)?;
    world.iam.role(call)?.trust = trust.to_owned();
    Ok(Json::Null)
}

/// A role as IAM shows it: the document of its trust is percent-encoded (IAM API reference, `Role`).
fn shown(role: &Role) -> Json {
    json!({
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.id,
        "Arn": role.arn,
        "CreateDate": role.created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "AssumeRolePolicyDocument": encoded(&role.trust),
        "Description": role.description,
        "MaxSessionDuration": 3600,
    })
}

/// Text as RFC 3986 has it in a URL.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
