//! Client request tokens: a request repeated with its token is answered with what the first one made.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::errors::other_parameter;
use super::input::text;
use super::state::place_of;
use crate::call::{ApiError, Call};
use crate::world::World;

/// By operation and token: the request, and the id of what it made.
pub(super) type Tokens = BTreeMap<(String, String), (Json, String)>;

fn key(call: &Call) -> Option<(String, String)> {
    text(call, "ClientRequestToken").map(|token| (call.operation.clone(), token.to_owned()))
}

/// The id of what an earlier request with this token made.
pub(super) fn recall(world: &mut World, call: &Call) -> Result<Option<String>, ApiError> {
    let Some(key) = key(call) else { return Ok(None) };
    let Some((known, made)) = world.fsx.region(&place_of(call)).tokens.get(&key) else { return Ok(None) };
    match differing(known, &call.input) {
        Some(parameter) => Err(other_parameter(&parameter)),
        None => Ok(Some(made.clone())),
    }
}

/// A member in which two requests differ.
fn differing(one: &Json, other: &Json) -> Option<String> {
    let members = [one, other].into_iter().filter_map(Json::as_object).flat_map(serde_json::Map::keys);
    members.into_iter().find(|member| one.get(*member) != other.get(*member)).cloned()
}

/// Remembers what a request made.
pub(super) fn remember(world: &mut World, call: &Call, made: &str) {
    if let Some(key) = key(call) {
        let entry = (call.input.clone(), made.to_owned());
        world.fsx.region(&place_of(call)).tokens.insert(key, entry);
    }
}
