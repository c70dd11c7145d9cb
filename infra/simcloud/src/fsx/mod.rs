//! FSx: file systems of its four kinds, ONTAP's volumes, and their backups, in AWS JSON 1.1.
//!
//! A backup is made of a [unit](mod@unit): a file system, or of ONTAP a volume. FSx keeps those that it was asked for;
//! those that AWS Backup makes are that service's points, which FSx shows and tags as its own ([`backup`]), so that
//! there is one record of each. What a backup holds, and how much of it is new, is in [`held`]; when AWS Backup may
//! make one is in [`window`], what it makes of one in [`restores`]. AUTOMATIC backups are not simulated: their window and retention are only settings.
//!
//! Facts: FSx API reference and guides, AWS Backup developer guide; what they leave open is in [`FsxSwitches`].

mod associations;
mod backup;
mod backups;
mod configuration;
mod errors;
mod file_system;
mod file_systems;
mod held;
mod input;
mod inspect;
mod kind;
mod knobs;
mod protection;
mod restores;
mod state;
mod svms;
mod tags;
mod tokens;
mod unit;
mod volume;
mod volumes;
mod window;

use serde::{Deserialize, Serialize};

use crate::call::Operations;
use crate::world::World;
use state::Place;

pub(crate) use held::Held;
pub use inspect::FsxBackupView;
pub use knobs::{FsxPace, FsxSwitches};
pub(crate) use protection::{
    Readiness, capture, copied, copy_objection, exists, is_unit, new_arn, objection, readiness,
};
pub(crate) use restores::{restore, restore_metadata, restore_request};
pub(crate) use state::State;

/// Every operation.
pub(crate) const OPERATIONS: Operations = &[
    ("CreateFileSystem", file_systems::create),
    ("DescribeFileSystems", file_systems::describe),
    ("UpdateFileSystem", file_systems::update),
    ("DeleteFileSystem", file_systems::delete),
    ("CreateStorageVirtualMachine", svms::create),
    ("DescribeStorageVirtualMachines", svms::describe),
    ("DeleteStorageVirtualMachine", svms::delete),
    ("CreateVolume", volumes::create),
    ("DescribeVolumes", volumes::describe),
    ("DeleteVolume", volumes::delete),
    ("CreateDataRepositoryAssociation", associations::create),
    ("DescribeDataRepositoryAssociations", associations::describe),
    ("DeleteDataRepositoryAssociation", associations::delete),
    ("CreateBackup", backups::create),
    ("DescribeBackups", backups::describe),
    ("DeleteBackup", backups::delete),
    ("TagResource", tags::tag),
    ("UntagResource", tags::untag),
    ("ListTagsForResource", tags::list),
];

/// What FSx does later, in an account and Region.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) enum Later {
    /// Ends a backup that FSx was asked for, as failed where there is a reason.
    EndBackup { place: Place, id: String, failure: Option<String> },
    /// Takes away what was deleted.
    Vanish { place: Place, id: String },
}

impl Later {
    pub(crate) fn carry_out(self, world: &mut World) {
        match self {
            Self::EndBackup { place, id, failure } => backups::end(world, &place, &id, failure),
            Self::Vanish { place, id } => file_systems::vanish(world, &place, &id),
        }
    }
}
