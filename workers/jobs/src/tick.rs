//! Tick: what has fallen due is sent on its way.
//!
//! Whatever is sent is first moved on in the ledger, so that the ticks behind this one do not send it again while it is
//! on its way. Should this tick, or the message, be lost in between, the same is sent again after one such interval.
//! What cannot be read or moved on is reported and keeps nothing else from being sent.

use std::time::Duration;

use chainwright_chain::state::{PolicyHead, SessionRecord};
use chainwright_contracts::{codes, jobs::Tick};
use chainwright_engine::{Outcome, Outgoing};
use jiff::{SignedDuration, Timestamp};

use crate::{
    Context,
    error::{JobError, conclude, raise_not_ready},
    follow_up,
    ledger::{Change, Due, Key, LedgerError, Record, Versioned},
    policies,
    readiness::is_ready,
    session::{RESEND_AFTER, fall_due},
    telemetry::names,
};

/// A comparison with AWS that was sent and did not come to its end is sent again after this long, and so is a removal.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(30);

/// How long a record that could not be read stands as a condition of this worker. It stays due, so that whichever worker
/// runs the next ticks says so anew.
const UNREADABLE_STANDS: Duration = Duration::from_hours(24);

/// Runs a tick.
pub async fn run(job: Tick, ctx: Context) -> Outcome {
    let result = tick(job, &ctx).await;
    conclude(&ctx, result).await
}

async fn tick(job: Tick, ctx: &Context) -> Result<Outcome, JobError> {
    let now = ctx.sent_at();
    if ctx.now().duration_since(now) > ctx.settings().tick_life {
        // Too old by this worker's clock, which may be what is wrong: whether it agrees with AWS's is looked at.
        is_ready(ctx).await;
        return Ok(Outcome::Done);
    }
    let (due, next) = ctx.ledger().due(now, job.cursor).await?;
    let mut jobs = Vec::new();
    if due.is_empty() && !ctx.ledger().is_ready().await? {
        // In an emptied ledger nothing falls due, so nothing else would notice. A later tick looks again.
        raise_not_ready(ctx);
        return Ok(Outcome::Done);
    }
    for due in due {
        match send_due(ctx, due, now).await {
            Ok(job) => jobs.extend(job),
            Err(JobError::Ledger(LedgerError::Unreadable { key, source })) => unreadable(ctx, key, &source),
            Err(error @ JobError::Ledger(LedgerError::NotReady)) => return Err(error),
            // It is still due: the next tick comes to it again.
            Err(error) => tracing::warn!(error.message = %error, "something that is due was not sent"),
        }
    }
    jobs.extend(next.map(|cursor| follow_up::tick(cursor, ctx.job_id())));
    Ok(if jobs.is_empty() { Outcome::Done } else { Outcome::Continue(jobs) })
}

fn unreadable(ctx: &Context, key: String, error: &serde_json::Error) {
    ctx.conditions().raise_for(UNREADABLE_STANDS, codes::RECORD_UNREADABLE, key, error.to_string());
}

async fn send_due(ctx: &Context, due: Result<Due, LedgerError>, now: Timestamp) -> Result<Option<Outgoing>, JobError> {
    match due? {
        Due::Policy(head) => slot_fell_due(ctx, head, now).await,
        Due::Session(mut session) => {
            session.value.next_send = now.checked_add(RESEND_AFTER).ok();
            let job = follow_up::session(&session.value.policy, session.value.slot, None);
            send(ctx, &session, Some(job)).await
        }
        Due::Operation(mut operation) => {
            let span = ctx.span_of(names::TICK, &operation.value.point).on(&operation.value.side);
            let job = span.sends(follow_up::settle(&operation.value));
            operation.value = operation.value.look_sent(now);
            send(ctx, &operation, Some(job)).await
        }
        Due::Point(mut point) => {
            let span = ctx.span_of(names::TICK, &point.value.id);
            let job = span.sends(follow_up::delete_expired(&point.value));
            point.value.not_before = now.checked_add(AGAIN_AFTER).ok();
            send(ctx, &point, Some(job)).await
        }
        Due::Chain(mut chain) => {
            let cause = chain.value.next_reconcile.map_or_else(String::new, |at| at.to_string());
            let job = chain.value.owner.chain().map(|id| follow_up::reconcile(id, &cause));
            chain.value.next_reconcile = now.checked_add(AGAIN_AFTER).ok();
            send(ctx, &chain, job).await
        }
    }
}

/// Moves on what is due, and says what to send for it.
async fn send<R: Record>(
    ctx: &Context,
    moved: &Versioned<R>,
    job: Option<Outgoing>,
) -> Result<Option<Outgoing>, JobError> {
    match ctx.ledger().commit(Change::new().update(moved)).await {
        Ok(()) => Ok(job),
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
    let committed = ctx.ledger().commit(change).await;
    if let (Ok(()), Some(chains)) = (&committed, ctx.telemetry().chains()) {
        chains.policy(&head.value);
    }
    match committed {
        Ok(()) => Ok(record.map(|record| follow_up::session(&record.policy, record.slot, None))),
        // Another tick, or whoever edits the policy, was faster; the next tick sees what became of it.
        Err(LedgerError::Conflict(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
