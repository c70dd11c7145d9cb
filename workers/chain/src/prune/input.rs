//! What the plan is told of a chain.

use std::collections::BTreeMap;

use chainwright_contracts::jobs::Side;
use jiff::Timestamp;

use crate::retention::SideFlags;

/// A chain as it was seen at one moment. `Id` names points; any name will do.
#[derive(Debug, Clone)]
pub struct Chain<Id> {
    /// The points, in any order; fastest when sorted by slot.
    pub points: Vec<ChainPoint<Id>>,
    /// Whether a policy still owns the chain.
    pub ownership: Ownership,
    /// The Date of the AWS listing that was looked at.
    pub now: Timestamp,
}

/// Who answers for a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ownership {
    /// A policy makes points in it.
    Owned,
    /// No policy does: expiries go on, the newest good points stay.
    Orphaned,
    /// Orphaned, and a person has said that the newest may go too.
    Released,
}

/// A point with what concerns all its sides.
#[derive(Debug, Clone)]
pub struct ChainPoint<Id> {
    /// Its name.
    pub id: Id,
    /// Its slot.
    pub slot: Timestamp,
    /// Whether it is the chain's at all.
    pub kind: Kind,
    /// The `keep_last` that was applied when it was made.
    pub keep_last: u32,
    /// Whether a person holds it: seen in the ledger or in a tag of any side.
    pub held: bool,
    /// Its sides that were wanted or found.
    pub sides: BTreeMap<Side, PointSide>,
}

/// Whose a point is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One of the chain's own.
    Chained,
    /// Asked for by a person.
    Manual,
    /// Not made by us, or without a seal that proves it.
    Foreign,
    /// Made by the service itself.
    Automatic,
}

/// One side of a point.
#[derive(Debug, Clone)]
pub struct PointSide {
    /// Every flag it was given, ended ones included; empty for a copy that no flag asked for.
    pub flags: SideFlags,
    /// Whether it can be relied on.
    pub goodness: Goodness,
    /// Whether two points of the service claim to be this one.
    pub conflict: bool,
    /// Whether a copy of it, or it as a copy, is pending or running. A copy is pending until
    /// [`copy_wanted_until`](crate::retention::copy_wanted_until); after that only a running job counts.
    pub copying: bool,
    /// Whether a restore from it is running.
    pub restoring: bool,
    /// A lock that the service enforces.
    pub lock: Option<Lock>,
    /// Of a copy of an FSx backup: the key it is encrypted under, which later copies build on.
    pub fsx_key: Option<String>,
    /// Whether its deletion was requested before.
    pub deletion_requested: bool,
}

/// Whether a side can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goodness {
    /// Complete, unexpired in the service, in its recorded place, its seal opened within the last day.
    Good,
    /// There, but not that.
    NotGood(NotGood),
    /// Not there: the service, asked for it by name, does not know it.
    Lost,
}

/// Why a side cannot be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotGood {
    /// Its backup or copy has not ended.
    Unfinished,
    /// Its backup or copy failed and left something behind.
    Failed,
    /// The service itself counts it as expired, or is removing it.
    ServiceExpired,
    /// Its seal did not open, or it lies elsewhere than recorded, or its creation does not fit: not proven ours.
    Unproven,
}

/// A lock that the service enforces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    /// A vault lock's minimum.
    Until(Timestamp),
    /// A legal hold, until someone lifts it.
    Indefinite,
}

impl PointSide {
    /// A good side with these flags, and nothing else about it.
    #[must_use]
    pub fn good(flags: SideFlags) -> Self {
        Self {
            flags,
            goodness: Goodness::Good,
            conflict: false,
            copying: false,
            restoring: false,
            lock: None,
            fsx_key: None,
            deletion_requested: false,
        }
    }

    /// Whether it may keep others from being kept: good, asked for, and claimed once.
    pub(super) fn counts(&self, kind: Kind) -> bool {
        kind == Kind::Chained && self.goodness == Goodness::Good && !self.conflict && !self.flags.is_empty()
    }
}
