//! Events: those that AWS sends us, read leniently, and those that we send, with ids by which receivers drop repeats.

pub mod incoming;
pub mod outgoing;
