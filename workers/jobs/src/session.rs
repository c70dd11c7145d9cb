//! Session: one run of one policy for one slot.
//!
//! A job looks at one page of the resources, and goes no further in it than its time allows: where AWS limits how often
//! tags may be read, many sessions and snapshots wait for the same turns. What follows begins behind the last resource
//! that was looked at.

use std::collections::BTreeSet;

use chainwright_aws::{
    error::Class,
    sources::{Page, Scope, Source},
};
use chainwright_chain::{
    exchange::Resource,
    policy::Policy,
    session::{self, flags_of},
    state::{PassedOn, PolicyHead, SessionRecord, SessionState},
};
use chainwright_contracts::{
    arn::Arn,
    codes,
    flag::Flag,
    jobs::Session,
    names::{AccountId, Region},
    policy::{PolicyName, Select},
};
use chainwright_engine::{Outcome, Outgoing};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    Context,
    error::{JobError, conclude},
    follow_up,
    ledger::{Change, Key, LedgerError, Versioned},
    policies,
    selection::Owners,
};

/// A session that has not come to its end is sent again after this long.
pub(crate) const RESEND_AFTER: SignedDuration = SignedDuration::from_mins(30);

/// How long one job looks at resources before it leaves the rest of its page to the next one. The look that it has begun
/// then may take its time: a job may take five minutes (`job_limit` in the engine's settings).
const PAGE_TIME: SignedDuration = SignedDuration::from_secs(60);

/// Runs a session job.
pub async fn run(job: Session, ctx: Context) -> Outcome {
    let result = session(job, &ctx).await;
    conclude(&ctx, result).await
}

async fn session(job: Session, ctx: &Context) -> Result<Outcome, JobError> {
    let mut head = policies::head(ctx, &job.policy).await?;
    let Some(slot) = job.slot else {
        let policy = policy_of(ctx, &job.policy, head.value.revision).await?;
        let slot = policy.calendar().newest_slot_at_or_before(ctx.first_sent_at());
        return Ok(
            slot.map_or(Outcome::Done, |slot| Outcome::Continue(vec![follow_up::session(&job.policy, slot.at, None)]))
        );
    };
    let session = ensure(ctx, &mut head, slot, AskedBy::Session).await?;
    let policy = policy_of(ctx, &job.policy, session.value.revision).await?;
    let place = Place::read(job.cursor.as_deref(), &policy)?;
    if session.value.state == SessionState::Expanded && job.cursor.is_none() && is_over(&head.value, &policy, slot) {
        // A replay of long ago: what was created since belongs to later slots.
        return Ok(Outcome::Done);
    }
    let Some(session) = enter(ctx, head, session, &policy).await? else {
        return Ok(Outcome::Done);
    };
    let (mut jobs, next) = page(ctx, &policy, slot, &place).await?;
    match next {
        Some(next) => {
            go_on(ctx, session).await?;
            jobs.push(follow_up::session(&job.policy, slot, Some(next.write())));
        }
        None => finish(ctx, session).await?,
    }
    Ok(if jobs.is_empty() { Outcome::Done } else { Outcome::Continue(jobs) })
}

async fn policy_of(ctx: &Context, name: &PolicyName, revision: u32) -> Result<Policy, JobError> {
    policies::revision(ctx, name, revision)
        .await?
        .ok_or_else(|| JobError::rejected(codes::NO_SUCH_POLICY, format!("policy {name} has no revision {revision}")))
}

/// Which job asks for a session's record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AskedBy {
    /// The session itself, which wants all of the policy's resources.
    Session,
    /// A snapshot, which wants one resource.
    Snapshot,
}

/// Whether the slot's successor has fallen due.
pub(crate) fn is_over(head: &PolicyHead, policy: &Policy, slot: Timestamp) -> bool {
    policy.calendar().next_slot_after(slot).is_some_and(|successor| successor.at <= head.watermark)
}

