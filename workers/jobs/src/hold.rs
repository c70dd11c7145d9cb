//! Holds: a person's mark on a point, which keeps it from being pruned while it stands.
//!
//! The ledger is marked first, on the condition that nothing changed in between, so that a removal that is being decided
//! at the same time either sees the hold or is seen by it. The hold has succeeded when its tag is written on every side:
//! from then on it stands even where the ledger is lost.

use std::collections::BTreeMap;

use chainwright_aws::sources::Source;
use chainwright_chain::{
    exchange::ObservedPoint,
    state::{ChainRecord, Hold, PointRecord, SideState},
};
use chainwright_contracts::{codes, ids::PointId, sealed::HOLD_TAG};
use jiff::Timestamp;

use crate::{
    Context,
    error::JobError,
    ledger::{Change, Key, LedgerError, Versioned},
};

/// How often a hold is decided anew when the chain changes meanwhile.
const TRIES: usize = 5;

/// Puts a hold on a point. It may be put again: that writes the tags that are still missing.
///
/// # Errors
/// Where the point is unknown, where one of its sides is being removed already or none is left, or where AWS or the
/// ledger fail; then the hold has not succeeded, and is to be put again.
pub async fn hold(ctx: &Context, point: &PointId, reason: &str) -> Result<(), JobError> {
    let record = mark(ctx, point, reason).await?;
    let source = ctx.source_of(&record.resource)?.1;
    for side in record.sides.values() {
        if let (SideState::Available, Some(arn)) = (side.state, &side.arn) {
            source.tag(&side.place, arn, &tag(reason)).await?;
        }
    }
    Ok(())
}

/// Marks the point in the ledger. Whoever changes the chain meanwhile is let through, and the hold decided anew.
async fn mark(ctx: &Context, point: &PointId, reason: &str) -> Result<PointRecord, JobError> {
    let mut tries = 1;
    loop {
        let (chain, mut record) = read(ctx, point).await?;
        if record.value.sides.values().any(|side| side.state == SideState::Removing) {
            let reason = format!("point {point} is being removed already");
            return Err(JobError::rejected(codes::DELETE_FORBIDDEN, reason));
        }
        if record.value.is_over() {
            let reason = format!("nothing is left of point {point}");
            return Err(JobError::rejected(codes::DELETE_FORBIDDEN, reason));
        }
        if record.value.hold.is_some() {
            return Ok(record.value);
        }
        record.value.hold = Some(Hold { since: ctx.now(), reason: reason.to_owned() });
        match ctx.ledger().commit(Change::new().update(&record).update(&chain)).await {
            Ok(()) => return Ok(record.value),
            Err(LedgerError::Conflict(_)) if tries < TRIES => tries += 1,
            Err(error) => return Err(error.into()),
        }
    }
}

/// The tag by which a point says itself that it is held.
pub(crate) fn tag(reason: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(HOLD_TAG.to_owned(), printable(reason))])
}

/// A hold was found in the tags of one of a point's sides: it counts for all of them, whoever put it there.
pub(crate) fn found(point: &mut PointRecord, now: Timestamp) {
    point.hold.get_or_insert_with(|| Hold { since: now, reason: "found in the point's tags".to_owned() });
}

/// A side of a held point has come, or is there again: it is complete only with the tag on it, too.
pub(crate) async fn extend(
    source: &dyn Source,
    point: &PointRecord,
    observed: &ObservedPoint,
    held: bool,
) -> Result<(), JobError> {
    if let (Some(hold), false) = (&point.hold, held) {
        source.tag(&observed.place, &observed.arn, &tag(&hold.reason)).await?;
    }
    Ok(())
}

/// Takes a hold off a point: first its tags, then the ledger's mark, so that it stands until it is gone everywhere.
///
/// # Errors
/// As [`hold`].
pub async fn unhold(ctx: &Context, point: &PointId) -> Result<(), JobError> {
    let (chain, mut record) = read(ctx, point).await?;
    let source = ctx.source_of(&record.value.resource)?.1;
    for side in record.value.sides.values() {
        if let (SideState::Available, Some(arn)) = (side.state, &side.arn) {
            source.untag(&side.place, arn, &[HOLD_TAG.to_owned()]).await?;
        }
    }
    record.value.hold = None;
    Ok(ctx.ledger().commit(Change::new().update(&record).update(&chain)).await?)
}

async fn read(ctx: &Context, point: &PointId) -> Result<(Versioned<ChainRecord>, Versioned<PointRecord>), JobError> {
    let unknown = || JobError::rejected(codes::NO_SUCH_POINT, format!("the ledger knows no point {point}"));
    let owner = ctx.ledger().owner_of(point).await?.ok_or_else(unknown)?;
    let chain = ctx.ledger().get(&Key::chain(&owner)).await?.ok_or_else(unknown)?;
    let record = ctx.ledger().get(&Key::point(&owner, point)).await?.ok_or_else(unknown)?;
    Ok((chain, record))
}

/// A reason as a tag's value may write it: letters, digits, spaces and a few signs, 256 characters at most (AWS tagging
/// user guide, "Tag naming limits and requirements").
fn printable(reason: &str) -> String {
    let allowed = |c: char| c.is_alphanumeric() || " _.:/=+-@".contains(c);
    let text: String = reason.chars().map(|c| if allowed(c) { c } else { ' ' }).take(256).collect();
    if text.trim().is_empty() { "held".to_owned() } else { text }
}
