//! Snapshot: one backup of one resource.
//!
//! The whole request, sealed tags included, stands in the ledger before the service is asked. Whoever repeats the job
//! finds it there: one point per slot and resource, however often and by whomever it is asked for.

mod manual;
mod request;

pub(crate) use self::request::{chain_record, record};

use chainwright_aws::{
    error::Class,
    sources::{Scope, Source},
};
use chainwright_chain::{
    exchange::Configuration,
    policy::Policy,
    retention,
    state::{ChainRecord, OperationRecord, Owner, Phase, PointRecord, Retry, SessionRecord},
};
use chainwright_contracts::{
    arn::Arn,
    codes,
    ids::{ChainId, PointId},
    jobs::{OperationKind, Side, Snapshot},
    names::Region,
    policy::{PolicyName, SourceKind},
};
use chainwright_engine::Outcome;
use jiff::Timestamp;

use self::request::Terms;
use crate::{
    Context,
    begin::{Asked, begin},
    claim,
    error::{JobError, conclude},
    ledger::{Change, CurrentChain, Key, Versioned},
    policies,
    session::{self, AskedBy},
    telemetry::names,
};

/// Runs a snapshot job.
pub async fn run(job: Snapshot, ctx: Context) -> Outcome {
    let result = snapshot(job, &ctx).await;
    conclude(&ctx, result).await
}

async fn snapshot(job: Snapshot, ctx: &Context) -> Result<Outcome, JobError> {
    let (kind, source) = ctx.source_of(&job.resource)?;
    ensure_supported(source.as_ref(), &job.resource).await?;
    match (job.manual, job.policy.clone(), job.slot) {
        (true, None, None) => manual::run(job, ctx, kind).await?,
        (false, Some(policy), Some(slot)) if job.vault.is_none() && job.role.is_none() && job.keep.is_none() => {
            of_session(ctx, kind, &job.resource, &policy, slot).await?;
        }
        _ => {
            let reason = "a session's snapshot names policy and slot and nothing else, a manual one neither of them";
            return Err(JobError::rejected(codes::BAD_SNAPSHOT, reason));
        }
    }
    Ok(Outcome::Done)
}

/// Without AWS Backup's advanced features a DynamoDB point can carry no tags, hence no seal: nothing is started.
pub(crate) async fn ensure_supported(source: &dyn Source, resource: &Arn) -> Result<(), JobError> {
    let names = (resource.account().parse(), resource.region().parse());
    let (Ok(account), Ok(region)) = names else {
        return Err(JobError::rejected(codes::NOT_A_SOURCE, format!("{resource} names no account and Region")));
    };
    match source.ensure_supported(&Scope { account, region }).await {
        Err(error) if error.class == Class::Refused => {
            let managed = error.code != "NotFullyManaged";
            let code = if managed { codes::NOT_SUPPORTED } else { codes::ADVANCED_FEATURES_OFF };
            Err(JobError::rejected(code, error.message))
        }
        other => Ok(other?),
    }
}

async fn capture(source: &dyn Source, resource: &Arn) -> Result<Configuration, JobError> {
    match source.capture(resource).await {
        Err(error) if error.class == Class::NotFound => {
            Err(JobError::rejected(codes::NO_SUCH_RESOURCE, format!("{resource} does not exist")))
        }
        other => Ok(other?),
    }
}

async fn of_session(
    ctx: &Context,
    kind: SourceKind,
    resource: &Arn,
    name: &PolicyName,
    slot: Timestamp,
) -> Result<(), JobError> {
    let mut head = policies::head(ctx, name).await?;
    let session = session::ensure(ctx, &mut head, slot, AskedBy::Snapshot).await?.value;
    let Some(policy) = policies::revision(ctx, name, session.revision).await? else {
        return Err(JobError::rejected(codes::NO_SUCH_POLICY, format!("{name} has no revision {}", session.revision)));
    };
    let source = ctx.source(kind)?;
    let configuration = capture(source.as_ref(), resource).await?;
    let chain = ChainId::of(resource, &configuration.incarnation, name.as_str());
    let point = PointId::of_slot(&chain, slot);
    let owner = Owner::Chain(chain);
    let known = ctx.ledger().get::<OperationRecord>(&backup_key(&owner, &point)).await?;
    let span = if known.is_some() { ctx.span_of(names::SNAPSHOT, &point) } else { ctx.span_after_session(&point) };
    let span = span.of(resource);
    let over = session::is_over(&head.value, &policy, slot);
    let wanted = OfSession { kind, resource, policy: &policy, session: &session, owner, point };
    span.within(wanted.begin_or_go_on(ctx, source.as_ref(), known, configuration, over)).await
}

