//! The removal of points on request.

use chainwright_envelope::{Job, QueueName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ids::PointId, jobs::Side, queues};

/// Removes named points, or one side of them, asking AWS before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Delete {
    /// The points to remove, 1 to 100.
    #[schemars(length(min = 1, max = 100))]
    pub points: Vec<PointId>,
    /// The side to remove; every side where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<Side>,
    /// Says that a chain's last good point may go.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub last: bool,
    /// Remove only manual points whose own `keep` has passed; what the clock sends.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub expired: bool,
}

impl Job for Delete {
    const KIND: &'static str = "delete";
    const QUEUE: QueueName = queues::PRUNES;
}
