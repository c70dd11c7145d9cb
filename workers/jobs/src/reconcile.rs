//! Reconcile: one chain, compared with AWS itself.
//!
//! It may mark points lost or found again and take in those that prove to be the chain's. What does not prove so is noted
//! once, reported, and left alone.

use std::collections::BTreeSet;

use chainwright_aws::sources::Source;
use chainwright_chain::{
    exchange::{ObservedPoint, PointStatus},
    prune::plan,
    state::{ChainRecord, Orphaned, Owner, PointRecord, SideState},
};
use chainwright_contracts::{
    codes,
    events::outgoing::{Detail, DetailType},
    jobs::{OperationKind, Reconcile, Side},
    place::Place,
    sealed::Record,
};
use chainwright_engine::{Outcome, Outgoing};

use crate::{
    Context, catalog, claim,
    claim::Claim,
    error::{JobError, conclude},
    follow_up, hold,
    ledger::{Change, Family, Versioned},
    news,
    prune::{FOR_ANOTHER_CLOCK, view},
    sight::{Sight, mark_lost},
};

/// Runs a reconcile job.
pub async fn run(job: Reconcile, ctx: Context) -> Outcome {
    let result = reconcile(&job, &ctx).await;
    conclude(&ctx, result).await
}

async fn reconcile(job: &Reconcile, ctx: &Context) -> Result<Outcome, JobError> {
    let owner = Owner::Chain(job.chain.clone());
    let family = read(ctx, &owner).await?;
    let source = ctx.source_of(&family.chain.value.resource)?.1.as_ref();
    let mut sight = Sight::of(ctx, source, &family).await?;
    if !sight.agrees_with(ctx) {
        return Ok(Outcome::Snooze(FOR_ANOTHER_CLOCK));
    }
    let family = if mark_lost(ctx, source, &family, &mut sight).await? { read(ctx, &owner).await? } else { family };
    let mut comparison = Comparison::new(family);
    comparison.forget(&sight);
    comparison.find_again(ctx, source, &sight).await?;
    comparison.chain.value.foreign.retain(|arn| sight.points.contains_key(arn));
    for observed in comparison.unknown(&sight) {
        comparison.meet(ctx, source, observed).await?;
    }
    comparison.look_for_the_resource(ctx, source).await?;
    let cause = ctx.job_id().to_owned();
    comparison.commit(ctx).await?;
    // What is read again now is what the follow-ups are derived from.
    let family = read(ctx, &owner).await?;
    let jobs = follow_ups(&family, &sight, &cause);
    Ok(if jobs.is_empty() { Outcome::Done } else { Outcome::Continue(jobs) })
}

async fn read(ctx: &Context, owner: &Owner) -> Result<Family, JobError> {
    let family = ctx.ledger().family(owner).await?;
    family.ok_or_else(|| JobError::rejected(codes::NO_SUCH_CHAIN, format!("the ledger knows no {owner}")))
}

/// A prune where something would go, and the copies that are wanted and that nobody has asked for.
fn follow_ups(family: &Family, sight: &Sight, cause: &str) -> Vec<Outgoing> {
    let mut jobs = Vec::new();
    for point in family.points.iter().map(|point| &point.value) {
        // With its source gone the copy finds that out, and is given up.
        let there = point
            .sides
            .get(&Side::Regular)
            .is_some_and(|side| matches!(side.state, SideState::Available | SideState::Removing | SideState::Removed));
        let unasked = point.sides.iter().filter(|(side, record)| {
            record.state == SideState::Wanted && family.operation(&point.id, OperationKind::Copy, side).is_none()
        });
        jobs.extend(
            unasked
                .filter_map(|(side, _)| side.copied_to())
                .filter(|_| there)
                .map(|region| follow_up::copy(&point.id, region, cause)),
        );
    }
    let input = view(family, Some(sight), sight.date);
    let chain = family.chain.value.owner.chain();
    if plan(&input).removals().any(|planned| !planned.id.removing.contains(planned.side)) {
        jobs.extend(chain.map(|chain| follow_up::prune(chain, cause)));
    }
    jobs
}

/// The chain as it was read, and what the comparison changes in it.
struct Comparison {
    chain: Versioned<ChainRecord>,
    family: Family,
    points: Vec<(Versioned<PointRecord>, bool)>,
    created: Vec<PointRecord>,
    news: Vec<(DetailType, Detail)>,
    /// Places that AWS does not know any more and where nothing of the chain is, nor is to come.
    forgotten: BTreeSet<Place>,
}

