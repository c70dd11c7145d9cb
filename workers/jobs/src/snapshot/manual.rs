//! Manual backups: outside every chain, named by the job that asked, never pruned.

use std::collections::BTreeMap;

use chainwright_aws::sources::Source;
use chainwright_chain::{
    exchange::Configuration,
    retention,
    state::{ChainRecord, OperationRecord, Owner, PointRecord, Retry, SideRecord},
};
use chainwright_contracts::{
    codes,
    ids::PointId,
    jobs::{Side, Snapshot},
    policy::SourceKind,
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::{backup_key, capture, go_on, request, request::Terms};
use crate::{
    Context,
    begin::{Asked, begin},
    claim,
    error::JobError,
    ledger::{Key, Versioned},
    policies,
    selection::Owners,
    telemetry::names,
};

/// A manual backup is tried as often, and for as long, as a policy says by default.
const ATTEMPTS: u32 = 3;
const WITHIN: SignedDuration = SignedDuration::from_hours(6);

/// Makes a manual backup, or goes on with it.
pub(super) async fn run(job: Snapshot, ctx: &Context, kind: SourceKind) -> Result<(), JobError> {
    let source = ctx.source(kind)?.as_ref();
    let configuration = capture(source, &job.resource).await?;
    let owner = Owner::Manual(job.resource.clone(), configuration.incarnation.clone());
    let point = PointId::of_manual(&job.resource, &configuration.incarnation, ctx.job_id());
    let span = ctx.span_of(names::SNAPSHOT, &point).of(&job.resource);
    span.within(async {
        match ctx.ledger().get(&backup_key(&owner, &point)).await? {
            Some(operation) => go_on(ctx, source, operation, configuration).await,
            None => begin_new(ctx, kind, &job, owner.clone(), point.clone(), configuration).await,
        }
    })
    .await
}

async fn begin_new(
    ctx: &Context,
    kind: SourceKind,
    job: &Snapshot,
    owner: Owner,
    point: PointId,
    configuration: Configuration,
) -> Result<(), JobError> {
    let source = ctx.source(kind)?.as_ref();
    let (vault, role) = destination(ctx, source, kind, job).await?;
    let place = request::place(&job.resource, &request::region_of(&job.resource)?, vault)?;
    let sides = BTreeMap::from([(Side::Regular, SideRecord::wanted(place, BTreeMap::new()))]);
    let mut record = point_record(ctx, job, owner, point, sides, configuration);
    // It copies manual points, too. The copy goes with its point.
    request::name_standing_copy(source, &mut record, |_| true).await?;
    let operation = write_down(ctx, kind, &record, role).await?;
    begin(ctx, source, operation, Asked::Never).await
}

/// Vault and role, by default those of the policy that owns the resource.
async fn destination(
    ctx: &Context,
    source: &dyn Source,
    kind: SourceKind,
    job: &Snapshot,
) -> Result<(Option<String>, Option<String>), JobError> {
    let role = job.role.as_ref().map(|role| policies::role_arn(role, &job.resource));
    match (kind.uses_vaults(), &job.vault, &role) {
        (false, None, None) => return Ok((None, None)),
        (false, ..) => {
            let reason =
                format!("a manual backup of {kind} takes neither vault nor role: the service keeps its snapshots");
            return Err(JobError::rejected(codes::BAD_SNAPSHOT, reason));
        }
        (true, Some(_), Some(_)) => return Ok((job.vault.clone(), role)),
        (true, ..) => {}
    }
    let owners = Owners::read(ctx, kind).await?;
    let Some(policy) = owners.of(source, &job.resource).await? else {
        let reason = format!("no policy owns {}: name vault and role in the job", job.resource);
        return Err(JobError::rejected(codes::NO_OWNING_POLICY, reason));
    };
    let of_policy = policy.file().vault.as_ref().map(|vault| vault.as_str().to_owned());
    let vault = job.vault.clone().or(of_policy);
    Ok((vault, role.or_else(|| policies::backup_role(policy.file(), &job.resource))))
}

fn point_record(
    ctx: &Context,
    job: &Snapshot,
    owner: Owner,
    id: PointId,
    sides: BTreeMap<Side, SideRecord>,
    configuration: Configuration,
) -> PointRecord {
    let asked_at = ctx.first_sent_at();
    PointRecord {
        id,
        owner,
        resource: job.resource.clone(),
        incarnation: configuration.incarnation.clone(),
        policy: None,
        revision: None,
        slot: asked_at,
        requested_at: ctx.now(),
        created_before: claim::created_before(requested_until(ctx)),
        sides,
        keep_last: 0,
        keep_until: job.keep.map(|keep| retention::later(&TimeZone::UTC, asked_at, keep.into())),
        not_before: None,
        hold: None,
        seal_revision: 0,
        substituted: Default::default(),
        configuration,
        job: Some(ctx.job_id().to_owned()),
        correlation: ctx.correlation().map(str::to_owned),
    }
}

fn requested_until(ctx: &Context) -> Option<Timestamp> {
    ctx.now().checked_add(WITHIN).ok()
}

async fn write_down(
    ctx: &Context,
    kind: SourceKind,
    point: &PointRecord,
    role: Option<String>,
) -> Result<Versioned<OperationRecord>, JobError> {
    let request = request::first(ctx, point, Terms { role, ..Terms::default() }).await?;
    let retry = Retry { attempts: Some(ATTEMPTS), until: requested_until(ctx) };
    let (owner, id) = (point.owner.clone(), point.id.clone());
    let operation = OperationRecord::requested(owner, id, Side::Regular, request, retry, ctx.now());
    let change = request::written_down(ctx, point, &operation).await?;
    let change = match ctx.ledger().get::<ChainRecord>(&Key::chain(&point.owner)).await? {
        Some(mut chain) => {
            chain.value.places.extend(point.sides.values().map(|side| side.place.clone()));
            change.update(&chain)
        }
        None => change.create(&request::chain_record(kind, point, None)),
    };
    ctx.ledger().commit(change).await?;
    Ok(Versioned { version: 1, value: operation })
}
