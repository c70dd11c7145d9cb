//! SQS (being built).
use crate::call::{Answer, ApiError, Call};
use crate::cloud::Inner;
use crate::world::World;
use std::sync::Arc;
#[derive(Default)]
pub(crate) struct State;
pub(crate) fn call(_: &mut World, call: &Call) -> Answer {
    Err(ApiError::unknown_operation(call))
}
pub(crate) async fn receive(cloud: &Arc<Inner>, call: &Call) -> Answer {
    self::call(&mut cloud.world(), call)
}
