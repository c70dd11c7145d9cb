//! What others are told: our own events, each with an id derived from what it tells.
//!
//! A bus that refuses for good (gone, or without the right) is reported and holds nothing up: its news are lost. One that
//! is in trouble fails the job, which comes again with the same news; only where work waits behind the news, copies and
//! retention, does the work go on and the news give way, once the SDK's attempts and the bus's own rounds have failed.

use chainwright_aws::{bus::News, error::Class};
use chainwright_chain::state::{ChainRecord, PointRecord};
use chainwright_contracts::{
    codes::{self, Code},
    events::outgoing::{self, Detail, DetailType},
    jobs::Side,
};

use crate::{Context, error::JobError};

/// What the condition of the bus concerns.
const BUS: &str = "bus";

/// News of one side of a point.
pub(crate) fn of_side(detail_type: DetailType, point: &PointRecord, side: &Side) -> (DetailType, Detail) {
    let detail = Detail {
        id: outgoing::id(detail_type, &[point.id.as_str(), &side.to_string()]),
        resource: point.resource.clone(),
        chain: point.owner.chain().cloned(),
        point: Some(point.id.clone()),
        side: Some(side.clone()),
        policy: point.policy.clone(),
        slot: Some(point.slot),
        recovery_point_arn: point.sides.get(side).and_then(|side| side.arn.clone()),
        code: None,
        reason: None,
        correlation: point.correlation.clone(),
    };
    (detail_type, detail)
}

/// News of a failure on one side of a point.
pub(crate) fn of_failure(
    detail_type: DetailType,
    point: &PointRecord,
    side: &Side,
    code: Code,
    reason: &str,
) -> (DetailType, Detail) {
    let (detail_type, mut detail) = of_side(detail_type, point, side);
    detail.code = Some(code.to_string());
    detail.reason = Some(reason.to_owned());
    // One failure of one kind is one piece of news; another kind of failure is another.
    let side = side.to_string();
    detail.id = outgoing::id(detail_type, &[point.id.as_str(), &side, &code.to_string()]);
    (detail_type, detail)
}

/// News of something that endangers a chain as a whole.
pub(crate) fn of_risk(chain: &ChainRecord, code: Code, subject: &str, reason: &str) -> (DetailType, Detail) {
    let detail = Detail {
        id: outgoing::id(DetailType::ChainAtRisk, &[&chain.owner.to_string(), &code.to_string(), subject]),
        resource: chain.resource.clone(),
        chain: chain.owner.chain().cloned(),
        point: None,
        side: None,
        policy: chain.policy.clone(),
        slot: None,
        recovery_point_arn: None,
        code: Some(code.to_string()),
        reason: Some(reason.to_owned()),
        correlation: None,
    };
    (DetailType::ChainAtRisk, detail)
}

/// Tells it. A bus in trouble is a failure of the job: the message comes again, and so does the news, with its id.
///
/// # Errors
/// Where the bus is only in trouble for now.
pub(crate) async fn tell(ctx: &Context, news: Vec<(DetailType, Detail)>) -> Result<(), JobError> {
    let (Some(bus), false) = (ctx.bus(), news.is_empty()) else { return Ok(()) };
    let at = ctx.now();
    let news: Vec<News> = news.into_iter().map(|(detail_type, detail)| News { detail_type, detail, at }).collect();
    let Err(error) = bus.tell(&news).await else {
        ctx.conditions().clear(codes::BUS_UNAVAILABLE, BUS);
        return Ok(());
    };
    ctx.conditions().raise(codes::BUS_UNAVAILABLE, BUS, error.to_string());
    match error.class {
        Class::Denied | Class::NotFound | Class::Refused => Ok(()),
        Class::Transient | Class::Occupied => Err(error.into()),
    }
}

/// Tells it, as far as the bus takes it just now: for what must not wait for the bus.
pub(crate) async fn tell_if_possible(ctx: &Context, news: Vec<(DetailType, Detail)>) {
    if let Err(error) = tell(ctx, news).await {
        tracing::warn!(error.message = %error, "news were not told");
    }
}
