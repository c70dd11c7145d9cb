//! A removal that AWS has not carried out is decided anew before it is asked for again: what was expendable when its
//! tombstone was written may be the last good point by now (I3).

use chainwright_aws::sources::Source;
use chainwright_chain::{
    prune::{Decision, Keep, plan},
    state::{OperationRecord, Why},
};

use crate::{
    Context,
    error::JobError,
    ledger::{Family, LedgerError},
    prune::{Seen, see, view},
};

/// Why a side that bears a tombstone is to stay, if it is.
///
/// What a person asked for goes whatever its flags say; only as the newest good point of its chain and side it goes for
/// nobody who did not say that it may be that.
///
/// # Errors
/// As AWS and the ledger answer; a conflict, which comes again, where the chain cannot be judged just now.
pub(crate) async fn stays(
    ctx: &Context,
    source: &dyn Source,
    family: &Family,
    operation: &OperationRecord,
) -> Result<Option<String>, JobError> {
    let side = family.point(&operation.point).and_then(|point| point.value.sides.get(&operation.side));
    let Some(tombstone) = side.and_then(|side| side.tombstone.as_ref()) else { return Ok(None) };
    if tombstone.why == Why::RequestedThoughLast || operation.owner.chain().is_none() {
        return Ok(None);
    }
    let seen = match see(ctx, source, family.clone()).await? {
        Seen::Whole(seen) => seen,
        Seen::Lost => return Err(LedgerError::Conflict("points of the chain went missing".to_owned()).into()),
        Seen::ByAnotherClock => return Err(LedgerError::Conflict("the clocks differ".to_owned()).into()),
    };
    let (family, sight) = &*seen;
    let chain = view(family, Some(sight), sight.date);
    let plan = plan(&chain);
    let mut decisions = plan.decisions.iter();
    let planned = decisions.find(|planned| planned.id.id == operation.point && *planned.side == operation.side);
    let Some(Decision::Kept(reasons)) = planned.map(|planned| &planned.decision) else { return Ok(None) };
    let counts = |reason: &&Keep| tombstone.why == Why::Expired || matches!(reason, Keep::Newest);
    let reasons: Vec<String> = reasons.iter().filter(counts).map(ToString::to_string).collect();
    Ok((!reasons.is_empty()).then(|| reasons.join("; ")))
}
