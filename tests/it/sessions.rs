//! Which session runs, with which flags: by hand, after an outage, superseded, failed and tried again.

use std::collections::BTreeMap;

use chainwright_chain::state::{PassedOn, PointRecord, PolicyHead, SessionRecord, SessionState};
use chainwright_contracts::{
    flag::Flag,
    jobs::{OperationKind, Side},
};
use chainwright_jobs::ledger::{Change, Key};
use chainwright_tests::{
    installation::{AWAY, GOLD, HOME, Installation, at, must},
    model::brisk,
};
use jiff::Timestamp;
use serde_json::json;
use simcloud::{
    Service,
    faults::{CallFault, CallMatcher, FaultRule, JobFault},
};

/// The flags of both sides of a point, with their ends.
fn flags(point: &PointRecord) -> BTreeMap<String, BTreeMap<Flag, Timestamp>> {
    point.sides.iter().map(|(side, record)| (side.to_string(), record.flags.clone())).collect()
}

/// Both sides of a point of this slot with both flags, each with its own end, from this slot.
fn daily_and_weekly(daily: &str, daily_copy: &str, weekly: &str) -> BTreeMap<String, BTreeMap<Flag, Timestamp>> {
    let of = |daily| BTreeMap::from([(Flag::Daily, at(daily)), (Flag::Weekly, at(weekly))]);
    BTreeMap::from([("regular".to_owned(), of(daily)), (format!("copy:{AWAY}"), of(daily_copy))])
}

async fn point(installation: &Installation, slot: &str) -> PointRecord {
    let family = installation.family(installation.chain("orders")).await;
    let point = family.point(&installation.point("orders", slot)).map(|point| point.value.clone());
    must(point.ok_or_else(|| format!("no point of {slot}")))
}

fn days(installation: &Installation) -> (Vec<String>, Vec<String>) {
    (installation.days(HOME, "orders"), installation.days(AWAY, "orders"))
}

#[tokio::test(start_paused = true)]
async fn a_session_without_a_slot_takes_the_newest_that_was_due_when_it_was_first_sent() {
    let paused = format!("{GOLD}\npaused: true\n");
    let mut installation = Installation::with(brisk(20), &["orders"], &paused, 0).await;
    installation.until("2026-01-05T07:00:00Z").await;
    installation.send("sessions", &json!({"kind": "session", "policy": "gold"})).await;
    // By the time it is received, another slot is due.
    installation.until("2026-01-06T06:30:00Z").await;
    must(installation.simulation.start_worker("worker-1").await);
    installation.until("2026-01-06T12:00:00Z").await;
    let made = point(&installation, "2026-01-05T06:00:00Z").await;
    // Monday's slot is due by both schedules: one point with both flags.
    let expected = daily_and_weekly("2026-01-08T06:00:00Z", "2026-01-12T06:00:00Z", "2026-01-19T06:00:00Z");
    assert_eq!(flags(&made), expected);
    assert_eq!(days(&installation), (vec!["2026-01-06".to_owned()], vec!["2026-01-06".to_owned()]));
    assert_eq!(installation.simulation.cloud().inspect().backup_jobs().len(), 1);
}

/// Nobody works from Sunday noon to Tuesday noon: Monday's weekly and Tuesday's daily slot are missed.
async fn outage(policy: &str, seed: u64, message: bool) -> Installation {
    let mut installation = Installation::with(brisk(seed), &["orders"], policy, 2).await;
    installation.until("2026-01-11T12:00:00Z").await;
    must(installation.simulation.stop_worker("worker-1").await);
    installation.simulation.kill_worker("worker-2");
    installation.until("2026-01-13T11:00:00Z").await;
    if message {
        installation.send("sessions", &json!({"kind": "session", "policy": "gold"})).await;
    }
    installation.until("2026-01-13T12:00:00Z").await;
    must(installation.simulation.start_worker("worker-3").await);
    must(installation.simulation.start_worker("worker-4").await);
    installation.until("2026-01-14T03:00:00Z").await;
    installation
}

