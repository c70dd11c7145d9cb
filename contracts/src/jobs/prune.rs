//! Retention, applied to one chain.

use chainwright_envelope::{Job, QueueName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ids::ChainId, queues};

/// Plans one chain and removes what the plan removes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Prune {
    /// The chain to prune, on all its sides.
    pub chain: ChainId,
}

impl Job for Prune {
    const KIND: &'static str = "prune";
    const QUEUE: QueueName = queues::PRUNES;
}
