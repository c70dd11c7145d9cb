//! Redshift: provisioned clusters, their manual and automated snapshots, the standing copy to another Region, in the
//! query protocol.
//!
//! A snapshot's name is its identity in an account and Region, and not case sensitive. Nothing but the creation time
//! tells a cluster of a name from the next one: snapshots do not show their cluster's namespace. Automated snapshots
//! are made by the agenda ([`automatic`]); a standing copy copies whatever is made while it stands ([`copying`]).
//! Faults of jobs meet what callers asked for: neither automated snapshots nor their copies. Events go by SNS to queues
//! ([`events`]).
//!
//! Facts: Redshift API reference, Redshift management guide ("Amazon Redshift snapshots and backups", "Amazon Redshift
//! event notifications"); what they leave open is in [`RedshiftSwitches`].

mod automatic;
mod cluster;
mod clusters;
mod copies;
mod copying;
mod deletion;
mod errors;
mod events;
mod grants;
mod input;
mod inspect;
mod knobs;
mod removals;
mod restores;
mod snapshot;
mod snapshots;
mod state;
mod subscriptions;
mod tables;
mod tags;

use serde::{Deserialize, Serialize};

use crate::call::Operations;
use crate::sqs::{self, NewMessage};
use crate::world::World;
use snapshot::Status;
use state::Place;

pub use inspect::RedshiftSnapshotView;
pub use knobs::RedshiftSwitches;
pub(crate) use state::State;

/// Every operation.
pub(crate) const OPERATIONS: Operations = &[
    ("CreateCluster", clusters::create),
    ("DescribeClusters", clusters::describe),
    ("ModifyCluster", clusters::modify),
    ("DeleteCluster", deletion::delete),
    ("CreateClusterSnapshot", snapshots::create),
    ("CopyClusterSnapshot", snapshots::copy),
    ("ModifyClusterSnapshot", snapshots::modify),
    ("DescribeClusterSnapshots", snapshots::describe),
    ("DeleteClusterSnapshot", removals::delete),
    ("BatchDeleteClusterSnapshots", removals::batch),
    ("EnableSnapshotCopy", copies::enable),
    ("DisableSnapshotCopy", copies::disable),
    ("ModifySnapshotCopyRetentionPeriod", copies::modify),
    ("CreateSnapshotCopyGrant", grants::create),
    ("DescribeSnapshotCopyGrants", grants::describe),
    ("DeleteSnapshotCopyGrant", grants::delete),
    ("RestoreFromClusterSnapshot", restores::from_snapshot),
    ("RestoreTableFromClusterSnapshot", tables::restore),
    ("DescribeTableRestoreStatus", tables::describe),
    ("CreateTags", tags::create),
    ("DeleteTags", tags::delete),
    ("DescribeTags", tags::describe),
    ("CreateEventSubscription", subscriptions::create),
    ("DescribeEventSubscriptions", subscriptions::describe),
    ("DeleteEventSubscription", subscriptions::delete),
    ("DescribeEvents", events::describe),
];

/// What Redshift does later, in an account and Region.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) enum Later {
    /// Takes a cluster away.
    EndCluster { place: Place, namespace: String },
    /// Makes an automated snapshot.
    Automated { place: Place, namespace: String, armed: u64 },
    /// Ends the making of a snapshot.
    EndSnapshot { place: Place, serial: String, how: Status },
    /// A copy shows in its destination.
    Arrive(copying::Arrival),
    /// Ends a copy in its destination.
    EndCopy { place: Place, serial: String, how: Status },
    /// Ends a snapshot by its retention.
    Expire { place: Place, serial: String, armed: u64 },
    /// Takes a deleted snapshot away.
    Vanish { place: Place, serial: String },
    /// Ends the restore of a cluster.
    EndRestore { place: Place, namespace: String, done: bool },
    /// Ends the restore of a table.
    EndTable { place: Place, id: String, done: bool },
    /// Delivers a notification; where there is no such queue any more, to nobody.
    Notify { queue: String, body: String },
}

impl Later {
    pub(crate) fn carry_out(self, world: &mut World) {
        match self {
            Self::EndCluster { place, namespace } => deletion::end(world, &place, &namespace),
            Self::Automated { place, namespace, armed } => automatic::make(world, &place, &namespace, armed),
            Self::EndSnapshot { place, serial, how } => snapshot::end(world, &place, &serial, how),
            Self::Arrive(arrival) => copying::arrive(world, arrival),
            Self::EndCopy { place, serial, how } => copying::end(world, &place, &serial, how),
            Self::Expire { place, serial, armed } => snapshot::expire(world, &place, &serial, armed),
            Self::Vanish { place, serial } => snapshot::vanish(world, &place, &serial),
            Self::EndRestore { place, namespace, done } => restores::end(world, &place, &namespace, done),
            Self::EndTable { place, id, done } => tables::end(world, &place, &id, done),
            Self::Notify { queue, body } => {
                sqs::deliver(world, &queue, NewMessage { body, ..NewMessage::default() });
            }
        }
    }
}
