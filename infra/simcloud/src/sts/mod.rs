//! Security Token Service: who is calling, and roles in other accounts.
//!
//! Credentials that `AssumeRole` gives name the role's account in their access key id, so that whoever signs with them
//! is that account (`ASIA` + account + random). A role that was not registered may be assumed by everyone; one that
//! was wants its external id.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::call::{Answer, ApiError, Call, Operations};
use crate::clock::after;
use crate::iam;
use crate::inspect::Inspect;
use crate::world::World;

/// An hour, unless the request says otherwise; 15 minutes to 12 hours (API reference, AssumeRole).
const DEFAULT_SECONDS: u64 = 3_600;
const MIN_SECONDS: u64 = 900;
const MAX_SECONDS: u64 = 43_200;

/// What STS remembers.
#[derive(Default, Deserialize, Serialize)]
pub(crate) struct State {
    /// Registered roles by ARN, with the external id that each wants.
    roles: BTreeMap<String, Option<String>>,
    assumed: Vec<AssumedRole>,
}

/// One successful `AssumeRole`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct AssumedRole {
    /// The caller's account.
    pub caller: String,
    /// The role.
    pub role_arn: String,
    /// The external id that was given.
    pub external_id: Option<String>,
    /// The session's name.
    pub session_name: String,
    /// The access key id of the session's credentials.
    pub access_key_id: String,
    /// When they expire.
    pub expires: jiff::Timestamp,
}

/// Every operation.
pub(crate) const OPERATIONS: Operations = &[("GetCallerIdentity", caller_identity), ("AssumeRole", assume_role)];

/// `GetCallerIdentity`: the session of an assumed role, or else the one user that every account has.
fn caller_identity(world: &mut World, call: &Call) -> Answer {
    let session = world.sts.assumed.iter().find(|assumed| assumed.access_key_id == call.key);
    let (id, arn) = match session.and_then(|session| Some((session, role_of(&session.role_arn)?))) {
        Some((session, (account, role))) => {
            let name = &session.session_name;
            (format!("AROA{account}:{name}"), format!("arn:aws:sts::{account}:assumed-role/{role}/{name}"))
        }
        None => (format!("AIDA{}", call.account), iam::user_arn(&call.account)),
    };
    Ok(json!({ "UserId": id, "Account": call.account, "Arn": arn }))
}

fn assume_role(world: &mut World, call: &Call) -> Answer {
    let member = |name: &str| call.input.get(name).and_then(Json::as_str).map(str::to_owned);
    let needed = |name: &str| {
        let message = format!("1 validation error detected: Value null at '{name}'");
        member(name).ok_or_else(|| ApiError::new("ValidationError", message))
    };
    let (role_arn, session_name) = (needed("RoleArn")?, needed("RoleSessionName")?);
    let invalid = || ApiError::new("ValidationError", format!("{role_arn} is invalid"));
    let (account, role) = role_of(&role_arn).ok_or_else(invalid)?;
    let external_id = member("ExternalId");
    if world.sts.roles.get(&role_arn).is_some_and(|wanted| *wanted != external_id) {
        let message = format!(
            "User: arn:aws:iam::{}:user/simcloud is not authorized to perform: sts:AssumeRole on resource: {role_arn}",
            call.account
        );
        return Err(ApiError::new("AccessDenied", message).status(403));
    }
    let expires = after(world.now(), duration(call)?);
    let access_key_id = format!("ASIA{account}{:08X}", world.rng.u32(..));
    let (secret, token) = (format!("{:032x}", world.rng.u128(..)), format!("{:032x}", world.rng.u128(..)));
    let answer = json!({
        "Credentials": {
            "AccessKeyId": access_key_id,
            "SecretAccessKey": secret,
            "SessionToken": token,
            "Expiration": expires.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        },
        "AssumedRoleUser": {
            "AssumedRoleId": format!("AROA{account}:{session_name}"),
            "Arn": format!("arn:aws:sts::{account}:assumed-role/{role}/{session_name}"),
        },
    });
    let caller = call.account.clone();
    world.sts.assumed.push(AssumedRole { caller, role_arn, external_id, session_name, access_key_id, expires });
    Ok(answer)
}

/// How long the session's credentials are good.
fn duration(call: &Call) -> Result<Duration, ApiError> {
    // The query protocol carries numbers as text.
    let seconds = match call.input.get("DurationSeconds") {
        None => DEFAULT_SECONDS,
        Some(given) => given.as_u64().or_else(|| given.as_str()?.parse().ok()).unwrap_or(0),
    };
    if !(MIN_SECONDS..=MAX_SECONDS).contains(&seconds) {
        return Err(ApiError::new("ValidationError", "DurationSeconds must be between 900 and 43200"));
    }
    Ok(Duration::from_secs(seconds))
}

/// The account and name in a role's ARN.
fn role_of(arn: &str) -> Option<(String, String)> {
    let (account, role) = arn.strip_prefix("arn:aws:iam::")?.split_once(":role/")?;
    let name = role.rsplit('/').next().filter(|name| !name.is_empty())?;
    is_account(account).then(|| (account.to_owned(), name.to_owned()))
}

/// Accounts are twelve digits.
fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether an ARN can be a role's.
pub(crate) fn is_role_arn(arn: &str) -> bool {
    role_of(arn).is_some()
}

impl Inspect {
    /// Every role assumed so far, oldest first.
    #[must_use]
    pub fn assumed_roles(&self) -> Vec<AssumedRole> {
        self.world().sts.assumed.clone()
    }

    /// Makes a role that only callers with this external id may assume; without one, only callers who give none.
    pub fn register_role(&self, role_arn: &str, external_id: Option<&str>) {
        self.world().sts.roles.insert(role_arn.to_owned(), external_id.map(str::to_owned));
    }
}
