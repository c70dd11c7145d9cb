//! The record of a policy: its head, which moves, and its revisions, which never change.

use chainwright_contracts::{
    flag::Flag,
    policy::{PolicyFile, PolicyName, SourceKind},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What is true of a policy now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyHead {
    /// Its name.
    pub name: PolicyName,
    /// The revision that new sessions run.
    pub revision: u32,
    /// The service whose resources it selects.
    pub source: SourceKind,
    /// Lower wins.
    pub priority: u32,
    /// It starts no sessions; retention goes on.
    pub paused: bool,
    /// The pause was made at the command line, so that applying a file keeps it.
    pub paused_by_command: bool,
    /// Its chains are orphaned.
    pub deleted: bool,
    /// Every slot up to here has been dealt with.
    pub watermark: Timestamp,
    /// The first slot after the watermark; none while it is paused or deleted.
    pub next_slot: Option<Timestamp>,
    /// Flags of superseded sessions, for the next one.
    pub passed_on: Vec<PassedOn>,
}

/// A flag that a superseded session leaves to its successor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedOn {
    /// The flag.
    pub flag: Flag,
    /// The slot that it fell due at.
    pub from: Timestamp,
    /// Its schedule's next slot, at which the flag comes by itself and this one lapses.
    pub until: Timestamp,
}

/// One version of a policy's file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Revision {
    /// Counts from 1.
    pub number: u32,
    /// When it was applied.
    pub applied_at: Timestamp,
    /// The file.
    pub file: PolicyFile,
}
