//! One look at one operation.

use chainwright_envelope::{Job, QueueName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ids::PointId, names::Region, queues};

/// Something slow that a service does for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OperationKind {
    /// The backup of a resource.
    Backup,
    /// The copy of a point to another Region.
    Copy,
    /// The removal of one side of a point.
    Delete,
}

impl OperationKind {
    /// The word used in messages, tokens and keys.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Backup => "backup",
            Self::Copy => "copy",
            Self::Delete => "delete",
        }
    }
}

/// Looks at one operation in the service itself, records what is true and sends the follow-ups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settle {
    /// Which of the point's operations.
    pub operation: OperationKind,
    /// The point it belongs to.
    pub point: PointId,
    /// The Region of the copy concerned; absent for the regular side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Region>,
    /// Which look this is. A look already taken asks AWS nothing; without a number the next one is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look: Option<u32>,
}

impl Job for Settle {
    const KIND: &'static str = "settle";
    const QUEUE: QueueName = queues::COMPLETIONS;
}
