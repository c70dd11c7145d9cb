//! What SIGTERM leaves behind (I9): nothing invisible without an owner.

use std::time::Duration;

use simcloud::{
    Service,
    faults::{CallFault, CallMatcher, FaultRule, GatePoint},
};
use tokio::time::sleep;

use crate::world::{World, settings};

fn sqs(operation: &str) -> CallMatcher {
    CallMatcher::operation(Service::Sqs, operation).from_label("worker")
}

#[tokio::test(start_paused = true)]
async fn an_idle_engine_ends_when_its_polls_are_answered() {
    let world = World::with(simcloud::Settings::default()).await;
    let worker = world.worker(chainwright_engine::Settings::default()).await;
    sleep(Duration::from_secs(5)).await;
    let drained = worker.stop().await.unwrap();
    assert_eq!(drained.unanswered_polls, 0);
    assert!(drained.took <= Duration::from_secs(21), "{drained:?}");
}

#[tokio::test(start_paused = true)]
async fn a_running_job_is_finished_and_its_message_deleted() {
    let world = World::new().await;
    world.send("acts", r#"{"kind":"act","what":"sleep","seconds":20,"id":"s"}"#).await;
    let worker = world.worker(settings()).await;
    world.until("it runs", || world.log.count("sleep begins") == 1).await;
    let drained = worker.stop().await.unwrap();
    assert!(drained.took <= Duration::from_secs(50), "{drained:?}");
    assert_eq!(world.log.count("sleep ends"), 1);
    assert!(world.messages("acts").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_job_that_takes_too_long_is_cancelled_and_given_back() {
    let world = World::new().await;
    world.send("acts", r#"{"kind":"act","what":"sleep","seconds":200,"id":"s"}"#).await;
    let worker = world.worker(settings()).await;
    let handle = worker.handle.clone();
    world.until("it runs", || world.log.count("sleep begins") == 1).await;
    let drained = worker.stop().await.unwrap();
    assert!(drained.took <= Duration::from_secs(50), "{drained:?}");
    assert!(world.messages("acts")[0].visible);
    assert_eq!((handle.stats().released, world.log.count("sleep ends")), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn what_a_poll_in_flight_brings_after_the_signal_is_given_back_unread() {
    let world = World::new().await;
    let gate = world.cloud.faults().gate(sqs("ReceiveMessage").containing("acts"), GatePoint::AfterEffect);
    for _ in 0..3 {
        world.send("acts", r#"{"kind":"act","what":"done","id":"d"}"#).await;
    }
    let worker = world.worker(settings()).await;
    gate.reached().await;
    assert!(world.messages("acts").iter().all(|message| !message.visible));
    let mut running = worker.signal();
    sleep(Duration::from_secs(3)).await;
    gate.release();
    running.join_next().await.unwrap().unwrap().unwrap();
    assert_eq!(world.messages("acts").iter().filter(|message| message.visible).count(), 3);
    assert!(world.log.words().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_is_never_answered_does_not_hold_up_the_end() {
    let world = World::new().await;
    let fault = world.cloud.faults().add(FaultRule::call(sqs("ReceiveMessage"), CallFault::BlackHole));
    let worker = world.worker(settings()).await;
    sleep(Duration::from_secs(1)).await;
    let drained = worker.stop().await.unwrap();
    assert_eq!((drained.unanswered_polls, world.cloud.faults().fired(fault)), (3, 3));
    assert!(drained.took <= Duration::from_secs(50), "{drained:?}");
}

#[tokio::test(start_paused = true)]
async fn a_message_whose_deletion_does_not_succeed_is_given_back() {
    let world = World::new().await;
    let fault = world.cloud.faults().add(FaultRule::call(sqs("DeleteMessageBatch"), CallFault::ServerError(500)));
    world.send("acts", r#"{"kind":"act","what":"done","id":"d"}"#).await;
    let worker = world.worker(settings()).await;
    world.until("it is done", || world.log.count("done ends") == 1).await;
    let drained = worker.stop().await.unwrap();
    assert!(world.cloud.faults().fired(fault) > 1);
    assert!(drained.took <= Duration::from_secs(50), "{drained:?}");
    assert!(world.messages("acts")[0].visible);
}

#[tokio::test(start_paused = true)]
async fn a_drain_in_which_nothing_succeeds_ends_in_time_and_says_so() {
    let world = World::new().await;
    world.send("acts", r#"{"kind":"act","what":"hang","id":"h"}"#).await;
    let worker = world.worker(settings()).await;
    world.until("it runs", || world.log.count("hang begins") == 1).await;
    let fault = world.cloud.faults().add(FaultRule::call(CallMatcher::service(Service::Sqs), CallFault::BlackHole));
    let start = tokio::time::Instant::now();
    let error = worker.stop().await.unwrap_err();
    assert_eq!(error.messages, 1);
    assert!(world.cloud.faults().fired(fault) > 0);
    assert!(start.elapsed() <= Duration::from_secs(50), "{:?}", start.elapsed());
}
