//! Settle: one look at one operation.
//!
//! Looks are numbered. The look that is next asks the service, records what is true and moves the number on; a look
//! already taken asks nothing, but sends the follow-ups of the recorded state, so that a repeat after a crash loses
//! none. Settle never sends itself: the tick and AWS's events ask for further looks.

mod again;
mod backup;
mod cold;
mod copy;
mod deletion;
mod extent;

use chainwright_aws::error::Class;
use chainwright_chain::{
    exchange::Observed,
    state::{OperationRecord, Owner, Phase, PointRecord, Request},
};
use chainwright_contracts::{
    codes,
    jobs::{OperationKind, Settle, Side},
};
use chainwright_engine::{Outcome, Outgoing};

use crate::{
    Context,
    error::{JobError, conclude},
    follow_up,
    ledger::{Key, Versioned},
    telemetry::names,
};

/// Runs a settle job.
pub async fn run(job: Settle, ctx: Context) -> Outcome {
    let side = job.to.clone().map_or(Side::Regular, Side::Copy);
    let span = ctx.span_of(names::SETTLE, &job.point).on(&side);
    let result = span.within(settle(&job, &ctx)).await;
    span.ends(conclude(&ctx, result).await)
}

/// The operation that is looked at, and its point, as they were read.
pub(crate) struct Look {
    pub(crate) owner: Owner,
    pub(crate) operation: Versioned<OperationRecord>,
    pub(crate) point: Versioned<PointRecord>,
}

async fn settle(job: &Settle, ctx: &Context) -> Result<Outcome, JobError> {
    let look = read(job, ctx).await?;
    let operation = &look.operation.value;
    let stale = job.look.is_some_and(|number| number < operation.looks.number);
    if stale || operation.is_over() {
        return follow_ups(ctx, &look).await;
    }
    match (operation.phase, operation.looked_at()) {
        (Phase::Started, Some(looked_at)) => {
            let source = ctx.source_of(&look.point.value.resource)?.1;
            let observed = source.observe(std::slice::from_ref(&looked_at)).await?.pop().unwrap_or(Observed::Unknown);
            let look = conclude_look(ctx, look, &observed).await?;
            follow_ups(ctx, &look).await
        }
        (Phase::Requested | Phase::ToRetry, _) if !is_due(ctx, operation) => Ok(Outcome::Done),
        _ => again::run(ctx, look).await,
    }
}

async fn read(job: &Settle, ctx: &Context) -> Result<Look, JobError> {
    let unknown = |what: &str| JobError::rejected(codes::NO_SUCH_OPERATION, format!("point {}: {what}", job.point));
    let owner =
        ctx.ledger().owner_of(&job.point).await?.ok_or_else(|| {
            JobError::rejected(codes::NO_SUCH_POINT, format!("the ledger knows no point {}", job.point))
        })?;
    let side = job.to.clone().map_or(Side::Regular, Side::Copy);
    let key = Key::operation(&owner, &job.point, job.operation, &side);
    let what = format!("no {} on its side {side}", job.operation.as_str());
    let operation = ctx.ledger().get(&key).await?.ok_or_else(|| unknown(&what))?;
    let point = ctx.ledger().get(&Key::point(&owner, &job.point)).await?.ok_or_else(|| unknown("no record"))?;
    Ok(Look { owner, operation, point })
}

/// Whether the service may be asked once more: not before the pause is over, unless only to give up.
fn is_due(ctx: &Context, operation: &OperationRecord) -> bool {
    let now = ctx.now();
    operation.looks.next.is_none_or(|due| due <= now) || (operation.phase == Phase::ToRetry && !operation.may_try(now))
}

async fn conclude_look(ctx: &Context, look: Look, observed: &Observed) -> Result<Look, JobError> {
    match look.operation.value.kind {
        OperationKind::Backup => backup::conclude(ctx, look, observed).await,
        OperationKind::Copy => copy::conclude(ctx, look, observed).await,
        OperationKind::Delete => deletion::conclude(ctx, look, observed).await,
    }
}

/// A backup that failed may have left something behind, which costs and stands in nobody's way but the operator's. What the
/// service will not remove stays there.
async fn discard_failed(ctx: &Context, look: &Look) -> Result<(), JobError> {
    let operation = &look.operation.value;
    if let (Request::Backup(request), Phase::ToRetry | Phase::Failed) = (&operation.request, operation.phase) {
        match ctx.source_of(&look.point.value.resource)?.1.discard_failed(request).await {
            Err(error) if error.class == Class::Transient => return Err(error.into()),
            Err(error) => tracing::warn!(point = %operation.point, %error, "what a failed backup left behind stays"),
            Ok(()) => {}
        }
    }
    Ok(())
}

/// What follows from the recorded state, whoever recorded it.
async fn follow_ups(ctx: &Context, look: &Look) -> Result<Outcome, JobError> {
    let jobs: Vec<Outgoing> = match (look.operation.value.kind, look.operation.value.phase) {
        (OperationKind::Backup, Phase::Done | Phase::Failed) => backup::follow_ups(ctx, look).await?,
        (OperationKind::Copy, Phase::Done | Phase::Failed) => copy::follow_ups(ctx, look).await?,
        (OperationKind::Delete, Phase::Done) => deletion::follow_ups(ctx, look).await?,
        (_, Phase::Requested | Phase::ToRetry) if look.operation.value.looks.sent => {
            vec![follow_up::ask_again(&look.operation.value, &look.point.value)]
        }
        _ => Vec::new(),
    };
    // Last, so that nobody waits for it; where a backup failed, nothing else follows.
    discard_failed(ctx, look).await?;
    Ok(if jobs.is_empty() { Outcome::Done } else { Outcome::Continue(jobs) })
}
