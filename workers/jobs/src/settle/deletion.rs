//! What a look at a deletion leads to: that AWS answered says nothing, that the point is gone says all.

use chainwright_chain::{
    exchange::Observed,
    state::{ChainRecord, Phase, SideState},
};
use chainwright_contracts::{codes, events::outgoing::DetailType};
use chainwright_engine::Outgoing;

use super::Look;
use crate::{
    Context,
    error::JobError,
    ledger::{Change, Key, LedgerError, Versioned},
    news, removal,
};

/// Records what the service says of a deletion.
pub(super) async fn conclude(ctx: &Context, mut look: Look, observed: &Observed) -> Result<Look, JobError> {
    let now = ctx.now();
    let subject = format!("{} {}", look.point.value.id, look.operation.value.side);
    if let Observed::Refused { status } = observed {
        let reason = format!("AWS answered the deletion and did not delete: the point is {status}");
        removal::not_deleted(ctx, &look.point.value, &look.operation.value.side, &reason).await?;
    }
    look.operation.value = look.operation.value.looked(observed, now);
    let mut change = Change::new();
    if look.operation.value.phase == Phase::Done {
        ctx.conditions().clear(codes::NOT_DELETED, &subject);
        if let Some(side) = look.point.value.sides.get_mut(&look.operation.value.side) {
            side.state = SideState::Removed;
        }
        let chain = ctx.ledger().get::<ChainRecord>(&Key::chain(&look.owner)).await?;
        let chain = chain.ok_or_else(|| LedgerError::Conflict(look.owner.to_string()))?;
        change = change.update(&look.point).update(&chain);
        change = end_the_others(ctx, &mut look, change).await?;
        if look.point.value.is_over() {
            change = ctx.ledger().end_owner(change, &look.point.value).await?;
        }
        ctx.conditions().clear(codes::SEAL_BROKEN, &subject);
    }
    ctx.ledger().commit(change.update(&look.operation)).await?;
    Ok(look)
}

/// With the last side of a point gone, its operations are of no further use.
async fn end_the_others(ctx: &Context, look: &mut Look, mut change: Change) -> Result<Change, JobError> {
    if !look.point.value.is_over() {
        return Ok(change);
    }
    let now = ctx.now();
    look.operation.value.ended_at = Some(now);
    let prefix = format!("op#{}#", look.point.value.id);
    let all: Vec<Versioned<chainwright_chain::state::OperationRecord>> =
        ctx.ledger().all(&look.owner.to_string(), &prefix).await?;
    for mut other in all {
        let this = other.value.kind == look.operation.value.kind && other.value.side == look.operation.value.side;
        if !this {
            other.value.ended_at = Some(now);
            change = change.update(&other);
        }
    }
    Ok(change)
}

/// What follows from a deletion that is over.
pub(super) async fn follow_ups(ctx: &Context, look: &Look) -> Result<Vec<Outgoing>, JobError> {
    let pruned = news::of_side(DetailType::RestorePointPruned, &look.point.value, &look.operation.value.side);
    news::tell(ctx, vec![pruned]).await?;
    Ok(Vec::new())
}
