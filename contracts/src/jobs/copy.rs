//! One copy of one point to one Region.

use chainwright_envelope::{Job, QueueName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ids::PointId, names::Region, queues};

/// Starts, or for Redshift arranges, the copy of a point to another Region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Copy {
    /// The point to copy; its regular side must be available.
    pub point: PointId,
    /// The Region that takes the copy; one that the point's seal names.
    pub to: Region,
}

impl Job for Copy {
    const KIND: &'static str = "copy";
    const QUEUE: QueueName = queues::COPIES;
}
