//! SIGTERM, as ECS sends it.

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::{
    harness::{Cloud, Worker, eventually},
    stage,
};

const JOBS: usize = 200;

/// A worker with all jobs in hand, none of which gets on: their tables cannot be asked about.
async fn caught_in_the_middle(cloud: &Cloud) -> Worker {
    let operator = cloud.operator();
    stage::tables(&operator, JOBS).await;
    let silence =
        json!({"service": "dynamodb", "operation": "DescribeTable", "label": "caught", "containing": "table-"});
    let silence = json!([{"fault": {"call": {"on": silence, "fault": "black_hole"}}}]);
    cloud.control("POST", "/_sim/faults", &silence).await;
    let settings = [("CHAINWRIGHT_CONCURRENCY", "200"), ("CHAINWRIGHT_DRAIN_SECONDS", "40")];
    stage::ask_for_backups(&operator, JOBS).await;
    let worker = Worker::start(cloud, "caught", &settings).await;
    eventually("all jobs are in hand", async || {
        cloud.calls("caught", "dynamodb", "DescribeTable").await >= JOBS as u64
            && stage::depth(&operator, "snapshots").await == (0, JOBS as u64)
    })
    .await;
    worker
}

#[tokio::test]
async fn a_worker_told_to_end_with_200_jobs_in_hand_gives_all_back_and_exits_0_and_another_does_them_once() {
    let cloud = Cloud::start();
    let operator = cloud.operator();
    let mut worker = caught_in_the_middle(&cloud).await;
    worker.process.signal(Signal::TERM);
    worker.process.signal(Signal::TERM);
    assert_eq!(worker.process.ended().await.code(), Some(0));
    // I9: whoever comes next need not wait for a visibility timeout.
    assert_eq!(stage::depth(&operator, "snapshots").await, (JOBS as u64, 0));
    assert_eq!(stage::backup_jobs(&operator).await, 0);
    cloud.control("DELETE", "/_sim/faults", &Value::Null).await;
    let next = Worker::start(&cloud, "next", &[("CHAINWRIGHT_CONCURRENCY", "10")]).await;
    eventually("every table has its point and nothing is left to do", async || {
        stage::points(&operator).await.len() == JOBS && stage::is_quiet(&operator).await
    })
    .await;
    assert!(stage::points(&operator).await.values().all(|points| *points == 1));
    assert_eq!(stage::backup_jobs(&operator).await, JOBS);
    assert_eq!(stage::dead_letters(&operator).await, 0);
    drop(next);
}

#[tokio::test]
async fn a_worker_that_can_give_nothing_back_in_time_exits_1() {
    let cloud = Cloud::start();
    let mut worker = caught_in_the_middle(&cloud).await;
    let deaf = json!([{"fault": {"call": {"on": {"service": "sqs", "operation": "ChangeMessageVisibilityBatch"}, "fault": "black_hole"}}}]);
    cloud.control("POST", "/_sim/faults", &deaf).await;
    worker.process.signal(Signal::TERM);
    assert_eq!(worker.process.ended().await.code(), Some(1));
    let rules = cloud.control("GET", "/_sim/faults", &Value::Null).await;
    assert!(rules[1]["fired"].as_u64().unwrap() > 0, "{rules}");
}
