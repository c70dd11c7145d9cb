//! Policies in the ledger: applied from files, pinned by sessions, read and never cached.

use chainwright_chain::{
    policy::Policy,
    state::{ChainRecord, Orphaned, Owner, PointRecord, PolicyHead, Revision},
};
use chainwright_contracts::{
    arn::Arn,
    codes,
    policy::{PolicyFile, PolicyName},
};
use jiff::Timestamp;

use crate::{
    Context,
    error::JobError,
    ledger::{Change, Key, Ledger, LedgerError, Versioned},
};

/// How often a mark is put anew when the record changes meanwhile.
const TRIES: usize = 5;

/// Applies a policy file: stores it as the next immutable revision and makes new sessions run it.
///
/// The watermark starts at `now` for a new policy, and jumps there when the schedules change. A pause made at the command
/// line stays.
///
/// # Errors
/// Where the ledger does not take it.
pub async fn apply(ledger: &Ledger, file: PolicyFile, now: Timestamp) -> Result<u32, LedgerError> {
    let known = ledger.get::<PolicyHead>(&Key::policy(&file.policy)).await?;
    let number = known.as_ref().map_or(1, |head| head.value.revision + 1);
    let before = match &known {
        Some(head) => ledger.revision(&file.policy, head.value.revision).await?,
        None => None,
    };
    let same_schedules =
        before.is_some_and(|before| before.file.schedules == file.schedules && before.file.time_zone == file.time_zone);
    let paused_by_command = known.as_ref().is_some_and(|head| head.value.paused_by_command);
    let paused = file.paused || paused_by_command;
    let watermark = match &known {
        Some(head) if same_schedules && !head.value.paused && !head.value.deleted => head.value.watermark,
        _ => now,
    };
    let policy = Policy::new(file.clone());
    let head = PolicyHead {
        name: file.policy.clone(),
        revision: number,
        source: file.source,
        priority: file.priority,
        paused,
        paused_by_command,
        deleted: false,
        watermark,
        next_slot: if paused { None } else { policy.calendar().next_slot_after(watermark).map(|slot| slot.at) },
        passed_on: known.as_ref().map(|head| head.value.passed_on.clone()).unwrap_or_default(),
    };
    let change = Change::when_ready().create(&Revision { number, applied_at: now, file });
    let change = match known {
        Some(known) => change.update(&Versioned { version: known.version, value: head }),
        None => change.create(&head),
    };
    ledger.commit(change).await?;
    Ok(number)
}

/// A policy as it stands: its head, and the revision that new sessions run. A deleted one stands, too, and says so.
///
/// # Errors
/// Where there never was a policy of this name, or the ledger does not answer.
pub async fn as_applied(ledger: &Ledger, name: &PolicyName) -> Result<(Versioned<PolicyHead>, Revision), JobError> {
    let head = ledger.get::<PolicyHead>(&Key::policy(name)).await?.ok_or_else(|| unknown(name))?;
    let revision = ledger.revision(name, head.value.revision).await?.ok_or_else(|| unknown(name))?;
    Ok((head, revision))
}

/// Pauses a policy from the command line: it starts no sessions until it is unpaused there, whatever files are applied.
/// It still owns its resources, and retention goes on.
///
/// # Errors
/// Where there is no such policy, or the ledger does not take it.
pub async fn pause(ledger: &Ledger, name: &PolicyName) -> Result<(), JobError> {
    let (mut head, _) = standing(ledger, name).await?;
    head.value.paused = true;
    head.value.paused_by_command = true;
    head.value.next_slot = None;
    Ok(ledger.commit(Change::when_ready().update(&head)).await?)
}

/// Takes a pause made at the command line back: the watermark jumps to `now`, so that what fell due in the pause is not
/// caught up. A policy whose file pauses it stays paused. Says whether it runs.
///
/// # Errors
/// As [`pause`].
pub async fn unpause(ledger: &Ledger, name: &PolicyName, now: Timestamp) -> Result<bool, JobError> {
    let (mut head, revision) = standing(ledger, name).await?;
    if !head.value.paused {
        return Ok(true);
    }
    head.value.paused_by_command = false;
    head.value.paused = revision.file.paused;
    if !head.value.paused {
        let calendar = Policy::new(revision.file);
        head.value.watermark = now;
        head.value.next_slot = calendar.calendar().next_slot_after(now).map(|slot| slot.at);
    }
    ledger.commit(Change::when_ready().update(&head)).await?;
    Ok(!head.value.paused)
}

