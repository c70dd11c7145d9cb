//! The catalogue: what the ledger knows of points, made from what the points say of themselves.
//!
//! A lost ledger is rebuilt from AWS alone: every vault is listed, every seal opened, and chains, points, sides, flags,
//! expiries and holds are written as the seals have them. What no seal holds does not come back: operations under way,
//! flags that wait for a next point, policies (they are applied again from their files). Until the ready mark is set at
//! the very end, nothing is started or removed.

use std::collections::{BTreeMap, BTreeSet};

use chainwright_aws::sources::Source;
use chainwright_chain::{
    exchange::{Configuration, ObservedPoint, PointStatus},
    state::{Hold, Owner, PointRecord, SideRecord, SideState},
};
use chainwright_contracts::{
    arn::Arn,
    ids::PointId,
    jobs::Side,
    place::Place,
    policy::{PolicyName, SourceKind},
    sealed::Record,
};
use jiff::Timestamp;

use crate::{
    Context, claim,
    claim::Claim,
    error::JobError,
    ledger::{Change, CurrentChain, Key, Ledger, LedgerError, PointOwner, Ready},
    snapshot::chain_record,
};

/// Declares a new, empty ledger whole.
///
/// # Errors
/// Where the ledger does not take the mark.
pub async fn init(ledger: &Ledger, now: Timestamp) -> Result<(), LedgerError> {
    if ledger.is_ready().await? {
        return Ok(());
    }
    ledger.commit(Change::new().create(&Ready { since: now })).await
}

/// What a rebuild found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// Chains written, those of manual points not counted.
    pub chains: usize,
    /// Points written.
    pub points: usize,
    /// Points at AWS whose seals do not open, or which are not ours.
    pub left_alone: usize,
}

/// Rebuilds the catalogue from every point in these places, then declares the ledger whole. It may be run again after
/// an interruption: what is written already stays.
///
/// # Errors
/// Where AWS or the ledger fail; the ledger is not declared whole then.
pub async fn rebuild(ctx: &Context, kind: SourceKind, places: &[Place]) -> Result<Rebuilt, JobError> {
    let source = ctx.source(kind)?.as_ref();
    let mut found = Found::default();
    for place in places {
        found.list(ctx, source, place).await?;
    }
    let rebuilt = found.write(ctx, kind).await?;
    init(ctx.ledger(), ctx.now()).await?;
    Ok(rebuilt)
}

#[derive(Default)]
struct Found {
    points: BTreeMap<PointId, PointRecord>,
    left_alone: usize,
}

impl Found {
    async fn list(&mut self, ctx: &Context, source: &dyn Source, place: &Place) -> Result<(), JobError> {
        let mut page = None;
        loop {
            let listed = source.list_points(None, place, page).await?;
            for observed in listed.points.iter().filter(|point| point.status == PointStatus::Available) {
                self.meet(ctx, source, observed).await?;
            }
            match listed.next {
                Some(next) => page = Some(next),
                None => return Ok(()),
            }
        }
    }

    async fn meet(&mut self, ctx: &Context, source: &dyn Source, observed: &ObservedPoint) -> Result<(), JobError> {
        let Claim::Opens { record, held } = claim::read(ctx, source, observed).await? else {
            self.left_alone += 1;
            return Ok(());
        };
        let Some(sealed) = record.sides.iter().find(|sealed| sealed.place == observed.place) else {
            self.left_alone += 1;
            return Ok(());
        };
        let point = self.points.entry(record.point.clone()).or_insert_with(|| point_record(&record, ctx.now()));
        found(point, &sealed.side, observed, held, ctx.now());
        Ok(())
    }

    async fn write(self, ctx: &Context, kind: SourceKind) -> Result<Rebuilt, JobError> {
        let mut owners: BTreeMap<Owner, Vec<PointRecord>> = BTreeMap::new();
        for point in self.points.into_values() {
            owners.entry(point.owner.clone()).or_default().push(point);
        }
        let mut rebuilt = Rebuilt { left_alone: self.left_alone, ..Rebuilt::default() };
        let mut current: BTreeMap<(Arn, PolicyName), (Timestamp, CurrentChain)> = BTreeMap::new();
        for (owner, points) in owners {
            rebuilt.points += points.len();
            rebuilt.chains += usize::from(owner.chain().is_some());
            for point in &points {
                if let (Some(policy), Some(chain)) = (&point.policy, owner.chain()) {
                    let entry =
                        CurrentChain { resource: point.resource.clone(), policy: policy.clone(), chain: chain.clone() };
                    let newest = current.entry((point.resource.clone(), policy.clone()));
                    let newest = newest.or_insert_with(|| (point.slot, entry.clone()));
                    if newest.0 < point.slot {
                        *newest = (point.slot, entry);
                    }
                }
            }
            write_owner(ctx, kind, &owner, points).await?;
        }
        for (_, entry) in current.into_values() {
            let key = Key::current_chain(entry.resource.as_str(), &entry.policy);
            if ctx.ledger().get::<CurrentChain>(&key).await?.is_none() {
                ctx.ledger().commit(Change::new().create(&entry)).await?;
            }
        }
        Ok(rebuilt)
    }
}

