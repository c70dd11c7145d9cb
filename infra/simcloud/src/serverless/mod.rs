//! Redshift Serverless: namespaces with their workgroups, snapshots, recovery points, and the standing configuration
//! that copies them to another Region, in AWS JSON 1.1.
//!
//! A snapshot's name is its identity in an account and Region. Its success is announced, its failure is not, nor is
//! anything about copies. Recovery points are not kept but worked out when somebody looks ([`recovery`]); a copy
//! configuration copies whatever is made while it stands ([`copying`]). Times are ISO 8601 in answers and seconds in
//! requests, as the API's model has them.
//!
//! Facts: Redshift Serverless API reference, Redshift management guide ("Snapshots and recovery points", "Monitoring
//! Amazon Redshift Serverless with EventBridge"); what they leave open is in [`ServerlessSwitches`].

mod configurations;
mod copying;
mod errors;
mod events;
mod input;
mod inspect;
mod knobs;
mod namespaces;
mod recovery;
mod restores;
mod snapshot;
mod snapshots;
mod state;
mod tags;
mod workgroups;

use serde::{Deserialize, Serialize};

use crate::call::Operations;
use crate::data::Image;
use crate::world::World;
use snapshot::Status;
use state::Place;

pub use inspect::ServerlessSnapshotView;
pub use knobs::ServerlessSwitches;
pub(crate) use state::State;

/// Every operation.
pub(crate) const OPERATIONS: Operations = &[
    ("CreateNamespace", namespaces::create),
    ("GetNamespace", namespaces::get),
    ("ListNamespaces", namespaces::list),
    ("UpdateNamespace", namespaces::update),
    ("DeleteNamespace", namespaces::delete),
    ("CreateWorkgroup", workgroups::create),
    ("GetWorkgroup", workgroups::get),
    ("ListWorkgroups", workgroups::list),
    ("DeleteWorkgroup", workgroups::delete),
    ("CreateSnapshot", snapshots::create),
    ("GetSnapshot", snapshots::get),
    ("ListSnapshots", snapshots::list),
    ("UpdateSnapshot", snapshots::update),
    ("DeleteSnapshot", snapshots::delete),
    ("GetRecoveryPoint", recovery::get),
    ("ListRecoveryPoints", recovery::list),
    ("ConvertRecoveryPointToSnapshot", recovery::convert),
    ("CreateSnapshotCopyConfiguration", configurations::create),
    ("ListSnapshotCopyConfigurations", configurations::list),
    ("UpdateSnapshotCopyConfiguration", configurations::update),
    ("DeleteSnapshotCopyConfiguration", configurations::delete),
    ("RestoreFromSnapshot", restores::from_snapshot),
    ("RestoreFromRecoveryPoint", restores::from_recovery_point),
    ("TagResource", tags::tag),
    ("UntagResource", tags::untag),
    ("ListTagsForResource", tags::list),
];

/// What Redshift Serverless does later, in an account and Region.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) enum Later {
    /// Ends the making of a snapshot.
    EndSnapshot { place: Place, arn: String, how: Status },
    /// A copy shows in its destination, `how` being what will become of it.
    Arrive { from: Place, arn: String, to: String, retention: i64, rest: std::time::Duration, how: Status },
    /// Ends a copy in its destination.
    EndCopy { place: Place, arn: String, how: Status },
    /// Ends a snapshot by its retention.
    Expire { place: Place, arn: String, armed: u64 },
    /// Takes a deleted snapshot away.
    Vanish { place: Place, arn: String },
    /// Ends a restore into a namespace.
    EndRestore { place: Place, namespace: String, image: Option<Image>, of: restores::Source },
    /// Tells that a workgroup was made or deleted.
    Tell { place: Place, id: u32, about: String },
}

impl Later {
    pub(crate) fn carry_out(self, world: &mut World) {
        match self {
            Self::EndSnapshot { place, arn, how } => snapshot::end(world, &place, &arn, how),
            Self::Arrive { from, arn, to, retention, rest, how } => {
                copying::arrive(world, &from, &arn, to, retention, rest, how);
            }
            Self::EndCopy { place, arn, how } => copying::end(world, &place, &arn, how),
            Self::Expire { place, arn, armed } => snapshot::expire(world, &place, &arn, armed),
            Self::Vanish { place, arn } => snapshot::vanish(world, &place, &arn),
            Self::EndRestore { place, namespace, image, of } => restores::end(world, &place, &namespace, image, of),
            Self::Tell { place, id, about } => events::workgroup(world, &place, id, &about),
        }
    }
}
