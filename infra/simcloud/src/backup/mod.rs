//! AWS Backup.

mod knobs;

use crate::call::{Answer, ApiError, Call};
use crate::world::World;

pub use knobs::{BackupPace, BackupSwitches, LockedDelete};

/// All accounts and Regions.
#[derive(Default)]
pub(crate) struct State;

pub(crate) fn call(_: &mut World, call: &Call) -> Answer {
    Err(ApiError::unknown_operation(call))
}

pub(crate) fn is_backing_up(_: &World, _: &str) -> bool {
    false
}
