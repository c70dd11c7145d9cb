//! Chainwright's program as a library: the hub, the worker, and whole installations in virtual time.

pub mod hub;
pub mod simulation;
pub mod worker;
