//! The ledger: typed records over one table, and changes that take effect whole or not at all.
//!
//! | PK | SK | record |
//! |---|---|---|
//! | `ledger` | `ready` | the mark without which nothing is started or removed |
//! | `policies` | the policy's name | [`PolicyHead`] |
//! | `policy#NAME` | `revision#000001` | [`Revision`] |
//! | `policy#NAME` | `session#SLOT` | [`SessionRecord`] |
//! | `chain#ID` or `manual#ARN#INCARNATION` | `chain` | [`ChainRecord`] |
//! | the same | `point#ID` | [`PointRecord`] |
//! | the same | `op#POINT#KIND#SIDE` | [`OperationRecord`] |
//! | `point#ID` | `owner` | [`PointOwner`]: whose the point is |
//! | `resource#ARN` | the policy's name | [`CurrentChain`]: the resource's present chain |
//!
//! Every record has a version; a change states the versions that it was decided on. What could race over a chain bumps
//! the chain's own version. Index `due` finds what a tick must look at, index `aws-id` finds operations by AWS's id.

mod change;
mod owners;
mod record;

use std::sync::Arc;

use chainwright_aws::{
    ledger::{Item, Store},
    sealing::Nonces,
};
use chainwright_chain::state::{ChainRecord, OperationRecord, Owner, PointRecord, PolicyHead, Revision, SessionRecord};
use chainwright_contracts::{
    ids::PointId,
    jobs::{OperationKind, Side},
    policy::PolicyName,
};
use jiff::Timestamp;

pub use self::{
    change::{Change, LedgerError},
    record::{CurrentChain, PointOwner, Ready, Record, Versioned},
};

/// How many points are written in one transaction, of the 100 writes that DynamoDB takes (DynamoDB API reference,
/// `TransactWriteItems`).
const POINTS_AT_ONCE: usize = 80;

/// How many items a query asks for at once.
const PAGE: u32 = 200;

/// The key of a record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The partition.
    pub pk: String,
    /// The place in it.
    pub sk: String,
}

impl Key {
    fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }

    /// The mark that the ledger is whole.
    #[must_use]
    pub fn ready() -> Self {
        Self::new("ledger", "ready")
    }

    /// A policy's head.
    #[must_use]
    pub fn policy(name: &PolicyName) -> Self {
        Self::new("policies", name.as_str())
    }

    /// One of a policy's revisions.
    #[must_use]
    pub fn revision(name: &PolicyName, number: u32) -> Self {
        Self::new(format!("policy#{name}"), format!("revision#{number:06}"))
    }

    /// A session.
    #[must_use]
    pub fn session(name: &PolicyName, slot: Timestamp) -> Self {
        Self::new(format!("policy#{name}"), format!("session#{slot}"))
    }

    /// A chain, or the record of a resource's manual points.
    #[must_use]
    pub fn chain(owner: &Owner) -> Self {
        Self::new(owner.to_string(), "chain")
    }

    /// A point.
    #[must_use]
    pub fn point(owner: &Owner, point: &PointId) -> Self {
        Self::new(owner.to_string(), format!("point#{point}"))
    }

    /// An operation.
    #[must_use]
    pub fn operation(owner: &Owner, point: &PointId, kind: OperationKind, side: &Side) -> Self {
        Self::new(owner.to_string(), format!("op#{point}#{}#{side}", kind.as_str()))
    }

    /// Where it is written whose a point is.
    #[must_use]
    pub fn point_owner(point: &PointId) -> Self {
        Self::new(format!("point#{point}"), "owner")
    }

    /// Where it is written which chain a resource has now.
    #[must_use]
    pub fn current_chain(resource: &str, policy: &PolicyName) -> Self {
        Self::new(format!("resource#{resource}"), policy.as_str())
    }
}

/// Everything that the ledger knows of one chain, or of one resource's manual points.
#[derive(Debug, Clone)]
pub struct Family {
    /// The chain's record.
    pub chain: Versioned<ChainRecord>,
    /// Its points, by id.
    pub points: Vec<Versioned<PointRecord>>,
    /// Their operations.
    pub operations: Vec<Versioned<OperationRecord>>,
}

impl Family {
    /// A point of the family.
    #[must_use]
    pub fn point(&self, id: &PointId) -> Option<&Versioned<PointRecord>> {
        self.points.iter().find(|point| point.value.id == *id)
    }

    /// An operation of the family.
    #[must_use]
    pub fn operation(&self, id: &PointId, kind: OperationKind, side: &Side) -> Option<&Versioned<OperationRecord>> {
        self.operations.iter().find(|op| op.value.point == *id && op.value.kind == kind && op.value.side == *side)
    }

