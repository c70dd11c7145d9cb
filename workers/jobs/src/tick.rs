//! Tick: what has fallen due is sent on its way.

use chainwright_chain::state::{PolicyHead, SessionRecord};
use chainwright_contracts::jobs::Tick;
use chainwright_engine::{Outcome, Outgoing};
use jiff::Timestamp;

use crate::{
    Context,
    error::{JobError, conclude, raise_not_ready},
    follow_up,
    ledger::{Change, Due, Key, LedgerError, Versioned},
    policies,
    session::{RESEND_AFTER, fall_due},
};

/// Runs a tick.
pub async fn run(job: Tick, ctx: Context) -> Outcome {
    let result = tick(job, &ctx).await;
    conclude(&ctx, result).await
}

async fn tick(job: Tick, ctx: &Context) -> Result<Outcome, JobError> {
    let now = ctx.sent_at();
    if ctx.now().duration_since(now) > ctx.settings().tick_life {
        return Ok(Outcome::Done);
    }
    let (due, next) = ctx.ledger().due(now, job.cursor).await?;
    if due.is_empty() && !ctx.ledger().is_ready().await? {
        // In an emptied ledger nothing falls due, so nothing else would notice. A later tick looks again.
        raise_not_ready(ctx);
        return Ok(Outcome::Done);
    }
    let mut jobs = Vec::new();
    for due in due {
        jobs.extend(send(ctx, due, now).await?);
    }
    jobs.extend(next.map(|cursor| follow_up::tick(cursor, ctx.job_id())));
    Ok(if jobs.is_empty() { Outcome::Done } else { Outcome::Continue(jobs) })
}

async fn send(ctx: &Context, due: Due, now: Timestamp) -> Result<Option<Outgoing>, JobError> {
    Ok(match due {
        Due::Policy(head) => slot_fell_due(ctx, head, now).await?,
        Due::Session(session) => send_again(ctx, session, now).await?,
        Due::Operation(operation) => Some(follow_up::settle(&operation.value)),
        Due::Point(point) => Some(follow_up::delete_expired(&point.value)),
        Due::Chain(chain) => {
            let cause = chain.value.next_reconcile.map_or_else(String::new, |at| at.to_string());
            chain.value.owner.chain().map(|id| follow_up::reconcile(id, &cause))
        }
    })
}

/// Sends a session that has not come to its end once more, and the next time only after as long again.
async fn send_again(
    ctx: &Context,
    mut session: Versioned<SessionRecord>,
    now: Timestamp,
) -> Result<Option<Outgoing>, JobError> {
    session.value.next_send = now.checked_add(RESEND_AFTER).ok();
    match ctx.ledger().commit(Change::new().update(&session)).await {
        Ok(()) => Ok(Some(follow_up::session(&session.value.policy, session.value.slot, None))),
        // It has moved on by itself.
        Err(LedgerError::Conflict(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Makes the session of a policy whose slot has come, and moves the policy's watermark on, in one change.
async fn slot_fell_due(
    ctx: &Context,
    mut head: Versioned<PolicyHead>,
    now: Timestamp,
) -> Result<Option<Outgoing>, JobError> {
    let Some(policy) = policies::revision(ctx, &head.value.name, head.value.revision).await? else {
        return Ok(None);
    };
    let record = fall_due(&mut head.value, &policy, now, now);
    let mut change = Change::when_ready().update(&head);
    if let Some(record) = &record
        && ctx.ledger().get::<SessionRecord>(&Key::session(&record.policy, record.slot)).await?.is_none()
    {
        change = change.create(record);
    }
    match ctx.ledger().commit(change).await {
        Ok(()) => Ok(record.map(|record| follow_up::session(&record.policy, record.slot, None))),
        // Another tick, or whoever edits the policy, was faster; the next tick sees what became of it.
        Err(LedgerError::Conflict(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
