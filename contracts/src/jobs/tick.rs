//! The clock's job: what has fallen due is sent on its way.

use chainwright_envelope::{Job, QueueName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::queues;

/// Looks for due slots, operations due for a look, expired manual points and chains due for reconciling.
///
/// Its now is the instant at which it was sent; one older than two minutes is done without a look, since a newer one
/// follows. It pages: the cursor travels in the follow-up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tick {
    /// Where the page before this one ended; absent at the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl Job for Tick {
    const KIND: &'static str = "tick";
    const QUEUE: QueueName = queues::SESSIONS;
}