/// Deletes a policy: it starts no sessions any more and owns nothing; its chains are orphaned with their stored settings.
/// It may be run again after an interruption. Tells the chains of the policy.
///
/// # Errors
/// Where there never was such a policy, or the ledger does not take it.
pub async fn delete(ledger: &Ledger, name: &PolicyName, now: Timestamp) -> Result<Vec<ChainRecord>, JobError> {
    let (mut head, _) = as_applied(ledger, name).await?;
    if !head.value.deleted {
        head.value.deleted = true;
        head.value.next_slot = None;
        ledger.commit(Change::when_ready().update(&head)).await?;
    }
    for mut session in ledger.sessions(name).await? {
        if session.value.next_send.take().is_some() {
            ledger.commit(Change::new().update(&session)).await?;
        }
    }
    let chains = chains(ledger, name).await?;
    for chain in &chains {
        orphan(ledger, &chain.owner, now).await?;
    }
    Ok(chains)
}

/// The chains that a policy has or had. It reads the whole table: for people, not for jobs.
///
/// # Errors
/// Where the ledger does not answer.
pub async fn chains(ledger: &Ledger, name: &PolicyName) -> Result<Vec<ChainRecord>, LedgerError> {
    let mut chains = ledger.chains().await?;
    chains.retain(|chain| chain.policy.as_ref() == Some(name));
    Ok(chains)
}

/// Marks a chain as orphaned. Whoever changes it meanwhile is let through, and the mark put on what they left.
async fn orphan(ledger: &Ledger, owner: &Owner, now: Timestamp) -> Result<(), LedgerError> {
    let mut tries = 1;
    loop {
        let Some(mut chain) = ledger.get::<ChainRecord>(&Key::chain(owner)).await? else { return Ok(()) };
        if chain.value.orphaned.is_some() {
            return Ok(());
        }
        chain.value.orphaned = Some(Orphaned { since: now, reason: "its policy was deleted".to_owned() });
        match ledger.commit(Change::new().update(&chain)).await {
            Err(LedgerError::Conflict(_)) if tries < TRIES => tries += 1,
            ended => return ended,
        }
    }
}

/// A policy that is neither unknown nor deleted.
async fn standing(ledger: &Ledger, name: &PolicyName) -> Result<(Versioned<PolicyHead>, Revision), JobError> {
    let (head, revision) = as_applied(ledger, name).await?;
    if head.value.deleted { Err(unknown(name)) } else { Ok((head, revision)) }
}

fn unknown(name: &PolicyName) -> JobError {
    JobError::rejected(codes::NO_SUCH_POLICY, format!("there is no policy named {name}"))
}

/// One revision of a policy, ready to be asked.
pub(crate) async fn revision(ctx: &Context, name: &PolicyName, number: u32) -> Result<Option<Policy>, JobError> {
    Ok(ctx.ledger().revision(name, number).await?.map(|revision| Policy::new(revision.file)))
}

/// The revision that a point was made under; none for manual points. A rebuilt ledger has no old revisions: there the
/// present one stands in.
pub(crate) async fn pinned(ctx: &Context, point: &PointRecord) -> Result<Option<Policy>, JobError> {
    let (Some(name), Some(number)) = (&point.policy, point.revision) else { return Ok(None) };
    if let Some(pinned) = revision(ctx, name, number).await? {
        return Ok(Some(pinned));
    }
    match ctx.ledger().get::<PolicyHead>(&Key::policy(name)).await? {
        Some(head) => revision(ctx, name, head.value.revision).await,
        None => Ok(None),
    }
}

/// The present revision of a policy, unless it is unknown or deleted.
pub(crate) async fn present(ctx: &Context, name: &PolicyName) -> Result<Option<Policy>, JobError> {
    let head = ctx.ledger().get::<PolicyHead>(&Key::policy(name)).await?;
    if let (Some(head), Some(chains)) = (&head, ctx.telemetry().chains()) {
        chains.policy(&head.value);
    }
    match head {
        Some(head) if !head.value.deleted => revision(ctx, name, head.value.revision).await,
        _ => Ok(None),
    }
}

/// A policy's head, unless it is unknown or deleted.
pub(crate) async fn head(ctx: &Context, name: &PolicyName) -> Result<Versioned<PolicyHead>, JobError> {
    let head = ctx.ledger().get::<PolicyHead>(&Key::policy(name)).await?;
    head.filter(|head| !head.value.deleted).ok_or_else(|| unknown(name))
}

/// The ARN of the role that AWS Backup assumes for a resource: the policy names it, the resource's account has it.
pub(crate) fn backup_role(file: &PolicyFile, resource: &Arn) -> Option<String> {
    file.backup_role.as_ref().map(|role| role_arn(role.as_str(), resource))
}

/// A role's ARN in the account of a resource; what is an ARN already stays as it is.
pub(crate) fn role_arn(role: &str, resource: &Arn) -> String {
    if role.starts_with("arn:") {
        return role.to_owned();
    }
    format!("arn:{}:iam::{}:role/{role}", resource.partition(), resource.account())
}
