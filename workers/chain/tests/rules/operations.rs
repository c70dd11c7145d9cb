//! The life of an operation, and of the flags that wait for a point.

use std::collections::{BTreeMap, BTreeSet};

use chainwright_chain::{
    exchange::{BackupRequest, Observed, Started},
    state::{Attempted, ChainRecord, OperationRecord, Owner, Phase, Request, Retry, Waiting, look_delay},
};
use chainwright_contracts::{
    arn::Arn,
    flag::Flag,
    ids::{ChainId, Incarnation, PointId},
    jobs::{OperationKind, Side},
    place::Place,
    policy::SourceKind,
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use crate::at;

fn orders() -> Arn {
    "arn:aws:dynamodb:eu-west-1:111122223333:table/orders".parse().unwrap()
}

fn chain_id() -> ChainId {
    ChainId::of(&orders(), &Incarnation("t-1".into()), "gold")
}

fn request() -> Request {
    let place = Place {
        account: "111122223333".parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
        vault: Some("vault".into()),
    };
    Request::Backup(BackupRequest {
        resource: orders(),
        place,
        role: None,
        token: "token".into(),
        tags: BTreeMap::new(),
        requested_at: start(),
        standing_copy: None,
        from_automatic: false,
        automatic_keep: None,
    })
}

fn start() -> Timestamp {
    at("2026-01-05T06:00:00Z")
}

fn after(minutes: i64) -> Timestamp {
    start() + SignedDuration::from_mins(minutes)
}

fn backup(attempts: u32) -> OperationRecord {
    let retry = Retry { attempts: Some(attempts), until: Some(after(6 * 60)) };
    let point = PointId::of_slot(&chain_id(), start());
    OperationRecord::requested(Owner::Chain(chain_id()), point, Side::Regular, request(), retry, start())
}

fn started(operation: OperationRecord, minutes: i64) -> OperationRecord {
    operation.started(Started { id: "job-1".into(), point: None }, after(minutes))
}

fn failed() -> Observed {
    Observed::Failed { reason: "broken".into(), occupied: false }
}

#[test]
fn looks_come_after_2_5_15_and_then_every_30_minutes() {
    let mut operation = started(backup(3), 0);
    let mut now = start();
    let mut minutes = Vec::new();
    for _ in 0..6 {
        let next = operation.looks.next.unwrap();
        minutes.push(next.duration_since(now).as_mins());
        now = next;
        operation = operation.looked(&Observed::Running, now);
    }
    assert_eq!(minutes, [2, 5, 15, 30, 30, 30]);
}

#[test]
fn a_failure_opens_a_new_epoch_with_a_new_token_until_the_attempts_are_used_up() {
    let mut operation = backup(3);
    let mut tokens = BTreeSet::new();
    for attempt in 1..=3 {
        tokens.insert(OperationRecord::token(OperationKind::Backup, &operation.point, &Side::Regular, operation.epoch));
        operation = started(operation, attempt).looked(&failed(), after(attempt));
        assert_eq!((operation.epoch, operation.attempts), (attempt as u32, attempt as u32));
        if attempt < 3 {
            assert_eq!(operation.phase, Phase::ToRetry);
            operation = operation.requested_again(request(), after(attempt));
        }
    }
    assert_eq!((operation.phase, operation.looks.next, tokens.len()), (Phase::Failed, None, 3));
}

#[test]
fn a_service_that_was_occupied_costs_an_epoch_and_no_attempt() {
    let occupied = Observed::Failed { reason: "another job was running".into(), occupied: true };
    let operation = started(backup(1), 0).looked(&occupied, after(70));
    assert_eq!((operation.phase, operation.epoch, operation.attempts), (Phase::ToRetry, 1, 0));
}

#[test]
fn nothing_is_tried_again_after_the_window() {
    let operation = started(backup(3), 0).looked(&failed(), after(6 * 60));
    assert_eq!(operation.phase, Phase::Failed);
}

#[test]
fn a_refused_start_is_left_to_the_next_look_to_give_up() {
    let operation = backup(1).not_started(Attempted::Refused("no such vault".into()), after(1));
    assert_eq!((operation.phase, operation.looks.next), (Phase::ToRetry, Some(after(1))));
    assert!(!operation.may_try(after(1)));
}

#[test]
fn a_job_that_the_service_does_not_know_counts_as_failed_only_after_some_looks() {
    let mut operation = started(backup(3), 0);
    let mut looks = 0;
    while operation.phase == Phase::Started {
        operation = operation.looked(&Observed::Unknown, after(looks));
        looks += 1;
    }
    assert_eq!((looks, operation.phase, operation.attempts), (4, Phase::ToRetry, 1));
}

fn chain() -> ChainRecord {
    ChainRecord {
        owner: Owner::Chain(chain_id()),
        source: SourceKind::Dynamodb,
        resource: orders(),
        incarnation: Incarnation("t-1".into()),
        policy: None,
        places: BTreeSet::new(),
        waiting: BTreeMap::new(),
        orphaned: None,
        released: false,
        next_reconcile: None,
        strangers: BTreeSet::new(),
        suspects: BTreeMap::new(),
        comparisons: 0,
        rpo: None,
        fresh_from: None,
        at_risk: None,
        reconciled_at: None,
    }
}

#[test]
fn a_failed_slots_weekly_flag_waits_for_the_next_point_and_its_daily_one_does_not() {
    let mut chain = chain();
    let waiting = Waiting { from: start(), until: at("2026-01-12T06:00:00Z") };
    chain.pass_on([(Flag::Daily, waiting.clone()), (Flag::Weekly, waiting)]);
    let next = at("2026-01-06T06:00:00Z");
    assert_eq!(chain.taken_over(next), BTreeSet::from([Flag::Weekly]));
    // It waits until such a point is available, not merely asked for, and lapses when its own slot comes again.
    assert_eq!(chain.taken_over(at("2026-01-07T06:00:00Z")), BTreeSet::from([Flag::Weekly]));
    assert_eq!(chain.taken_over(at("2026-01-12T06:00:00Z")), BTreeSet::new());
    chain.arrived(next, &BTreeSet::from([Flag::Daily, Flag::Weekly]));
    assert!(chain.waiting.is_empty());
}

#[test]
fn a_late_older_point_does_not_take_the_flag_of_a_newer_failure() {
    let mut chain = chain();
    chain.pass_on([(Flag::Weekly, Waiting { from: start(), until: at("2026-01-12T06:00:00Z") })]);
    chain.arrived(at("2026-01-04T06:00:00Z"), &BTreeSet::from([Flag::Weekly]));
    assert!(chain.waiting.contains_key(&Flag::Weekly));
}

/// What may happen to an operation.
fn happening() -> impl Strategy<Value = u8> {
    0..7_u8
}

fn happen(operation: OperationRecord, what: u8, now: Timestamp) -> OperationRecord {
    match (operation.phase, what) {
        (Phase::Done | Phase::Failed, _) => operation,
        (Phase::Requested, 0 | 1) => operation.not_started(Attempted::Occupied("busy".into()), now),
        (Phase::Requested, 2) => operation.not_started(Attempted::Refused("no".into()), now),
        (Phase::Requested, _) => operation.started(Started { id: "job".into(), point: None }, now),
        (Phase::ToRetry, _) if !operation.may_try(now) => operation.given_up("over".into()),
        (Phase::ToRetry, 0) => operation.asked_again(now),
        (Phase::ToRetry, _) => operation.requested_again(request(), now),
        (Phase::Started, 0 | 1) => operation.looked(&Observed::Running, now),
        (Phase::Started, 2) => operation.looked(&Observed::Unknown, now),
        (Phase::Started, 3) => operation.looked(&failed(), now),
        (Phase::Started, 4) => operation.looked(&Observed::Failed { reason: "busy".into(), occupied: true }, now),
        (Phase::Started, 5) => operation.looked(&Observed::Refused { status: "EXPIRED".into() }, now),
        (Phase::Started, _) => operation.looked(&Observed::Done { point: None, remark: None }, now),
    }
}

proptest! {
    #[test]
    fn whatever_happens_look_numbers_only_grow_and_an_operation_that_is_not_over_has_a_next_look(
        happenings in prop::collection::vec((happening(), 1..90_i64), 1..60),
    ) {
        let mut operation = backup(3);
        let mut minutes = 0;
        for (what, step) in happenings {
            minutes += step;
            let before = operation.clone();
            operation = happen(operation, what, after(minutes));
            if before.is_over() {
                prop_assert_eq!(&before, &operation);
                continue;
            }
            prop_assert!(operation.looks.number > before.looks.number, "{before:?} {operation:?}");
            prop_assert!(operation.epoch >= before.epoch && operation.attempts <= operation.epoch);
            prop_assert_eq!(operation.is_over(), operation.looks.next.is_none());
            prop_assert!(operation.attempts <= 3);
            let latest = after(minutes) + look_delay(u32::MAX);
            prop_assert!(operation.looks.next.is_none_or(|next| after(minutes) <= next && next <= latest));
        }
    }

    #[test]
    fn an_operation_ends_soon_after_its_window_whatever_happens(happenings in prop::collection::vec(happening(), 40)) {
        let mut operation = backup(3);
        for (step, what) in happenings.into_iter().enumerate() {
            // Beyond the window nothing new begins; a job that runs is looked at until it ends.
            let now = after(6 * 60 + 30 * i64::try_from(step).unwrap());
            let what = if operation.phase == Phase::Started { 3 } else { what };
            operation = happen(operation, what, now);
        }
        prop_assert!(operation.is_over(), "{operation:?}");
    }
}

#[test]
fn a_record_is_stored_in_one_level_and_read_again_as_it_was() {
    let operation = started(backup(3), 0).look_sent(after(7));
    let stored = serde_json::to_value(&operation).unwrap();
    for member in ["look", "idle", "sent", "next_look", "resend_at", "sendings"] {
        assert!(stored.get(member).is_some(), "{member}: {stored}");
    }
    assert_eq!(serde_json::from_value::<OperationRecord>(stored).unwrap(), operation);
}
