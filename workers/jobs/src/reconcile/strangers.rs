//! What becomes of the points that AWS lists and that the ledger does not know.

use chainwright_aws::sources::Source;
use chainwright_chain::exchange::{ObservedPoint, PointStatus};
use chainwright_contracts::{
    codes,
    jobs::{OperationKind, Side},
};
use jiff::SignedDuration;

use super::comparison::Comparison;
use crate::{
    Context, catalog,
    claim::{self, Claim, Seal},
    error::JobError,
    hold,
};

/// How many unknown points are read in one comparison at most: each costs a call, and whoever fills a vault with foreign
/// points must not make comparisons endless.
const MOST_READ: usize = 100;

/// Tags may be written some time after their point: until it is so old, a point without ours is read again.
const TAGS_COME_WITHIN: SignedDuration = SignedDuration::from_hours(24);

impl Comparison<'_> {
    /// Reads what AWS lists and what neither the ledger's sides nor an earlier comparison account for.
    pub(super) async fn meet_strangers(&mut self, ctx: &Context, source: &dyn Source) -> Result<(), JobError> {
        let sight = self.sight;
        self.chain.value.forget_strangers(sight.points.keys().map(String::as_str));
        let mut unknown: Vec<&ObservedPoint> = sight.points.values().filter(|seen| self.is_unknown(seen)).collect();
        self.begin_elsewhere(&mut unknown, MOST_READ);
        // With no room left to remember them, the rest is no nearer after a few minutes.
        self.unread = unknown.len() > MOST_READ && self.chain.value.has_room_for_strangers();
        for observed in unknown.into_iter().take(MOST_READ) {
            self.meet(ctx, source, observed).await?;
        }
        self.chain.value.comparisons = self.chain.value.comparisons.wrapping_add(1);
        Ok(())
    }

    fn is_unknown(&self, seen: &ObservedPoint) -> bool {
        let arn = &seen.arn;
        let mut sides = self.points.iter().flat_map(|(point, _)| point.value.sides.values());
        // What AWS did not delete at its end costs like any other.
        matches!(seen.status, PointStatus::Available | PointStatus::Expired)
            && !self.chain.value.is_stranger(arn)
            && !sides.any(|side| side.arn.as_ref() == Some(arn) || side.rivals.contains(arn))
    }

    async fn meet(&mut self, ctx: &Context, source: &dyn Source, observed: &ObservedPoint) -> Result<(), JobError> {
        match claim::read(ctx, source, observed).await? {
            Claim::Opens(seal) if seal.record.chain.as_ref() == self.chain.value.owner.chain() => {
                self.take_in(ctx, source, observed, &seal).await?;
            }
            Claim::Broken(why) => self.suspect(observed, &format!("it carries a chain's name and no true seal: {why}")),
            // Another chain's, or a manual one.
            Claim::Opens(_) => self.chain.value.met_stranger(&observed.arn),
            Claim::NotOurs if self.sight.date.duration_since(observed.created) >= TAGS_COME_WITHIN => {
                self.chain.value.met_stranger(&observed.arn);
            }
            Claim::NotOurs | Claim::Gone => {}
        }
        Ok(())
    }

    fn suspect(&mut self, observed: &ObservedPoint, why: &str) {
        self.report(codes::FOREIGN_POINT, &observed.arn, &format!("{}: {why}", observed.arn));
        self.chain.value.met_suspect(&observed.arn, why);
    }

    /// A point that bears the seal of one of this chain's: an unknown one is taken in, a side that was missing is there, a
    /// second claimant of one side is a conflict.
    async fn take_in(
        &mut self,
        ctx: &Context,
        source: &dyn Source,
        observed: &ObservedPoint,
        seal: &Seal,
    ) -> Result<(), JobError> {
        let record = &seal.record;
        let Some(sealed) = record.sides.iter().find(|sealed| sealed.place == observed.place) else {
            self.suspect(observed, &format!("it lies in {}, where its seal names no side", observed.place));
            return Ok(());
        };
        let side = &sealed.side;
        let Some(index) = self.points.iter().position(|(point, _)| point.value.id == record.point) else {
            self.join_created(ctx, observed, seal, side);
            return Ok(());
        };
        let pending = [OperationKind::Backup, OperationKind::Copy].iter().any(|kind| {
            self.family.operation(&record.point, *kind, side).is_some_and(|operation| !operation.value.is_over())
        });
        let Some((point, changed)) = self.points.get_mut(index) else { return Ok(()) };
        let fits = point.value.sides.get(side).map(|known| claim::fits(record, observed, &point.value, known));
        let fits = matches!(fits, Some(Ok(())));
        if fits {
            if seal.held {
                hold::found(&mut point.value, ctx.now());
                *changed = true;
            }
            hold::extend(source, &point.value, observed, seal.held).await?;
        }
        let Some(known) = point.value.sides.get_mut(side) else { return Ok(()) };
        if known.arn.is_none() && pending {
            // Its own settle is about to take it in.
            return Ok(());
        }
        *changed = true;
        if known.arn.is_none() && fits {
            catalog::there(&mut point.value, side, observed, ctx.now());
            let news = catalog::doubts(ctx, &self.chain.value, &point.value, Some(side));
            self.news.extend(news);
            return Ok(());
        }
        known.rivals.insert(observed.arn.clone());
        let reason = format!("{} claims to be point {} on its side {side}, too", observed.arn, record.point);
        self.report(codes::TWO_CLAIMANTS, &observed.arn, &reason);
        Ok(())
    }

    fn join_created(&mut self, ctx: &Context, observed: &ObservedPoint, seal: &Seal, side: &Side) {
        let record = &seal.record;
        if let Err(why) = claim::may_be(record, observed) {
            self.suspect(observed, &format!("it bears the seal of point {} and is not it: {why}", record.point));
            return;
        }
        let index = self.created.iter().position(|point| point.id == record.point).unwrap_or_else(|| {
            self.created.push(catalog::point_record(seal, ctx.now()));
            self.created.len() - 1
        });
        if let Some(point) = self.created.get_mut(index) {
            catalog::found(point, side, observed, seal, ctx.now());
            let news = catalog::doubts(ctx, &self.chain.value, point, Some(side));
            self.news.extend(news);
        }
    }
}
