//! Delete: the removal of named points on request, and of manual ones whose own end has come.
//!
//! AWS is asked first (what is there, what locks it, what time it is) and after (settle concludes the deletion).

use chainwright_aws::sources::Source;
use chainwright_chain::{
    exchange::PointStatus,
    state::{OperationRecord, Phase, PointRecord, SideState, Why},
};
use chainwright_contracts::{
    codes::{self, Code},
    ids::PointId,
    jobs::{Delete, OperationKind, Side},
};
use chainwright_engine::Outcome;
use jiff::Timestamp;

use crate::{
    Context,
    error::{JobError, conclude},
    ledger::{Change, Family, Key, Versioned},
    removal,
    sight::Sight,
    telemetry::names,
};

/// Runs a delete job.
pub async fn run(job: Delete, ctx: Context) -> Outcome {
    let result = delete(&job, &ctx).await;
    conclude(&ctx, result).await
}

async fn delete(job: &Delete, ctx: &Context) -> Result<Outcome, JobError> {
    let mut rejected: Option<(Code, Vec<String>)> = None;
    for id in &job.points {
        // What is wrong with one point keeps none of the others.
        let span = ctx.span_of(names::DELETE, id);
        match span.within(delete_point(job, id, ctx)).await {
            Err(JobError::Rejected { code, reason }) => {
                rejected.get_or_insert_with(|| (code, Vec::new())).1.push(reason);
            }
            other => other?,
        }
    }
    match rejected {
        None => Ok(Outcome::Done),
        Some((code, reasons)) => Err(JobError::rejected(code, reasons.join("; "))),
    }
}

async fn delete_point(job: &Delete, id: &PointId, ctx: &Context) -> Result<(), JobError> {
    let unknown = || JobError::rejected(codes::NO_SUCH_POINT, format!("the ledger knows no point {id}"));
    let owner = ctx.ledger().owner_of(id).await?.ok_or_else(unknown)?;
    let family = ctx.ledger().family(&owner).await?.ok_or_else(unknown)?;
    let point = family.point(id).ok_or_else(unknown)?.clone();
    let source = ctx.source_of(&family.chain.value.resource)?.1.as_ref();
    let sides: Vec<Side> = match &job.side {
        Some(side) => vec![side.clone()],
        None => point.value.sides.keys().cloned().collect(),
    };
    ask_again(job, ctx, source, &family, &point, &sides).await?;
    let available = |side: &&Side| point.value.sides.get(side).is_some_and(|side| side.state == SideState::Available);
    let sides: Vec<Side> = sides.iter().filter(available).cloned().collect();
    if sides.is_empty() {
        return Ok(());
    }
    let sight = Sight::of(ctx, source, &family).await?;
    if job.expired {
        let over = |until: Timestamp| until <= sight.date && sight.agrees_with(ctx);
        let doubtful = point.value.sides.values().any(|side| side.doubtful);
        if !point.value.is_manual()
            || doubtful
            || point.value.hold.is_some()
            || !point.value.keep_until.is_some_and(over)
        {
            return Ok(());
        }
        if sides.iter().any(|side| sight.locks(&point.value, side).is_some()) {
            return postpone(ctx, point, &family, sight.date).await;
        }
    } else {
        for side in &sides {
            permit(&family, &point.value, side, &sight, job.last)?;
        }
    }
    let why = match (job.expired, job.last) {
        (true, _) => Why::Expired,
        (false, true) => Why::RequestedThoughLast,
        (false, false) => Why::Requested,
    };
    let operations = removal::entomb(ctx, &family.chain, &[(point, sides)], why, sight.date).await?;
    for (_, operation) in operations {
        removal::execute(ctx, source, operation).await?;
    }
    Ok(())
}

/// A lock stands: the end of its `keep` is looked at again later.
async fn postpone(
    ctx: &Context,
    mut point: Versioned<PointRecord>,
    family: &Family,
    date: Timestamp,
) -> Result<(), JobError> {
    point.value.not_before = date.checked_add(ctx.settings().reconcile_every).ok();
    Ok(ctx.ledger().commit(Change::new().update(&point).update(&family.chain)).await?)
}

/// Removals decided on before, which AWS has not taken yet or did not carry out.
async fn ask_again(
    job: &Delete,
    ctx: &Context,
    source: &dyn Source,
    family: &Family,
    point: &Versioned<PointRecord>,
    sides: &[Side],
) -> Result<(), JobError> {
    for side in sides {
        let key = Key::operation(&family.chain.value.owner, &point.value.id, OperationKind::Delete, side);
        let operation: Option<Versioned<OperationRecord>> = ctx.ledger().get(&key).await?;
        if let Some(operation) = operation
            && matches!(operation.value.phase, Phase::Requested | Phase::ToRetry)
        {
            let stays = if job.last { None } else { removal::stays(ctx, source, family, &operation.value).await? };
            match stays {
                Some(why) => removal::spare(ctx, operation, point.clone(), &why).await?,
                None => removal::execute(ctx, source, operation).await?,
            }
        }
    }
    Ok(())
}

/// What forbids a removal on request.
fn permit(family: &Family, point: &PointRecord, side: &Side, sight: &Sight, last: bool) -> Result<(), JobError> {
    let forbid = |why: String| {
        Err(JobError::rejected(codes::DELETE_FORBIDDEN, format!("point {} on its side {side}: {why}", point.id)))
    };
    if let Some(hold) = &point.hold {
        return forbid(format!("held since {}: {}", hold.since, hold.reason));
    }
    if let Some(lock) = sight.locks(point, side) {
        return forbid(lock);
    }
    let copying = family
        .unfinished(OperationKind::Copy)
        .any(|operation| operation.point == point.id && (*side == Side::Regular || operation.side == *side));
    if copying {
        return forbid("a copy of it is unfinished".to_owned());
    }
    if !point.is_manual() && !last && !another_is_good(family, point, side, sight) {
        return forbid("it is the last good point of its chain and side; say \"last\": true to remove it".to_owned());
    }
    Ok(())
}

fn another_is_good(family: &Family, point: &PointRecord, side: &Side, sight: &Sight) -> bool {
    family.points.iter().filter(|other| other.value.id != point.id).any(|other| {
        let available = other.value.sides.get(side).is_some_and(|side| {
            side.state == SideState::Available && side.opened_at.is_some() && !side.flags.is_empty()
        });
        let seen = sight.of_side(&other.value, side).is_some_and(|seen| seen.status == PointStatus::Available);
        available && seen
    })
}