async fn write_owner(ctx: &Context, kind: SourceKind, owner: &Owner, points: Vec<PointRecord>) -> Result<(), JobError> {
    if ctx.ledger().get::<chainwright_chain::state::ChainRecord>(&Key::chain(owner)).await?.is_none()
        && let Some(first) = points.first()
    {
        // Due at once: the first comparison finds out what became of the resource.
        let mut chain = chain_record(kind, first, owner.chain().map(|_| ctx.now()));
        chain.places = points.iter().flat_map(|point| point.sides.values().map(|side| side.place.clone())).collect();
        ctx.ledger().commit(Change::new().create(&chain)).await?;
    }
    for point in points {
        if ctx.ledger().get::<PointRecord>(&Key::point(owner, &point.id)).await?.is_none() {
            ctx.ledger().commit(create(Change::new(), &point)).await?;
        }
    }
    Ok(())
}

/// Writes a point that is not in the ledger yet, and whose it is.
pub(crate) fn create(change: Change, point: &PointRecord) -> Change {
    let owner = PointOwner { point: point.id.clone(), owner: point.owner.clone() };
    change.create(point).create(&owner)
}

/// A point's record, from what is sealed in it. A side that nobody has found yet is gone if its flags are, and else lost
/// (the backup) or still wanted (a copy).
pub(crate) fn point_record(record: &Record, now: Timestamp) -> PointRecord {
    let owner = match &record.chain {
        Some(chain) => Owner::Chain(chain.clone()),
        None => Owner::Manual(record.resource.clone(), record.incarnation.clone()),
    };
    let sides = record.sides.iter().map(|sealed| {
        let mut side = SideRecord::wanted(sealed.place.clone(), sealed.flags.clone());
        let standing = side.last_expiry().is_none_or(|last| now < last);
        side.state = match (&sealed.side, standing) {
            (_, false) => SideState::Removed,
            (Side::Regular, true) => SideState::Lost,
            (Side::Copy(_), true) => SideState::Wanted,
        };
        (sealed.side.clone(), side)
    });
    PointRecord {
        id: record.point.clone(),
        owner,
        resource: record.resource.clone(),
        incarnation: record.incarnation.clone(),
        policy: record.policy.clone(),
        revision: record.revision,
        slot: record.slot,
        requested_at: record.requested_at,
        sides: sides.collect(),
        keep_last: record.keep_last.unwrap_or_default(),
        keep_until: record.keep_until,
        not_before: None,
        hold: None,
        seal_revision: 0,
        substituted: record.substituted.iter().copied().collect::<BTreeSet<_>>(),
        configuration: Configuration {
            incarnation: record.incarnation.clone(),
            parts: record.configuration.clone(),
            not_captured: record.not_captured.clone(),
        },
        job: None,
        correlation: None,
    }
}

/// One side of a point was found at AWS.
pub(crate) fn found(point: &mut PointRecord, side: &Side, observed: &ObservedPoint, held: bool, now: Timestamp) {
    if held && point.hold.is_none() {
        point.hold = Some(Hold { since: now, reason: "found in the point's tags".into() });
    }
    if let Some(side) = point.sides.get_mut(side) {
        if side.arn.as_ref().is_some_and(|known| *known != observed.arn) {
            side.rivals.insert(observed.arn.clone());
        } else {
            there(side, observed, now);
        }
    }
}

/// A side is there, and its seal opens.
pub(crate) fn there(side: &mut SideRecord, observed: &ObservedPoint, now: Timestamp) {
    side.state = SideState::Available;
    side.arn = Some(observed.arn.clone());
    side.created = Some(observed.created);
    side.bytes = observed.bytes;
    side.opened_at = Some(now);
}
