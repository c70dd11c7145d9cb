//! What becomes of the points that the ledger knows.
//!
//! A copy that is gone behind our back is reported as drift first. Where the next comparison misses it, too, while it is
//! wanted and its source is there, it is made again, in a new epoch. A backup of a slot that has passed cannot be made
//! again; the next session closes the gap.

use std::collections::BTreeSet;

use chainwright_aws::sources::Source;
use chainwright_chain::{
    exchange::{ObservedPoint, PointStatus},
    retention,
    state::{OperationRecord, PointRecord, SideRecord, SideState},
};
use chainwright_contracts::{
    ids::PointId,
    jobs::{OperationKind, Side},
};
use jiff::Timestamp;

use super::comparison::Comparison;
use crate::{
    Context, claim,
    claim::Claim,
    error::JobError,
    hold,
    ledger::{Change, Family, Versioned},
};

/// How many seals that did not open are read again at most. Each costs a call or two, and few are ever broken.
const MOST_OPENED: usize = 20;

/// How many copies are made again in one comparison at most.
const MOST_AT_ONCE: usize = 10;

/// How often one copy is made again. Whatever removes it time after time is stronger than we are, and each copy costs.
const MOST_OFTEN: u32 = 3;

/// The sides of which the ledger knows already that they are lost.
pub(super) fn lost(family: &Family) -> BTreeSet<(PointId, Side)> {
    let sides = family.points.iter().flat_map(|point| point.value.sides.iter().map(|side| (&point.value.id, side)));
    let lost = sides.filter(|(_, (_, record))| record.state == SideState::Lost);
    lost.map(|(id, (side, _))| (id.clone(), side.clone())).collect()
}

