//! A worker killed at any call leaves nothing behind that its successor does not bring to the same end (I2, I6).

use std::time::Duration;

use chainwright_tests::{
    installation::{AWAY, HOME, Installation, at, must},
    model::brisk,
    policy,
};
use jiff::SignedDuration;
use simcloud::{
    Service,
    faults::{CallMatcher, GatePoint},
};

/// One day on either side, so that within two days there is everything from session to removal.
const BRIEF: &str = policy!(copied: r#"daily: {at: "06:00", keep: 1 day, keep_copies: 1 day}"#);

/// Kills the worker that makes the first such call after `from`, and lets another one finish.
async fn killed_at(seed: u64, from: &str, call: CallMatcher, point: GatePoint, token_lifetime: Option<Duration>) {
    let mut settings = brisk(seed);
    if let Some(lifetime) = token_lifetime {
        settings.cloud.switches.backup.token_lifetime = lifetime;
    }
    let what = format!("{point:?} {call:?} {token_lifetime:?}");
    let mut installation = Installation::with(settings, &["orders"], BRIEF, 1).await;
    installation.until(from).await;
    let gate = installation.simulation.cloud().gate(call.from_label("worker-1"), point);
    let reached = tokio::time::timeout(Duration::from_hours(24), gate.reached()).await;
    assert!(reached.is_ok(), "nobody came to the gate: {what}");
    installation.simulation.kill_worker("worker-1");
    drop(gate);
    installation.simulation.pass(SignedDuration::from_mins(3)).await;
    must(installation.simulation.start_worker("worker-2").await);
    installation.simulation.until(at("2026-01-07T04:00:00Z")).await;
    assert_eq!(installation.made_twice(), Vec::<String>::new(), "{what}");
    assert_eq!(installation.days(HOME, "orders"), ["2026-01-06"], "{what}");
    assert_eq!(installation.days(AWAY, "orders"), ["2026-01-06"], "{what}");
    let inspect = installation.simulation.cloud().inspect();
    assert_eq!(inspect.backup_jobs().len(), 2, "{what}");
    assert_eq!(inspect.copy_jobs().len(), 2, "{what}");
    assert_eq!(installation.all_dead(), Vec::<String>::new(), "{what}");
    assert_eq!(installation.unfinished().await, Vec::new(), "{what}");
}

const SESSION: &str = "2026-01-05T05:59:00Z";
const REMOVAL: &str = "2026-01-06T05:59:00Z";

async fn killed_around(seed: u64, from: &str, call: CallMatcher) {
    for point in [GatePoint::BeforeEffect, GatePoint::AfterEffect] {
        killed_at(seed, from, call.clone(), point, None).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_killed_around_the_start_of_a_backup_is_taken_over() {
    killed_around(30, SESSION, CallMatcher::operation(Service::Backup, "StartBackupJob")).await;
}

#[tokio::test(start_paused = true)]
async fn a_worker_killed_around_the_start_of_a_copy_is_taken_over() {
    killed_around(31, SESSION, CallMatcher::operation(Service::Backup, "StartCopyJob")).await;
}

#[tokio::test(start_paused = true)]
async fn a_backup_whose_token_was_forgotten_is_adopted() {
    let call = CallMatcher::operation(Service::Backup, "StartBackupJob");
    killed_at(32, SESSION, call, GatePoint::AfterEffect, Some(Duration::from_secs(1))).await;
}

#[tokio::test(start_paused = true)]
async fn a_copy_whose_token_was_forgotten_is_adopted() {
    let call = CallMatcher::operation(Service::Backup, "StartCopyJob");
    killed_at(33, SESSION, call, GatePoint::AfterEffect, Some(Duration::from_secs(1))).await;
}

#[tokio::test(start_paused = true)]
async fn a_worker_killed_around_any_change_of_the_ledger_is_taken_over() {
    let transaction = || CallMatcher::operation(Service::DynamoDb, "TransactWriteItems");
    let write = || CallMatcher::operation(Service::DynamoDb, "PutItem");
    // The session made by the tick and begun, the backup requested, the copy requested, each point's arrival.
    for text in ["created", "running", "op#", "copy:eu-central-1\\\":{\\\"place", "available"] {
        killed_around(34, SESSION, transaction().containing(text)).await;
    }
    // The session expanded; a job recorded as started.
    for text in ["expanded", "started"] {
        killed_around(35, SESSION, write().containing(text)).await;
    }
    for text in ["removing", "removed"] {
        killed_around(36, REMOVAL, transaction().containing(text)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_killed_around_a_removal_is_taken_over() {
    killed_around(37, REMOVAL, CallMatcher::operation(Service::Backup, "DeleteRecoveryPoint")).await;
}

#[tokio::test(start_paused = true)]
async fn a_worker_killed_while_it_sends_what_follows_is_taken_over() {
    for queue in ["sessions", "snapshots", "completions", "copies"] {
        let call = CallMatcher::operation(Service::Sqs, "SendMessageBatch").containing(format!("chainwright-{queue}"));
        killed_around(38, SESSION, call).await;
    }
    let call = CallMatcher::operation(Service::Sqs, "SendMessageBatch").containing("chainwright-prunes");
    killed_around(39, REMOVAL, call).await;
}

#[tokio::test(start_paused = true)]
async fn a_worker_killed_while_it_deletes_its_messages_is_taken_over() {
    for queue in ["sessions", "snapshots", "events", "completions", "copies", "prunes"] {
        let call = CallMatcher::operation(Service::Sqs, "DeleteMessageBatch");
        killed_around(40, SESSION, call.containing(format!("chainwright-{queue}"))).await;
    }
}
