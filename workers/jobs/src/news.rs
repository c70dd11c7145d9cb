//! What others are told: our own events, each with an id derived from what it tells.

use chainwright_aws::bus::News;
use chainwright_chain::state::{ChainRecord, PointRecord};
use chainwright_contracts::{
    codes::Code,
    events::outgoing::{self, Detail, DetailType},
    jobs::Side,
};

use crate::{Context, error::JobError};

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

/// Tells it. A failure to tell is a failure of the job: the message comes again, and so does the news, with its id.
pub(crate) async fn tell(ctx: &Context, news: Vec<(DetailType, Detail)>) -> Result<(), JobError> {
    if let (Some(bus), false) = (ctx.bus(), news.is_empty()) {
        let at = ctx.now();
        let news: Vec<News> = news.into_iter().map(|(detail_type, detail)| News { detail_type, detail, at }).collect();
        bus.tell(&news).await?;
    }
    Ok(())
}
