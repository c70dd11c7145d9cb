//! The rules of backup chains as pure functions: calendar, flags, retention, the prune plan, state transitions.

pub mod calendar;
pub mod exchange;
pub mod finding;
pub mod policy;
pub mod prune;
pub mod reapply;
pub mod retention;
pub mod session;
pub mod simulate;
pub mod state;
