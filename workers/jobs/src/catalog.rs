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
    retention,
    state::{ChainRecord, Owner, PointRecord, SideRecord, SideState, freshness},
};
use chainwright_contracts::{
    arn::Arn,
    codes,
    events::outgoing::{Detail, DetailType},
    ids::PointId,
    jobs::Side,
    place::Place,
    policy::{PolicyName, SourceKind},
};
use jiff::Timestamp;

use crate::{
    Context, claim,
    claim::{Claim, Seal},
    conditions,
    error::JobError,
    hold,
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

/// Reports what was taken in on its own word alone, on one side or all, where that word did not suffice.
pub(crate) fn doubts(
    ctx: &Context,
    chain: &ChainRecord,
    point: &PointRecord,
    only: Option<&Side>,
) -> Vec<(DetailType, Detail)> {
    let mut news = Vec::new();
    let doubtful = point.sides.iter().filter(|(side, record)| record.doubtful && only.is_none_or(|only| only == *side));
    for (side, record) in doubtful {
        for rival in &record.rivals {
            let reason = format!("{rival} claims to be point {} on its side {side}, too", point.id);
            conditions::of_chain(ctx, &point.owner, codes::TWO_CLAIMANTS, rival.clone(), reason.clone());
            news.push(news::of_risk(chain, codes::TWO_CLAIMANTS, rival, &reason));
        }
        let (subject, reason) = (format!("{} {side}", point.id), doubt_of(record));
        conditions::of_chain(ctx, &point.owner, codes::DOUBTFUL_POINT, subject.clone(), reason.clone());
        news.push(news::of_risk(chain, codes::DOUBTFUL_POINT, &subject, &reason));
    }
    news
}

/// Why a doubtful side is kept.
pub(crate) fn doubt_of(record: &SideRecord) -> String {
    let arn = record.arn.as_deref().unwrap_or_default();
    format!(
        "{arn} came to light after its end, or with another claimant: it is kept until a person asks for its removal"
    )
}

/// A point's record, from a seal of it. A side that nobody has found yet is gone if its flags are, and else lost
/// (the backup) or still wanted (a copy), unless nobody would begin a copy any more.
pub(crate) fn point_record(seal: &Seal, now: Timestamp) -> PointRecord {
    let record = &seal.record;
    let owner = match &record.chain {
        Some(chain) => Owner::Chain(chain.clone()),
        None => Owner::Manual(record.resource.clone(), record.incarnation.clone()),
    };
    let source = record.side(&Side::Regular).map(|sealed| sealed.flags.clone()).unwrap_or_default();
    let sides = record.sides.iter().map(|sealed| {
        let mut side = SideRecord::wanted(sealed.place.clone(), sealed.flags.clone());
        let standing = side.last_expiry().is_none_or(|last| now < last);
        let wanted = retention::copy_wanted_until(&sealed.flags, &source).is_some_and(|until| now < until);
        side.state = match (&sealed.side, standing) {
            (_, false) => SideState::Removed,
            (Side::Regular, true) => SideState::Lost,
            (Side::Copy(_), true) if wanted => SideState::Wanted,
            (Side::Copy(_), true) => SideState::Failed,
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
        created_before: record.created_before,
        sides: sides.collect(),
        keep_last: record.keep_last.unwrap_or_default(),
        keep_until: record.keep_until,
        not_before: None,
        hold: None,
        seal_revision: seal.revision,
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

/// Of the seals that a point's sides bear the latest tells what applies to all of them: whoever sealed the point anew may
/// have stopped in between. What has been found of the point stays found.
fn supersede(point: &mut PointRecord, seal: &Seal, now: Timestamp) {
    let earlier = std::mem::replace(point, point_record(seal, now));
    point.hold = earlier.hold;
    for (side, known) in earlier.sides.into_iter().filter(|(_, known)| known.arn.is_some()) {
        let Some(anew) = point.sides.get_mut(&side) else { continue };
        let flags = std::mem::take(&mut anew.flags);
        *anew = SideRecord { flags, ..known };
        if point.sides.get(&side).is_some_and(|side| point.has_ended(side, now)) {
            doubt(point, &side);
        }
    }
}

/// One side of a point that the ledger did not know was found at AWS. Of several claimants none can be told to be it.
pub(crate) fn found(point: &mut PointRecord, side: &Side, observed: &ObservedPoint, seal: &Seal, now: Timestamp) {
    if seal.revision > point.seal_revision {
        supersede(point, seal, now);
    }
    if seal.held {
        hold::found(point, now);
    }
    match point.sides.get_mut(side).map(|record| (record.arn.clone(), record)) {
        Some((Some(known), record)) if known != observed.arn => {
            record.rivals.insert(observed.arn.clone());
            doubt(point, side);
        }
        Some(_) => there(point, side, observed, now),
        None => {}
    }
    if seal.record.created_before.is_none() {
        doubt(point, side);
    }
}

/// A side of which the ledger did not know that it is there has been found, and its seal opens. Past its end that proves
/// nothing: the true one has been removed then, and what bears its seal may have been given it.
pub(crate) fn there(point: &mut PointRecord, side: &Side, observed: &ObservedPoint, now: Timestamp) {
    let ended = point.sides.get(side).is_some_and(|record| point.has_ended(record, now));
    if let Some(record) = point.sides.get_mut(side) {
        record.is_there(observed, Some(now));
    }
    if ended {
        doubt(point, side);
    }
}

/// What is there is taken in, unproven for good.
fn doubt(point: &mut PointRecord, side: &Side) {
    if let Some(record) = point.sides.get_mut(side) {
        record.doubtful = true;
        record.opened_at = None;
    }
}