/// How many points the last transaction of a comparison changes and creates at most, of the 100 writes that DynamoDB takes
/// (DynamoDB API reference, `TransactWriteItems`); a created one takes two.
const MOST_CHANGED: usize = 40;
const MOST_CREATED: usize = 20;

impl Comparison {
    fn new(family: Family) -> Self {
        let points = family.points.iter().cloned().map(|point| (point, false)).collect();
        Self {
            chain: family.chain.clone(),
            family,
            points,
            created: Vec::new(),
            news: Vec::new(),
            forgotten: BTreeSet::new(),
        }
    }

    fn forget(&mut self, sight: &Sight) {
        let wanted = |place: &Place| {
            let mut sides = self.family.points.iter().flat_map(|point| point.value.sides.values());
            sides.any(|side| side.place == *place && side.state == SideState::Wanted)
        };
        self.forgotten = sight.unknown.iter().filter(|place| !wanted(place)).cloned().collect();
    }

    /// A side that was given up for lost and is listed after all is there again.
    async fn find_again(&mut self, ctx: &Context, source: &dyn Source, sight: &Sight) -> Result<(), JobError> {
        for (point, changed) in &mut self.points {
            let before = point.value.clone();
            for (side, record) in &mut point.value.sides {
                let seen = sight.of_side(&before, side).filter(|seen| seen.status == PointStatus::Available);
                let (SideState::Lost, Some(seen)) = (record.state, seen) else { continue };
                hold::extend(source, &before, seen, false).await?;
                record.state = SideState::Available;
                ctx.conditions().clear(codes::POINT_LOST, &format!("{} {side}", before.id));
                *changed = true;
            }
        }
        Ok(())
    }

