//! A worker that dies at each of its calls, before and after the effect: no job is lost (I1), and none is deleted before
//! what it leads to is sent (I6).

use simcloud::{
    Service,
    faults::{CallMatcher, GatePoint},
};

use crate::world::{World, settings};

#[tokio::test(start_paused = true)]
async fn a_worker_that_dies_at_any_call_loses_no_job() {
    for operation in ["ReceiveMessage", "SendMessageBatch", "DeleteMessageBatch"] {
        for point in [GatePoint::BeforeEffect, GatePoint::AfterEffect] {
            let world = World::new().await;
            world.send("walks", r#"{"kind":"walk","walker":"anna","hops":2,"id":"anna-2"}"#).await;
            let call = CallMatcher::operation(Service::Sqs, operation).from_label("victim").containing("walks");
            let gate = world.cloud.faults().gate(call, point);
            let victim = world.worker_named("victim", settings()).await;
            gate.reached().await;
            victim.kill();
            gate.release();
            let _heir = world.worker_named("heir", settings()).await;
            world.empty("walks").await;
            assert!(world.log.count("anna at 0") >= 1, "{operation}, {point:?}: {:?}", world.log.words());
            assert!(world.dead("walks").is_empty(), "{operation}, {point:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_is_not_deleted_while_its_follow_up_is_on_the_way() {
    let world = World::new().await;
    world.send("walks", r#"{"kind":"walk","walker":"anna","hops":1,"id":"anna-1"}"#).await;
    let send = CallMatcher::operation(Service::Sqs, "SendMessageBatch").from_label("worker");
    let gate = world.cloud.faults().gate(send, GatePoint::BeforeEffect);
    let _worker = world.worker(settings()).await;
    gate.reached().await;
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    assert_eq!((world.calls("DeleteMessageBatch"), world.messages("walks").len()), (0, 1));
    gate.release();
    world.empty("walks").await;
    assert_eq!(world.log.words(), ["anna at 1", "anna at 0"]);
}
