//! Copy: one copy of one point to one Region.

use chainwright_aws::sources::{Source, standing_copy};
use chainwright_chain::{
    exchange::{Candidate, CopyRequest, Observed},
    state::{ChainRecord, OperationRecord, Owner, Phase, PointRecord, Request, Retry, SideRecord, SideState},
};
use chainwright_contracts::{
    codes,
    events::outgoing::DetailType,
    jobs::{Copy, OperationKind, Side},
};
use chainwright_engine::Outcome;
use jiff::Timestamp;

use crate::{
    Context,
    begin::{Asked, begin},
    error::{JobError, conclude},
    ledger::{Change, Key, Versioned},
    news, policies,
    telemetry::names,
};

/// Runs a copy job.
pub async fn run(job: Copy, ctx: Context) -> Outcome {
    let span = ctx.span_of(names::COPY, &job.point).on(&Side::Copy(job.to.clone()));
    let result = span.within(copy(&job, &ctx)).await;
    span.ends(conclude(&ctx, result).await)
}

struct Subject {
    chain: Versioned<ChainRecord>,
    point: Versioned<PointRecord>,
    side: Side,
}

async fn copy(job: &Copy, ctx: &Context) -> Result<Outcome, JobError> {
    let subject = read(job, ctx).await?;
    let point = &subject.point.value;
    let (Some(source_side), Some(target)) = (point.sides.get(&Side::Regular), point.sides.get(&subject.side)) else {
        let reason = format!("the seal of point {} names no side {}", job.point, subject.side);
        return Err(JobError::rejected(codes::COPY_NOT_SEALED, reason));
    };
    if target.state != SideState::Wanted || source_side.state == SideState::Wanted {
        // Made, given up or removed already; or the backup is not there yet, and its settle sends the copy again.
        return Ok(Outcome::Done);
    }
    if source_side.opened_at.is_none() && wanted_until(source_side, target).is_some_and(|until| ctx.now() < until) {
        // What does not prove to be the point is not spread; a comparison that finds it proven sends the copy again.
        return Ok(Outcome::Done);
    }
    let key = Key::operation(&point.owner, &point.id, OperationKind::Copy, &subject.side);
    let source = ctx.source_of(&point.resource)?.1;
    ctx.settings().allow.check_place(target.place.account.as_str(), target.place.region.as_str())?;
    match ctx.ledger().get::<OperationRecord>(&key).await? {
        None => {
            let before = made_before(ctx, source.as_ref(), &subject, source_side, target).await?;
            if let Before::Gone(arn) = before {
                return was_made(ctx, &subject, arn).await;
            }
            let asked = if matches!(before, Before::Perhaps(_)) { Asked::Perhaps } else { Asked::Never };
            if let Some(operation) = request(ctx, &subject, source_side, target, &before).await? {
                begin(ctx, source.as_ref(), operation, asked).await?;
            }
        }
        Some(operation) if operation.value.phase == Phase::Requested => {
            begin(ctx, source.as_ref(), operation, Asked::Perhaps).await?;
        }
        // What may not be tried again is given up by the look that is due.
        Some(operation) if operation.value.phase == Phase::ToRetry && operation.value.may_try(ctx.now()) => {
            if let Some(operation) = request_again(ctx, &subject, source_side, target, operation).await? {
                begin(ctx, source.as_ref(), operation, Asked::Never).await?;
            }
        }
        Some(_) => {}
    }
    Ok(Outcome::Done)
}

async fn read(job: &Copy, ctx: &Context) -> Result<Subject, JobError> {
    let unknown = || JobError::rejected(codes::NO_SUCH_POINT, format!("the ledger knows no point {}", job.point));
    let owner: Owner = ctx.ledger().owner_of(&job.point).await?.ok_or_else(unknown)?;
    let chain = ctx.ledger().get(&Key::chain(&owner)).await?.ok_or_else(unknown)?;
    let point = ctx.ledger().get(&Key::point(&owner, &job.point)).await?.ok_or_else(unknown)?;
    Ok(Subject { chain, point, side: Side::Copy(job.to.clone()) })
}

/// Until when a copy is wanted: its own last expiry or its source's, whichever is sooner.
fn wanted_until(source: &SideRecord, target: &SideRecord) -> Option<Timestamp> {
    source.last_expiry().into_iter().chain(target.last_expiry()).min()
}

/// What had become of a copy before the ledger was lost, as far as the service still lists its jobs.
enum Before {
    /// The ledger remembers the point's backup, and hence would its copy: nobody has asked.
    Never,
    /// So many attempts had failed, whose tokens are used up; one that did not is adopted.
    Perhaps(u32),
    /// The rebuilt ledger has seen the copy, and seen it lost. So many attempts are used up.
    Lost(u32),
    /// It was made, under this ARN, and is gone: removed on request, as far as anybody can tell.
    Gone(String),
}

async fn made_before(
    ctx: &Context,
    source: &dyn Source,
    subject: &Subject,
    side: &SideRecord,
    target: &SideRecord,
) -> Result<Before, JobError> {
    let point = &subject.point.value;
    let backup = Key::operation(&point.owner, &point.id, OperationKind::Backup, &Side::Regular);
    if ctx.ledger().get::<OperationRecord>(&backup).await?.is_some() {
        return Ok(Before::Never);
    }
    let mut request = copy_request(ctx, subject, side, target, 0).await?;
    request.requested_at = point.requested_at;
    let candidates = source.find_copies(&request).await?;
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    if target.arn.is_some() {
        return Ok(Before::Lost(count(candidates.len())));
    }
    let has_failed = |candidate: &&Candidate| matches!(candidate.observed, Observed::Failed { .. });
    if let Some(Candidate { observed: Observed::Done { point: Some(made), .. }, .. }) =
        candidates.iter().rfind(|candidate| !has_failed(candidate))
        && source.describe_point(&target.place, made).await?.is_none()
    {
        return Ok(Before::Gone(made.clone()));
    }
    Ok(Before::Perhaps(count(candidates.iter().filter(has_failed).count())))
}

