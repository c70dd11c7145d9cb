//! The record of a restore point, with its sides.

use std::collections::{BTreeMap, BTreeSet};

use chainwright_contracts::{
    arn::Arn,
    flag::Flag,
    ids::{Incarnation, PointId},
    jobs::Side,
    place::Place,
    policy::PolicyName,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Owner;
use crate::exchange::{Configuration, Extent, ObservedPoint};

/// What one session kept of one resource, or a manual backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointRecord {
    /// Its name, the same on all sides.
    pub id: PointId,
    /// Whose it is.
    pub owner: Owner,
    /// What was backed up.
    pub resource: Arn,
    /// Which of the resources that have borne this ARN.
    pub incarnation: Incarnation,
    /// The policy; none for a manual point.
    pub policy: Option<PolicyName>,
    /// The policy's revision; none for a manual point.
    pub revision: Option<u32>,
    /// The slot; for a manual point, when it was asked for.
    pub slot: Timestamp,
    /// When the backup of the present epoch was requested.
    pub requested_at: Timestamp,
    /// By when the service has created it, if ever: what is younger is not this point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_before: Option<Timestamp>,
    /// Its sides: the regular one, and one per copy that is wanted.
    pub sides: BTreeMap<Side, SideRecord>,
    /// The newest good points that stay whatever their age, as applied when this one was made.
    pub keep_last: u32,
    /// Manual: when it may be removed.
    pub keep_until: Option<Timestamp>,
    /// Manual: before which the removal, found impossible just now, is not tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// A person's mark: not pruned while it stands.
    pub hold: Option<Hold>,
    /// Counts how often it was sealed anew.
    pub seal_revision: u32,
    /// Flags taken over from slots whose backup failed.
    pub substituted: BTreeSet<Flag>,
    /// The source's configuration, whole.
    pub configuration: Configuration,
    /// Manual: the id of the job that asked, by which a repeat is known.
    pub job: Option<String>,
    /// What the asking job carried, repeated in every event.
    pub correlation: Option<String>,
}

/// One side of a point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SideRecord {
    /// Where it is kept.
    pub place: Place,
    /// Its flags, each with the instant at which it ends; empty for a manual point.
    pub flags: BTreeMap<Flag, Timestamp>,
    /// How far it has come.
    pub state: SideState,
    /// Its ARN at AWS, once known.
    pub arn: Option<String>,
    /// The service's creation date.
    pub created: Option<Timestamp>,
    /// The size in bytes of what it holds.
    pub bytes: Option<i64>,
    /// Whether it stores all of that, or what earlier points had not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extent: Option<Extent>,
    /// The key that it is encrypted under, where the service tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// When its seal was last opened.
    pub opened_at: Option<Timestamp>,
    /// Set before its removal is asked for.
    pub tombstone: Option<Tombstone>,
    /// ARNs of other points at AWS that claim to be this side, too.
    pub rivals: BTreeSet<String>,
    /// What was found here had nothing but its own word for it, and that did not suffice: it came to light after its end,
    /// or together with another claimant. It never counts, and never goes unless a person asks.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub doubtful: bool,
    /// How often it was lost and made again.
    #[serde(default)]
    pub made_again: u32,
}

/// How far a side has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SideState {
    /// Asked for, not there yet.
    Wanted,
    /// There, and its seal opened.
    Available,
    /// Given up.
    Failed,
    /// Its removal is under way.
    Removing,
    /// Removed by us, and AWS no longer knows it. Never made again.
    Removed,
    /// Gone from AWS, and not by us.
    Lost,
}

/// A person's mark on a point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Since when.
    pub since: Timestamp,
    /// In the person's words.
    pub reason: String,
}

/// The decision to remove a side, written down before AWS is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tombstone {
    /// When it was decided.
    pub at: Timestamp,
    /// On what ground.
    pub why: Why,
}

/// On what ground a side is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Retention: its last flag is gone.
    Expired,
    /// A person asked.
    Requested,
    /// A person asked, and said that it may be the last good one.
    RequestedThoughLast,
}

impl PointRecord {
    /// Whether it stands outside every chain.
    #[must_use]
    pub fn is_manual(&self) -> bool {
        matches!(self.owner, Owner::Manual(..))
    }

    /// All flags of the regular side.
    #[must_use]
    pub fn flags(&self) -> BTreeSet<Flag> {
        self.sides.get(&Side::Regular).map(|side| side.flags.keys().copied().collect()).unwrap_or_default()
    }

    /// When a manual point is to be removed: never while it is held, nor again while its removal is under way.
    #[must_use]
    pub fn removal_due(&self) -> Option<Timestamp> {
        let there = self.sides.values().any(|side| side.state == SideState::Available && !side.doubtful);
        let due = self.keep_until.filter(|_| there && self.hold.is_none())?;
        Some(self.not_before.map_or(due, |not_before| due.max(not_before)))
    }

    /// Whether nothing would keep this side any more: its last flag has ended or there never was one, or, of a manual
    /// point, its `keep` has.
    #[must_use]
    pub fn has_ended(&self, side: &SideRecord, now: Timestamp) -> bool {
        match side.last_expiry() {
            Some(last) => last <= now,
            None if self.is_manual() => self.keep_until.is_some_and(|until| until <= now),
            None => true,
        }
    }

    /// Whether nothing of it is left, nor under way.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.sides.values().all(|side| matches!(side.state, SideState::Removed | SideState::Failed | SideState::Lost))
    }
}

impl SideRecord {
    /// A side that is wanted at `place` with these flags.
    #[must_use]
    pub fn wanted(place: Place, flags: BTreeMap<Flag, Timestamp>) -> Self {
        Self {
            place,
            flags,
            state: SideState::Wanted,
            arn: None,
            created: None,
            bytes: None,
            extent: None,
            key: None,
            opened_at: None,
            tombstone: None,
            rivals: BTreeSet::new(),
            doubtful: false,
            made_again: 0,
        }
    }

    /// It was found at AWS, and its seal opened then or did not.
    pub fn is_there(&mut self, observed: &ObservedPoint, opened_at: Option<Timestamp>) {
        self.state = SideState::Available;
        self.arn = Some(observed.arn.clone());
        self.created = Some(observed.created);
        self.bytes = observed.bytes;
        self.extent = observed.extent;
        self.key.clone_from(&observed.key);
        self.opened_at = opened_at;
    }

    /// When its last flag ends; none without flags.
    #[must_use]
    pub fn last_expiry(&self) -> Option<Timestamp> {
        self.flags.values().max().copied()
    }
}
