//! Idempotency tokens.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value as Json;

use super::errors::invalid;
use super::input::text;
use super::state::place_of;
use crate::call::{ApiError, Call};
use crate::clock::after;
use crate::world::World;

/// By operation and token: until when it counts, the parameters, and the job it made.
pub(super) type Tokens = BTreeMap<(String, String), (Timestamp, Json, String)>;

fn parameters(call: &Call) -> Json {
    let mut parameters = call.input.clone();
    if let Some(members) = parameters.as_object_mut() {
        members.remove("IdempotencyToken");
    }
    parameters
}

/// The job that an earlier call with this token made.
pub(super) fn recall(world: &mut World, call: &Call) -> Result<Option<String>, ApiError> {
    let now = world.now();
    let Some(token) = text(call, "IdempotencyToken") else { return Ok(None) };
    let tokens = &world.backup.region(&place_of(call)).tokens;
    let found = tokens.get(&(call.operation.clone(), token.to_owned())).filter(|(until, _, _)| now < *until);
    match found {
        None => Ok(None),
        Some((_, known, _)) if world.switches.backup.token_mismatch_refused && *known != parameters(call) => {
            Err(invalid(format!("IdempotencyToken {token} was used with other parameters")))
        }
        Some((_, _, job)) => Ok(Some(job.clone())),
    }
}

/// Remembers which job a call made.
pub(super) fn remember(world: &mut World, call: &Call, job: &str) {
    let until = after(world.now(), world.switches.backup.token_lifetime);
    if let Some(token) = text(call, "IdempotencyToken") {
        let entry = (until, parameters(call), job.to_owned());
        let tokens = &mut world.backup.region(&place_of(call)).tokens;
        tokens.insert((call.operation.clone(), token.to_owned()), entry);
    }
}
