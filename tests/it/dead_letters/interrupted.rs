//! Replays that are cut off.

use std::{collections::BTreeSet, pin::pin};

use chainwright_contracts::ids::PointId;
use chainwright_tests::witness::prepared;
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