/// Whether a point of this session would be nothing but expired. The newest slot is caught up nevertheless: a late backup
/// is better than none.
fn has_ended(ctx: &Context, policy: &Policy, resource: &Arn, session: &SessionRecord) -> Result<bool, JobError> {
    let sides = request::sides(policy, resource, session.slot, &session.flags)?;
    Ok(sides.values().all(|side| side.last_expiry().is_none_or(|last| last <= ctx.now())))
}

fn backup_key(owner: &Owner, point: &PointId) -> Key {
    Key::operation(owner, point, OperationKind::Backup, &Side::Regular)
}

/// The backup has been asked for before: goes on from where it stands.
async fn go_on(
    ctx: &Context,
    source: &dyn Source,
    mut operation: Versioned<OperationRecord>,
    configuration: Configuration,
) -> Result<(), JobError> {
    match operation.value.phase {
        Phase::Started | Phase::Done | Phase::Failed => Ok(()),
        Phase::Requested => begin(ctx, source, operation, Asked::Perhaps).await,
        // Its settle concludes it.
        Phase::ToRetry if !operation.value.may_try(ctx.now()) => Ok(()),
        Phase::ToRetry => {
            let key = Key::point(&operation.value.owner, &operation.value.point);
            let Some(mut point) = ctx.ledger().get::<PointRecord>(&key).await? else { return Ok(()) };
            // A new epoch captures and seals anew: what is restored later is what was there when the backup was made.
            point.value.configuration = configuration;
            point.value.requested_at = ctx.now();
            let previous = operation.value.request.clone();
            let request = request::again(ctx, &point.value, &previous, operation.value.epoch).await?;
            operation.value = operation.value.requested_again(request, ctx.now());
            ctx.ledger().commit(Change::when_ready().update(&operation).update(&point)).await?;
            operation.version += 1;
            begin(ctx, source, operation, Asked::Never).await
        }
    }
}

/// When a chain that gets a point now is compared with AWS.
fn next_reconcile(ctx: &Context) -> Option<Timestamp> {
    ctx.now().checked_add(ctx.settings().reconcile_every).ok()
}

/// A point that a session wants.
struct OfSession<'a> {
    kind: SourceKind,
    resource: &'a Arn,
    policy: &'a Policy,
    session: &'a SessionRecord,
    owner: Owner,
    point: PointId,
}

