//! What AWS lists in every place that a chain has used, at one moment.

use std::collections::BTreeMap;

use chainwright_aws::sources::Source;
use chainwright_chain::{
    exchange::ObservedPoint,
    state::{ChainRecord, PointRecord, SideState},
};
use chainwright_contracts::{codes, events::outgoing::DetailType, jobs::Side};
use jiff::Timestamp;

use crate::{
    Context,
    error::JobError,
    ledger::{Change, Family, Versioned},
    news,
    readiness::{MOST_SKEW_OF_A_LISTING, clock_agrees},
};

/// The points that AWS lists for one resource.
#[derive(Debug, Clone)]
pub(crate) struct Sight {
    /// By ARN.
    pub(crate) points: BTreeMap<String, ObservedPoint>,
    /// The Date of the oldest of the listings.
    pub(crate) date: Timestamp,
}

impl Sight {
    /// Lists every place of a chain.
    pub(crate) async fn of(ctx: &Context, source: &dyn Source, chain: &ChainRecord) -> Result<Self, JobError> {
        let mut sight = Self { points: BTreeMap::new(), date: Timestamp::MAX };
        for place in &chain.places {
            let mut page = None;
            loop {
                let listed = source.list_points(Some(&chain.resource), place, page).await?;
                sight.date = sight.date.min(listed.date);
                sight.points.extend(listed.points.into_iter().map(|point| (point.arn.clone(), point)));
                match listed.next {
                    Some(next) => page = Some(next),
                    None => break,
                }
            }
        }
        if chain.places.is_empty() {
            sight.date = ctx.now();
        }
        Ok(sight)
    }

    /// The point behind a side, where AWS lists it.
    pub(crate) fn of_side(&self, point: &PointRecord, side: &Side) -> Option<&ObservedPoint> {
        let arn = point.sides.get(side)?.arn.as_ref()?;
        self.points.get(arn)
    }

    /// Until when a lock keeps the point behind a side.
    pub(crate) fn locks(&self, point: &PointRecord, side: &Side) -> Option<Timestamp> {
        self.of_side(point, side)?.locked_until.filter(|until| self.date < *until)
    }

    /// Whether this worker's clock and AWS's agree well enough to remove anything by them.
    pub(crate) fn agrees_with(&self, ctx: &Context) -> bool {
        clock_agrees(ctx, self.date, MOST_SKEW_OF_A_LISTING)
    }
}

/// Asks for every side that the ledger has and the listing has not by its name: found after all, it joins the sight;
/// unknown to AWS, it is marked lost and reported. Says whether anything was marked, since then the family is stale.
pub(crate) async fn mark_lost(
    ctx: &Context,
    source: &dyn Source,
    family: &Family,
    sight: &mut Sight,
) -> Result<bool, JobError> {
    let mut change = Change::new();
    let mut all_news = Vec::new();
    for point in &family.points {
        let mut lost: Versioned<PointRecord> = point.clone();
        for (side, record) in &point.value.sides {
            let (SideState::Available, Some(arn)) = (record.state, &record.arn) else { continue };
            if sight.points.contains_key(arn) {
                continue;
            }
            if let Some(found) = source.describe_point(&record.place, arn).await? {
                sight.points.insert(arn.clone(), found);
                continue;
            }
            let reason = format!("{arn} is gone from {}, and not by us", record.place);
            ctx.conditions().raise(codes::POINT_LOST, format!("{} {side}", point.value.id), reason.clone());
            let risk = DetailType::ChainAtRisk;
            all_news.push(news::of_failure(risk, &point.value, side, codes::POINT_LOST, &reason));
            if let Some(record) = lost.value.sides.get_mut(side) {
                record.state = SideState::Lost;
            }
        }
        if lost.value != point.value {
            change = change.update(&lost);
        }
    }
    if all_news.is_empty() {
        return Ok(false);
    }
    news::tell(ctx, all_news).await?;
    ctx.ledger().commit(change.update(&family.chain)).await?;
    Ok(true)
}
