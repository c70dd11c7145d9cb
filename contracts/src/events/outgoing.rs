//! What Chainwright tells others, on an EventBridge bus of their choice.
//!
//! Every event's `detail.id` is derived from what it tells, so that the same news sent twice has one id and a receiver
//! can drop the repeat.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    arn::Arn,
    ids::{ChainId, PointId, derive},
    jobs::Side,
    policy::PolicyName,
};

/// The `source` of every event.
pub const SOURCE: &str = "chainwright";

/// An event's `detail-type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum DetailType {
    /// A backup is complete, and its seal opens.
    #[serde(rename = "Restore Point Available")]
    RestorePointAvailable,
    /// A backup failed and is not tried again.
    #[serde(rename = "Restore Point Failed")]
    RestorePointFailed,
    /// A copy is complete.
    #[serde(rename = "Copy Available")]
    CopyAvailable,
    /// A copy failed and is not tried again.
    #[serde(rename = "Copy Failed")]
    CopyFailed,
    /// A side of a point was removed, and AWS no longer knows it.
    #[serde(rename = "Restore Point Pruned")]
    RestorePointPruned,
    /// A restore is complete.
    #[serde(rename = "Restore Completed")]
    RestoreCompleted,
    /// A restore failed.
    #[serde(rename = "Restore Failed")]
    RestoreFailed,
    /// A drill is over.
    #[serde(rename = "Drill Completed")]
    DrillCompleted,
    /// Something endangers a chain: a point is gone, a delete is refused, nothing new arrives.
    #[serde(rename = "Chain At Risk")]
    ChainAtRisk,
}

impl DetailType {
    /// Every detail type.
    pub const ALL: [Self; 9] = [
        Self::RestorePointAvailable,
        Self::RestorePointFailed,
        Self::CopyAvailable,
        Self::CopyFailed,
        Self::RestorePointPruned,
        Self::RestoreCompleted,
        Self::RestoreFailed,
        Self::DrillCompleted,
        Self::ChainAtRisk,
    ];

    /// The words on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RestorePointAvailable => "Restore Point Available",
            Self::RestorePointFailed => "Restore Point Failed",
            Self::CopyAvailable => "Copy Available",
            Self::CopyFailed => "Copy Failed",
            Self::RestorePointPruned => "Restore Point Pruned",
            Self::RestoreCompleted => "Restore Completed",
            Self::RestoreFailed => "Restore Failed",
            Self::DrillCompleted => "Drill Completed",
            Self::ChainAtRisk => "Chain At Risk",
        }
    }
}

/// An event's `detail`. Members that do not apply to the news are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Detail {
    /// Derived from the news; receivers drop repeats by it.
    pub id: String,
    /// The resource concerned.
    pub resource: Arn,
    /// The chain; absent for a manual point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<ChainId>,
    /// The point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<PointId>,
    /// The side of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<Side>,
    /// The policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyName>,
    /// The point's slot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<Timestamp>,
    /// The point's ARN at AWS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_point_arn: Option<String>,
    /// A code with a page, where something went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What happened, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What the job that led here carried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<String>,
}

/// The id of the news of this type about this subject: a point and side, or a chain and a reason.
#[must_use]
pub fn id(detail_type: DetailType, subject: &[&str]) -> String {
    let mut fields = vec![detail_type.as_str()];
    fields.extend_from_slice(subject);
    derive("event", &fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_on_the_wire_are_those_of_the_schema() {
        for detail_type in DetailType::ALL {
            assert_eq!(serde_json::to_value(detail_type).unwrap(), detail_type.as_str());
        }
    }

    #[test]
    fn the_same_news_has_one_id() {
        assert_eq!(id(DetailType::CopyFailed, &["p", "s"]), id(DetailType::CopyFailed, &["p", "s"]));
        assert_ne!(id(DetailType::CopyFailed, &["p", "s"]), id(DetailType::CopyAvailable, &["p", "s"]));
    }
}
