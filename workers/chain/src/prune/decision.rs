//! What the plan says.

use std::fmt;

use chainwright_contracts::jobs::Side;
use jiff::Timestamp;
use serde::Serialize;

use crate::retention::SideFlags;

/// One decision per point and side, by slot, then side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan<'c, Id> {
    /// The decisions.
    pub decisions: Vec<Planned<'c, Id>>,
}

impl<'c, Id> Plan<'c, Id> {
    /// What is to be removed, oldest first.
    pub fn removals(&self) -> impl Iterator<Item = &Planned<'c, Id>> {
        self.decisions.iter().filter(|planned| matches!(planned.decision, Decision::Removed { .. }))
    }
}

/// The decision on one side of one point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Planned<'c, Id> {
    /// The point.
    pub id: &'c Id,
    /// Its slot.
    pub slot: Timestamp,
    /// The side.
    pub side: &'c Side,
    /// What becomes of it.
    pub decision: Decision,
}

/// What becomes of one side of a point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It stays, for every one of these reasons; there is at least one.
    Kept(Vec<Keep>),
    /// It goes.
    Removed {
        /// Since when it may: the later of its last expiry and of the slot of the good point that took its place among
        /// the newest.
        since: Timestamp,
    },
    /// There is nothing to keep or to remove.
    Lost,
}

/// A reason to keep one side of a point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// Flags that stand, and until when.
    Flags(SideFlags),
    /// The newest good point of its chain and side.
    Newest,
    /// One of the newest good points: its place among them, from 1, and how many are kept.
    KeepLast {
        /// 2 for the one before the newest.
        place: u32,
        /// The setting of the newest good point.
        of: u32,
    },
    /// A person's hold.
    Hold,
    /// Its copy, or it as a copy, is pending or running.
    Copying,
    /// The newest copy under its key, on which later FSx copies build.
    IncrementalBase,
    /// A vault lock or a legal hold; without an instant until it is lifted.
    Lock {
        /// The lock's end.
        until: Option<Timestamp>,
    },
    /// A restore from it is running.
    Restoring,
    /// Two points of the service claim to be this one: reported, and never resolved by deleting.
    Conflict,
    /// Its backup or copy has not ended.
    Unfinished,
    /// It is not proven to be ours.
    Unproven,
    /// It was asked for by a person.
    Manual,
    /// It was not made by us.
    Foreign,
    /// The service made it by itself.
    Automatic,
}

impl fmt::Display for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flags(flags) => {
                for (index, (flag, until)) in flags.iter().enumerate() {
                    write!(f, "{}{flag} until {until}", if index == 0 { "" } else { ", " })?;
                }
                Ok(())
            }
            Self::Newest => f.write_str("newest good point"),
            Self::KeepLast { place, of } => write!(f, "number {place} of the {of} newest good points"),
            Self::Hold => f.write_str("hold"),
            Self::Copying => f.write_str("copy pending or running"),
            Self::IncrementalBase => f.write_str("base of incremental copies"),
            Self::Lock { until: Some(until) } => write!(f, "locked until {until}"),
            Self::Lock { until: None } => f.write_str("legal hold"),
            Self::Restoring => f.write_str("restore running"),
            Self::Conflict => f.write_str("two claimants of one identity"),
            Self::Unfinished => f.write_str("not finished"),
            Self::Unproven => f.write_str("not proven ours"),
            Self::Manual => f.write_str("manual"),
            Self::Foreign => f.write_str("foreign"),
            Self::Automatic => f.write_str("automatic"),
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kept(reasons) => {
                f.write_str("kept: ")?;
                for (index, reason) in reasons.iter().enumerate() {
                    write!(f, "{}{reason}", if index == 0 { "" } else { "; " })?;
                }
                Ok(())
            }
            Self::Removed { since } => write!(f, "removed: due since {since}"),
            Self::Lost => f.write_str("lost"),
        }
    }
}
