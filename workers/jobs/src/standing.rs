//! Copies that nobody asks for one by one: a standing configuration makes them, and they appear.
//!
//! Nothing announces such a copy, neither that it is complete nor that it failed, and it need not carry its source's tags.
//! So it is looked for by the name that its source bears. It counts as ours only where name, resource and time fit exactly
//! one point; then it is given its source's tags, and from there on it proves itself like any other. A copy that has not
//! shown within [`SHOWS_WITHIN`] is given up: it cannot be made afterwards, and the next slot closes the gap.

use std::collections::BTreeMap;

use chainwright_aws::sources::Source;
use chainwright_chain::{
    exchange::{Observed, ObservedPoint, PointStatus},
    state::{OperationRecord, PointRecord, Request},
};
use chainwright_contracts::{
    ids::snapshot_name,
    jobs::{OperationKind, Side},
};
use jiff::{SignedDuration, Timestamp};

use crate::{Context, error::JobError, ledger::Key, settle::Look};

/// How long after it was waited for a copy may show. How long Redshift takes is not documented; large snapshots take hours.
pub(crate) const SHOWS_WITHIN: SignedDuration = SignedDuration::from_hours(24);

/// How much the creation of a copy may differ from its source's, where it does not keep it.
const CREATED_WITHIN: SignedDuration = SHOWS_WITHIN;

/// What a look at a copy means: what has not shown yet is on its way, until its time is over.
pub(crate) fn observed(observed: &Observed, operation: &OperationRecord, now: Timestamp) -> Observed {
    let Request::Copy(request) = &operation.request else { return observed.clone() };
    match observed {
        Observed::Unknown if now.duration_since(request.requested_at) < SHOWS_WITHIN => Observed::Running,
        Observed::Unknown => {
            let hours = SHOWS_WITHIN.as_hours();
            let reason = format!("no copy has shown in {} within {hours} hours", request.to);
            Observed::Failed { reason, occupied: false }
        }
        other => other.clone(),
    }
}

/// What the source of a copy is called and carries.
struct Original {
    name: String,
    tags: BTreeMap<String, String>,
}

/// Gives what appeared in a copy's place the tags of its source, if it is the copy of this point. Says whether it is.
pub(crate) async fn adopt(
    ctx: &Context,
    source: &dyn Source,
    look: &Look,
    copy: &ObservedPoint,
) -> Result<bool, JobError> {
    let point = &look.point.value;
    let Some(original) = original(ctx, source, point).await? else { return Ok(false) };
    if !is_copy_of(copy, point, &original.name) {
        return Ok(false);
    }
    source.tag(&copy.place, &copy.arn, &original.tags).await?;
    Ok(true)
}

/// The name and tags that were asked for, as the ledger has them; after a rebuild, as the source itself does.
async fn original(ctx: &Context, source: &dyn Source, point: &PointRecord) -> Result<Option<Original>, JobError> {
    let key = Key::operation(&point.owner, &point.id, OperationKind::Backup, &Side::Regular);
    // Sealed anew since, the source bears other tags than were asked for.
    if point.seal_revision == 0
        && let Some(backup) = ctx.ledger().get::<OperationRecord>(&key).await?
        && let Request::Backup(request) = backup.value.request
    {
        return Ok(Some(Original { name: snapshot_name(&request.token), tags: request.tags }));
    }
    let Some(regular) = point.sides.get(&Side::Regular) else { return Ok(None) };
    let Some(arn) = &regular.arn else { return Ok(None) };
    let Some(seen) = source.describe_point(&regular.place, arn).await? else { return Ok(None) };
    let Some(name) = seen.name else { return Ok(None) };
    Ok(Some(Original { name, tags: source.read_tags(&regular.place, arn).await? }))
}

/// The name is derived from the point, hence from the incarnation of its resource.
fn is_copy_of(copy: &ObservedPoint, point: &PointRecord, name: &str) -> bool {
    let created = point.sides.get(&Side::Regular).and_then(|regular| regular.created).unwrap_or(point.requested_at);
    let apart = copy.created.duration_since(created);
    copy.status == PointStatus::Available
        && copy.resource == point.resource.as_str()
        && copy.name.as_deref() == Some(name)
        && !apart.is_negative()
        && apart < CREATED_WITHIN
}
