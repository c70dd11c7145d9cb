//! A point, made into a resource again.

use chainwright_envelope::{Job, QueueName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{arn::Arn, ids::PointId, jobs::Side, names::Region, queues};

/// Where a restore goes and what it is called there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RestoreTo {
    /// The new resource's name; the original one where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The Region; that of the side restored from where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
}

/// Restores a point and re-applies what AWS restore drops.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Restore {
    /// The resource whose newest good point is meant; or name the `point`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Arn>,
    /// The point to restore.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<PointId>,
    /// The side to restore from; the regular one where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<Side>,
    /// Where it goes.
    #[serde(default)]
    pub to: RestoreTo,
}

impl Job for Restore {
    const KIND: &'static str = "restore";
    const QUEUE: QueueName = queues::RESTORES;
}
