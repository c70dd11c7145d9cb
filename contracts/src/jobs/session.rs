//! One run of one policy for one slot.

use chainwright_envelope::{Job, QueueName};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{policy::PolicyName, queues};

/// Finds the resources of a policy, page by page, and asks for a snapshot of each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// The policy to run.
    pub policy: PolicyName,
    /// The slot to run it for, in whole minutes. Without one: the newest that was due when the message was first sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<Timestamp>,
    /// Where the page before this one ended; absent at the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl Job for Session {
    const KIND: &'static str = "session";
    const QUEUE: QueueName = queues::SESSIONS;
}
