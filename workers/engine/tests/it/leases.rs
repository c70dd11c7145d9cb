//! Who holds a message, and what happens when the hold is lost.

use std::time::Duration;

use chainwright_engine::Settings;
use simcloud::{
    Service,
    faults::{CallFault, CallMatcher, FaultRule, QueueFault},
};

use crate::world::{World, settings};

const LONG: &str = r#"{"kind":"act","what":"sleep","seconds":290,"id":"s"}"#;

#[tokio::test(start_paused = true)]
async fn a_job_that_outlasts_its_visibility_is_renewed_and_runs_once() {
    let world = World::new().await;
    for _ in 0..10 {
        world.send("acts", LONG).await;
    }
    let (a, b) = (world.worker_named("a", settings()).await, world.worker_named("b", settings()).await);
    world.empty("acts").await;
    assert_eq!((world.log.count("sleep begins"), world.log.count("sleep ends")), (10, 10));
    assert_eq!(a.handle.stats().redelivered + b.handle.stats().redelivered, 0);
    let renewals = world.calls("ChangeMessageVisibilityBatch");
    assert!((10..40).contains(&renewals), "ten leases share their renewals: {renewals}");
}

#[tokio::test(start_paused = true)]
async fn a_lost_lease_cancels_the_handler_and_suppresses_its_acknowledgement() {
    let world = World::new().await;
    let renewals = CallMatcher::operation(Service::Sqs, "ChangeMessageVisibilityBatch");
    let fault = world.cloud.faults().add(FaultRule::call(renewals, CallFault::ServerError(503)));
    world.send("acts", LONG).await;
    let worker = world.worker(settings()).await;
    world.until("a lease is lost", || worker.handle.stats().leases_lost == 1).await;
    assert!(world.cloud.faults().fired(fault) > 0);
    assert_eq!((world.calls("DeleteMessageBatch"), world.log.count("sleep ends")), (0, 0));
    world.cloud.faults().clear();
    world.empty("acts").await;
    assert_eq!((world.log.count("sleep begins"), world.log.count("sleep ends")), (2, 1));
    assert_eq!(world.log.deliveries("sleep ends")[0].receive_count, 2);
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_fails_now_and_then_loses_nothing() {
    let world = World::new().await;
    let renewals = CallMatcher::operation(Service::Sqs, "ChangeMessageVisibilityBatch");
    let fault = world.cloud.faults().add(FaultRule::call(renewals, CallFault::LoseBefore).times(4));
    world.send("acts", LONG).await;
    let worker = world.worker(settings()).await;
    world.empty("acts").await;
    assert_eq!(world.cloud.faults().fired(fault), 4);
    assert_eq!((world.log.count("sleep begins"), worker.handle.stats().leases_lost), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_second_receipt_of_a_running_message_only_replaces_its_handle() {
    let world = World::new().await;
    let fault = world.cloud.faults().add(FaultRule::queue(None, QueueFault::DuplicateDelivery).nth(1));
    world.send("acts", r#"{"kind":"act","what":"sleep","seconds":20,"id":"s"}"#).await;
    let worker = world.worker(settings()).await;
    world.empty("acts").await;
    assert_eq!(world.cloud.faults().fired(fault), 1);
    assert_eq!((world.log.count("sleep begins"), worker.handle.stats().duplicates), (1, 1));
    assert_eq!(worker.handle.stats().abandoned, 0);
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_fails_is_made_again_under_a_lease_that_goes_on() {
    let world = World::new().await;
    let deletions = CallMatcher::operation(Service::Sqs, "DeleteMessageBatch");
    let rule = FaultRule::call(deletions, CallFault::Throttle).times(15);
    let fault = world.cloud.faults().add(rule);
    world.send("acts", r#"{"kind":"act","what":"done","id":"d"}"#).await;
    let worker = world.worker(Settings { visibility: Duration::from_secs(30), ..settings() }).await;
    world.empty("acts").await;
    assert_eq!(world.cloud.faults().fired(fault), 15);
    assert_eq!((world.log.count("done ends"), worker.handle.stats().received), (1, 1));
}