/// The copy was made before the ledger was lost, and is not there any more. It is not made again: whoever removed it is
/// not known, and what was removed on request stays so.
async fn was_made(ctx: &Context, subject: &Subject, arn: String) -> Result<Outcome, JobError> {
    tracing::warn!(point = %subject.point.value.id, arn, "a copy was made before the ledger was lost, and is gone");
    let mut point = subject.point.clone();
    if let Some(side) = point.value.sides.get_mut(&subject.side) {
        side.state = SideState::Lost;
        side.arn = Some(arn);
    }
    ctx.ledger().commit(Change::new().update(&point).update(&subject.chain)).await?;
    Ok(Outcome::Done)
}

/// Writes the first request down; none where the copy is not to be had any more.
async fn request(
    ctx: &Context,
    subject: &Subject,
    source: &SideRecord,
    target: &SideRecord,
    before: &Before,
) -> Result<Option<Versioned<OperationRecord>>, JobError> {
    let now = ctx.now();
    let until = wanted_until(source, target);
    if source.tombstone.is_some() || source.arn.is_none() || until.is_some_and(|until| until <= now) {
        give_up(ctx, subject, None).await?;
        return Ok(None);
    }
    let epoch = match before {
        Before::Perhaps(epoch) | Before::Lost(epoch) => *epoch,
        Before::Never | Before::Gone(_) => 0,
    };
    let mut request = copy_request(ctx, subject, source, target, epoch).await?;
    if matches!(before, Before::Perhaps(_)) {
        // So far back a copy that was begun before is looked for.
        request.requested_at = subject.point.value.requested_at;
    }
    let (owner, point) = (subject.point.value.owner.clone(), subject.point.value.id.clone());
    // What a standing configuration did not copy it never will.
    let attempts = ctx.source_of(&subject.point.value.resource)?.0.has_standing_copies().then_some(1);
    let retry = Retry { attempts, until };
    let request = Request::Copy(request);
    let mut operation = OperationRecord::requested(owner, point, subject.side.clone(), request, retry, now);
    operation.epoch = epoch;
    let change = Change::when_ready().create(&operation).update(&subject.chain).unchanged(&subject.point);
    ctx.ledger().commit(change).await?;
    Ok(Some(Versioned { version: 1, value: operation }))
}

async fn request_again(
    ctx: &Context,
    subject: &Subject,
    source: &SideRecord,
    target: &SideRecord,
    mut operation: Versioned<OperationRecord>,
) -> Result<Option<Versioned<OperationRecord>>, JobError> {
    if source.tombstone.is_some() || source.state != SideState::Available {
        give_up(ctx, subject, Some(operation)).await?;
        return Ok(None);
    }
    let request = copy_request(ctx, subject, source, target, operation.value.epoch).await?;
    operation.value = operation.value.requested_again(Request::Copy(request), ctx.now());
    let change = Change::when_ready().update(&operation).update(&subject.chain).unchanged(&subject.point);
    ctx.ledger().commit(change).await?;
    operation.version += 1;
    Ok(Some(operation))
}

/// The source is on its way out, or nobody wants the copy any longer.
async fn give_up(
    ctx: &Context,
    subject: &Subject,
    operation: Option<Versioned<OperationRecord>>,
) -> Result<(), JobError> {
    let reason = "its source is gone or going, or its own end has passed";
    let failed = DetailType::CopyFailed;
    let news = news::of_failure(failed, &subject.point.value, &subject.side, codes::COPY_FAILED, reason);
    let wanted = subject.point.value.sides.get(&subject.side).is_some_and(|side| !side.flags.is_empty());
    news::tell(ctx, if wanted { vec![news] } else { Vec::new() }).await?;
    let mut point = subject.point.clone();
    if let Some(side) = point.value.sides.get_mut(&subject.side) {
        side.state = SideState::Failed;
    }
    let mut change = Change::new().update(&point).update(&subject.chain);
    if let Some(mut operation) = operation {
        operation.value = operation.value.given_up(reason.to_owned());
        change = change.update(&operation);
    }
    Ok(ctx.ledger().commit(change).await?)
}

async fn copy_request(
    ctx: &Context,
    subject: &Subject,
    source: &SideRecord,
    target: &SideRecord,
    epoch: u32,
) -> Result<CopyRequest, JobError> {
    let point = &subject.point.value;
    let policy = policies::pinned(ctx, point).await?;
    let role = policy.as_ref().and_then(|policy| policies::backup_role(policy.file(), &point.resource));
    // What somebody else has copied elsewhere is only waited for.
    let standing_copy = policy.as_ref().and_then(|policy| standing_copy(policy.file(), &source.place.region));
    let standing_copy = standing_copy.filter(|standing| standing.region == target.place.region);
    Ok(CopyRequest {
        resource: point.resource.clone(),
        point: source.arn.clone().unwrap_or_default(),
        from: source.place.clone(),
        to: target.place.clone(),
        role,
        token: OperationRecord::token(OperationKind::Copy, &point.id, &subject.side, epoch),
        requested_at: ctx.now(),
        standing_copy,
    })
}
