//! What the ledger remembers, and how it changes: plain records and pure transitions.
//!
//! A job reads records, asks AWS, applies a transition and commits the result on the condition that nothing changed in
//! between. What follows from a state is derived from the recorded state, never from whether this run changed it, so a
//! repeat after a crash sends the same follow-ups again.

mod chain;
mod freshness;
mod looks;
mod operation;
mod owner;
mod point;
mod policy;
mod session;

pub use self::{
    chain::{ChainRecord, MOST_STRANGERS, MOST_SUSPECTS, Orphaned, Waiting},
    freshness::{Freshness, freshness},
    looks::{Looks, look_delay},
    operation::{Attempted, OperationRecord, Phase, Request, Retry},
    owner::Owner,
    point::{Hold, PointRecord, SideRecord, SideState, Tombstone, Why},
    policy::{PassedOn, PolicyHead, Revision},
    session::{SessionRecord, SessionState},
};
