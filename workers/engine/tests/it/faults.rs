//! Calls that fail, and queues that vanish.

use std::time::Duration;

use chainwright_engine::{Condition, Settings};
use simcloud::{
    Service,
    faults::{CallFault, CallMatcher, FaultRule, QueueFault},
};

use crate::world::{World, settings, url};

#[tokio::test(start_paused = true)]
async fn entries_that_fail_alone_are_made_again_alone() {
    let world = World::new().await;
    for walker in 0..40 {
        world.send("walks", &format!(r#"{{"kind":"walk","walker":"w{walker}","hops":4}}"#)).await;
    }
    let fault = world.cloud.faults().add(FaultRule::queue(None, QueueFault::FailBatchEntry).with_probability(0.2));
    let worker = world.worker(settings()).await;
    world.empty("walks").await;
    assert!(world.cloud.faults().fired(fault) > 50);
    for walker in 0..40 {
        assert_eq!(world.log.count(&format!("w{walker} at 0")), 1);
    }
    assert_eq!((worker.handle.stats().done, world.dead("walks").len()), (200, 0));
}

#[tokio::test(start_paused = true)]
async fn a_receive_that_is_never_answered_does_not_end_the_polling() {
    let world = World::with(simcloud::Settings::default()).await;
    let receives = CallMatcher::operation(Service::Sqs, "ReceiveMessage");
    let fault = world.cloud.faults().add(FaultRule::call(receives, CallFault::BlackHole).times(6));
    let worker = world.worker(Settings::default()).await;
    tokio::time::sleep(Duration::from_secs(45)).await;
    assert!(matches!(&worker.handle.health().conditions[..], [Condition::PollFailing { .. }, ..]));
    world.send("acts", r#"{"kind":"act","what":"done","id":"d"}"#).await;
    world.empty("acts").await;
    assert_eq!((world.cloud.faults().fired(fault), world.log.count("done ends")), (6, 1));
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert!(worker.handle.health().is_good(), "{:?}", worker.handle.health());
}

#[tokio::test(start_paused = true)]
async fn the_watchdog_barks_when_no_poll_has_succeeded_for_long() {
    let world = World::with(simcloud::Settings::default()).await;
    let worker = world.worker(Settings::default()).await;
    let receives = CallMatcher::operation(Service::Sqs, "ReceiveMessage");
    let fault = world.cloud.faults().add(FaultRule::call(receives, CallFault::BlackHole));
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(worker.handle.health().is_alive(), "{:?}", worker.handle.health());
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert!(!worker.handle.health().is_alive(), "{:?}", worker.handle.health());
    assert!(world.cloud.faults().fired(fault) > 0);
    world.cloud.faults().clear();
    tokio::time::sleep(Duration::from_secs(90)).await;
    assert!(worker.handle.health().is_good(), "{:?}", worker.handle.health());
}

#[tokio::test(start_paused = true)]
async fn polls_that_fail_are_not_repeated_in_a_hot_loop() {
    let world = World::new().await;
    let receives = CallMatcher::operation(Service::Sqs, "ReceiveMessage");
    world.cloud.faults().add(FaultRule::call(receives, CallFault::ServerError(500)));
    let _worker = world.worker(settings()).await;
    tokio::time::sleep(Duration::from_secs(3600)).await;
    let calls = world.calls("ReceiveMessage");
    assert!((300..1500).contains(&calls), "three queues, one poll each 15 s on average: {calls}");
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_vanishes_is_reported_and_taken_up_again_when_it_is_back() {
    let world = World::with(simcloud::Settings::default()).await;
    let worker = world.worker(Settings::default()).await;
    world.sqs.delete_queue().queue_url(url("acts")).send().await.unwrap();
    tokio::time::sleep(Duration::from_secs(90)).await;
    let gone = Condition::QueueGone { queue: "chainwright-acts".to_owned() };
    assert_eq!(worker.handle.health().conditions, [gone]);
    assert!(worker.handle.health().is_alive());
    world.send("walks", r#"{"kind":"walk","walker":"anna","hops":2}"#).await;
    world.empty("walks").await;
    assert_eq!(world.log.count("anna at 0"), 1);
    world.create_queue("acts").await;
    world.send("acts", r#"{"kind":"act","what":"done","id":"d"}"#).await;
    world.empty("acts").await;
    assert!(worker.handle.health().is_good(), "{:?}", worker.handle.health());
}

#[tokio::test(start_paused = true)]
async fn follow_ups_wait_for_a_queue_that_vanished_and_none_is_lost() {
    let world = World::new().await;
    let worker = world.worker(settings()).await;
    world.sqs.delete_queue().queue_url(url("acts-dlq")).send().await.unwrap();
    world.send("acts", "not json").await;
    tokio::time::sleep(Duration::from_secs(1800)).await;
    let gone = Condition::QueueGone { queue: "chainwright-acts-dlq".to_owned() };
    assert_eq!(worker.handle.health().conditions, [gone]);
    assert_eq!(world.messages("acts").len(), 1);
    world.create_queue("acts").await;
    world.empty("acts").await;
    assert_eq!(world.codes("acts"), ["CW0101"]);
    assert!(worker.handle.health().is_good());
    assert_eq!(worker.handle.stats().redelivered, 0, "the lease was held all the time");
}
