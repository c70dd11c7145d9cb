//! The wire contract, held against the types: error pages, schemas, examples.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what helps a test fails as a test does"
)]

mod codes;
mod events;
mod incoming;
mod jobs;
mod schemas;
mod sealed;
mod support;
