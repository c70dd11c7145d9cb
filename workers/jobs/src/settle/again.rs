//! What becomes of an operation that the service has not begun.
//!
//! A request that stands in the ledger whole is sent once more from here, whatever has become of its resource; what needs
//! a new request is sent to the job that can write one. A backup whose resource is gone, or another under its name, is
//! not tried again: the same ARN would give the point of another table.

use chainwright_aws::sources::Source;
use chainwright_chain::{
    exchange::Observed,
    state::{Phase, PointRecord, SideState},
};
use chainwright_contracts::jobs::OperationKind;
use chainwright_engine::Outcome;

use super::{Look, conclude_look, copy, follow_ups};
use crate::{
    Context,
    begin::{Asked, begin},
    error::JobError,
    follow_up,
    ledger::{Change, LedgerError},
    snapshot::ensure_supported,
};

/// Asks once more, or gives up.
pub(super) async fn run(ctx: &Context, mut look: Look) -> Result<Outcome, JobError> {
    let source = ctx.source_of(&look.point.value.resource)?.1.as_ref();
    let operation = &mut look.operation.value;
    if operation.kind == OperationKind::Backup && !is_there(source, &look.point.value).await? {
        operation.reason = Some("the resource is gone, or another was created under its name".to_owned());
        operation.retry.until = Some(ctx.now());
    }
    let wanted = look.point.value.sides.get(&operation.side).is_some_and(|side| side.state == SideState::Wanted);
    match (operation.phase, operation.kind) {
        (Phase::ToRetry, _) if !operation.may_try(ctx.now()) => {
            let reason = operation.reason.clone().unwrap_or_else(|| "its time is over".to_owned());
            let look = conclude_look(ctx, look, &Observed::Failed { reason, occupied: true }).await?;
            follow_ups(ctx, &look).await
        }
        (Phase::Requested, OperationKind::Backup | OperationKind::Copy) if wanted => repeat(ctx, source, look).await,
        _ => send(ctx, look).await,
    }
}

async fn is_there(source: &dyn Source, point: &PointRecord) -> Result<bool, JobError> {
    Ok(source.incarnation(&point.resource).await?.as_ref() == Some(&point.incarnation))
}

/// Sends the recorded request once more. The look moves on first: should the service be out of reach, the next one
/// comes with its pause, however often this one is repeated.
async fn repeat(ctx: &Context, source: &dyn Source, mut look: Look) -> Result<Outcome, JobError> {
    look.operation.value = look.operation.value.asked_again(ctx.now());
    look.operation.value.looks.sent = false;
    ctx.ledger().commit(Change::new().update(&look.operation)).await?;
    look.operation.version += 1;
    let operation = &look.operation.value;
    let supported = match operation.kind {
        OperationKind::Backup if operation.may_try(ctx.now()) => {
            ensure_supported(source, &look.point.value.resource).await
        }
        _ => Ok(()),
    };
    let asked = match supported {
        Ok(()) => begin(ctx, source, look.operation.clone(), Asked::Perhaps).await,
        refused => refused,
    };
    let Err(error) = asked else { return Ok(Outcome::Done) };
    look.operation.value.reason = Some(error.to_string());
    match ctx.ledger().commit(Change::new().update(&look.operation)).await {
        Ok(()) | Err(LedgerError::Conflict(_)) => {}
        Err(error) => return Err(error.into()),
    }
    match error {
        // What stands against it is told when its time is over.
        JobError::Rejected { .. } => Ok(Outcome::Done),
        error => Err(error),
    }
}

/// Sends the job that can ask the service once more on its way.
async fn send(ctx: &Context, mut look: Look) -> Result<Outcome, JobError> {
    if look.operation.value.kind == OperationKind::Copy && look.operation.value.attempts >= copy::MANY_FAILURES {
        copy::keeps_failing(ctx, &look).await?;
    }
    let again = follow_up::ask_again(&look.operation.value, &look.point.value);
    look.operation.value = look.operation.value.asked_again(ctx.now());
    ctx.ledger().commit(Change::new().update(&look.operation)).await?;
    Ok(Outcome::Continue(vec![again]))
}