/// The record of a session for this slot; one that nobody's tick made is made now. One that a snapshot makes is at its
/// end with that snapshot.
///
/// A slot that no tick has come to yet is taken as a tick would, with the flags of what was missed before it. A slot
/// that was dealt with long ago, and whose successor is due, gets no session any more, and no flags pass on from it.
pub(crate) async fn ensure(
    ctx: &Context,
    head: &mut Versioned<PolicyHead>,
    slot: Timestamp,
    asked_by: AskedBy,
) -> Result<Versioned<SessionRecord>, JobError> {
    let name = head.value.name.clone();
    if let Some(session) = ctx.ledger().get(&Key::session(&name, slot)).await? {
        return Ok(session);
    }
    if slot > ctx.first_sent_at() || slot.as_second() % 60 != 0 || slot.subsec_nanosecond() != 0 {
        let reason = format!("{slot} is no slot: it lies in the future or is not a whole minute");
        return Err(JobError::rejected(codes::BAD_SLOT, reason));
    }
    let policy = policy_of(ctx, &name, head.value.revision).await?;
    let mut change = Change::when_ready();
    let mut record = by_hand(&head.value, &policy, slot, ctx.now());
    if asked_by == AskedBy::Snapshot && record.state == SessionState::Created {
        record.state = SessionState::Expanded;
        record.next_send = None;
    }
    if !head.value.paused && slot > head.value.watermark && !policy.calendar().flags_due(slot).is_empty() {
        record = fall_due(&mut head.value, &policy, slot, ctx.now()).unwrap_or(record);
        change = change.update(head);
        head.version += 1;
    }
    ctx.ledger().commit(change.create(&record)).await?;
    Ok(Versioned { version: 1, value: record })
}

fn by_hand(head: &PolicyHead, policy: &Policy, slot: Timestamp, now: Timestamp) -> SessionRecord {
    let over = is_over(head, policy, slot);
    SessionRecord {
        policy: head.name.clone(),
        revision: head.revision,
        slot,
        flags: flags_of(policy, slot),
        missed: Vec::new(),
        created_at: now,
        state: if over { SessionState::Superseded } else { SessionState::Created },
        next_send: if over { None } else { now.checked_add(RESEND_AFTER).ok() },
    }
}

/// Moves a policy's watermark over the slots that are due by `now`, and makes their session, if they get one.
pub(crate) fn fall_due(
    head: &mut PolicyHead,
    policy: &Policy,
    now: Timestamp,
    created_at: Timestamp,
) -> Option<SessionRecord> {
    let due = match session::due(policy, head.watermark, now) {
        session::Due::Nothing => None,
        session::Due::Session(due) => {
            head.watermark = due.new_watermark;
            Some(due)
        }
        session::Due::Passed { missed, new_watermark } => {
            tracing::warn!(policy.name = %head.name, slots = missed.len(), "slots were missed and are not caught up");
            head.watermark = new_watermark;
            None
        }
    };
    head.next_slot = policy.calendar().next_slot_after(head.watermark).map(|slot| slot.at);
    due.map(|due| SessionRecord {
        policy: head.name.clone(),
        revision: head.revision,
        slot: due.slot,
        flags: due.flags,
        missed: due.missed,
        created_at,
        state: SessionState::Created,
        next_send: created_at.checked_add(RESEND_AFTER).ok(),
    })
}

/// Marks a session as begun, before it asks for the first snapshot; or as superseded, where its successor is due.
/// None where nothing is left to do.
async fn enter(
    ctx: &Context,
    mut head: Versioned<PolicyHead>,
    mut session: Versioned<SessionRecord>,
    policy: &Policy,
) -> Result<Option<Versioned<SessionRecord>>, JobError> {
    let slot = session.value.slot;
    match session.value.state {
        SessionState::Superseded => return Ok(None),
        SessionState::Running | SessionState::Expanded => return Ok(Some(session)),
        SessionState::Created => {}
    }
    if is_over(&head.value, policy, slot) {
        session.value.state = SessionState::Superseded;
        session.value.next_send = None;
        head.value.passed_on.extend(passed_on(policy, slot, &session.value.flags));
        ctx.ledger().commit(Change::new().update(&head).update(&session)).await?;
        return Ok(None);
    }
    session.value.state = SessionState::Running;
    let waiting = head.value.passed_on.iter().filter(|passed| passed.from < slot && slot < passed.until);
    session.value.flags.extend(waiting.map(|passed| passed.flag));
    let mut change = Change::when_ready().update(&session);
    if head.value.passed_on.iter().any(|passed| passed.from < slot) {
        head.value.passed_on.retain(|passed| passed.from >= slot);
        change = change.update(&head);
    }
    ctx.ledger().commit(change).await?;
    session.version += 1;
    Ok(Some(session))
}

