//! The record of a session.

use std::collections::BTreeSet;

use chainwright_contracts::{flag::Flag, policy::PolicyName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One run of one policy for one slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRecord {
    /// The policy.
    pub policy: PolicyName,
    /// The policy's revision, pinned when the session was made.
    pub revision: u32,
    /// The slot.
    pub slot: Timestamp,
    /// The flags that its points carry.
    pub flags: BTreeSet<Flag>,
    /// Older slots that it stands in for.
    pub missed: Vec<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// How far it has come.
    pub state: SessionState,
    /// When its job is sent again, should it not have come to its end; none once it has.
    pub next_send: Option<Timestamp>,
}

/// How far a session has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SessionState {
    /// No snapshot has been asked for.
    Created,
    /// Some have.
    Running,
    /// All have.
    Expanded,
    /// Its successor fell due before it asked for any.
    Superseded,
}
