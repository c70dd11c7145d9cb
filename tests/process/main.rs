//! The real program as a process: what it says, how it exits, what it does when it is signalled, stopped and killed.
//!
//! Declared in workers/cli's manifest, since only there cargo says where the binary is.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what helps a test fails as a test does"
)]

mod drain;
mod harness;
mod kill;
#[path = "../src/otlp.rs"]
#[expect(dead_code, unreachable_pub, reason = "other tests ask the collector for more, from another crate")]
mod otlp;
mod stage;
mod start;
mod ten_thousand;
mod trace;
mod trouble;
