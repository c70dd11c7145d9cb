//! The request of a backup: the point's record, its seal, and the bytes that every repeat sends.

use std::collections::{BTreeMap, BTreeSet};

use chainwright_aws::sources::{Source, automatic_keep, standing_copy};
use chainwright_chain::{
    exchange::{BackupRequest, StandingCopy},
    policy::Policy,
    state::{ChainRecord, OperationRecord, Orphaned, PointRecord, Request, SideRecord},
};
use chainwright_contracts::{
    arn::Arn,
    codes,
    flag::Flag,
    jobs::{OperationKind, Side},
    names::Region,
    place::Place,
    policy::{PolicyFile, ServerlessFrom, SourceKind},
    sealed::{Record, SCHEMA, SealedSide},
};
use jiff::Timestamp;

use crate::{Context, error::JobError, ledger::Change, policies, session::lasts};

/// The sides that a point of this slot has, in their places.
pub(super) fn sides(
    policy: &Policy,
    resource: &Arn,
    slot: Timestamp,
    flags: &BTreeSet<Flag>,
) -> Result<BTreeMap<Side, SideRecord>, JobError> {
    let region = region_of(resource)?;
    let vault_of = |side: &Side| match side {
        Side::Regular => policy.file().vault.as_ref(),
        Side::Copy(_) => policy.file().copy_to.get(&region).and_then(|target| target.vault.as_ref()),
    };
    let mut wanted = policy.sides(&region, slot, flags);
    if let Some(standing) = standing_copy(policy.file(), &region) {
        // The service copies whatever is made, asked for or not.
        wanted.entry(Side::Copy(standing.region)).or_default();
    }
    let mut sides = BTreeMap::new();
    for (side, flags) in wanted {
        let vault = vault_of(&side).map(|vault| vault.as_str().to_owned());
        let place = place(resource, side.copied_to().unwrap_or(&region), vault)?;
        sides.insert(side, SideRecord::wanted(place, flags));
    }
    Ok(sides)
}

/// Adds the side that a standing configuration makes in a Region that is ours to look after, unless the point has it:
/// whoever arranged it, it copies this point, too. One that may not be looked at is none.
pub(super) async fn name_standing_copy(
    source: &dyn Source,
    point: &mut PointRecord,
    is_ours: impl FnOnce(&Region) -> bool,
) -> Result<(), JobError> {
    let standing = match source.standing_copy(&point.resource).await {
        Err(error) if lasts(error.class) => None,
        standing => standing?,
    };
    if let Some(standing) = standing.filter(|standing| is_ours(&standing.region)) {
        let place = place(&point.resource, &standing.region, None)?;
        let side = Side::Copy(standing.region);
        point.sides.entry(side).or_insert_with(|| SideRecord::wanted(place, BTreeMap::new()));
    }
    Ok(())
}

/// A place in the resource's own account.
pub(super) fn place(resource: &Arn, region: &Region, vault: Option<String>) -> Result<Place, JobError> {
    let account = resource.account().parse().map_err(|_| unplaced(resource))?;
    Ok(Place { account, region: region.clone(), vault })
}

/// The Region of a resource.
pub(super) fn region_of(resource: &Arn) -> Result<Region, JobError> {
    resource.region().parse().map_err(|_| unplaced(resource))
}

fn unplaced(resource: &Arn) -> JobError {
    JobError::rejected(codes::NOT_A_SOURCE, format!("{resource} names no account and Region"))
}

/// What a request has of its policy, or of the job that asks for a manual point.
#[derive(Debug, Clone, Default)]
pub(super) struct Terms {
    /// The role that AWS Backup assumes.
    pub(super) role: Option<String>,
    /// The user's own tags.
    pub(super) tags: BTreeMap<String, String>,
    /// What has to be in place beforehand to copy the point.
    pub(super) standing_copy: Option<StandingCopy>,
    /// Whether it is made of the newest point that the service made by itself.
    pub(super) from_automatic: bool,
    /// How long such points are kept at least.
    pub(super) automatic_keep: Option<u32>,
}

impl Terms {
    /// Those of a policy.
    pub(super) fn of(file: &PolicyFile, resource: &Arn) -> Result<Self, JobError> {
        let from = file.serverless.as_ref().map(|options| options.from);
        Ok(Self {
            role: policies::backup_role(file, resource),
            tags: file.tags.clone(),
            standing_copy: standing_copy(file, &region_of(resource)?),
            from_automatic: from == Some(ServerlessFrom::RecoveryPoint),
            automatic_keep: automatic_keep(file),
        })
    }

