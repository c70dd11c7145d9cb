//! What Chainwright exchanges with the world: job messages, events, policy files, ids, the sealed format, error codes.
//!
//! This is the crate that another system's developers would vendor. It depends on nothing of AWS; its JSON Schemas, its
//! AsyncAPI document and its examples are generated from these types, or checked against them by tests.

pub mod arn;
pub mod codes;
pub mod events;
pub mod flag;
pub mod ids;
pub mod jobs;
pub mod names;
pub mod place;
pub mod policy;
pub mod queues;
pub mod schemas;
pub mod sealed;
