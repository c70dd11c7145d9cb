//! What a comparison has before it, and how what it finds is written down.

use std::collections::BTreeSet;

use chainwright_aws::sources::Source;
use chainwright_chain::state::{ChainRecord, Orphaned, PointRecord, SideState};
use chainwright_contracts::{
    codes,
    events::outgoing::{Detail, DetailType},
    place::Place,
};
use jiff::SignedDuration;

use super::freshness;
use crate::{
    Context, catalog,
    conditions::{self, Condition},
    error::JobError,
    ledger::{Change, Family, Versioned},
    news, selection,
    sight::Sight,
};

/// How many points the last transaction of a comparison changes and creates at most, of the 100 writes that DynamoDB takes
/// (DynamoDB API reference, `TransactWriteItems`); a created one takes two.
const MOST_CHANGED: usize = 40;
const MOST_CREATED: usize = 20;

/// A comparison that could not read all that it found is followed by the next after this long.
const SOON: SignedDuration = SignedDuration::from_mins(30);

/// The chain as it was read, what AWS lists, and what the comparison changes.
pub(super) struct Comparison<'s> {
    pub(super) sight: &'s Sight,
    pub(super) chain: Versioned<ChainRecord>,
    pub(super) family: Family,
    /// The points, and whether they were changed.
    pub(super) points: Vec<(Versioned<PointRecord>, bool)>,
    pub(super) created: Vec<PointRecord>,
    pub(super) news: Vec<(DetailType, Detail)>,
    /// Whether something was left unread.
    pub(super) unread: bool,
    /// Places that AWS does not know any more and where nothing of the chain is, nor is to come.
    forgotten: BTreeSet<Place>,
}

impl<'s> Comparison<'s> {
    pub(super) fn new(family: Family, sight: &'s Sight) -> Self {
        let wanted = |place: &Place| {
            let mut sides = family.points.iter().flat_map(|point| point.value.sides.values());
            sides.any(|side| side.place == *place && side.state == SideState::Wanted)
        };
        let forgotten = sight.unknown.iter().filter(|place| !wanted(place)).cloned().collect();
        Self {
            sight,
            chain: family.chain.clone(),
            points: family.points.iter().cloned().map(|point| (point, false)).collect(),
            family,
            created: Vec::new(),
            news: Vec::new(),
            unread: false,
            forgotten,
        }
    }

    /// With the resource gone, or another under its name, or its policy gone from it, the chain is orphaned.
    pub(super) async fn look_for_the_resource(&mut self, ctx: &Context, source: &dyn Source) -> Result<(), JobError> {
        if self.chain.value.orphaned.is_some() {
            return Ok(());
        }
        let now = source.incarnation(&self.chain.value.resource).await?;
        let ChainRecord { source: kind, policy, resource, incarnation, .. } = &self.chain.value;
        let reason = match (now, policy) {
            (None, _) => Some("the resource is gone".to_owned()),
            (Some(now), _) if now != *incarnation => {
                Some("the resource was dropped and another was created under its name".to_owned())
            }
            (Some(_), Some(policy)) => selection::lost_by(ctx, source, *kind, policy, resource).await?,
            (Some(_), None) => None,
        };
        self.chain.value.orphaned = reason.map(|reason| Orphaned { since: ctx.now(), reason });
        Ok(())
    }

    pub(super) fn report(&mut self, code: codes::Code, subject: &str, reason: &str) {
        self.news.push(news::of_risk(&self.chain.value, code, subject, reason));
    }

    /// All that is wrong with the chain now.
    fn wrong(&self, ctx: &Context) -> Vec<Condition> {
        let mut found: Vec<Condition> = freshness::condition(&self.chain.value).into_iter().collect();
        let mut wrong = |code, subject: &str, reason: String| {
            found.push(Condition { code, subject: subject.to_owned(), reason });
        };
        for (arn, why) in &self.chain.value.suspects {
            wrong(codes::FOREIGN_POINT, arn, why.clone());
        }
        for point in self.points.iter().map(|(point, _)| &point.value).chain(&self.created) {
            for (side, record) in &point.sides {
                let subject = format!("{} {side}", point.id);
                match record.state {
                    SideState::Lost if record.created.is_some() && !point.has_ended(record, ctx.now()) => {
                        let reason = format!("it is gone from {}, and not by us", record.place);
                        wrong(codes::POINT_LOST, &subject, reason);
                    }
                    SideState::Available if record.doubtful => {
                        wrong(codes::DOUBTFUL_POINT, &subject, catalog::doubt_of(record));
                    }
                    SideState::Available if record.opened_at.is_none() => {
                        wrong(codes::SEAL_BROKEN, &subject, "it does not prove to be ours".to_owned());
                    }
                    _ => {}
                }
                for rival in record.rivals.iter().filter(|rival| self.sight.points.contains_key(*rival)) {
                    wrong(codes::TWO_CLAIMANTS, rival, format!("it claims to be point {subject}, too"));
                }
            }
        }
        found
    }

    pub(super) async fn commit(mut self, ctx: &Context) -> Result<(), JobError> {
        let now = ctx.now();
        let every = ctx.settings().reconcile_every;
        self.chain.value.reconciled_at = Some(now);
        self.chain.value.places.retain(|place| !self.forgotten.contains(place));
        let next = if self.unread { every.min(SOON) } else { every };
        self.chain.value.next_reconcile = now.checked_add(next).ok().filter(|_| !self.is_at_rest());
        let points = self.points.iter().map(|(point, _)| &point.value).chain(&self.created);
        if self.chain.value.judge_freshness(chainwright_chain::state::freshness(points, now).newest_point, now) {
            self.news.extend(freshness::news_of(&self.chain.value));
        }
        news::tell(ctx, std::mem::take(&mut self.news)).await?;
        conditions::replace(ctx, &self.chain.value.owner, self.wrong(ctx));
        self.take_back_ends(ctx).await?;
        self.commit_surplus(ctx).await?;
        let mut change = Change::new().update(&self.chain);
        for (point, _) in self.points.iter().filter(|(_, changed)| *changed) {
            change = change.update(point);
        }
        for point in &self.created {
            change = ctx.ledger().create_point(change, point).await?;
        }
        Ok(ctx.ledger().commit(change).await?)
    }

    /// Whether nothing is left of a chain that gets no more points: there is nothing to compare until it gets one.
    fn is_at_rest(&self) -> bool {
        let over = |point: &PointRecord| {
            point.is_over() && !point.sides.values().any(|side| matches!(side.state, SideState::Lost))
        };
        self.chain.value.orphaned.is_some()
            && !self.unread
            && self.created.is_empty()
            && self.chain.value.suspects.is_empty()
            && self.points.iter().all(|(point, _)| over(&point.value))
    }

    /// What had come to its end and goes on after all is not forgotten either by whom it is known.
    async fn take_back_ends(&self, ctx: &Context) -> Result<(), JobError> {
        for (point, _) in self.points.iter().filter(|(_, changed)| *changed) {
            let before = self.family.point(&point.value.id).is_some_and(|before| before.value.is_over());
            if before && !point.value.is_over() {
                let change = ctx.ledger().end_owner(Change::new(), &point.value).await?;
                ctx.ledger().commit(change).await?;
            }
        }
        Ok(())
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
            let mut change = Change::new().update(&chain);
            for point in &batch {
                change = ctx.ledger().create_point(change, point).await?;
            }
            ctx.ledger().commit(change).await?;
            chain.version += 1;
        }
        self.chain.version = chain.version;
        Ok(())
    }
}
