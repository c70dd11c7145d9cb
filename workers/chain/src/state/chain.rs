//! The record of a chain, or of a resource's manual points.

use std::collections::{BTreeMap, BTreeSet};

use chainwright_contracts::{
    arn::Arn,
    flag::Flag,
    ids::{Incarnation, derive},
    place::Place,
    policy::{Age, PolicyName, SourceKind},
};
use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::Owner;
use crate::retention;

/// How many strangers a chain remembers. With 16 bytes each, and its [suspects](MOST_SUSPECTS), its record stays far below
/// the 400 KB that DynamoDB takes (DynamoDB developer guide, "Quotas": item size).
pub const MOST_STRANGERS: usize = 4_000;

/// How many of them it remembers by name, with the reason.
pub const MOST_SUSPECTS: usize = 100;

/// How much of a reason is remembered, in characters.
const LONGEST_REASON: usize = 300;

/// What the points of one owner have in common. Its version in the ledger guards every change that could race.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainRecord {
    /// The chain, or the manual points.
    pub owner: Owner,
    /// The service that is backed up.
    pub source: SourceKind,
    /// What is backed up.
    pub resource: Arn,
    /// Which of the resources that have borne this ARN.
    pub incarnation: Incarnation,
    /// The policy; none for manual points.
    pub policy: Option<PolicyName>,
    /// Every place that the chain has used. Before anything is removed, all of them are listed.
    pub places: BTreeSet<Place>,
    /// Flags of slots whose backup finally failed, until a point that carries them is available.
    pub waiting: BTreeMap<Flag, Waiting>,
    /// Set when the policy or the resource is gone: expiries go on, the newest point stays.
    pub orphaned: Option<Orphaned>,
    /// A person gave up an orphaned chain: its newest point may go, too.
    pub released: bool,
    /// When the chain is next compared with AWS; none for manual points.
    pub next_reconcile: Option<Timestamp>,
    /// What was found in the chain's places and is not the chain's, each by a short hash of its ARN, so that it is read and
    /// reported once; at most [`MOST_STRANGERS`].
    #[serde(default)]
    pub strangers: BTreeSet<String>,
    /// Those among them that bear a chain's name or seal and are not it: by ARN, why not; at most [`MOST_SUSPECTS`].
    #[serde(default)]
    pub suspects: BTreeMap<String, String>,
    /// Counts the comparisons with AWS: where one has to choose what to read, the next begins elsewhere.
    #[serde(default)]
    pub comparisons: u32,
    /// How old the newest good point may get, as the policy said when it was last read.
    #[serde(default)]
    pub rpo: Option<Age>,
    /// From which slot that is measured: the newest good point's or, before there is one, the first that was asked for.
    #[serde(default)]
    pub fresh_from: Option<Timestamp>,
    /// Since when the newest good point is older than it may get.
    #[serde(default)]
    pub at_risk: Option<Timestamp>,
    /// The last comparison with AWS that was finished.
    pub reconciled_at: Option<Timestamp>,
}

/// A flag that waits for the next available point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// The slot whose backup failed.
    pub from: Timestamp,
    /// The schedule's next slot, at which the flag comes by itself and this one lapses.
    pub until: Timestamp,
}

/// Why, and since when, a chain has no policy or resource any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orphaned {
    /// When it was noticed.
    pub since: Timestamp,
    /// Such as "the table was created again".
    pub reason: String,
}

impl ChainRecord {
    /// The flags that a point of `slot` takes over: those still waiting.
    #[must_use]
    pub fn taken_over(&self, slot: Timestamp) -> BTreeSet<Flag> {
        self.waiting
            .iter()
            .filter(|(_, waiting)| waiting.from < slot && slot < waiting.until)
            .map(|(flag, _)| *flag)
            .collect()
    }

    /// When the newest good point becomes older than the policy allows; days are those of UTC.
    #[must_use]
    pub fn stale_at(&self) -> Option<Timestamp> {
        let rpo = self.rpo.filter(|_| self.orphaned.is_none())?;
        Some(retention::later(&TimeZone::UTC, self.fresh_from?, rpo))
    }

    /// Judges how old the newest good point is at `now`, and sees to it that the instant at which it becomes too old is
    /// looked at: nothing else need happen then. Says whether it has become too old since it was last judged.
    pub fn judge_freshness(&mut self, newest: Option<Timestamp>, now: Timestamp) -> bool {
        self.fresh_from = newest.or(self.fresh_from);
        let stale_at = self.stale_at();
        let before = self.at_risk.take();
        self.at_risk = stale_at.filter(|at| *at <= now);
        if let (Some(at), Some(next)) = (stale_at.filter(|at| now < *at), self.next_reconcile) {
            self.next_reconcile = Some(next.min(at));
        }
        before.is_none() && self.at_risk.is_some()
    }

    /// Whether a point at AWS is known not to be the chain's.
    #[must_use]
    pub fn is_stranger(&self, arn: &str) -> bool {
        self.strangers.contains(&short(arn))
    }

    /// A point at AWS proves not to be the chain's. With no room left for it, it is read again another time.
    pub fn met_stranger(&mut self, arn: &str) {
        if self.has_room_for_strangers() {
            self.strangers.insert(short(arn));
        }
    }

    /// Whether another stranger would be remembered.
    #[must_use]
    pub fn has_room_for_strangers(&self) -> bool {
        self.strangers.len() < MOST_STRANGERS
    }

    /// A stranger bears a chain's name or seal.
    pub fn met_suspect(&mut self, arn: &str, why: &str) {
        self.met_stranger(arn);
        if self.suspects.len() < MOST_SUSPECTS {
            self.suspects.insert(arn.to_owned(), why.chars().take(LONGEST_REASON).collect());
        }
    }

    /// Forgets the strangers that AWS does not list any more.
    pub fn forget_strangers<'a>(&mut self, listed: impl Iterator<Item = &'a str>) {
        let mut gone = std::mem::take(&mut self.strangers);
        let mut suspects = std::mem::take(&mut self.suspects);
        for arn in listed {
            let hash = short(arn);
            if gone.remove(&hash) {
                self.strangers.insert(hash);
            }
            self.suspects.extend(suspects.remove_entry(arn));
        }
    }

    /// A slot's backup finally failed: its flags other than daily wait for the next point.
    pub fn pass_on(&mut self, flags: impl IntoIterator<Item = (Flag, Waiting)>) {
        for (flag, waiting) in flags {
            if flag != Flag::Daily && self.waiting.get(&flag).is_none_or(|known| known.from < waiting.from) {
                self.waiting.insert(flag, waiting);
            }
        }
    }

    /// A point of `slot` with these flags is available: they wait no longer.
    pub fn arrived(&mut self, slot: Timestamp, flags: &BTreeSet<Flag>) {
        self.waiting.retain(|flag, waiting| slot <= waiting.from || !flags.contains(flag));
    }
}

/// Sixty-five bits of a hash: among some thousand strangers no two are taken for each other.
fn short(arn: &str) -> String {
    let mut hash = derive("stranger", &[arn]);
    hash.truncate(13);
    hash
}
