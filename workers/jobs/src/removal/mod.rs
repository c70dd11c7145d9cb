//! Removing one side of a point: the tombstone, the last look, the delete.
//!
//! A tombstone is written on the condition that the chain is still as the decision saw it; from then on whatever else
//! wants the side loses. Right before the delete the tags are read once more: a hold that only AWS knows wins even now,
//! and what does not prove to be ours stays. The deletion is concluded by settle alone.

mod reconsider;

use std::time::Duration;

use chainwright_aws::{error::Class, sources::Source};
use chainwright_chain::{
    exchange::{DeleteRequest, ObservedPoint, PointStatus},
    state::{
        Attempted, ChainRecord, OperationRecord, PointRecord, Request, Retry, SideRecord, SideState, Tombstone, Why,
    },
};
use chainwright_contracts::{codes, events::outgoing::DetailType, jobs::Side};
use jiff::Timestamp;

pub(crate) use self::reconsider::stays;
use crate::{
    Context,
    begin::attempted,
    claim,
    claim::Claim,
    conditions,
    error::JobError,
    hold,
    ledger::{Change, Key, LedgerError, Versioned},
    news,
};

/// How long a deletion that was not carried out stands as a condition of this worker: it is tried at least every half
/// hour, by whichever worker, and each that meets it says so anew.
const STANDS: Duration = Duration::from_hours(2);

/// Writes the tombstones of some sides and requests their deletion, all or none of it.
///
/// The sides of one point must come together, since each point is written once.
pub(crate) async fn entomb(
    ctx: &Context,
    chain: &Versioned<ChainRecord>,
    doomed: &[(Versioned<PointRecord>, Vec<Side>)],
    why: Why,
    now: Timestamp,
) -> Result<Vec<(Side, Versioned<OperationRecord>)>, JobError> {
    let mut change = Change::when_ready().update(chain);
    let mut operations = Vec::new();
    for (point, sides) in doomed {
        let mut point = point.clone();
        for side in sides {
            let Some(record) = point.value.sides.get_mut(side) else { continue };
            let Some(arn) = record.arn.clone() else { continue };
            record.state = SideState::Removing;
            record.tombstone = Some(Tombstone { at: now, why });
            let request = Request::Delete(DeleteRequest { point: arn, place: record.place.clone() });
            let (owner, id) = (point.value.owner.clone(), point.value.id.clone());
            let forever = Retry { attempts: None, until: None };
            let operation = OperationRecord::requested(owner, id, side.clone(), request, forever, now);
            let key = Key::operation(&operation.owner, &operation.point, operation.kind, side);
            let operation = match ctx.ledger().get::<OperationRecord>(&key).await? {
                // An earlier removal was called off by a hold that has gone since.
                Some(read) => Versioned { version: read.version, value: operation.after(&read.value) },
                None => Versioned { version: 0, value: operation },
            };
            change = if operation.version == 0 { change.create(&operation.value) } else { change.update(&operation) };
            operations.push((side.clone(), Versioned { version: operation.version + 1, value: operation.value }));
        }
        change = change.update(&point);
    }
    ctx.ledger().commit(change).await?;
    Ok(operations)
}

/// Asks AWS to delete a side that bears a tombstone.
pub(crate) async fn execute(
    ctx: &Context,
    source: &dyn Source,
    mut operation: Versioned<OperationRecord>,
) -> Result<(), JobError> {
    let Request::Delete(request) = operation.value.request.clone() else { return Ok(()) };
    let key = Key::point(&operation.value.owner, &operation.value.point);
    let Some(point) = ctx.ledger().get::<PointRecord>(&key).await? else { return Ok(()) };
    if !still_stands(&point.value, &operation.value.side) {
        return Ok(());
    }
    let Some(observed) = source.describe_point(&request.place, &request.point).await? else {
        let gone = chainwright_chain::exchange::Started { id: request.point.clone(), point: None };
        operation.value = operation.value.started(gone, ctx.now());
        return record(ctx, operation).await;
    };
    if observed.status != PointStatus::Deleting {
        if point.value.hold.is_some() {
            // Found in the tags of another side since: it counts for all of them.
            return call_off(ctx, operation, point, Found::Held, "the point is held").await;
        }
        match last_look(ctx, source, &point.value, &operation.value.side, &observed).await? {
            LastLook::Remove => {}
            LastLook::Held => return call_off(ctx, operation, point, Found::Held, "a hold stands in its tags").await,
            LastLook::NotOurs(why) => return refuse(ctx, operation, point, &why).await,
        }
    }
    let now = ctx.now();
    operation.value = match source.delete_point(&request).await {
        Ok(started) => operation.value.started(started, now),
        Err(error) => {
            let reason = error.to_string();
            let attempted =
                if error.class == Class::Denied { Attempted::Refused(reason.clone()) } else { attempted(error)? };
            not_deleted(ctx, &point.value, &operation.value.side, &reason).await?;
            operation.value.not_started(attempted, now)
        }
    };
    record(ctx, operation).await
}

