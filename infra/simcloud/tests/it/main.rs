//! The simulated cloud as its callers see it: requests made by hand, answers read from the wire.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking, in its helpers too")]

mod clients;
mod events;
mod faults;
mod schedules;
mod sqs;
mod sqs_batches;
mod sqs_limits;
mod sqs_model;
mod sqs_moves;
mod support;
mod wire;
