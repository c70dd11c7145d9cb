//! How a record becomes an item and an item a record.

use chainwright_aws::ledger::Item;
use chainwright_chain::state::{
    ChainRecord, OperationRecord, Owner, PointRecord, PolicyHead, Revision, SessionRecord, SideRecord, SideState,
};
use chainwright_contracts::{arn::Arn, ids::ChainId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{Key, LedgerError};

/// Ended records stay longer than a queue's and its dead letters' retention together (14 days each), so that whatever is
/// still to be replayed finds them.
const KEEP_ENDED: SignedDuration = SignedDuration::from_hours(35 * 24);

/// A record of the ledger.
pub trait Record: Serialize + DeserializeOwned + Send + Sync {
    /// Its key.
    fn key(&self) -> Key;

    /// When a tick must look at it.
    fn due_at(&self) -> Option<Timestamp> {
        None
    }

    /// AWS's id of the operation that it records.
    fn aws_id(&self) -> Option<String> {
        None
    }

    /// When it became of no further use; it stays 35 days more.
    fn ended_at(&self) -> Option<Timestamp> {
        None
    }
}

/// A record as it was read, with the version that a change of it must state.
#[derive(Debug, Clone)]
pub struct Versioned<R> {
    /// The record's version.
    pub version: u64,
    /// The record.
    pub value: R,
}

impl<R: Record> Versioned<R> {
    /// Reads an item.
    pub(super) fn read(item: Item) -> Result<Self, LedgerError> {
        match serde_json::from_str(&item.body) {
            Ok(value) => Ok(Self { version: item.version, value }),
            Err(error) => Err(LedgerError::Unreadable { key: format!("{} {}", item.pk, item.sk), source: error }),
        }
    }
}

/// Writes a record as an item.
pub(super) fn item<R: Record>(record: &R, version: u64) -> Result<Item, LedgerError> {
    let Key { pk, sk } = record.key();
    let body = serde_json::to_string(record)
        .map_err(|error| LedgerError::Unreadable { key: format!("{pk} {sk}"), source: error })?;
    let expires_at = record.ended_at().and_then(|at| at.checked_add(KEEP_ENDED).ok());
    Ok(Item { pk, sk, version, due_at: record.due_at(), aws_id: record.aws_id(), expires_at, body })
}

/// The mark that the ledger is whole: set when it is first made, and when it has been rebuilt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// When it was set.
    pub since: Timestamp,
}

/// Whose a point is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointOwner {
    /// The point.
    pub point: chainwright_contracts::ids::PointId,
    /// Its owner.
    pub owner: Owner,
    /// When the point's own record came to its end; none while it has not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

/// Which chain a resource has under a policy now; an older one is that of a resource that is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrentChain {
    /// The resource.
    pub resource: Arn,
    /// The policy.
    pub policy: chainwright_contracts::policy::PolicyName,
    /// The chain.
    pub chain: ChainId,
}

impl Record for Ready {
    fn key(&self) -> Key {
        Key::ready()
    }
}

impl Record for PointOwner {
    fn key(&self) -> Key {
        Key::point_owner(&self.point)
    }

    fn ended_at(&self) -> Option<Timestamp> {
        self.ended_at
    }
}

impl Record for CurrentChain {
    fn key(&self) -> Key {
        Key::current_chain(self.resource.as_str(), &self.policy)
    }
}

impl Record for PolicyHead {
    fn key(&self) -> Key {
        Key::policy(&self.name)
    }

    fn due_at(&self) -> Option<Timestamp> {
        self.next_slot
    }
}

impl Record for Revision {
    fn key(&self) -> Key {
        Key::revision(&self.file.policy, self.number)
    }
}

impl Record for SessionRecord {
    fn key(&self) -> Key {
        Key::session(&self.policy, self.slot)
    }

    fn due_at(&self) -> Option<Timestamp> {
        self.next_send
    }

    fn ended_at(&self) -> Option<Timestamp> {
        self.next_send.is_none().then_some(self.created_at)
    }
}

impl Record for ChainRecord {
    fn key(&self) -> Key {
        Key::chain(&self.owner)
    }

    fn due_at(&self) -> Option<Timestamp> {
        self.next_reconcile
    }
}

impl Record for PointRecord {
    fn key(&self) -> Key {
        Key::point(&self.owner, &self.id)
    }

    fn due_at(&self) -> Option<Timestamp> {
        self.removal_due()
    }

    fn ended_at(&self) -> Option<Timestamp> {
        // What is lost may be found again, whenever that is.
        if !self.is_over() || self.sides.values().any(|side| side.state == SideState::Lost) {
            return None;
        }
        // While a flag lasts, what was removed on request is remembered: what bears its seal then is not it.
        let removed = self.sides.values().filter_map(|side| side.tombstone.as_ref().map(|stone| stone.at));
        let flags = self.sides.values().filter_map(SideRecord::last_expiry);
        let keep = self.keep_until;
        removed.chain(flags).chain(keep).chain([self.requested_at]).max()
    }
}

impl Record for OperationRecord {
    fn key(&self) -> Key {
        Key::operation(&self.owner, &self.point, self.kind, &self.side)
    }

    fn due_at(&self) -> Option<Timestamp> {
        self.due_at()
    }

    fn aws_id(&self) -> Option<String> {
        self.job.clone()
    }

    fn ended_at(&self) -> Option<Timestamp> {
        self.ended_at
    }
}
