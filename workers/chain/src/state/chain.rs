//! The record of a chain, or of a resource's manual points.

use std::collections::{BTreeMap, BTreeSet};

use chainwright_contracts::{
    arn::Arn,
    flag::Flag,
    ids::Incarnation,
    place::Place,
    policy::{PolicyName, SourceKind},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Owner;

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
    /// ARNs found in the chain's places that are not the chain's, so that each is read and reported once.
    pub foreign: BTreeSet<String>,
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
