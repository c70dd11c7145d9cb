//! What a look at a copy leads to.

use chainwright_chain::{
    exchange::Observed,
    state::{Phase, SideState},
};
use chainwright_contracts::{codes, events::outgoing::DetailType};
use chainwright_engine::Outgoing;

use super::Look;
use crate::{
    Context, claim,
    claim::Claim,
    error::JobError,
    follow_up, hold,
    ledger::{Change, Key, LedgerError},
    news,
};

/// Records what the service says of a copy.
pub(super) async fn conclude(ctx: &Context, mut look: Look, observed: &Observed) -> Result<Look, JobError> {
    let now = ctx.now();
    let arrived = match observed {
        Observed::Done { point: Some(arn), .. } => arrived(ctx, &mut look, arn).await?,
        Observed::Done { point: None, .. } => false,
        _ => true,
    };
    // A copy that is said to be complete but cannot be seen yet, tags included, is looked at again.
    let observed = if arrived { observed } else { &Observed::Running };
    look.operation.value = look.operation.value.looked(observed, now);
    let mut change = Change::new().update(&look.operation);
    if look.operation.value.phase == Phase::Failed
        && let Some(side) = look.point.value.sides.get_mut(&look.operation.value.side)
    {
        side.state = SideState::Failed;
    }
    if look.operation.value.is_over() {
        let chain = ctx.ledger().get::<chainwright_chain::state::ChainRecord>(&Key::chain(&look.owner)).await?;
        let chain = chain.ok_or_else(|| LedgerError::Conflict(look.owner.to_string()))?;
        change = change.update(&look.point).update(&chain);
    }
    ctx.ledger().commit(change).await?;
    Ok(look)
}

/// Takes the copy in if it is there, ours by its seal and in its place.
async fn arrived(ctx: &Context, look: &mut Look, arn: &str) -> Result<bool, JobError> {
    let point = &look.point.value;
    let source = ctx.source_of(&point.resource)?.1;
    let Some(side) = point.sides.get(&look.operation.value.side) else {
        return Ok(false);
    };
    let Some(observed) = source.describe_point(&side.place, arn).await? else {
        return Ok(false);
    };
    let Claim::Opens { record, held } = claim::read(ctx, source.as_ref(), &observed).await? else {
        return Ok(false);
    };
    if claim::fits(&record, &observed, point, side).is_err() {
        return Ok(false);
    }
    if let (Some(hold), false) = (&point.hold, held) {
        // The hold came after the copy had begun: it is complete only with its tag on this side, too.
        source.tag(&side.place, arn, &hold::tag(&hold.reason)).await?;
    }
    let now = ctx.now();
    if let Some(side) = look.point.value.sides.get_mut(&look.operation.value.side) {
        side.state = SideState::Available;
        side.arn = Some(observed.arn);
        side.created = Some(observed.created);
        side.bytes = observed.bytes;
        side.opened_at = Some(now);
    }
    Ok(true)
}

/// What follows from a copy that is over.
pub(super) async fn follow_ups(ctx: &Context, look: &Look) -> Result<Vec<Outgoing>, JobError> {
    let (point, side) = (&look.point.value, &look.operation.value.side);
    let news = if look.operation.value.phase == Phase::Failed {
        let reason = look.operation.value.reason.as_deref().unwrap_or_default();
        news::of_failure(DetailType::CopyFailed, point, side, codes::COPY_FAILED, reason)
    } else {
        news::of_side(DetailType::CopyAvailable, point, side)
    };
    news::tell(ctx, vec![news]).await?;
    let cause = format!("{} {side}", point.id);
    Ok(look.owner.chain().map(|chain| follow_up::prune(chain, &cause)).into_iter().collect())
}