    /// Those of an earlier request.
    fn again(previous: &Request) -> Self {
        let Request::Backup(previous) = previous else { return Self::default() };
        let tags = previous.tags.iter().filter(|(key, _)| !key.starts_with("chainwright:"));
        Self {
            role: previous.role.clone(),
            tags: tags.map(|(key, value)| (key.clone(), value.clone())).collect(),
            standing_copy: previous.standing_copy.clone(),
            from_automatic: previous.from_automatic,
            automatic_keep: previous.automatic_keep,
        }
    }
}

/// The first request of a point.
pub(super) async fn first(ctx: &Context, point: &PointRecord, terms: Terms) -> Result<Request, JobError> {
    backup(ctx, point, terms, 0).await
}

/// The request of a further epoch: on the same terms, sealed anew.
pub(super) async fn again(
    ctx: &Context,
    point: &PointRecord,
    previous: &Request,
    epoch: u32,
) -> Result<Request, JobError> {
    backup(ctx, point, Terms::again(previous), epoch).await
}

async fn backup(ctx: &Context, point: &PointRecord, terms: Terms, epoch: u32) -> Result<Request, JobError> {
    let Some(side) = point.sides.get(&Side::Regular) else {
        return Err(JobError::rejected(codes::BAD_SNAPSHOT, format!("point {} has no regular side", point.id)));
    };
    let sealed = ctx.sealer().seal(&record(point), point.seal_revision).await?;
    let mut tags = sealed.tags;
    // Ours come first; a user's own tags fill what is left of the ten that every service allows, one kept for a hold.
    let room = TAGS_EVERYWHERE.saturating_sub(tags.len() + 1);
    tags.extend(terms.tags.into_iter().take(room));
    Ok(Request::Backup(BackupRequest {
        resource: point.resource.clone(),
        place: side.place.clone(),
        role: terms.role,
        token: OperationRecord::token(OperationKind::Backup, &point.id, &Side::Regular, epoch),
        tags,
        requested_at: point.requested_at,
        standing_copy: terms.standing_copy,
        from_automatic: terms.from_automatic,
        automatic_keep: terms.automatic_keep,
    }))
}

/// How many tags a point may carry at every service (AWS Backup developer guide, "Quotas": 10 tags by a policy).
const TAGS_EVERYWHERE: usize = 10;

/// What a point says of itself.
pub(crate) fn record(point: &PointRecord) -> Record {
    let sides = point.sides.iter().map(|(side, record)| SealedSide {
        side: side.clone(),
        place: record.place.clone(),
        flags: record.flags.clone(),
    });
    Record {
        schema: SCHEMA,
        chain: point.owner.chain().cloned(),
        point: point.id.clone(),
        resource: point.resource.clone(),
        incarnation: point.incarnation.clone(),
        policy: point.policy.clone(),
        revision: point.revision,
        slot: point.slot,
        requested_at: point.requested_at,
        created_before: point.created_before,
        sides: sides.collect(),
        keep_last: (!point.is_manual()).then_some(point.keep_last),
        keep_until: point.keep_until,
        substituted: point.substituted.iter().copied().collect(),
        configuration: point.configuration.parts.clone(),
        ledger_only: Vec::new(),
        not_captured: point.configuration.not_captured.clone(),
    }
}

/// A point and its backup, written down; only in a ledger that is whole.
pub(super) async fn written_down(
    ctx: &Context,
    point: &PointRecord,
    operation: &OperationRecord,
) -> Result<Change, JobError> {
    Ok(ctx.ledger().create_point(Change::when_ready().create(operation), point).await?)
}

/// The record of the owner of a first point.
pub(crate) fn chain_record(kind: SourceKind, point: &PointRecord, next_reconcile: Option<Timestamp>) -> ChainRecord {
    ChainRecord {
        owner: point.owner.clone(),
        source: kind,
        resource: point.resource.clone(),
        incarnation: point.incarnation.clone(),
        policy: point.policy.clone(),
        places: point.sides.values().map(|side| side.place.clone()).collect(),
        waiting: BTreeMap::new(),
        orphaned: None,
        released: false,
        next_reconcile,
        strangers: BTreeSet::new(),
        suspects: BTreeMap::new(),
        comparisons: 0,
        rpo: None,
        fresh_from: Some(point.slot),
        at_risk: None,
        reconciled_at: None,
    }
}

/// Why the chain of a resource's predecessor is orphaned.
pub(super) fn recreated(now: Timestamp) -> Orphaned {
    Orphaned { since: now, reason: "the resource was dropped and another was created under its name".into() }
}