    /// The operations of this kind that are not over.
    pub fn unfinished(&self, kind: OperationKind) -> impl Iterator<Item = &OperationRecord> {
        self.operations.iter().map(|op| &op.value).filter(move |op| op.kind == kind && !op.is_over())
    }
}

/// Something that has fallen due.
#[derive(Debug, Clone)]
pub enum Due {
    /// A policy's next slot.
    Policy(Versioned<PolicyHead>),
    /// A session that has not come to its end.
    Session(Versioned<SessionRecord>),
    /// An operation's next look.
    Operation(Versioned<OperationRecord>),
    /// A manual point whose `keep` has passed.
    Point(Versioned<PointRecord>),
    /// A chain to compare with AWS.
    Chain(Versioned<ChainRecord>),
}

/// A page of what has fallen due, and where the next page begins.
pub type DuePage = (Vec<Result<Due, LedgerError>>, Option<String>);

/// The typed ledger.
#[derive(Debug, Clone)]
pub struct Ledger {
    store: Store,
    nonces: Arc<dyn Nonces>,
}

impl Ledger {
    /// A ledger over this table. The nonces make every commit one of its own: the same change decided on twice is a
    /// conflict for the second, who must look at what has become of it since.
    #[must_use]
    pub fn new(store: Store, nonces: Arc<dyn Nonces>) -> Self {
        Self { store, nonces }
    }

    /// The table beneath.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Whether the ledger is whole.
    ///
    /// # Errors
    /// Where the table does not answer.
    pub async fn is_ready(&self) -> Result<bool, LedgerError> {
        Ok(self.get::<Ready>(&Key::ready()).await?.is_some())
    }

    /// Whether the ledger is whole, and what time it is where it lives, in whole seconds.
    ///
    /// # Errors
    /// Where the table does not answer.
    pub(crate) async fn heartbeat(&self) -> Result<(bool, Timestamp), LedgerError> {
        let key = Key::ready();
        let (mark, date) = self.store.get_dated(&key.pk, &key.sk).await?;
        Ok((mark.is_some(), date))
    }

    /// Reads one record, strongly consistent.
    ///
    /// # Errors
    /// Where the table does not answer, or the record cannot be read.
    pub async fn get<R: Record>(&self, key: &Key) -> Result<Option<Versioned<R>>, LedgerError> {
        self.store.get(&key.pk, &key.sk).await?.map(Versioned::read).transpose()
    }

    /// Reads a whole partition below a prefix.
    ///
    /// # Errors
    /// Where the table does not answer, or a record cannot be read.
    pub async fn all<R: Record>(&self, pk: &str, prefix: &str) -> Result<Vec<Versioned<R>>, LedgerError> {
        self.items(pk, prefix).await?.into_iter().map(Versioned::read).collect()
    }

    /// Every policy's head, by name.
    ///
    /// # Errors
    /// As [`Ledger::all`].
    pub async fn policies(&self) -> Result<Vec<Versioned<PolicyHead>>, LedgerError> {
        self.all("policies", "").await
    }

    /// One revision of a policy.
    ///
    /// # Errors
    /// As [`Ledger::get`].
    pub async fn revision(&self, name: &PolicyName, number: u32) -> Result<Option<Revision>, LedgerError> {
        Ok(self.get::<Revision>(&Key::revision(name, number)).await?.map(|revision| revision.value))
    }

    /// A policy's sessions that are still remembered, by slot.
    ///
    /// # Errors
    /// As [`Ledger::all`].
    pub async fn sessions(&self, name: &PolicyName) -> Result<Vec<Versioned<SessionRecord>>, LedgerError> {
        self.all(&format!("policy#{name}"), "session#").await
    }

    /// Every owner of points, in order. It reads the whole table: for reports, not for jobs.
    ///
    /// # Errors
    /// Where the table does not answer, or a record cannot be read.
    pub async fn owners(&self) -> Result<Vec<Owner>, LedgerError> {
        Ok(self.chains().await?.into_iter().map(|chain| chain.owner).collect())
    }