    /// What AWS lists and neither the ledger's sides nor an earlier comparison account for.
    fn unknown<'s>(&self, sight: &'s Sight) -> Vec<&'s ObservedPoint> {
        let known = |arn: &String| {
            self.chain.value.foreign.contains(arn)
                || self.points.iter().any(|(point, _)| {
                    point.value.sides.values().any(|side| side.arn.as_ref() == Some(arn) || side.rivals.contains(arn))
                })
        };
        sight.points.values().filter(|seen| seen.status == PointStatus::Available && !known(&seen.arn)).collect()
    }

    async fn meet(&mut self, ctx: &Context, source: &dyn Source, observed: &ObservedPoint) -> Result<(), JobError> {
        match claim::read(ctx, source, observed).await? {
            Claim::Opens { record, held } if record.chain.as_ref() == self.chain.value.owner.chain() => {
                self.take_in(ctx, source, observed, &record, held).await?;
            }
            Claim::Broken(why) => {
                let reason = format!("{} carries a chain's name and no true seal: {why}", observed.arn);
                self.report(ctx, codes::FOREIGN_POINT, &observed.arn, &reason);
                self.chain.value.foreign.insert(observed.arn.clone());
            }
            // Another chain's, a manual one, or somebody else's: none of this chain's business.
            Claim::Opens { .. } | Claim::NotOurs => {
                self.chain.value.foreign.insert(observed.arn.clone());
            }
            Claim::Gone => {}
        }
        Ok(())
    }

    /// A point that proves to be this chain's: an unknown one is taken in, a side that was missing is there, a second
    /// claimant of one side is a conflict.
    async fn take_in(
        &mut self,
        ctx: &Context,
        source: &dyn Source,
        observed: &ObservedPoint,
        record: &Record,
        held: bool,
    ) -> Result<(), JobError> {
        let Some(sealed) = record.sides.iter().find(|sealed| sealed.place == observed.place) else {
            let reason = format!("{} lies in {}, where its seal names no side", observed.arn, observed.place);
            self.report(ctx, codes::FOREIGN_POINT, &observed.arn, &reason);
            self.chain.value.foreign.insert(observed.arn.clone());
            return Ok(());
        };
        let side = &sealed.side;
        let Some(index) = self.points.iter().position(|(point, _)| point.value.id == record.point) else {
            self.join_created(ctx, observed, record, side, held);
            return Ok(());
        };
        let pending = [OperationKind::Backup, OperationKind::Copy].iter().any(|kind| {
            self.family.operation(&record.point, *kind, side).is_some_and(|operation| !operation.value.is_over())
        });
        let Some((point, changed)) = self.points.get_mut(index) else { return Ok(()) };
        let fits = point.value.sides.get(side).map(|known| claim::fits(record, observed, &point.value, known));
        if matches!(fits, Some(Ok(()))) {
            hold::extend(source, &point.value, observed, held).await?;
        }
        let Some(known) = point.value.sides.get_mut(side) else { return Ok(()) };
        if known.arn.is_none() && pending {
            // Its own settle is about to take it in.
            return Ok(());
        }
        *changed = true;
        if known.arn.is_none() && matches!(fits, Some(Ok(()))) {
            catalog::there(known, observed, ctx.now());
            return Ok(());
        }
        known.rivals.insert(observed.arn.clone());
        let reason = format!("{} claims to be point {} on its side {side}, too", observed.arn, record.point);
        self.report(ctx, codes::TWO_CLAIMANTS, &observed.arn, &reason);
        Ok(())
    }

    fn join_created(&mut self, ctx: &Context, observed: &ObservedPoint, record: &Record, side: &Side, held: bool) {
        let index = self.created.iter().position(|point| point.id == record.point).unwrap_or_else(|| {
            self.created.push(catalog::point_record(record, ctx.now()));
            self.created.len() - 1
        });
        if let Some(point) = self.created.get_mut(index) {
            catalog::found(point, side, observed, held, ctx.now());
        }
    }

    /// With the resource gone, or another under its name, the chain is orphaned.
    async fn look_for_the_resource(&mut self, ctx: &Context, source: &dyn Source) -> Result<(), JobError> {
        if self.chain.value.orphaned.is_some() {
            return Ok(());
        }
        let now = source.incarnation(&self.chain.value.resource).await?;
        if now.as_ref() != Some(&self.chain.value.incarnation) {
            let reason = match now {
                None => "the resource is gone",
                Some(_) => "the resource was dropped and another was created under its name",
            };
            self.chain.value.orphaned = Some(Orphaned { since: ctx.now(), reason: reason.to_owned() });
        }
        Ok(())
    }

    fn report(&mut self, ctx: &Context, code: codes::Code, subject: &str, reason: &str) {
        ctx.conditions().raise(code, subject, reason);
        self.news.push(news::of_risk(&self.chain.value, code, subject, reason));
    }

    async fn commit(mut self, ctx: &Context) -> Result<(), JobError> {
        news::tell(ctx, std::mem::take(&mut self.news)).await?;
        self.commit_surplus(ctx).await?;
        let now = ctx.now();
        self.chain.value.reconciled_at = Some(now);
        self.chain.value.places.retain(|place| !self.forgotten.contains(place));
        self.chain.value.next_reconcile = now.checked_add(ctx.settings().reconcile_every).ok();
        let mut change = Change::new().update(&self.chain);
        for (point, _) in self.points.iter().filter(|(_, changed)| *changed) {
            change = change.update(point);
        }
        for point in &self.created {
            change = catalog::create(change, point);
        }
        Ok(ctx.ledger().commit(change).await?)
    }

    /// Writes what one transaction has no room for in transactions of its own, the chain as it was read beside it: what is
    /// written down so is true whether or not this comparison comes to its end.
    async fn commit_surplus(&mut self, ctx: &Context) -> Result<(), JobError> {
        let mut chain = Versioned { version: self.chain.version, value: self.family.chain.value.clone() };
        let (changed, mut unchanged): (Vec<_>, Vec<_>) = self.points.drain(..).partition(|(_, changed)| *changed);
        let changed: Vec<_> = changed.into_iter().map(|(point, _)| point).collect();
        let (surplus, last) = changed.split_at(changed.len().saturating_sub(MOST_CHANGED));
        chain.version = ctx.ledger().commit_points(&chain, surplus).await?;
        unchanged.extend(last.iter().map(|point| (point.clone(), true)));
        self.points = unchanged;
        while self.created.len() > MOST_CREATED {
            let batch = self.created.split_off(self.created.len() - MOST_CREATED);
            let change = batch.iter().fold(Change::new().update(&chain), catalog::create);
            ctx.ledger().commit(change).await?;
            chain.version += 1;
        }
        self.chain.version = chain.version;
        Ok(())
    }
}
