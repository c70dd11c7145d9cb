//! Sealing points anew: what a person changes about points that are there, their retention or their copies, is written
//! into each point itself before the ledger knows of it.
//!
//! Nothing is tagged that does not prove to be the point just then. The tags are written first and the ledger second, so
//! that what the ledger says of a point never goes beyond what the point says of itself; whoever stops in between runs the
//! command again, which finds the difference and ends it.

use std::collections::BTreeMap;

use chainwright_aws::sources::Source;
use chainwright_chain::state::{PointRecord, SideRecord, SideState};
use chainwright_contracts::{
    codes,
    ids::{ChainId, PointId},
    jobs::{OperationKind, Side},
    sealed::{CHUNK_TAG, MAX_CHUNKS},
};

use crate::{
    Context,
    claim::{self, Claim},
    error::JobError,
    ledger::{Change, Family, LedgerError, Versioned},
    snapshot::record,
};

/// How often a change is decided anew when the chain changes meanwhile.
pub(crate) const TRIES: usize = 5;

/// Everything that the ledger knows of a chain.
pub(crate) async fn family(ctx: &Context, chain: &ChainId) -> Result<Family, JobError> {
    let unknown = || JobError::rejected(codes::NO_SUCH_CHAIN, format!("the ledger knows no chain {chain}"));
    let owner = chainwright_chain::state::Owner::Chain(chain.clone());
    ctx.ledger().family(&owner).await?.ok_or_else(unknown)
}

/// A point of a chain, as it was read.
pub(crate) fn point_of(family: &Family, id: &PointId) -> Result<Versioned<PointRecord>, JobError> {
    let unknown = || JobError::rejected(codes::NO_SUCH_POINT, format!("the chain has no point {id}"));
    family.point(id).cloned().ok_or_else(unknown)
}

/// Why a point cannot be sealed anew now, by the ledger alone.
pub(crate) fn hindered(family: &Family, point: &PointRecord) -> Option<String> {
    let regular = point.sides.get(&Side::Regular);
    if regular.is_some_and(|regular| regular.state == SideState::Wanted) {
        return Some("its backup is not there yet".to_owned());
    }
    if point.sides.values().any(|side| side.state == SideState::Removing) {
        return Some("it is being removed".to_owned());
    }
    if point.sides.values().any(|side| side.state == SideState::Available && !is_proven(side)) {
        return Some("one of its sides does not prove to be ours".to_owned());
    }
    // A copy under way carries the tags that its source had when it began.
    let copying = family.unfinished(OperationKind::Copy).any(|copy| copy.point == point.id);
    copying.then(|| "a copy of it is unfinished".to_owned())
}

fn is_proven(side: &SideRecord) -> bool {
    side.opened_at.is_some() && !side.doubtful
}

/// Writes `after` into the tags of every side that is there, and then into the ledger, `more` with it.
///
/// # Errors
/// A conflict where the chain changed meanwhile; where a side does not prove to be the point; as AWS and the ledger
/// answer.
pub(crate) async fn seal_anew(
    ctx: &Context,
    source: &dyn Source,
    family: &Family,
    mut after: Versioned<PointRecord>,
    more: Change,
) -> Result<(), JobError> {
    let before = point_of(family, &after.value.id)?.value;
    after.value.seal_revision = before.seal_revision.saturating_add(1);
    let mut carried = Vec::new();
    for (side, there) in before.sides.iter().filter(|(_, there)| there.state == SideState::Available) {
        carried.push((there, tags_of(ctx, source, &before, side, there).await?));
    }
    let sealed = ctx.sealer().seal(&record(&after.value), after.value.seal_revision).await?;
    for (there, tags) in &carried {
        write(source, there, tags, &sealed.tags).await?;
    }
    Ok(ctx.ledger().commit(more.update(&after).update(&family.chain)).await?)
}

/// The tags of a side that proves to be the point.
async fn tags_of(
    ctx: &Context,
    source: &dyn Source,
    point: &PointRecord,
    side: &Side,
    there: &SideRecord,
) -> Result<BTreeMap<String, String>, JobError> {
    let refused = |why: String| {
        JobError::rejected(
            codes::NOT_RESEALED,
            format!("point {} is not sealed anew: on its side {side} {why}", point.id),
        )
    };
    let arn = there.arn.as_deref().unwrap_or_default();
    let observed = source.describe_point(&there.place, arn).await?;
    let observed = observed.ok_or_else(|| refused(format!("{arn} is gone")))?;
    match claim::read(ctx, source, &observed).await? {
        Claim::Opens(seal) => claim::fits(&seal.record, &observed, point, there).map_err(refused)?,
        Claim::NotOurs => return Err(refused("it carries no sealed metadata".to_owned())),
        Claim::Broken(why) => return Err(refused(why)),
        Claim::Gone => return Err(refused("it is gone".to_owned())),
    }
    Ok(source.read_tags(&there.place, arn).await?)
}

/// Writes a seal over an older one in one call, so that no reader finds half of each. What the new one has no use for is
/// emptied by that call and taken away by the next.
async fn write(
    source: &dyn Source,
    there: &SideRecord,
    carried: &BTreeMap<String, String>,
    sealed: &BTreeMap<String, String>,
) -> Result<(), JobError> {
    let arn = there.arn.as_deref().unwrap_or_default();
    let chunks = (0..MAX_CHUNKS).map(|n| format!("{CHUNK_TAG}{n}"));
    let surplus: Vec<String> = chunks.filter(|key| carried.contains_key(key) && !sealed.contains_key(key)).collect();
    let mut tags = sealed.clone();
    tags.extend(surplus.iter().map(|key| (key.clone(), String::new())));
    source.tag(&there.place, arn, &tags).await?;
    if !surplus.is_empty() {
        source.untag(&there.place, arn, &surplus).await?;
    }
    Ok(())
}

/// Whether a change lost against another one and may be decided anew.
pub(crate) fn lost_a_race(error: &JobError) -> bool {
    matches!(error, JobError::Ledger(LedgerError::Conflict(_)))
}
