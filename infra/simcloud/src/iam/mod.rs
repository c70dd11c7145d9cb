//! Identity and Access Management: roles, their policies, and what these allow.
//!
//! An account's roles are the same in every Region. Nothing in the cloud asks for a role's rights before it works: who
//! wants to know them asks `SimulatePrincipalPolicy`, as at AWS. Every account has one user, `simcloud`, who may do
//! everything; it is whoever signs with anything but the credentials of an assumed role.

mod document;
mod managed;
mod policies;
mod roles;
mod simulate;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::call::{ApiError, Call, Operations};

/// What IAM remembers.
#[derive(Default, Deserialize, Serialize)]
pub(crate) struct State {
    /// Roles by account and name.
    roles: BTreeMap<(String, String), Role>,
}

/// One role.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Role {
    name: String,
    path: String,
    arn: String,
    id: String,
    created: Timestamp,
    description: Option<String>,
    /// Who may assume it, as the document was given.
    trust: String,
    /// Documents by name.
    inline: BTreeMap<String, String>,
    /// ARNs of managed policies.
    attached: BTreeSet<String>,
}

/// Every operation.
pub(crate) const OPERATIONS: Operations = &[
    ("CreateRole", roles::create),
    ("GetRole", roles::get),
    ("ListRoles", roles::list),
    ("DeleteRole", roles::delete),
    ("UpdateAssumeRolePolicy", roles::update_trust),
    ("PutRolePolicy", policies::put),
    ("DeleteRolePolicy", policies::delete),
    ("AttachRolePolicy", policies::attach),
    ("DetachRolePolicy", policies::detach),
    ("SimulatePrincipalPolicy", simulate::principal),
];

/// The one user of an account.
pub(crate) fn user_arn(account: &str) -> String {
    format!("arn:aws:iam::{account}:user/simcloud")
}

impl State {
    /// The role that a call names.
    fn role(&mut self, call: &Call) -> Result<&mut Role, ApiError> {
        let name = needed(call, "RoleName")?;
        let missing = || no_such_entity(format!("The role with name {name} cannot be found."));
        self.roles.get_mut(&(call.account.clone(), name.to_owned())).ok_or_else(missing)
    }
}

fn member<'a>(call: &'a Call, name: &str) -> Option<&'a str> {
    call.input.get(name).and_then(Json::as_str)
}

fn needed<'a>(call: &'a Call, name: &str) -> Result<&'a str, ApiError> {
    let message = || format!("1 validation error detected: Value null at '{name}'");
    member(call, name).ok_or_else(|| ApiError::new("ValidationError", message()))
}

/// Errors and their status: IAM API reference, each operation's errors.
fn no_such_entity(message: String) -> ApiError {
    ApiError::new("NoSuchEntity", message).status(404)
}
