//! What the ledger knows now of what a dead letter is about.

use chainwright_chain::state::{ChainRecord, OperationRecord, Owner, PointRecord, PolicyHead, SessionRecord};
use chainwright_contracts::{
    ids::{ChainId, PointId},
    policy::PolicyName,
};
use chainwright_jobs::ledger::{CurrentChain, Key, LedgerError, Versioned};
use jiff::Timestamp;
use serde::Serialize;

use super::letter::{Facts, Subject};
use crate::operator::Operator;

/// One thing, and how it is.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Known {
    pub(super) what: &'static str,
    pub(super) name: String,
    pub(super) state: String,
}

/// Everything that the letter names, policy first; what the ledger does not know is said to be unknown.
///
/// # Errors
/// Where the ledger does not answer.
pub(super) async fn known(operator: &Operator, facts: &Facts) -> Result<Vec<Known>, LedgerError> {
    let Subject { resource, points, chain, policy, slot } = &facts.subject;
    let mut known = Vec::new();
    if let Some(name) = policy.as_deref().and_then(|name| name.parse::<PolicyName>().ok()) {
        known.push(of_policy(operator, &name).await?);
        let slot = slot.as_deref().and_then(|slot| slot.parse::<Timestamp>().ok());
        if let Some(slot) = slot {
            known.extend(of_session(operator, &name, slot).await?);
        }
        if let (Some(resource), Some(slot)) = (resource, slot)
            && let Some(chain) = operator.ledger().get::<CurrentChain>(&Key::current_chain(resource, &name)).await?
        {
            known.extend(of_point(operator, &PointId::of_slot(&chain.value.chain, slot)).await?);
        }
    } else if let Some(resource) = resource {
        known.extend(of_manual(operator, resource, &facts.job_id).await?);
    }
    if let Some(chain) = chain.as_deref().and_then(|id| id.parse::<ChainId>().ok()) {
        known.push(of_chain(operator, chain).await?);
    }
    for point in points.iter().filter_map(|id| id.parse::<PointId>().ok()) {
        known.extend(of_point(operator, &point).await?);
    }
    Ok(known)
}

fn said(what: &'static str, name: impl ToString, state: Option<String>) -> Known {
    Known { what, name: name.to_string(), state: state.unwrap_or_else(|| "unknown to the ledger".to_owned()) }
}

async fn of_policy(operator: &Operator, name: &PolicyName) -> Result<Known, LedgerError> {
    let head = operator.ledger().get::<PolicyHead>(&Key::policy(name)).await?.map(|head| head.value);
    let state = head.map(|head| {
        let how = match (head.deleted, head.paused || head.paused_by_command) {
            (true, _) => "deleted",
            (false, true) => "paused",
            (false, false) => "active",
        };
        let next = head.next_slot.map(|slot| format!(", next slot {slot}")).unwrap_or_default();
        format!("{how}, revision {}{next}", head.revision)
    });
    Ok(said("policy", name, state))
}

async fn of_session(operator: &Operator, name: &PolicyName, slot: Timestamp) -> Result<Option<Known>, LedgerError> {
    let session = operator.ledger().get::<SessionRecord>(&Key::session(name, slot)).await?;
    Ok(session.map(|session| said("session", slot, Some(lower(&format!("{:?}", session.value.state))))))
}

async fn of_chain(operator: &Operator, chain: ChainId) -> Result<Known, LedgerError> {
    let record = operator.ledger().get::<ChainRecord>(&Key::chain(&Owner::Chain(chain.clone()))).await?;
    let state = record.map(|Versioned { value: record, .. }| {
        let policy = record.policy.map(|policy| format!(" under {policy}")).unwrap_or_default();
        let orphaned = record.orphaned.map(|orphaned| format!(", orphaned: {}", orphaned.reason)).unwrap_or_default();
        format!("of {}{policy}{orphaned}", record.resource)
    });
    Ok(said("chain", chain, state))
}

/// A manual backup's point bears the job's id; whose incarnation it is, only the resource's chains can tell.
async fn of_manual(operator: &Operator, resource: &str, job: &str) -> Result<Vec<Known>, LedgerError> {
    let ledger = operator.ledger();
    let mut known = Vec::new();
    for current in ledger.all::<CurrentChain>(&format!("resource#{resource}"), "").await? {
        let owner = Owner::Chain(current.value.chain.clone());
        known.push(of_chain(operator, current.value.chain).await?);
        if let Some(chain) = ledger.get::<ChainRecord>(&Key::chain(&owner)).await? {
            let point = PointId::of_manual(&chain.value.resource, &chain.value.incarnation, job);
            if ledger.owner_of(&point).await?.is_some() {
                known.extend(of_point(operator, &point).await?);
            }
        }
    }
    Ok(known)
}

/// A point with its sides, and its operations.
async fn of_point(operator: &Operator, id: &PointId) -> Result<Vec<Known>, LedgerError> {
    let ledger = operator.ledger();
    let Some(owner) = ledger.owner_of(id).await? else { return Ok(vec![said("point", id, None)]) };
    let point = ledger.get::<PointRecord>(&Key::point(&owner, id)).await?;
    let sides = point.map(|point| {
        let side = |(side, record): (&chainwright_contracts::jobs::Side, &chainwright_chain::state::SideRecord)| {
            format!("{side} {}", lower(&format!("{:?}", record.state)))
        };
        point.value.sides.iter().map(side).collect::<Vec<_>>().join(", ")
    });
    let mut known = vec![said("point", id, sides)];
    for operation in ledger.all::<OperationRecord>(&owner.to_string(), &format!("op#{id}#")).await? {
        let OperationRecord { kind, side, phase, looks, reason, .. } = operation.value;
        let next = looks.next.map(|at| format!(", next look {at}")).unwrap_or_default();
        let why = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
        let state = format!("{}{why}{next}", lower(&format!("{phase:?}")));
        known.push(said("operation", format!("{} {side}", kind.as_str()), Some(state)));
    }
    Ok(known)
}

/// A state's name in words: `ToRetry` is "to retry".
fn lower(name: &str) -> String {
    let mut words = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(c.to_lowercase());
    }
    words
}
