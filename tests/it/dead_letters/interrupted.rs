//! Replays that are cut off.

use std::{collections::BTreeSet, pin::pin};

use chainwright_chain::state::SessionRecord;
use chainwright_contracts::ids::PointId;
use chainwright_tests::{installation::at, witness::prepared};
use jiff::SignedDuration;
use simcloud::{
    Service, SimCloud,
    faults::{CallMatcher, GatePoint},
};

use super::*;

/// So long a letter stays hidden at most, whoever was cut off while it read.
const HIDDEN: i64 = 31;

/// Puts letters into a queue's dead letters, ten at a time.
async fn bury_many(installation: &Installation, queue: &str, bodies: &[(String, Value)]) {
    let client = sqs(installation);
    let url = url(installation, &format!("{queue}-dlq")).await;
    for some in bodies.chunks(10) {
        let entries = some.iter().map(|(id, body)| {
            let entry =
                aws_sdk_sqs::types::SendMessageBatchRequestEntry::builder().id(id).message_body(body.to_string());
            let entry = entry.message_attributes("error_code", text("CW0105")).message_attributes("job_id", text(id));
            let entry = entry.message_attributes("error_reason", text("not done within 86400 s"));
            entry.message_attributes("origin_queue", text(&format!("chainwright-{queue}"))).build().unwrap()
        });
        client.send_message_batch().queue_url(&url).set_entries(Some(entries.collect())).send().await.unwrap();
    }
}

fn operator(operation: &str) -> CallMatcher {
    CallMatcher::operation(Service::Sqs, operation).from_label("operator")
}

/// Runs a replay until the operator's `nth` call of this operation stands at this point, and cuts it off there. False
/// where it ended before.
async fn cut(installation: &Installation, line: &[&str], on: CallMatcher, point: GatePoint, nth: usize) -> bool {
    let cloud: &SimCloud = installation.simulation.cloud();
    let mut gate = cloud.gate(on.clone(), point);
    let mut replay = pin!(run(installation, line));
    let mut standing = pin!(async {
        for _ in 1..nth {
            gate.reached().await;
            let next = cloud.gate(on.clone(), point);
            gate.release();
            gate = next;
        }
        gate.reached().await;
    });
    tokio::select! {
        biased;
        () = &mut standing => true,
        _ended = &mut replay => false,
    }
}

fn points(installation: &Installation) -> BTreeSet<PointId> {
    let points = kept(installation);
    assert!(points.iter().all(|point| point.status == "COMPLETED"));
    let ids: BTreeSet<_> = points.iter().map(|point| name(point).point).collect();
    assert_eq!(ids.len(), points.len(), "at most one backup per point");
    ids
}

#[tokio::test(start_paused = true)]
async fn wherever_a_replay_is_cut_off_the_next_one_leads_to_the_same_end() {
    const LETTERS: usize = 12;
    let mut ends = BTreeSet::new();
    let mut cuts = 0;
    for seed in 0..8 {
        let mut installation = prepared(1, &["orders"], "").await;
        installation.simulation.start_worker("worker-1").await.unwrap();
        let ids = (0..LETTERS).map(|number| format!("by-hand-{number}"));
        let letters: Vec<_> = ids.map(|id| (id.clone(), manual(&arn("orders"), &id))).collect();
        bury_many(&installation, "snapshots", &letters).await;
        for _ in 0..3 {
            bury(&installation, "snapshots", "not json", "CW0101", "bad").await;
        }
        let mut rng = fastrand::Rng::with_seed(seed);
        for _ in 0..rng.usize(1..=3) {
            let operations =
                ["ReceiveMessage", "SendMessageBatch", "DeleteMessageBatch", "ChangeMessageVisibilityBatch"];
            let on = operator(operations[rng.usize(0..operations.len())]);
            let point = if rng.bool() { GatePoint::BeforeEffect } else { GatePoint::AfterEffect };
            let line = ["dlq", "replay", "--queue", "snapshots", "--yes"];
            cuts += usize::from(cut(&installation, &line, on, point, rng.usize(1..=3)).await);
            minutes(&installation, HIDDEN).await;
        }
        ask(&installation, &["dlq", "replay", "--yes"]).await;
        minutes(&installation, 12 * 60).await;
        let dead = depth(&installation, "snapshots-dlq");
        assert_eq!((dead.visible, dead.in_flight), (3, 0), "seed {seed}: what was left out is as it was");
        assert_eq!(depth(&installation, "snapshots"), simcloud::QueueDepth::default());
        ends.insert(points(&installation));
    }
    assert!(cuts >= 6, "{cuts} replays were cut off");
    assert_eq!(ends.len(), 1);
    assert!(ends.iter().all(|end| end.len() == LETTERS));
}