/// Whether the tombstone still stands: since it was written, somebody may have called the removal off.
fn still_stands(point: &PointRecord, side: &Side) -> bool {
    let doomed = |side: &SideRecord| side.state == SideState::Removing && side.tombstone.is_some();
    point.sides.get(side).is_some_and(doomed)
}

/// Reports a deletion that AWS refused, or answered and did not carry out. It is tried again.
pub(crate) async fn not_deleted(ctx: &Context, point: &PointRecord, side: &Side, reason: &str) -> Result<(), JobError> {
    ctx.conditions().raise_for(STANDS, codes::NOT_DELETED, format!("{} {side}", point.id), reason);
    let news = news::of_failure(DetailType::ChainAtRisk, point, side, codes::NOT_DELETED, reason);
    news::tell(ctx, vec![news]).await
}

async fn record(ctx: &Context, operation: Versioned<OperationRecord>) -> Result<(), JobError> {
    match ctx.ledger().commit(Change::new().update(&operation)).await {
        // Somebody else asked as well and recorded it; a deletion asked for twice is one deletion.
        Ok(()) | Err(LedgerError::Conflict(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

enum LastLook {
    Remove,
    Held,
    NotOurs(String),
}

async fn last_look(
    ctx: &Context,
    source: &dyn Source,
    point: &PointRecord,
    side: &Side,
    observed: &ObservedPoint,
) -> Result<LastLook, JobError> {
    let Some(side) = point.sides.get(side) else {
        return Ok(LastLook::NotOurs("the ledger does not record this side".into()));
    };
    Ok(match claim::read(ctx, source, observed).await? {
        Claim::Opens(seal) if seal.held => LastLook::Held,
        Claim::Opens(seal) => match claim::fits(&seal.record, observed, point, side) {
            Ok(()) => LastLook::Remove,
            Err(why) => LastLook::NotOurs(why),
        },
        Claim::NotOurs => LastLook::NotOurs("it carries no sealed metadata".into()),
        Claim::Broken(why) => LastLook::NotOurs(why),
        Claim::Gone => LastLook::Remove,
    })
}

/// What does not prove to be ours is never removed: the removal is called off and reported.
async fn refuse(
    ctx: &Context,
    operation: Versioned<OperationRecord>,
    point: Versioned<PointRecord>,
    why: &str,
) -> Result<(), JobError> {
    let side = operation.value.side.clone();
    let reason = format!("it is not removed: {why}");
    let subject = format!("{} {side}", point.value.id);
    conditions::of_chain(ctx, &point.value.owner, codes::SEAL_BROKEN, subject, reason.clone());
    let news = news::of_failure(DetailType::ChainAtRisk, &point.value, &side, codes::SEAL_BROKEN, &reason);
    news::tell(ctx, vec![news]).await?;
    call_off(ctx, operation, point, Found::NotOurs, why).await
}

/// Takes the tombstone of a side back that is to stay after all, and says so.
pub(crate) async fn spare(
    ctx: &Context,
    operation: Versioned<OperationRecord>,
    point: Versioned<PointRecord>,
    why: &str,
) -> Result<(), JobError> {
    ctx.conditions().clear(codes::NOT_DELETED, &format!("{} {}", point.value.id, operation.value.side));
    tracing::warn!(point = %point.value.id, side = %operation.value.side, why, "a removal is called off");
    call_off(ctx, operation, point, Found::Needed, why).await
}

/// What was found of a side whose removal is called off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Held,
    NotOurs,
    Needed,
}

/// Takes the tombstone back.
async fn call_off(
    ctx: &Context,
    mut operation: Versioned<OperationRecord>,
    mut point: Versioned<PointRecord>,
    found: Found,
    why: &str,
) -> Result<(), JobError> {
    let Some(chain) = ctx.ledger().get::<ChainRecord>(&Key::chain(&operation.value.owner)).await? else {
        return Ok(());
    };
    if found == Found::Held {
        hold::found(&mut point.value, ctx.now());
    }
    if let Some(side) = point.value.sides.get_mut(&operation.value.side) {
        side.tombstone = None;
        side.state = SideState::Available;
        if found == Found::NotOurs {
            side.opened_at = None;
        }
    }
    operation.value = operation.value.given_up(format!("called off: {why}"));
    let change = Change::new().update(&point).update(&operation).update(&chain);
    Ok(ctx.ledger().commit(change).await?)
}
