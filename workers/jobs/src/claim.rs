//! What a point says of itself, held against what the ledger recorded for it.
//!
//! Only a point that carries an open seal which names this chain and this point, in a place recorded for it, with a
//! creation time that fits the recorded request, from both sides, is ours. Everything else is forged, moved from elsewhere, or somebody
//! else's, and is never counted as good nor removed.

use std::collections::BTreeMap;

use chainwright_aws::{error::Class, sealing::OpenError, sources::Source};
use chainwright_chain::{
    exchange::ObservedPoint,
    state::{PointRecord, SideRecord},
};
use chainwright_contracts::{
    arn::Arn,
    sealed::{HOLD_TAG, Record},
};
use jiff::{SignedDuration, Timestamp};

use crate::{Context, context::kind_of, error::JobError, standing::SHOWS_WITHIN};

/// How far a point's creation may lie before its request: services round to seconds, and clocks differ a little.
const BEFORE: SignedDuration = SignedDuration::from_mins(5);

/// How long after its last request a service may still create a backup: the hour within which one that waits for another
/// has to start, as we ask for it (AWS Backup API reference, `StartBackupJob`, `StartWindowMinutes`), and what the last
/// call and all its attempts may take.
const AFTER: SignedDuration = SignedDuration::from_mins(60 + 30);

/// What became of the attempt to open a point's seal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Claim {
    /// The seal opens.
    Opens(Box<Seal>),
    /// No tags of ours.
    NotOurs,
    /// Tags of ours that do not open.
    Broken(String),
    /// The service does not know the point.
    Gone,
}

/// What an open seal says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seal {
    /// What is sealed.
    pub(crate) record: Record,
    /// Which of the point's seals it is: each later one bears a higher number.
    pub(crate) revision: u32,
    /// Whether the point carries a person's hold beside it.
    pub(crate) held: bool,
}

/// Reads a point's tags and opens its seal.
pub(crate) async fn read(ctx: &Context, source: &dyn Source, point: &ObservedPoint) -> Result<Claim, JobError> {
    let tags = match source.read_tags(&point.place, &point.arn).await {
        Ok(tags) => tags,
        Err(error) if error.class == Class::NotFound => return Ok(Claim::Gone),
        Err(error) => return Err(error.into()),
    };
    open(ctx, point, &tags).await
}

async fn open(ctx: &Context, point: &ObservedPoint, tags: &BTreeMap<String, String>) -> Result<Claim, JobError> {
    let Ok(resource) = point.resource.parse() else {
        return Ok(Claim::NotOurs);
    };
    match ctx.sealer().open(tags, &resource, &point.place.region).await {
        Ok((name, record)) => {
            let held = tags.contains_key(HOLD_TAG);
            Ok(Claim::Opens(Box::new(Seal { record, revision: name.revision, held })))
        }
        Err(OpenError::NotOurs) => Ok(Claim::NotOurs),
        Err(OpenError::Broken(why)) => Ok(Claim::Broken(why)),
        Err(error) => Err(error.into()),
    }
}

/// Whether an opened record and the point that bears it fit what the ledger recorded for this side; if not, why not.
pub(crate) fn fits(
    record: &Record,
    observed: &ObservedPoint,
    point: &PointRecord,
    side: &SideRecord,
) -> Result<(), String> {
    if record.point != point.id || record.chain.as_ref() != point.owner.chain() {
        return Err("its seal names another point".into());
    }
    if observed.place != side.place {
        return Err(format!("it lies in {}, not in {}", observed.place, side.place));
    }
    in_time(observed, &record.resource, point.requested_at, point.created_before.or(record.created_before))
}

/// Whether the creation of a point that the ledger knows nothing of fits what is sealed in it; if not, why not.
pub(crate) fn may_be(record: &Record, observed: &ObservedPoint) -> Result<(), String> {
    in_time(observed, &record.resource, record.requested_at, record.created_before)
}

fn in_time(
    observed: &ObservedPoint,
    resource: &Arn,
    requested_at: Timestamp,
    before: Option<Timestamp>,
) -> Result<(), String> {
    let created = observed.created;
    let copied = observed.place.region.as_str() != resource.region();
    let before = match kind_of(resource) {
        // A standing configuration copies when it comes to it, and by what a copy is dated is not documented.
        Some(kind) if copied && kind.has_standing_copies() => before.and_then(|at| at.checked_add(SHOWS_WITHIN).ok()),
        _ => before,
    };
    if created < requested_at.checked_sub(BEFORE).unwrap_or(requested_at) {
        return Err(format!("it was created at {created}, before it was requested at {requested_at}"));
    }
    match before.filter(|before| created >= *before) {
        Some(before) => Err(format!("it was created at {created}, and what its seal names before {before} if ever")),
        None => Ok(()),
    }
}

/// By when a backup has been created that is requested until then. Requests that wait for an occupied service send the
/// same bytes until the end of their time, so that this end bounds the creation, and not the request's own instant.
pub(crate) fn created_before(requested_until: Option<Timestamp>) -> Option<Timestamp> {
    requested_until?.checked_add(AFTER).ok()
}