/// Sessions that find nothing to back up: the cheapest jobs whose work can be counted afterwards.
fn sessions(count: usize) -> Vec<(String, Value)> {
    let slot = |number: usize| at("2025-12-01T00:00:00Z") + SignedDuration::from_mins(i64::try_from(number).unwrap());
    let job = |id: &str, number| json!({"kind": "session", "policy": "empty", "slot": slot(number), "id": id});
    let ids = (0..count).map(|number| (number, format!("session-{number:05}")));
    ids.map(|(number, id)| (id.clone(), job(&id, number))).collect()
}

/// The slots of the sessions that the letters made.
async fn held(installation: &Installation) -> Vec<jiff::Timestamp> {
    let ledger = installation.simulation.ledger().unwrap();
    let sessions = ledger.all::<SessionRecord>("policy#empty", "session#").await.unwrap();
    // The policy's own come later than all of these.
    sessions.into_iter().map(|session| session.value.slot).filter(|slot| *slot < at("2026-01-01T00:00:00Z")).collect()
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_letters_replayed_with_two_interruptions_have_each_effect_once_and_none_is_lost() {
    const SESSIONS: usize = 9_900;
    const BACKUPS: usize = 100;
    let policy = BRIEF.replace("policy: gold", "policy: empty").replace("backup: gold", "backup: nobody");
    let tables: Vec<String> = (0..20).map(|number| format!("table-{number}")).collect();
    let names: Vec<&str> = tables.iter().map(String::as_str).collect();
    let mut installation = prepared(1, &names, &policy).await;
    let by_hand = (0..BACKUPS).map(|number| (format!("by-hand-{number:05}"), arn(names[number % 20])));
    let by_hand: Vec<_> = by_hand.map(|(id, table)| (id.clone(), manual(&table, &id))).collect();
    bury_many(&installation, "sessions", &sessions(SESSIONS)).await;
    bury_many(&installation, "snapshots", &by_hand).await;
    installation.simulation.start_worker("worker-1").await.unwrap();
    assert_eq!(ask(&installation, &["dlq", "list"]).await["total"], SESSIONS + BACKUPS);

    // Each time ten letters have been sent and are not deleted yet when it is cut off: these will be sent again.
    let line = ["dlq", "replay", "--yes"];
    let send = || operator("SendMessageBatch");
    assert!(cut(&installation, &line, send(), GatePoint::AfterEffect, 433).await, "cut off among the sessions");
    let dead = depth(&installation, "sessions-dlq");
    assert_eq!(dead.visible + dead.in_flight, SESSIONS - 4_320);
    minutes(&installation, HIDDEN).await;
    assert!(cut(&installation, &line, send(), GatePoint::AfterEffect, 558 + 5).await, "cut off among the backups");
    assert_eq!(depth(&installation, "sessions-dlq"), simcloud::QueueDepth::default());
    minutes(&installation, HIDDEN).await;
    let told = ask(&installation, &line).await;
    assert_eq!((&told["replayed"], &told["failed"]), (&json!(BACKUPS - 40), &json!([])));

    minutes(&installation, 24 * 60).await;
    assert_eq!(installation.all_dead(), Vec::<String>::new());
    let made = held(&installation).await;
    assert_eq!(made.len(), SESSIONS);
    assert_eq!(points(&installation).len(), BACKUPS);
    // One job at a time works on a table; one that waited too long for its turn expired, and was asked for anew.
    let mut jobs = installation.simulation.cloud().inspect().backup_jobs();
    jobs.retain(|job| job.state != "EXPIRED");
    assert_eq!(jobs.len(), BACKUPS, "no backup was made twice");
}
