//! One backup of one resource.

use chainwright_envelope::{Job, QueueName};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    arn::Arn,
    policy::{Period, PolicyName},
    queues,
};

/// Captures the resource's configuration, seals it, starts the backup and returns.
///
/// Of a policy's session it names `policy` and `slot`. A manual one (`"manual": true`) names neither: it stands outside
/// every chain, and the job's `id` names its point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// What to back up.
    pub resource: Arn,
    /// The policy whose session asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyName>,
    /// The session's slot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<Timestamp>,
    /// A backup asked for outside a policy.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub manual: bool,
    /// Manual only: the vault that takes it; by default that of the policy that owns the resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vault: Option<String>,
    /// Manual only: the role that AWS Backup assumes; by default that of the policy that owns the resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Manual only: how long to keep it; until it is deleted on request where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<Period>,
}

impl Job for Snapshot {
    const KIND: &'static str = "snapshot";
    const QUEUE: QueueName = queues::SNAPSHOTS;
}
