//! AWS Backup: vaults, points, and the jobs that make, copy and restore them.
//!
//! A job is created by a call, attempted after a while, runs, and ends; each step is an entry on the world's agenda,
//! and each is announced by an event that may leave minutes later ([`events`]). At most one backup or copy job runs
//! per resource ([`contention`]); the others wait. What a fault does to a job is decided when the job begins to run.
//! A point holds its source's [content](point::Content), so that a restore gives back what was there. What differs
//! between the services that are backed up is asked in one place ([`resources`], and [`targets`] for restores);
//! services that show points as backups of their own look them up here ([`mod@kept`]).
//!
//! Facts: AWS Backup developer guide and API reference, as collected for the project; what they leave open is in
//! [`BackupSwitches`].

mod arrivals;
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
mod kept;
mod knobs;
mod later;
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
mod targets;
mod tokens;
mod vaults;

use crate::call::Operations;

pub(crate) use contention::is_backing_up;
pub use inspect::{JobView, PointView};
pub(crate) use kept::{Kept, Use, kept, kept_tags, used_for};
pub use knobs::{BackupPace, BackupSwitches, LockedDelete};
pub(crate) use later::Later;
pub(crate) use state::State;
pub use tamper::{ForeignPoint, TakenPoint};

/// Every operation.
pub(crate) const OPERATIONS: Operations = &[
    ("StartBackupJob", backup_jobs::start),
    ("StopBackupJob", backup_jobs::stop),
    ("DescribeBackupJob", backup_jobs::describe),
    ("ListBackupJobs", backup_jobs::list),
    ("StartCopyJob", copy_jobs::start),
    ("DescribeCopyJob", copy_jobs::describe),
    ("ListCopyJobs", copy_jobs::list),
    ("StartRestoreJob", restore_jobs::start),
    ("DescribeRestoreJob", restore_jobs::describe),
    ("ListRestoreJobs", restore_jobs::list),
    ("DescribeRecoveryPoint", points::describe),
    ("ListRecoveryPointsByBackupVault", points::list_by_vault),
    ("ListRecoveryPointsByResource", points::list_by_resource),
    ("GetRecoveryPointRestoreMetadata", points::restore_metadata),
    ("UpdateRecoveryPointLifecycle", points::update_lifecycle),
    ("DeleteRecoveryPoint", deletion::delete),
    ("CreateBackupVault", vaults::create),
    ("DescribeBackupVault", vaults::describe),
    ("ListBackupVaults", vaults::list),
    ("DeleteBackupVault", vaults::delete),
    ("PutBackupVaultLockConfiguration", locks::put),
    ("DeleteBackupVaultLockConfiguration", locks::delete),
    ("ListTags", tags::list),
    ("TagResource", tags::tag),
    ("UntagResource", tags::untag),
    ("DescribeRegionSettings", settings::describe),
    ("UpdateRegionSettings", settings::update),
    ("GetSupportedResourceTypes", |_, _| Ok(settings::supported())),
    ("ListProtectedResources", resources::list),
    ("DescribeProtectedResource", resources::describe),
    ("CreateLegalHold", holds::create),
    ("GetLegalHold", holds::get),
    ("ListLegalHolds", holds::list),
    ("CancelLegalHold", holds::cancel),
    ("ListRecoveryPointsByLegalHold", holds::list_points),
];
