//! What Chainwright does: one file per job kind, the context they share, the ledger they keep.
//!
//! Every job is a short state transition that may run any number of times: it reads the ledger, asks AWS, commits what is
//! true on the condition that nothing changed in between, and sends what follows. No job waits for AWS to finish
//! something: the operation's `next_look` stands in the ledger, and an event or the tick sends the look.

mod allow;
pub mod backfill;
mod begin;
pub mod catalog;
mod claim;
mod conditions;
mod context;
pub mod copy;
pub mod delete;
mod error;
pub mod events;
mod follow_up;
mod hold;
pub mod ledger;
mod news;
pub mod policies;
pub mod prune;
mod readiness;
pub mod reapply;
pub mod reconcile;
mod release;
mod removal;
mod reseal;
mod selection;
pub mod session;
pub mod settle;
mod sight;
pub mod snapshot;
mod standing;
pub mod survey;
pub mod telemetry;
pub mod tick;

use chainwright_contracts::queues;
use chainwright_engine::Builder;

pub use self::{
    allow::{Allow, InvalidAllow},
    conditions::{Condition, Conditions},
    context::{Context, Settings, Shared},
    error::JobError,
    hold::{hold, unhold},
    readiness::{is_ready, keep_ready},
    release::release,
    selection::{Claimed, Selection, owner_of, selection, selection_of},
    telemetry::Telemetry,
};

/// Registers every job kind and AWS's own events with an engine.
#[must_use]
pub fn register(builder: Builder<Context>) -> Builder<Context> {
    builder
        .on_unstamped(tick::run)
        .on(session::run)
        .on(snapshot::run)
        .on(settle::run)
        .on(copy::run)
        .on(prune::run)
        .on(delete::run)
        .on(reconcile::run)
        .on_raw(queues::EVENTS, events::run)
}
