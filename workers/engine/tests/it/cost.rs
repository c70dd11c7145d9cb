//! What a job costs in requests. The floor is 0.30: a receive, a send and a deletion per ten jobs; 0.29 here, since the
//! last of ten jobs in a chain sends nothing.

use crate::world::{World, instant, settings};

/// Runs 500 chains of ten jobs and returns requests per job.
async fn requests_per_job(world: &World) -> f64 {
    for walker in 0..500 {
        let body = format!(r#"{{"kind":"walk","walker":"w{walker}","hops":9,"id":"w{walker}-9"}}"#);
        world.send("walks", &body).await;
    }
    let worker = world.worker(settings()).await;
    world.empty("walks").await;
    let done = worker.handle.stats().done;
    assert_eq!(done, 5000);
    let operations = ["ReceiveMessage", "SendMessageBatch", "DeleteMessageBatch", "ChangeMessageVisibilityBatch"];
    let requests: u64 = operations.into_iter().map(|operation| world.calls(operation)).sum();
    requests as f64 / done as f64
}

#[tokio::test(start_paused = true)]
async fn at_saturation_a_job_costs_at_most_0_35_requests() {
    let cost = requests_per_job(&World::new().await).await;
    assert!((0.29..=0.35).contains(&cost), "{cost}");
}

#[tokio::test(start_paused = true)]
async fn a_cloud_that_answers_at_once_makes_no_job_dearer() {
    let cost = requests_per_job(&World::with(instant()).await).await;
    assert!((0.29..=0.35).contains(&cost), "{cost}");
}

#[tokio::test(start_paused = true)]
async fn an_idle_engine_makes_one_request_per_queue_and_long_poll() {
    let world = World::with(simcloud::Settings::default()).await;
    let _worker = world.worker(chainwright_engine::Settings::default()).await;
    tokio::time::sleep(std::time::Duration::from_secs(600)).await;
    let calls = world.calls("ReceiveMessage");
    assert!((87..=93).contains(&calls), "{calls}");
}
