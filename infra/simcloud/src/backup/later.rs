//! What AWS Backup does later.

use serde::{Deserialize, Serialize};

use super::backup_run::{self, End};
use super::job::JobState;
use super::state::Place;
use super::{copy_run, deletion, events, lifecycle, restore_jobs};
use crate::world::World;

/// What AWS Backup does later, in an account and Region.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) enum Later {
    /// Begins a backup job, or puts it off.
    StartBackup { place: Place, id: String },
    /// Ends a backup job.
    EndBackup { place: Place, id: String, how: End },
    /// Begins a copy job, or puts it off.
    StartCopy { place: Place, id: String },
    /// Ends a copy job.
    EndCopy { place: Place, id: String, how: (JobState, Option<String>) },
    /// Begins a restore job.
    StartRestore { place: Place, id: String },
    /// Ends a restore job.
    EndRestore { place: Place, id: String, refusal: Option<(JobState, String)> },
    /// Ends a deletion.
    Delete { place: Place, arn: String },
    /// Makes a point cold.
    Chill { place: Place, arn: String, armed: u64 },
    /// Ends a point by its lifecycle.
    Expire { place: Place, arn: String, armed: u64 },
    /// Sends the events collected.
    SendEvents { place: Place },
}

impl Later {
    pub(crate) fn carry_out(self, world: &mut World) {
        match self {
            Self::StartBackup { place, id } => backup_run::attempt(world, &place, &id),
            Self::EndBackup { place, id, how } => backup_run::end(world, &place, &id, how),
            Self::StartCopy { place, id } => copy_run::attempt(world, &place, &id),
            Self::EndCopy { place, id, how } => copy_run::end(world, &place, &id, how),
            Self::StartRestore { place, id } => restore_jobs::run(world, &place, &id),
            Self::EndRestore { place, id, refusal } => restore_jobs::end(world, &place, &id, refusal),
            Self::Delete { place, arn } => deletion::complete(world, &place, &arn),
            Self::Chill { place, arn, armed } => lifecycle::chill(world, &place, &arn, armed),
            Self::Expire { place, arn, armed } => lifecycle::expire(world, place, arn, armed),
            Self::SendEvents { place } => events::send_batch(world, &place),
        }
    }
}
