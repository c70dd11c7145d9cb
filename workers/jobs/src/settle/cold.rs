//! Cold storage: a point is sent there when nothing copies it any more, since nothing can from there.

use chainwright_chain::state::SideState;
use chainwright_contracts::jobs::Side;

use super::Look;
use crate::{Context, error::JobError, policies};

/// Has the point moved when its policy says, unless a copy of it is to come. It may be asked for again.
///
/// What AWS does not move stays warm, which costs and endangers nothing: neither retention nor news wait for it.
pub(super) async fn send(ctx: &Context, look: &Look) -> Result<(), JobError> {
    let point = &look.point.value;
    let Some(regular) = point.sides.get(&Side::Regular).filter(|side| side.state == SideState::Available) else {
        return Ok(());
    };
    if point.sides.values().any(|side| side.state == SideState::Wanted) {
        return Ok(());
    }
    let policy = policies::pinned(ctx, point).await?;
    let days = policy.and_then(|policy| policy.cold_after_days(point.slot, &regular.flags));
    let (Some(days), Some(arn)) = (days, &regular.arn) else { return Ok(()) };
    if let Err(error) = ctx.source_of(&point.resource)?.1.move_to_cold(&regular.place, arn, days).await {
        tracing::warn!(point = %point.id, %error, "the point stays in warm storage");
    }
    Ok(())
}
