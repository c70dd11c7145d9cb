//! The catalogue: what the ledger knows of points, made from what the points say of themselves.
//!
//! A lost ledger is rebuilt from AWS alone: every vault is listed, every seal opened, and chains, points, sides, flags,
//! expiries and holds are written as the seals have them. What no seal holds does not come back: operations under way,
//! flags that wait for a next point, policies (they are applied again from their files). Until the ready mark is set at
//! the very end, nothing is started or removed.

mod testimony;

use std::collections::BTreeMap;

use chainwright_aws::sources::Source;
use chainwright_chain::{
    exchange::{ObservedPoint, PointStatus},
    state::{ChainRecord, Owner, PointRecord, freshness},
};
use chainwright_contracts::{
    arn::Arn,
    ids::PointId,
    place::Place,
    policy::{PolicyName, SourceKind},
};
use jiff::Timestamp;

pub(crate) use self::testimony::{doubt_of, doubts, found, point_record, there};
use crate::{
    Context, claim,
    claim::Claim,
    error::JobError,
    ledger::{Change, CurrentChain, Key, Ledger, LedgerError, Ready},
    news,
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
    rebuild_telling(ctx, kind, places, |_| {}).await
}

/// As [`rebuild`]; `told` hears of each place before it is listed.
///
/// # Errors
/// As [`rebuild`].
pub async fn rebuild_telling(
    ctx: &Context,
    kind: SourceKind,
    places: &[Place],
    mut told: impl FnMut(&Place),
) -> Result<Rebuilt, JobError> {
    let source = ctx.source(kind)?.as_ref();
    let mut found = Found::default();
    for place in places {
        told(place);
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
            let there = |point: &&ObservedPoint| matches!(point.status, PointStatus::Available | PointStatus::Expired);
            for observed in listed.points.iter().filter(there) {
                self.meet(ctx, source, observed).await?;
            }
            match listed.next {
                Some(next) => page = Some(next),
                None => return Ok(()),
            }
        }
    }

    async fn meet(&mut self, ctx: &Context, source: &dyn Source, observed: &ObservedPoint) -> Result<(), JobError> {
        let Claim::Opens(seal) = claim::read(ctx, source, observed).await? else {
            self.left_alone += 1;
            return Ok(());
        };
        let record = &seal.record;
        let sealed = record.sides.iter().find(|sealed| sealed.place == observed.place);
        let Some(sealed) = sealed.filter(|_| claim::may_be(record, observed).is_ok()) else {
            // Where the chain has other points, its first comparison meets this one, and reports it.
            self.left_alone += 1;
            return Ok(());
        };
        let point = self.points.entry(record.point.clone()).or_insert_with(|| point_record(&seal, ctx.now()));
        found(point, &sealed.side, observed, &seal, ctx.now());
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
    if ctx.ledger().get::<ChainRecord>(&Key::chain(owner)).await?.is_none()
        && let Some(first) = points.first()
    {
        // Due at once: the first comparison finds out what became of the resource.
        let mut chain = chain_record(kind, first, owner.chain().map(|_| ctx.now()));
        chain.places = points.iter().flat_map(|point| point.sides.values().map(|side| side.place.clone())).collect();
        chain.fresh_from = freshness(&points, ctx.now()).newest_point.or(chain.fresh_from);
        news::tell(ctx, points.iter().flat_map(|point| doubts(ctx, &chain, point, None)).collect()).await?;
        ctx.ledger().commit(Change::new().create(&chain)).await?;
    }
    for point in points {
        if ctx.ledger().get::<PointRecord>(&Key::point(owner, &point.id)).await?.is_none() {
            ctx.ledger().commit(ctx.ledger().create_point(Change::new(), &point).await?).await?;
        }
    }
    Ok(())
}
