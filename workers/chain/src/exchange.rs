//! What the rules, the sources and the jobs hand each other.
//!
//! A source speaks its service's language and translates into these words; nothing above it knows a service. All of it
//! is plain data: a request is stored in the ledger before it is sent, and every repeat sends what was stored.

use std::collections::BTreeMap;

use chainwright_contracts::{arn::Arn, ids::Incarnation, names::Region, place::Place};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Something that can be backed up, as discovery finds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// Its ARN.
    pub arn: Arn,
    /// Its tags; none where nobody asked for them.
    pub tags: Option<BTreeMap<String, String>>,
}

/// A resource's configuration at one moment: what a restore needs to build it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configuration {
    /// Which of the resources that have borne this ARN.
    pub incarnation: Incarnation,
    /// Named parts in the source's order of priority: what does not fit into a seal is left out from the end.
    pub parts: Vec<(String, Value)>,
    /// Parts that could not be read.
    pub not_captured: Vec<String>,
}

/// A backup to start. It holds everything that the call needs, so that each repeat sends the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupRequest {
    /// What to back up.
    pub resource: Arn,
    /// Where the point goes.
    pub place: Place,
    /// The ARN of the role that AWS Backup assumes; none for services that need no role.
    pub role: Option<String>,
    /// The idempotency token, and the tail of a snapshot's name.
    pub token: String,
    /// The tags of the point, seal included.
    pub tags: BTreeMap<String, String>,
    /// When it was requested; no backup of ours for this request is older.
    pub requested_at: Timestamp,
    /// What copies the snapshots of the resource, where the service has no other way to copy: in place beforehand, since
    /// what is made before it is not copied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing_copy: Option<StandingCopy>,
    /// Made of the newest point that the service made by itself, and not of the resource as it is now.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub from_automatic: bool,
    /// How many days the points that the service makes by itself are kept at least, where that is a setting of the
    /// resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub automatic_keep: Option<u32>,
}

/// A standing configuration by which a service copies every snapshot of one resource to one other Region: whatever is
/// made while it stands, asked for or not, and nothing that was made before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandingCopy {
    /// The Region of the copies.
    pub region: Region,
    /// Under what the copies are encrypted: the id of a KMS key there, or the name of a grant; none: as the service does
    /// by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// How many days the copies of automatic points are kept, where that can be set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub automatic_days: Option<u32>,
}

/// A setting of a resource that is not as its policy says: how long the points are kept that the service makes by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandingChange {
    /// Whose setting it is.
    pub resource: Arn,
    /// Where the points lie: in the resource's own Region, or in that of their copies.
    pub region: Region,
    /// How many days they are kept now.
    pub days_now: u32,
    /// How many days the policy wants them to be kept.
    pub days: u32,
    /// How many of them are gone at once with that.
    pub ends: usize,
}

/// A copy to start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyRequest {
    /// What the point was made of.
    pub resource: Arn,
    /// The point to copy, by its ARN at AWS.
    pub point: String,
    /// Where it lies.
    pub from: Place,
    /// Where the copy goes.
    pub to: Place,
    /// The ARN of the role that AWS Backup assumes; none for services that need no role.
    pub role: Option<String>,
    /// The idempotency token.
    pub token: String,
    /// When it was requested; no copy of ours for this request is older.
    pub requested_at: Timestamp,
    /// What makes the copy, where the service copies by standing configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing_copy: Option<StandingCopy>,
}

/// A point to remove.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteRequest {
    /// The point, by its ARN at AWS.
    pub point: String,
    /// Where it lies.
    pub place: Place,
}

/// The service has begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// By which the service knows the operation: a job's id or a snapshot's name. For a deletion, the point's ARN.
    pub id: String,
    /// The point's ARN, where the service knows it already.
    pub point: Option<String>,
}

/// An operation to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// A backup job in this account and Region.
    Backup {
        /// The service's id of the job.
        id: String,
        /// Where the point goes.
        place: Place,
    },
    /// A copy job, looked at where it was started.
    Copy {
        /// The service's id of the job.
        id: String,
        /// Where the source point lies.
        from: Place,
        /// Where the copy goes.
        to: Place,
    },
    /// A deletion: done when the service no longer knows the point.
    Delete {
        /// The point's ARN.
        point: String,
        /// Where it lay.
        place: Place,
    },
}

/// What the service says of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Observed {
    /// Not over yet.
    Running,
    /// Over, and good. The point's ARN, except for a deletion.
    Done {
        /// The point made.
        point: Option<String>,
        /// What the service remarked although it completed.
        remark: Option<String>,
    },
    /// Over without a point.
    Failed {
        /// In the service's words.
        reason: String,
        /// The service was merely occupied (another job of the same resource, a quota, a window): no attempt is counted.
        occupied: bool,
    },
    /// A deletion was answered, yet the point is still there and not on its way out.
    Refused {
        /// The status in which it was found.
        status: String,
    },
    /// The service does not know the operation.
    Unknown,
}

/// A point's standing in the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PointStatus {
    /// Usable (AWS Backup: COMPLETED or AVAILABLE).
    Available,
    /// Being made.
    Creating,
    /// Being removed; may last for days.
    Deleting,
    /// Past its lifecycle, or a deletion that was refused without a word.
    Expired,
    /// Anything else: incomplete or stopped.
    Unusable,
}

/// A point as the service lists or describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedPoint {
    /// Its ARN at AWS.
    pub arn: String,
    /// Where it was found.
    pub place: Place,
    /// What it was made of.
    pub resource: String,
    /// The name that it was given, where the service knows points by names. A copy keeps its source's.
    pub name: Option<String>,
    /// Its standing.
    pub status: PointStatus,
    /// The service's creation date; a copy keeps its source's.
    pub created: Timestamp,
    /// The size in bytes of what it holds, where it is known.
    pub bytes: Option<i64>,
    /// Whether it stores all of that or what an earlier one had not, where it is known.
    pub extent: Option<Extent>,
    /// The key that it is encrypted under, where the service tells.
    pub key: Option<String>,
    /// When the service would remove it by itself.
    pub expires: Option<Timestamp>,
    /// Until when a vault lock forbids its removal.
    pub locked_until: Option<Timestamp>,
    /// Whether it lies in cold storage, from where no copy is made, as far as the service tells.
    pub is_cold: bool,
    /// Whether a legal hold forbids its removal, until somebody cancels it.
    pub legal_hold: bool,
}

/// How much a point stores; whatever it is, the point restores by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Extent {
    /// All that the resource held.
    Full,
    /// What earlier points that are still there had not stored.
    Incremental,
}

/// A point that the service made by itself: seen, usable, and never ours to delete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutomaticPoint {
    /// By which the service knows it: a snapshot's ARN, or a recovery point's id.
    pub id: String,
    /// Where it lies.
    pub place: Place,
    /// When it was made.
    pub created: Timestamp,
    /// When the service removes it, where it tells.
    pub expires: Option<Timestamp>,
    /// The size in bytes of what it holds, where it is known.
    pub bytes: Option<i64>,
}

/// A job of the service's that might be the answer to a request whose own answer was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The service's id.
    pub id: String,
    /// The point's ARN, where it is known; its tags prove whose it is.
    pub point: Option<String>,
    /// What became of it.
    pub observed: Observed,
    /// When it was created.
    pub created: Timestamp,
}