    /// The record of every chain, and of every resource's manual points, by owner. It reads the whole table: for reports,
    /// not for jobs.
    ///
    /// # Errors
    /// Where the table does not answer, or a record cannot be read.
    pub async fn chains(&self) -> Result<Vec<ChainRecord>, LedgerError> {
        let mut chains = Vec::new();
        let mut after = None;
        loop {
            let page = self.store.scan(after, PAGE).await?;
            for item in page.items.into_iter().filter(|item| item.sk == "chain") {
                chains.push(Versioned::<ChainRecord>::read(item)?.value);
            }
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        chains.sort_by(|a, b| a.owner.cmp(&b.owner));
        Ok(chains)
    }

    /// Everything of one chain, or none where it is unknown.
    ///
    /// # Errors
    /// As [`Ledger::all`].
    pub async fn family(&self, owner: &Owner) -> Result<Option<Family>, LedgerError> {
        let mut chain = None;
        let mut points = Vec::new();
        let mut operations = Vec::new();
        for item in self.items(&owner.to_string(), "").await? {
            match item.sk.split('#').next() {
                Some("chain") => chain = Some(Versioned::read(item)?),
                Some("point") => points.push(Versioned::read(item)?),
                _ => operations.push(Versioned::read(item)?),
            }
        }
        Ok(chain.map(|chain| Family { chain, points, operations }))
    }

    /// Whose a point is, or none where it is unknown.
    ///
    /// # Errors
    /// As [`Ledger::get`].
    pub async fn owner_of(&self, point: &PointId) -> Result<Option<Owner>, LedgerError> {
        Ok(self.get::<PointOwner>(&Key::point_owner(point)).await?.map(|found| found.value.owner))
    }

    /// One page of what had fallen due by `now`, and where the next page begins. A record that cannot be read keeps none
    /// of the others: it stands among them as its error.
    ///
    /// # Errors
    /// Where the table does not answer.
    pub async fn due(&self, now: Timestamp, after: Option<String>) -> Result<DuePage, LedgerError> {
        let page = self.store.due(now, after, PAGE).await?;
        let mut due = Vec::with_capacity(page.items.len());
        for key in page.items {
            // The index lags behind the table, and holds keys alone: the record itself says whether it is due.
            if let Some(item) = self.store.get(&key.pk, &key.sk).await?
                && item.due_at.is_some_and(|at| at <= now)
            {
                due.extend(read_due(item).transpose());
            }
        }
        Ok((due, page.next))
    }

    /// The unfinished operations that AWS knows by this id.
    ///
    /// # Errors
    /// Where the table does not answer, or a record cannot be read.
    pub async fn by_aws_id(&self, id: &str) -> Result<Vec<Versioned<OperationRecord>>, LedgerError> {
        let mut found = Vec::new();
        for key in self.store.by_aws_id(id).await? {
            if let Some(item) = self.store.get(&key.pk, &key.sk).await? {
                found.push(Versioned::read(item)?);
            }
        }
        Ok(found)
    }

    /// Makes a change take effect, whole.
    ///
    /// # Errors
    /// [`LedgerError::Conflict`] where a record is no longer as the change assumes, [`LedgerError::NotReady`] where the
    /// change must not happen before the ledger is rebuilt.
    pub async fn commit(&self, change: Change) -> Result<(), LedgerError> {
        let nonce = self.nonces.next().map_err(|error| LedgerError::Unavailable(error.to_string()))?;
        change.commit(&self.store, &nonce.map(|byte| format!("{byte:02x}")).concat()).await
    }

    /// Writes points of one chain, each as it was read and is now, and tells the version that the chain has then. What is
    /// too much for one transaction is written in several, each of which bumps the chain's version.
    ///
    /// # Errors
    /// As [`Ledger::commit`]; some of the points may have been written then.
    pub(crate) async fn commit_points(
        &self,
        chain: &Versioned<ChainRecord>,
        points: &[Versioned<PointRecord>],
    ) -> Result<u64, LedgerError> {
        let mut chain = chain.clone();
        for batch in points.chunks(POINTS_AT_ONCE) {
            self.commit(batch.iter().fold(Change::new().update(&chain), Change::update)).await?;
            chain.version += 1;
        }
        Ok(chain.version)
    }

    async fn items(&self, pk: &str, prefix: &str) -> Result<Vec<Item>, LedgerError> {
        let mut items = Vec::new();
        let mut after = None;
        loop {
            let page = self.store.query(pk, prefix, after, PAGE).await?;
            items.extend(page.items);
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(items),
            }
        }
    }
}

fn read_due(item: Item) -> Result<Option<Due>, LedgerError> {
    let kind = item.sk.split('#').next().unwrap_or_default();
    Ok(Some(match (item.pk.as_str(), kind) {
        ("policies", _) => Due::Policy(Versioned::read(item)?),
        (_, "session") => Due::Session(Versioned::read(item)?),
        (_, "op") => Due::Operation(Versioned::read(item)?),
        (_, "point") => Due::Point(Versioned::read(item)?),
        (_, "chain") => Due::Chain(Versioned::read(item)?),
        _ => return Ok(None),
    }))
}
