//! What AWS lists in every place that a chain has used, at one moment.

use std::collections::{BTreeMap, BTreeSet};

use chainwright_aws::{error::Class, sources::Source};
use chainwright_chain::{
    exchange::ObservedPoint,
    prune::plan,
    state::{PointRecord, SideState},
};
use chainwright_contracts::{codes, events::outgoing::DetailType, jobs::Side, place::Place};
use jiff::Timestamp;

use crate::{
    Context, conditions,
    error::JobError,
    ledger::{Family, Record as _, Versioned},
    news,
    prune::{recorded, removals},
    readiness::{MOST_SKEW_OF_A_LISTING, clock_agrees},
};

/// The points that AWS lists for one resource.
#[derive(Debug, Clone)]
pub(crate) struct Sight {
    /// By ARN.
    pub(crate) points: BTreeMap<String, ObservedPoint>,
    /// The Date of the oldest of the listings.
    pub(crate) date: Timestamp,
    /// Places that AWS does not know any more, and where nothing of the chain is recorded.
    pub(crate) unknown: BTreeSet<Place>,
}

impl Sight {
    /// Lists every place of a chain. One that AWS does not know, and where nothing of the chain is recorded, is empty.
    pub(crate) async fn of(ctx: &Context, source: &dyn Source, family: &Family) -> Result<Self, JobError> {
        let chain = &family.chain.value;
        let mut sight = Self { points: BTreeMap::new(), date: Timestamp::MAX, unknown: BTreeSet::new() };
        for place in &chain.places {
            ctx.settings().allow.check_place(place.account.as_str(), place.region.as_str())?;
            let subject = place.to_string();
            let mut page = None;
            loop {
                let listed = match source.list_points(Some(&chain.resource), place, page).await {
                    Err(error) if may_be_gone(error.class) && !is_used(family, place) => {
                        sight.unknown.insert(place.clone());
                        break;
                    }
                    Err(error) if may_be_gone(error.class) => {
                        ctx.conditions().raise(codes::NOT_LOOKED_AT, subject, error.to_string());
                        return Err(error.into());
                    }
                    listed => listed?,
                };
                ctx.conditions().clear(codes::NOT_LOOKED_AT, &subject);
                sight.date = sight.date.min(listed.date);
                sight.points.extend(listed.points.into_iter().map(|point| (point.arn.clone(), point)));
                match listed.next {
                    Some(next) => page = Some(next),
                    None => break,
                }
            }
        }
        if sight.date == Timestamp::MAX {
            // Nothing was listed, so that nothing is removed by this date.
            sight.date = ctx.now();
        }
        Ok(sight)
    }

    /// Whether a point is there: listed, or, since a listing may lag behind, known by its name; then it joins the sight.
    pub(crate) async fn finds(&mut self, source: &dyn Source, place: &Place, arn: &str) -> Result<bool, JobError> {
        if !self.points.contains_key(arn) {
            let Some(found) = source.describe_point(place, arn).await? else { return Ok(false) };
            self.points.insert(arn.to_owned(), found);
        }
        Ok(true)
    }

    /// The point behind a side, where AWS lists it.
    pub(crate) fn of_side(&self, point: &PointRecord, side: &Side) -> Option<&ObservedPoint> {
        let arn = point.sides.get(side)?.arn.as_ref()?;
        self.points.get(arn)
    }

    /// What keeps the service from removing the point behind a side, if anything does.
    pub(crate) fn locks(&self, point: &PointRecord, side: &Side) -> Option<String> {
        let seen = self.of_side(point, side)?;
        let until = seen.locked_until.filter(|until| self.date < *until);
        until
            .map(|until| format!("locked until {until}"))
            .or_else(|| seen.legal_hold.then(|| "under a legal hold".to_owned()))
    }

    /// Whether this worker's clock and AWS's agree well enough to remove anything by them.
    pub(crate) fn agrees_with(&self, ctx: &Context) -> bool {
        clock_agrees(ctx, self.date, MOST_SKEW_OF_A_LISTING)
    }
}

/// Whether a place that answers so may be gone: of a vault that it does not know AWS Backup says that access is denied.
fn may_be_gone(class: Class) -> bool {
    matches!(class, Class::NotFound | Class::Denied)
}

/// Whether something of the chain is recorded as being in this place, or on its way out of it.
fn is_used(family: &Family, place: &Place) -> bool {
    let there = |state: SideState| matches!(state, SideState::Available | SideState::Removing);
    let mut sides = family.points.iter().flat_map(|point| point.value.sides.values());
    sides.any(|side| side.place == *place && there(side.state))
}

/// Asks for every side that the ledger has and the listing has not by its name: found after all, it joins the sight;
/// unknown to AWS, it is marked lost and reported, or just removed where retention was about to. Says whether anything was marked, since
/// then the family is stale.
pub(crate) async fn mark_lost(
    ctx: &Context,
    source: &dyn Source,
    family: &Family,
    sight: &mut Sight,
) -> Result<bool, JobError> {
    let mut all_lost = Vec::new();
    let mut all_news = Vec::new();
    let doomed = removals(&plan(&recorded(family, sight.date)));
    for point in &family.points {
        let mut lost: Versioned<PointRecord> = point.clone();
        for (side, record) in &point.value.sides {
            let (SideState::Available, Some(arn)) = (record.state, &record.arn) else { continue };
            if sight.finds(source, &record.place, arn).await? {
                continue;
            }
            if doomed.get(&point.value.id).is_some_and(|sides| sides.contains(side)) {
                // A vault lock's maximum, or somebody who tidies up: we were about to remove it.
                tracing::info!(point = %point.value.id, %side, arn, "a point is gone after its end");
                if let Some(record) = lost.value.sides.get_mut(side) {
                    record.state = SideState::Removed;
                }
                continue;
            }
            let reason = format!("{arn} is gone from {}, and not by us", record.place);
            let subject = format!("{} {side}", point.value.id);
            conditions::of_chain(ctx, &point.value.owner, codes::POINT_LOST, subject, reason.clone());
            let risk = DetailType::ChainAtRisk;
            all_news.push(news::of_failure(risk, &point.value, side, codes::POINT_LOST, &reason));
            if let Some(record) = lost.value.sides.get_mut(side) {
                record.state = SideState::Lost;
            }
        }
        if lost.value != point.value {
            all_lost.push(lost);
        }
    }
    if all_lost.is_empty() {
        return Ok(false);
    }
    news::tell(ctx, all_news).await?;
    ctx.ledger().commit_points(&family.chain, &all_lost).await?;
    for point in all_lost.iter().filter(|point| point.value.ended_at().is_some()) {
        ctx.ledger().close(family, &point.value, ctx.now()).await?;
    }
    Ok(true)
}
