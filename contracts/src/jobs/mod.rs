//! The jobs: one file per kind, and the message is the data.
//!
//! A body is one flat JSON object: the envelope's members (`kind`, `v`, `id`, …) beside the job's own. Everything that
//! can have a default has one, so that a person can write a message by hand.

mod copy;
mod delete;
mod drill;
mod prune;
mod reconcile;
mod restore;
mod session;
mod settle;
mod side;
mod snapshot;
mod tick;

pub use chainwright_envelope::Job;

pub use self::{
    copy::Copy,
    delete::Delete,
    drill::Drill,
    prune::Prune,
    reconcile::Reconcile,
    restore::{Restore, RestoreTo},
    session::Session,
    settle::{OperationKind, Settle},
    side::Side,
    snapshot::Snapshot,
    tick::Tick,
};
