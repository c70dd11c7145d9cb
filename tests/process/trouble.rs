//! What a worker meets outside: a port that is taken, an endpoint that is gone for a while, credentials that expire.

use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{
    harness::{Cloud, NOTHING, Worker, chainwright, errors, eventually},
    stage,
};

#[tokio::test]
async fn a_port_that_is_taken_is_named_by_dev_and_by_a_worker_and_both_exit_1() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = chainwright(&["dev", "--port", &port], &[].into());
    assert_eq!(output.status.code(), Some(1));
    assert!(errors(&output).contains(&format!("127.0.0.1:{port} is taken")), "{}", errors(&output));
    let output = chainwright(&["worker"], &[("CHAINWRIGHT_HEALTH_PORT".into(), port.clone())].into());
    assert_eq!(output.status.code(), Some(1));
    assert!(errors(&output).contains(&format!("CHAINWRIGHT_HEALTH_PORT={port}")), "{}", errors(&output));
}

#[tokio::test]
async fn an_endpoint_that_goes_is_shown_by_health_and_work_goes_on_where_it_stood_when_it_is_back() {
    const JOBS: usize = 5;
    let file = concat!(env!("CARGO_TARGET_TMPDIR"), "/an-endpoint-that-goes.state");
    // What an earlier run left is not taken up.
    let _none = std::fs::remove_file(file);
    let state = ["--state", file];
    let mut cloud = Cloud::start_with(&[["--port", "0"].as_slice(), &state].concat());
    let port = cloud.address.rsplit(':').next().unwrap().to_owned();
    stage::tables(&cloud.operator(), JOBS).await;
    let worker = Worker::start(&cloud, "worker", NOTHING).await;
    stage::ask_for_backups(&cloud.operator(), JOBS).await;
    cloud.process.signal(Signal::TERM);
    assert_eq!(cloud.process.ended().await.code(), Some(0));
    eventually("health tells it", async || worker.health().await.is_some_and(|health| health["status"] == "degraded"))
        .await;
    let back = Cloud::start_with(&[["--port", &port].as_slice(), &state].concat());
    let operator = back.operator();
    eventually("every table has its point and nothing is left to do", async || {
        stage::points(&operator).await.len() == JOBS && stage::is_quiet(&operator).await
    })
    .await;
    assert_eq!(stage::backup_jobs(&operator).await, JOBS);
    eventually("health is well again", async || worker.health().await.is_some_and(|health| health["status"] == "ok"))
        .await;
}

#[tokio::test]
async fn credentials_that_expire_cost_no_job() {
    const JOBS: usize = 5;
    let cloud = Cloud::start();
    let operator = cloud.operator();
    stage::tables(&operator, JOBS).await;
    let worker = Worker::start(&cloud, "worker", NOTHING).await;
    let expired = json!([{"fault": {"call": {"on": {"label": "worker"}, "fault": "expired_credentials"}}}]);
    cloud.control("POST", "/_sim/faults", &expired).await;
    stage::ask_for_backups(&operator, JOBS).await;
    eventually("health tells it", async || {
        worker.health().await.is_some_and(|health| health["conditions"].to_string().contains("ExpiredToken"))
    })
    .await;
    cloud.control("DELETE", "/_sim/faults", &Value::Null).await;
    eventually("every table has its point and nothing is left to do", async || {
        stage::points(&operator).await.len() == JOBS && stage::is_quiet(&operator).await
    })
    .await;
    assert_eq!(stage::backup_jobs(&operator).await, JOBS);
    assert_eq!(stage::dead_letters(&operator).await, 0);
}