impl Comparison<'_> {
    /// A side that was given up for lost and is listed after all is there again, unless another is being made already.
    pub(super) async fn find_again(&mut self, ctx: &Context, source: &dyn Source) -> Result<(), JobError> {
        let mut spared = Vec::new();
        for (index, (point, changed)) in self.points.iter_mut().enumerate() {
            let before = point.value.clone();
            for (side, record) in &mut point.value.sides {
                let seen = self.sight.of_side(&before, side).filter(|seen| seen.status == PointStatus::Available);
                let Some(seen) = seen else { continue };
                let copy = self.family.operation(&before.id, OperationKind::Copy, side);
                let running = copy.is_some_and(|copy| copy.value.job.is_some() && !copy.value.is_over());
                match record.state {
                    SideState::Lost => *changed = true,
                    SideState::Wanted if !running => spared.push((index, copy.cloned())),
                    _ => continue,
                }
                hold::extend(source, &before, seen, false).await?;
                record.state = SideState::Available;
                record.created = Some(seen.created);
            }
        }
        for (index, copy) in spared {
            let copy = copy.filter(|copy| !copy.value.is_over());
            let copy = copy.map(|copy| Versioned { version: copy.version, value: copy.value.spared() });
            self.write_now(ctx, index, copy).await?;
        }
        Ok(())
    }

    /// A copy that was lost before this comparison, and is still not there, is made again.
    pub(super) async fn make_again(
        &mut self,
        ctx: &Context,
        source: &dyn Source,
        lost: &BTreeSet<(PointId, Side)>,
    ) -> Result<(), JobError> {
        let mut again = Vec::new();
        for (index, (point, _)) in self.points.iter().enumerate() {
            for (side, record) in &point.value.sides {
                let known = lost.contains(&(point.value.id.clone(), side.clone()));
                if known && self.is_missed(&point.value, side, record, ctx.now()) {
                    again.push((index, side.clone()));
                }
            }
        }
        for (index, side) in again.into_iter().take(MOST_AT_ONCE) {
            let Some((point, _)) = self.points.get_mut(index) else { continue };
            let copy = self.family.operation(&point.value.id, OperationKind::Copy, &side).cloned();
            let regular = point.value.sides.get(&Side::Regular);
            let regular = regular.and_then(|regular| Some((regular.place.clone(), regular.arn.clone()?)));
            let Some(record) = point.value.sides.get_mut(&side) else { continue };
            let Some(arn) = record.arn.clone() else { continue };
            if source.describe_point(&record.place, &arn).await?.is_some() {
                continue;
            }
            if let Some(regular) = &regular
                && source.describe_point(&regular.0, &regular.1).await?.is_some_and(|seen| seen.is_cold)
            {
                continue;
            }
            tracing::warn!(point = %point.value.id, %side, arn, "a lost copy is made again");
            record.state = SideState::Wanted;
            record.opened_at = None;
            record.made_again += 1;
            let reopened = |copy: OperationRecord| copy.reopened(format!("{arn} is gone, and not by us"), ctx.now());
            let copy = copy.map(|copy| Versioned { version: copy.version, value: reopened(copy.value) });
            self.write_now(ctx, index, copy).await?;
        }
        Ok(())
    }

    /// Whether a lost copy is wanted still and can be made: it was seen there, its source proves itself, and nothing else
    /// is under way with it.
    fn is_missed(&self, point: &PointRecord, side: &Side, record: &SideRecord, now: Timestamp) -> bool {
        let Some(regular) = point.sides.get(&Side::Regular) else { return false };
        let there = self.sight.of_side(point, &Side::Regular);
        let source = regular.state == SideState::Available
            && regular.opened_at.is_some()
            && there.is_some_and(|there| there.status == PointStatus::Available);
        let wanted = retention::copy_wanted_until(&record.flags, &regular.flags).is_some_and(|until| now < until);
        let busy = [OperationKind::Copy, OperationKind::Delete].iter().any(|kind| {
            self.family.operation(&point.id, *kind, side).is_some_and(|operation| !operation.value.is_over())
        });
        side.copied_to().is_some()
            && !self.chain.value.source.has_standing_copies()
            && record.state == SideState::Lost
            && record.created.is_some()
            && !record.doubtful
            && record.made_again < MOST_OFTEN
            && source
            && wanted
            && !busy
    }

    /// Writes one point and its operation at once, the chain as it was read beside them.
    async fn write_now(
        &mut self,
        ctx: &Context,
        index: usize,
        operation: Option<Versioned<OperationRecord>>,
    ) -> Result<(), JobError> {
        let Some((point, changed)) = self.points.get_mut(index) else { return Ok(()) };
        let chain = Versioned { version: self.chain.version, value: self.family.chain.value.clone() };
        let change = Change::when_ready().update(&chain).update(point);
        let change = operation.iter().fold(change, Change::update);
        ctx.ledger().commit(change).await?;
        self.chain.version += 1;
        point.version += 1;
        *changed = false;
        Ok(())
    }

    /// Reads seals again that did not open when they were last read: tags may have come late, or been mended.
    pub(super) async fn open_again(&mut self, ctx: &Context, source: &dyn Source) -> Result<(), JobError> {
        let mut broken: Vec<(usize, Side)> = Vec::new();
        for (index, (point, _)) in self.points.iter().enumerate() {
            let sides = point.value.sides.iter();
            let unproven = sides.filter(|(_, record)| {
                record.state == SideState::Available && record.opened_at.is_none() && !record.doubtful
            });
            broken.extend(unproven.map(|(side, _)| (index, side.clone())));
        }
        self.begin_elsewhere(&mut broken, MOST_OPENED);
        for (index, side) in broken.into_iter().take(MOST_OPENED) {
            let Some((point, changed)) = self.points.get_mut(index) else { continue };
            let there = |seen: &&ObservedPoint| seen.status == PointStatus::Available;
            let Some(observed) = self.sight.of_side(&point.value, &side).filter(there) else { continue };
            let Claim::Opens(seal) = claim::read(ctx, source, observed).await? else { continue };
            let Some(record) = point.value.sides.get(&side) else { continue };
            if claim::fits(&seal.record, observed, &point.value, record).is_ok()
                && let Some(record) = point.value.sides.get_mut(&side)
            {
                record.opened_at = Some(ctx.now());
                *changed = true;
            }
        }
        Ok(())
    }

    /// Where not all can be read at once, each comparison begins where the one before it ended.
    pub(super) fn begin_elsewhere<T>(&self, all: &mut [T], at_once: usize) {
        if all.len() > at_once {
            let turns = usize::try_from(self.chain.value.comparisons).unwrap_or_default();
            all.rotate_left(turns.wrapping_mul(at_once) % all.len());
        }
    }
}
