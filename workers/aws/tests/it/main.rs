//! The crate against the simulated cloud, in virtual time; against canned answers where AWS's own words matter.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail the test, and clippy sees tests only in functions marked as such"
)]

mod bus;
mod canned;
mod clients;
mod discovery;
mod jobs;
mod ledger;
mod points;
mod sealing;
mod seals;
mod support;
mod table;
mod vaults;
