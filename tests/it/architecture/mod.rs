//! The shape of the tree: which crate may use which, what no file may contain, and what the documents promise.
//!
//! Everything is read from the files as they stand, so that a wrong arrow fails here before it becomes a habit.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a file that cannot be read fails the test that reads it")]

mod arrows;
mod documents;
mod licences;
mod manifests;
mod sources;
mod tree;
