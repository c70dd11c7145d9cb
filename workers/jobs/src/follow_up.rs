//! The messages by which one job leads to the next.
//!
//! A follow-up's id is derived from what it asks for and why, so that a repeat of its cause sends the same job.

use chainwright_chain::state::{OperationRecord, PointRecord};
use chainwright_contracts::{
    arn::Arn,
    ids::{self, ChainId, PointId},
    jobs::{Copy, Delete, OperationKind, Prune, Reconcile, Session, Settle, Side, Snapshot, Tick},
    names::Region,
    policy::PolicyName,
};
use chainwright_engine::Outgoing;
use chainwright_envelope::Job;
use jiff::Timestamp;

fn send<J: Job>(job: &J, target: &str, cause: &str) -> Outgoing {
    Outgoing::job(job).id(ids::follow_up(J::KIND, target, cause))
}

/// The next page of a tick.
pub(crate) fn tick(cursor: String, tick: &str) -> Outgoing {
    let id = ids::follow_up("tick", &cursor, tick);
    Outgoing::job(&Tick { cursor: Some(cursor) }).id(id)
}

/// A session, or its next page.
pub(crate) fn session(policy: &PolicyName, slot: Timestamp, cursor: Option<String>) -> Outgoing {
    let cause = format!("{slot} {}", cursor.as_deref().unwrap_or_default());
    send(&Session { policy: policy.clone(), slot: Some(slot), cursor }, policy.as_str(), &cause)
}

/// The snapshot that a session wants of a resource.
pub(crate) fn snapshot(policy: &PolicyName, slot: Timestamp, resource: Arn) -> Outgoing {
    let target = resource.to_string();
    let job = Snapshot {
        resource,
        policy: Some(policy.clone()),
        slot: Some(slot),
        manual: false,
        vault: None,
        role: None,
        keep: None,
    };
    send(&job, &target, &format!("{policy} {slot}"))
}

/// One look at an operation.
pub(crate) fn settle(operation: &OperationRecord) -> Outgoing {
    let job: Settle = operation.settle();
    let target = format!("{} {}", operation.point, operation.side);
    send(&job, &target, &format!("{} {}", operation.kind.as_str(), operation.looks.number))
}

/// The copy of a point.
pub(crate) fn copy(point: &PointId, to: &Region, cause: &str) -> Outgoing {
    send(&Copy { point: point.clone(), to: to.clone() }, &format!("{point} {to}"), cause)
}

/// Retention for a chain.
pub(crate) fn prune(chain: &ChainId, cause: &str) -> Outgoing {
    send(&Prune { chain: chain.clone() }, chain.as_str(), cause)
}

/// A chain to compare with AWS.
pub(crate) fn reconcile(chain: &ChainId, cause: &str) -> Outgoing {
    send(&Reconcile { chain: chain.clone() }, chain.as_str(), cause)
}

/// A manual point whose own `keep` has passed.
pub(crate) fn delete_expired(point: &PointRecord) -> Outgoing {
    let cause = point.keep_until.map_or_else(String::new, |until| until.to_string());
    let job = Delete { points: vec![point.id.clone()], side: None, last: false, expired: true };
    send(&job, point.id.as_str(), &cause)
}

/// What asks the service once more for an operation that was requested, or is to be tried again.
pub(crate) fn ask_again(operation: &OperationRecord, point: &PointRecord) -> Outgoing {
    let cause = format!("{} {}", operation.kind.as_str(), operation.looks.number);
    match (operation.kind, &operation.side) {
        (OperationKind::Copy, Side::Copy(to)) => copy(&point.id, to, &cause),
        (OperationKind::Delete, side) => {
            let points = vec![point.id.clone()];
            let job = Delete { points, side: Some(side.clone()), last: false, expired: false };
            send(&job, &format!("{} {side}", point.id), &cause)
        }
        _ => backup(point, &cause),
    }
}

/// A manual point is named by its job, so its job keeps its id.
fn backup(point: &PointRecord, cause: &str) -> Outgoing {
    let side = point.sides.get(&Side::Regular);
    let job = Snapshot {
        resource: point.resource.clone(),
        policy: point.policy.clone(),
        slot: point.policy.as_ref().map(|_| point.slot),
        manual: point.is_manual(),
        vault: if point.is_manual() { side.and_then(|side| side.place.vault.clone()) } else { None },
        role: None,
        keep: None,
    };
    match &point.job {
        Some(id) => Outgoing::job(&job).id(id.clone()),
        None => send(&job, point.id.as_str(), cause),
    }
}
