//! Policies in the ledger: applied from files, pinned by sessions, read and never cached.

use chainwright_chain::{
    policy::Policy,
    state::{PointRecord, PolicyHead, Revision},
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
    match ctx.ledger().get::<PolicyHead>(&Key::policy(name)).await? {
        Some(head) if !head.value.deleted => revision(ctx, name, head.value.revision).await,
        _ => Ok(None),
    }
}

/// A policy's head, unless it is unknown or deleted.
pub(crate) async fn head(ctx: &Context, name: &PolicyName) -> Result<Versioned<PolicyHead>, JobError> {
    let head = ctx.ledger().get::<PolicyHead>(&Key::policy(name)).await?;
    head.filter(|head| !head.value.deleted)
        .ok_or_else(|| JobError::rejected(codes::NO_SUCH_POLICY, format!("there is no policy named {name}")))
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
