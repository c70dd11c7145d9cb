//! Placeholder until the model is plugged in.

use crate::call::{Answer, ApiError, Call};
use crate::world::World;

/// All accounts and Regions.
#[derive(Default)]
pub(crate) struct State;

pub(crate) fn call(_: &mut World, call: &Call) -> Answer {
    Err(ApiError::unknown_operation(call))
}
