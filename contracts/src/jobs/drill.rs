//! A restore made to prove that a point restores.

use chainwright_envelope::{Job, QueueName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ids::ChainId, queues};

/// Restores the newest point of a chain under a throw-away name, checks it and cleans up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Drill {
    /// The chain to prove.
    pub chain: ChainId,
}

impl Job for Drill {
    const KIND: &'static str = "drill";
    const QUEUE: QueueName = queues::RESTORES;
}