impl OfSession<'_> {
    /// `over` says that the slot's successor has fallen due.
    async fn begin_or_go_on(
        &self,
        ctx: &Context,
        source: &dyn Source,
        known: Option<Versioned<OperationRecord>>,
        configuration: Configuration,
        over: bool,
    ) -> Result<(), JobError> {
        let slot = self.session.slot;
        match known {
            // Rebuilt from what the point says of itself: it was made before the ledger was lost.
            None if ctx.ledger().get::<PointRecord>(&Key::point(&self.owner, &self.point)).await?.is_some() => Ok(()),
            None if over && has_ended(ctx, self.policy, self.resource, self.session)? => {
                tracing::warn!(
                    resource = %self.resource,
                    %slot,
                    "every flag of this slot has ended: no backup of it is begun"
                );
                Ok(())
            }
            None => {
                let operation = self.request(ctx, configuration).await?;
                begin(ctx, source, operation, Asked::Never).await
            }
            Some(operation) => go_on(ctx, source, operation, configuration).await,
        }
    }

    /// Writes the point and its request down, and with the first of them the chain.
    async fn request(
        &self,
        ctx: &Context,
        configuration: Configuration,
    ) -> Result<Versioned<OperationRecord>, JobError> {
        let known = ctx.ledger().get::<ChainRecord>(&Key::chain(&self.owner)).await?;
        let chain = known.as_ref().map(|chain| &chain.value);
        let mut point = self.point_record(ctx, chain, configuration)?;
        // Where the chain has had copies before, though the policy asks for none there any more.
        let had_copies =
            |region: &Region| chain.is_some_and(|chain| chain.places.iter().any(|at| at.region == *region));
        request::name_standing_copy(ctx.source(self.kind)?.as_ref(), &mut point, had_copies).await?;
        let terms = Terms::of(self.policy.file(), self.resource)?;
        let request = request::first(ctx, &point, terms).await?;
        let retry = self.retry();
        let (owner, id) = (point.owner.clone(), point.id.clone());
        let operation = OperationRecord::requested(owner, id, Side::Regular, request, retry, ctx.now());
        let mut change = request::written_down(ctx, &point, &operation).await?;
        change = match known {
            Some(mut chain) => {
                chain.value.places.extend(point.sides.values().map(|side| side.place.clone()));
                chain.value.orphaned = None;
                chain.value.released = false;
                chain.value.rpo = self.policy.file().rpo;
                // A chain of which nothing was left is not compared.
                chain.value.next_reconcile = chain.value.next_reconcile.or(next_reconcile(ctx));
                change.update(&chain)
            }
            None => self.first_of_its_chain(ctx, &point, change).await?,
        };
        ctx.ledger().commit(change).await?;
        Ok(Versioned { version: 1, value: operation })
    }

    fn point_record(
        &self,
        ctx: &Context,
        chain: Option<&ChainRecord>,
        configuration: Configuration,
    ) -> Result<PointRecord, JobError> {
        let slot = self.session.slot;
        let substituted = chain.map(|chain| chain.taken_over(slot)).unwrap_or_default();
        let flags = self.session.flags.union(&substituted).copied().collect();
        let sides = request::sides(self.policy, self.resource, slot, &flags)?;
        Ok(PointRecord {
            id: self.point.clone(),
            owner: self.owner.clone(),
            resource: self.resource.clone(),
            incarnation: configuration.incarnation.clone(),
            policy: Some(self.session.policy.clone()),
            revision: Some(self.session.revision),
            slot,
            requested_at: ctx.now(),
            created_before: claim::created_before(self.retry().until),
            sides,
            keep_last: self.policy.file().keep_last,
            keep_until: None,
            not_before: None,
            hold: None,
            seal_revision: 0,
            substituted: substituted.difference(&self.session.flags).copied().collect(),
            configuration,
            job: None,
            correlation: ctx.correlation().map(str::to_owned),
        })
    }

    fn retry(&self) -> Retry {
        let retry = self.policy.file().retry;
        let until = retention::later(self.policy.calendar().zone(), self.session.slot, retry.within);
        // A session that began late still gets its window: it is measured from whichever came later.
        let from_now = retention::later(self.policy.calendar().zone(), self.session.created_at, retry.within);
        Retry { attempts: Some(retry.attempts), until: Some(until.max(from_now)) }
    }

    /// A resource's first point under this policy makes its chain; if the resource was created anew under an old name,
    /// the chain of its predecessor is orphaned in the same change.
    async fn first_of_its_chain(&self, ctx: &Context, point: &PointRecord, change: Change) -> Result<Change, JobError> {
        let Owner::Chain(id) = &self.owner else { return Ok(change) };
        let mut chain = request::chain_record(self.kind, point, next_reconcile(ctx));
        chain.rpo = self.policy.file().rpo;
        chain.judge_freshness(None, ctx.now());
        let change = change.create(&chain);
        let policy = self.session.policy.clone();
        let current = CurrentChain { resource: self.resource.clone(), policy: policy.clone(), chain: id.clone() };
        let key = Key::current_chain(self.resource.as_str(), &policy);
        let Some(mut known) = ctx.ledger().get::<CurrentChain>(&key).await? else {
            return Ok(change.create(&current));
        };
        let before = Owner::Chain(std::mem::replace(&mut known.value.chain, id.clone()));
        let change = change.update(&known);
        Ok(match ctx.ledger().get::<ChainRecord>(&Key::chain(&before)).await? {
            Some(mut before) if before.value.orphaned.is_none() => {
                before.value.orphaned = Some(request::recreated(ctx.now()));
                change.update(&before)
            }
            _ => change,
        })
    }
}
