//! Messages that cannot be run: each to the dead-letter queue with its code, none at its neighbours' cost.

use chainwright_envelope::Code;

use crate::world::{World, settings, url};

#[tokio::test(start_paused = true)]
async fn every_fault_of_a_body_goes_to_the_dead_letters_at_once_with_code_reason_origin_and_id() {
    let cases = [
        ("not json", Code::NOT_A_MESSAGE),
        ("[1,2]", Code::NOT_A_MESSAGE),
        (r#"{"what":"done"}"#, Code::WRONG_SHAPE),
        (r#"{"kind":"act"}"#, Code::WRONG_SHAPE),
        (r#"{"kind":"act","what":7}"#, Code::WRONG_SHAPE),
        (r#"{"kind":"act","what":"done","waht":1}"#, Code::WRONG_SHAPE),
        (r#"{"kind":"act","what":"done","attempt":"two"}"#, Code::WRONG_SHAPE),
        (r#"{"kind":"act","what":"done","what":"panic"}"#, Code::WRONG_SHAPE),
        (r#"{"kind":"dance","what":"done"}"#, Code::UNKNOWN_KIND),
        (r#"{"kind":"walk","walker":"anna","hops":1}"#, Code::WRONG_QUEUE),
    ];
    let world = World::new().await;
    let mut ids = Vec::new();
    for (body, _) in cases {
        ids.push(world.send("acts", body).await);
        world.send("acts", r#"{"kind":"act","what":"done","id":"d"}"#).await;
    }
    let worker = world.worker(settings()).await;
    world.empty("acts").await;
    assert_eq!(world.log.count("done ends"), cases.len());
    let mut dead = world.dead("acts");
    dead.sort_by_key(|dead| ids.iter().position(|id| *id == dead.attributes["job_id"]));
    assert_eq!(dead.len(), cases.len());
    for (dead, (body, code)) in dead.iter().zip(cases) {
        assert_eq!((dead.body.as_str(), dead.attributes["error_code"].as_str()), (body, code.to_string().as_str()));
        assert!(!dead.attributes["error_reason"].is_empty());
        assert_eq!(dead.attributes["origin_queue"], "chainwright-acts");
    }
    assert_eq!(worker.handle.stats().redelivered, 0);
}

#[tokio::test(start_paused = true)]
async fn a_body_without_room_for_attributes_is_left_to_the_queues_own_redrive() {
    let world = World::new().await;
    let start = world.cloud.now().as_second();
    let body = "x".repeat(1_048_576);
    world.send("acts", &body).await;
    world.send("acts", r#"{"kind":"act","what":"done","id":"d"}"#).await;
    let worker = world.worker(settings()).await;
    world.empty("acts").await;
    let dead = world.dead("acts").remove(0);
    assert_eq!((dead.body.len(), dead.attributes.len()), (body.len(), 0));
    assert_eq!(world.log.count("done ends"), 1);
    assert_eq!(dead.receives, 20);
    let stats = worker.handle.stats();
    assert!((1..=20).contains(&stats.too_large) && stats.rejected.is_empty(), "{stats:?}");
    let took = world.cloud.now().as_second() - start;
    assert!(took < 30, "released at once each time: {took} s");
}

#[tokio::test(start_paused = true)]
async fn a_newer_version_waits_a_day_for_a_newer_worker() {
    let world = World::new().await;
    world.send("acts", r#"{"kind":"act","what":"done","v":2,"novelty":{"b":1}}"#).await;
    let start = world.cloud.now().as_second();
    let worker = world.worker(settings()).await;
    world.until("it is dead", || !world.dead("acts").is_empty()).await;
    assert_eq!((world.cloud.now().as_second() - start) / 3600, 24);
    let dead = world.dead("acts").remove(0);
    assert_eq!(dead.attributes["error_code"], Code::NEWER_VERSION.to_string());
    assert!(dead.body.starts_with(r#"{"kind":"act","id":""#) && dead.body.contains(r#""novelty":{"b":1}"#), "{dead:?}");
    assert!(!dead.body.contains("first_sent_at"), "{dead:?}");
    assert_eq!((world.log.words().len(), worker.handle.stats().redelivered), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_kills_its_worker_is_rejected_at_the_fifth_receipt_without_being_run() {
    let world = World::new().await;
    world.send("acts", r#"{"kind":"act","what":"hang","id":"killer","attempt":2,"first_sent_at":1767571200000}"#).await;
    for death in 1..=4 {
        let worker = world.worker_named(&format!("worker {death}"), settings()).await;
        world.until("it runs", || world.log.count("hang begins") == death).await;
        worker.kill();
    }
    let _worker = world.worker(settings()).await;
    world.empty("acts").await;
    assert_eq!(world.log.count("hang begins"), 4);
    assert_eq!(world.codes("acts"), [Code::TOO_MANY_RECEIVES.to_string()]);
    assert_eq!(world.dead("acts")[0].body, r#"{"kind":"act","id":"killer","what":"hang"}"#);
}

#[tokio::test(start_paused = true)]
async fn a_follow_up_that_the_queue_refuses_rejects_its_job() {
    let world = World::new().await;
    world.send("acts", r#"{"kind":"act","what":"burst","id":"b"}"#).await;
    let _worker = world.worker(settings()).await;
    world.empty("acts").await;
    let dead = world.dead("acts").remove(0);
    assert_eq!(dead.attributes["error_code"], Code::UNSENDABLE_FOLLOW_UP.to_string());
    assert!(dead.attributes["error_reason"].starts_with("follow-up `act`: "), "{dead:?}");
}

#[tokio::test(start_paused = true)]
async fn a_replayed_dead_letter_is_done_when_its_cause_is_gone() {
    let world = World::new().await;
    world.send("acts", r#"{"kind":"act","what":"fail","id":"f"}"#).await;
    let _worker = world.worker(settings()).await;
    world.until("it is dead", || !world.dead("acts").is_empty()).await;
    let dead = world.dead("acts").remove(0).body.replace("fail", "done");
    world.sqs.purge_queue().queue_url(url("acts-dlq")).send().await.unwrap();
    world.send("acts", &dead).await;
    world.empty("acts").await;
    assert_eq!((world.log.count("done ends"), world.dead("acts").len()), (1, 0));
}
