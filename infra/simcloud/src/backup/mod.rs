//! AWS Backup: vaults, points, and the jobs that make, copy and restore them.
//!
//! A job is created by a call, attempted after a while, runs, and ends; each step is an entry on the world's agenda,
//! and each is announced by an event that may leave minutes later ([`events`]). At most one backup or copy job runs
//! per resource ([`contention`]); the others wait. What a fault does to a job is decided when the job begins to run.
//! A point holds its source's [content](point::Content), so that a restore gives back what was there.
//!
//! Facts: AWS Backup developer guide and API reference, as collected for the project; what they leave open is in
//! [`BackupSwitches`].

mod backup_jobs;
mod backup_run;
mod contention;
mod copy_jobs;
mod copy_run;
mod deletion;
mod errors;
mod events;
mod holds;
mod input;
mod inspect;
mod job;
mod knobs;
mod lifecycle;
mod listing;
mod locks;
mod point;
mod points;
mod resources;
mod restore_jobs;
mod settings;
mod state;
mod tags;
mod tamper;
mod tokens;
mod vaults;

use crate::call::{Answer, ApiError, Call};
use crate::world::World;

pub(crate) use contention::is_backing_up;
pub use inspect::{JobView, PointView};
pub use knobs::{BackupPace, BackupSwitches, LockedDelete};
pub(crate) use state::State;
pub use tamper::{ForeignPoint, TakenPoint};

/// Answers one call.
pub(crate) fn call(world: &mut World, call: &Call) -> Answer {
    match call.operation.as_str() {
        "StartBackupJob" => backup_jobs::start(world, call),
        "StopBackupJob" => backup_jobs::stop(world, call),
        "DescribeBackupJob" => backup_jobs::describe(world, call),
        "ListBackupJobs" => backup_jobs::list(world, call),
        "StartCopyJob" => copy_jobs::start(world, call),
        "DescribeCopyJob" => copy_jobs::describe(world, call),
        "ListCopyJobs" => copy_jobs::list(world, call),
        "StartRestoreJob" => restore_jobs::start(world, call),
        "DescribeRestoreJob" => restore_jobs::describe(world, call),
        "ListRestoreJobs" => restore_jobs::list(world, call),
        "DescribeRecoveryPoint" => points::describe(world, call),
        "ListRecoveryPointsByBackupVault" => points::list_by_vault(world, call),
        "ListRecoveryPointsByResource" => points::list_by_resource(world, call),
        "GetRecoveryPointRestoreMetadata" => points::restore_metadata(world, call),
        "UpdateRecoveryPointLifecycle" => points::update_lifecycle(world, call),
        "DeleteRecoveryPoint" => deletion::delete(world, call),
        _ => surroundings(world, call),
    }
}

/// Everything but jobs and points.
fn surroundings(world: &mut World, call: &Call) -> Answer {
    match call.operation.as_str() {
        "CreateBackupVault" => vaults::create(world, call),
        "DescribeBackupVault" => vaults::describe(world, call),
        "ListBackupVaults" => vaults::list(world, call),
        "DeleteBackupVault" => vaults::delete(world, call),
        "PutBackupVaultLockConfiguration" => locks::put(world, call),
        "DeleteBackupVaultLockConfiguration" => locks::delete(world, call),
        "ListTags" => tags::list(world, call),
        "TagResource" => tags::tag(world, call),
        "UntagResource" => tags::untag(world, call),
        "DescribeRegionSettings" => settings::describe(world, call),
        "UpdateRegionSettings" => settings::update(world, call),
        "GetSupportedResourceTypes" => Ok(settings::supported()),
        "ListProtectedResources" => resources::list(world, call),
        "DescribeProtectedResource" => resources::describe(world, call),
        "CreateLegalHold" => holds::create(world, call),
        "GetLegalHold" => holds::get(world, call),
        "ListLegalHolds" => holds::list(world, call),
        "CancelLegalHold" => holds::cancel(world, call),
        "ListRecoveryPointsByLegalHold" => holds::list_points(world, call),
        _ => Err(ApiError::unknown_operation(call)),
    }
}