/// The flags that a superseded slot leaves to its successor; the daily one comes by itself.
fn passed_on(policy: &Policy, slot: Timestamp, flags: &BTreeSet<Flag>) -> Vec<PassedOn> {
    let next = |flag: Flag| {
        let mut later = policy.calendar().slots(slot, Timestamp::MAX).skip_while(|other| other.at <= slot);
        later.find(|other| other.flags.contains(&flag))
    };
    let rarer = flags.iter().filter(|flag| **flag != Flag::Daily);
    rarer.filter_map(|flag| Some(PassedOn { flag: *flag, from: slot, until: next(*flag)?.at })).collect()
}

async fn finish(ctx: &Context, mut session: Versioned<SessionRecord>) -> Result<(), JobError> {
    if session.value.state != SessionState::Expanded {
        session.value.state = SessionState::Expanded;
        session.value.next_send = None;
        ctx.ledger().commit(Change::new().update(&session)).await?;
    }
    Ok(())
}

/// A session that gets on is not sent again meanwhile, however many pages it has.
async fn go_on(ctx: &Context, mut session: Versioned<SessionRecord>) -> Result<(), JobError> {
    let (now, half) = (ctx.now(), RESEND_AFTER / 2);
    let due_soon = session.value.next_send.is_some_and(|next| next.duration_since(now) < half);
    if session.value.state != SessionState::Running || !due_soon {
        return Ok(());
    }
    session.value.next_send = now.checked_add(RESEND_AFTER).ok();
    match ctx.ledger().commit(Change::new().update(&session)).await {
        // A tick has moved it on by itself.
        Ok(()) | Err(LedgerError::Conflict(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Where a session stands in its accounts and Regions; it travels in the message as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    account: AccountId,
    region: Region,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    page: Option<String>,
    /// The last resource of that page that was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    behind: Option<Arn>,
}

impl Place {
    fn read(cursor: Option<&str>, policy: &Policy) -> Result<Self, JobError> {
        let file = policy.file();
        match (cursor, file.accounts.first(), file.regions.first()) {
            (Some(cursor), ..) => {
                let wrong = |why: String| {
                    let reason = format!("the session's cursor cannot be read: {why}");
                    JobError::rejected(codes::Code::WRONG_SHAPE, reason)
                };
                let place: Self = serde_json::from_str(cursor).map_err(|error| wrong(error.to_string()))?;
                if !file.accounts.contains(&place.account) || !file.regions.contains(&place.region) {
                    return Err(wrong(format!("the policy does not name {}/{}", place.account, place.region)));
                }
                Ok(place)
            }
            (None, Some(account), Some(region)) => Ok(Self::start(account, region)),
            _ => Err(JobError::rejected(codes::NO_SUCH_POLICY, "the policy names no account or Region")),
        }
    }

    fn start(account: &AccountId, region: &Region) -> Self {
        Self { account: account.clone(), region: region.clone(), page: None, behind: None }
    }

    fn write(&self) -> String {
        serde_json::json!(self).to_string()
    }

    /// The next page here, or else the next account and Region.
    fn after(&self, page: Option<String>, policy: &Policy) -> Option<Self> {
        if page.is_some() {
            return Some(Self { page, behind: None, ..self.clone() });
        }
        let file = policy.file();
        let all = file.accounts.iter().flat_map(|account| file.regions.iter().map(move |region| (account, region)));
        let mut rest = all.skip_while(|(account, region)| (*account, *region) != (&self.account, &self.region));
        rest.nth(1).map(|(account, region)| Self::start(account, region))
    }

    /// What is left of a page. Where the resource that was looked at last is gone, all of it: to look once more does no
    /// harm.
    fn rest_of(&self, mut page: Vec<Resource>) -> Vec<Resource> {
        let last = self.behind.as_ref().and_then(|behind| page.iter().position(|found| found.arn == *behind));
        page.drain(..last.map_or(0, |last| last + 1));
        page
    }
}

/// Whether asking once more would be answered alike. What is refused for one place or resource keeps none of the others.
pub(crate) fn lasts(class: Class) -> bool {
    matches!(class, Class::Denied | Class::NotFound | Class::Refused)
}

/// A page of the resources of one account and Region; an empty last one, and a condition, where nobody may look there.
async fn discover(
    ctx: &Context,
    source: &dyn Source,
    scope: &Scope,
    page: Option<String>,
) -> Result<Page<Resource>, JobError> {
    let subject = format!("{}/{}", scope.account, scope.region);
    let reason = match ctx.settings().allow.check_place(scope.account.as_str(), scope.region.as_str()) {
        Err(error) => error.to_string(),
        Ok(()) => match source.discover(scope, page).await {
            Ok(found) => {
                ctx.conditions().clear(codes::NOT_LOOKED_AT, &subject);
                return Ok(found);
            }
            Err(error) if lasts(error.class) => error.to_string(),
            Err(error) => return Err(error.into()),
        },
    };
    ctx.conditions().raise(codes::NOT_LOOKED_AT, subject, reason);
    Ok(Page { items: Vec::new(), next: None })
}

/// The snapshots that one page of resources calls for, and the place of the page after it.
async fn page(
    ctx: &Context,
    policy: &Policy,
    slot: Timestamp,
    place: &Place,
) -> Result<(Vec<Outgoing>, Option<Place>), JobError> {
    let file = policy.file();
    let source = ctx.source(file.source)?.as_ref();
    let scope = Scope { account: place.account.clone(), region: place.region.clone() };
    let found = match &file.select {
        Select::Arns(arns) => {
            let here = arns
                .iter()
                .filter(|arn| arn.account() == scope.account.as_str() && arn.region() == scope.region.as_str());
            Page { items: here.map(|arn| Resource { arn: arn.clone(), tags: None }).collect(), next: None }
        }
        _ => discover(ctx, source, &scope, place.page.clone()).await?,
    };
    let owners = Owners::read(ctx, file.source).await?.down_to(&file.policy);
    let (mut jobs, began, mut last) = (Vec::new(), ctx.now(), None);
    for resource in place.rest_of(found.items) {
        if last.is_some() && ctx.now().duration_since(began) >= PAGE_TIME {
            return Ok((jobs, Some(Place { behind: last, ..place.clone() })));
        }
        if is_wanted(ctx, &owners, source, &resource.arn, &file.policy).await? {
            jobs.push(follow_up::snapshot(&file.policy, slot, resource.arn.clone()).group(scope.account.as_str()));
        }
        last = Some(resource.arn);
    }
    Ok((jobs, place.after(found.next, policy)))
}

/// Whether a resource belongs to the policy; not where nobody may look, which is a condition.
async fn is_wanted(
    ctx: &Context,
    owners: &Owners,
    source: &dyn Source,
    resource: &Arn,
    name: &PolicyName,
) -> Result<bool, JobError> {
    let owner = match owners.of(source, resource).await {
        Err(JobError::Source(error)) if lasts(error.class) => {
            ctx.conditions().raise(codes::NOT_LOOKED_AT, resource.as_str(), error.to_string());
            return Ok(false);
        }
        owner => owner?,
    };
    ctx.conditions().clear(codes::NOT_LOOKED_AT, resource.as_str());
    Ok(owner.is_some_and(|owner| owner.file().policy == *name))
}