async fn caught_up(installation: &Installation) {
    // The 5th was a Monday, too; the 10th and 11th have not ended yet.
    assert_eq!(installation.days(HOME, "orders"), ["2026-01-05", "2026-01-11", "2026-01-13"]);
    assert_eq!(installation.days(AWAY, "orders").last().map(String::as_str), Some("2026-01-13"));
    assert!(!installation.days(AWAY, "orders").contains(&"2026-01-12".to_owned()));
    let made = point(installation, "2026-01-13T06:00:00Z").await;
    let expected = daily_and_weekly("2026-01-16T06:00:00Z", "2026-01-20T06:00:00Z", "2026-01-27T06:00:00Z");
    assert_eq!(flags(&made), expected);
    assert_eq!(installation.all_dead(), Vec::<String>::new());
    assert_eq!(installation.made_twice(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn after_two_days_without_workers_one_session_stands_in_for_all_that_were_missed() {
    let installation = outage(GOLD, 21, false).await;
    caught_up(&installation).await;
}

#[tokio::test(start_paused = true)]
async fn a_session_asked_for_during_an_outage_does_not_lose_the_flags_of_what_was_missed() {
    let installation = outage(GOLD, 22, true).await;
    caught_up(&installation).await;
}

#[tokio::test(start_paused = true)]
async fn without_catching_up_what_was_missed_is_passed_over() {
    let mut installation = outage(&format!("{GOLD}\ncatch_up: none\n"), 23, false).await;
    assert_eq!(installation.days(HOME, "orders"), ["2026-01-05", "2026-01-11"]);
    must(installation.simulation.start_worker("worker-5").await);
    installation.until("2026-01-14T12:00:00Z").await;
    assert_eq!(installation.days(HOME, "orders").last().map(String::as_str), Some("2026-01-14"));
    let made = point(&installation, "2026-01-14T06:00:00Z").await;
    assert_eq!(made.flags(), [Flag::Daily].into());
    assert_eq!(installation.all_dead(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_superseded_session_leaves_its_rarer_flags_to_its_successor() {
    let twice_a_day = GOLD.replace(r#"daily: {at: "06:00""#, r#"daily: {at: ["06:00", "07:30"]"#);
    let installation = Installation::with(brisk(24), &["orders"], &twice_a_day, 1).await;
    // The ledger refuses to let any session begin until the second slot is due.
    let begins = CallMatcher::operation(Service::DynamoDb, "TransactWriteItems").containing("running");
    let rule = FaultRule::call(begins, CallFault::ServerError(500));
    let rule = rule.between(at("2026-01-05T05:00:00Z"), at("2026-01-05T07:45:00Z"));
    let refused = installation.simulation.cloud().faults().add(rule);
    installation.until("2026-01-05T18:00:00Z").await;
    assert!(installation.fired(refused) > 10);
    assert_eq!(days(&installation), (vec!["2026-01-05".to_owned()], vec!["2026-01-05".to_owned()]));
    let ledger = must(installation.simulation.ledger());
    let key = Key::session(&must("gold".parse()), at("2026-01-05T06:00:00Z"));
    let session = must(ledger.get::<chainwright_chain::state::SessionRecord>(&key).await);
    assert_eq!(session.map(|session| session.value.state), Some(SessionState::Superseded));
    let made = point(&installation, "2026-01-05T07:30:00Z").await;
    let expected = daily_and_weekly("2026-01-08T07:30:00Z", "2026-01-12T07:30:00Z", "2026-01-19T07:30:00Z");
    assert_eq!(flags(&made), expected);
}

#[tokio::test(start_paused = true)]
async fn the_weekly_flag_of_a_slot_whose_backup_failed_passes_to_the_next_point() {
    let installation = Installation::with(brisk(25), &["orders"], GOLD, 1).await;
    let rule = FaultRule::job(Some("backup"), None, JobFault::Fails("Internal error".into()));
    let failing = installation.simulation.cloud().faults().add(rule.times(3));
    installation.until("2026-01-07T18:00:00Z").await;
    assert_eq!(installation.fired(failing), 3);
    assert_eq!(installation.days(HOME, "orders"), ["2026-01-06", "2026-01-07"]);
    assert_eq!(installation.days(AWAY, "orders"), ["2026-01-06", "2026-01-07"]);
    let made = point(&installation, "2026-01-06T06:00:00Z").await;
    let expected = daily_and_weekly("2026-01-09T06:00:00Z", "2026-01-13T06:00:00Z", "2026-01-20T06:00:00Z");
    assert_eq!(flags(&made), expected);
    assert_eq!(made.substituted, [Flag::Weekly].into());
    // It waits no longer, so that only one point carries it.
    assert_eq!(point(&installation, "2026-01-07T06:00:00Z").await.flags(), [Flag::Daily].into());
}

#[tokio::test(start_paused = true)]
async fn a_backup_that_fails_twice_is_made_by_the_third_attempt() {
    let installation = Installation::with(brisk(26), &["orders"], GOLD, 1).await;
    let rule = FaultRule::job(Some("backup"), None, JobFault::Fails("Internal error".into()));
    let failing = installation.simulation.cloud().faults().add(rule.times(2));
    installation.until("2026-01-05T14:00:00Z").await;
    assert_eq!(installation.fired(failing), 2);
    assert_eq!(days(&installation), (vec!["2026-01-05".to_owned()], vec!["2026-01-05".to_owned()]));
    let family = installation.family(installation.chain("orders")).await;
    let id = installation.point("orders", "2026-01-05T06:00:00Z");
    let backup = must(family.operation(&id, OperationKind::Backup, &Side::Regular).ok_or("no backup")).value.clone();
    assert_eq!((backup.epoch, backup.attempts), (2, 2));
    let tokens = installation.simulation.cloud().inspect().backups_by_token();
    assert_eq!(tokens.into_values().collect::<Vec<_>>(), [1, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_superseded_sessions_flag_lapses_when_its_schedule_falls_due_by_itself() {
    let mut installation = Installation::with(brisk(29), &["orders"], GOLD, 0).await;
    installation.until("2026-01-06T05:00:00Z").await;
    let ledger = must(installation.simulation.ledger());
    let key = Key::policy(&must("gold".parse()));
    let mut head = must(must(ledger.get::<PolicyHead>(&key).await).ok_or("no such policy"));
    // A monthly flag that Wednesday's point would take over still, and a yearly one that comes by itself on that day.
    let left = |flag, until: &str| PassedOn { flag, from: at("2026-01-01T06:00:00Z"), until: at(until) };
    head.value.passed_on =
        vec![left(Flag::Monthly, "2026-01-07T06:01:00Z"), left(Flag::Yearly, "2026-01-07T06:00:00Z")];
    must(ledger.commit(Change::new().update(&head)).await);
    installation.until("2026-01-07T06:05:00Z").await;
    must(installation.simulation.start_worker("worker-1").await);
    installation.until("2026-01-07T12:00:00Z").await;
    let slot = at("2026-01-07T06:00:00Z");
    let session = must(ledger.get::<SessionRecord>(&Key::session(&must("gold".parse()), slot)).await);
    let flags = must(session.ok_or("no session")).value.flags;
    assert!(flags.contains(&Flag::Monthly) && !flags.contains(&Flag::Yearly), "{flags:?}");
    // What has lapsed is not kept for a later one either.
    let head = must(must(ledger.get::<PolicyHead>(&key).await).ok_or("no such policy"));
    assert_eq!(head.value.passed_on, []);
}
