//! One chain, compared with AWS itself.

use chainwright_envelope::{Job, QueueName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ids::ChainId, queues};

/// Compares a chain with what AWS lists, mends the ledger or reports drift.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reconcile {
    /// The chain to compare.
    pub chain: ChainId,
}

impl Job for Reconcile {
    const KIND: &'static str = "reconcile";
    const QUEUE: QueueName = queues::PRUNES;
}
