//! The engine over simcloud with the real SQS client, in virtual time.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets what it did not expect fails by panicking, in its helpers too"
)]

mod chains;
mod cost;
mod crash;
mod drain;
mod faults;
mod jobs;
mod leases;
mod poison;
mod start;
mod storm;
mod telemetry;
mod world;
