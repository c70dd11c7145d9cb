//! What becomes of jobs when nothing goes wrong but what they ask for.

use std::time::Duration;

use chainwright_envelope::Code;

use crate::{
    jobs::OWN,
    world::{World, settings},
};

#[tokio::test(start_paused = true)]
async fn a_job_without_an_id_gets_one_at_its_first_receipt() {
    let world = World::new().await;
    let before = world.cloud.now().as_millisecond();
    let message_id = world.send("acts", r#"{"kind":"act","what":"done"}"#).await;
    let worker = world.worker(settings()).await;
    world.empty("acts").await;
    let [delivery] = &world.log.deliveries("done ends")[..] else { panic!("not run once") };
    assert_eq!(delivery.id, message_id);
    assert!(delivery.first_sent_at < delivery.sent_at, "{delivery:?}");
    assert!(delivery.first_sent_at - before < 1000, "{delivery:?}");
    assert_eq!((worker.handle.stats().stamped, worker.handle.stats().done), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_kind_without_ids_is_run_as_it_comes() {
    let world = World::new().await;
    let message_id = world.send("acts", r#"{"kind":"beat"}"#).await;
    let worker = world.worker(settings()).await;
    world.empty("acts").await;
    assert_eq!(world.log.deliveries("beat")[0].id, message_id);
    assert_eq!((worker.handle.stats().stamped, worker.handle.stats().done), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn follow_ups_reach_their_end_with_correlation_and_traceparent() {
    let world = World::new().await;
    let body = r#"{"kind":"walk","walker":"anna","hops":3,"id":"anna-3","correlation":"order 66"}"#;
    world.send_with("walks", body, "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").await;
    let worker = world.worker(settings()).await;
    world.empty("walks").await;
    assert_eq!(world.log.words(), ["anna at 3", "anna at 2", "anna at 1", "anna at 0"]);
    let [last] = &world.log.deliveries("anna at 0")[..] else { panic!("not run once") };
    assert_eq!((last.id.as_str(), last.correlation.as_deref()), ("anna-0", Some("order 66")));
    assert_eq!(last.traceparent.as_deref(), Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
    assert_eq!(worker.handle.stats().follow_ups, 3);
}

#[tokio::test(start_paused = true)]
async fn a_retry_counts_attempts_and_keeps_the_first_sending() {
    let world = World::new().await;
    world.send("acts", r#"{"kind":"act","what":"retry","id":"r"}"#).await;
    let worker = world.worker(settings()).await;
    world.empty("acts").await;
    let runs = world.log.deliveries("retry begins");
    assert_eq!(runs.iter().map(|run| run.attempt).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert!(runs.iter().all(|run| run.first_sent_at == runs[0].sent_at && run.receive_count == 1), "{runs:?}");
    assert_eq!((worker.handle.stats().retried, world.log.count("retry ends")), (3, 1));
}

#[tokio::test(start_paused = true)]
async fn a_snooze_longer_than_a_delay_goes_in_hops_and_counts_no_attempt() {
    let world = World::new().await;
    world.send("acts", r#"{"kind":"act","what":"snooze","seconds":2400,"id":"s"}"#).await;
    let worker = world.worker(settings()).await;
    world.until("the job ended", || world.log.count("snooze ends") == 1).await;
    world.empty("acts").await;
    let runs = world.log.deliveries("snooze begins");
    assert_eq!((runs.len(), runs[1].attempt), (2, 1));
    let waited = world.cloud.now().as_millisecond() - runs[0].sent_at;
    assert!((2_400_000..2_430_000).contains(&waited), "{waited}");
    assert_eq!(worker.handle.stats().snoozed, 3);
}

#[tokio::test(start_paused = true)]
async fn a_delayed_follow_up_runs_after_its_delay() {
    let world = World::new().await;
    world.send("acts", r#"{"kind":"act","what":"later","seconds":1000,"id":"l"}"#).await;
    let _worker = world.worker(settings()).await;
    world.until("the follow-up ended", || world.log.count("done ends") == 1).await;
    let [begun] = &world.log.deliveries("later begins")[..] else { panic!("not run once") };
    let waited = world.cloud.now().as_millisecond() - begun.sent_at;
    assert!((1_000_000..1_010_000).contains(&waited), "{waited}");
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_caught_counted_and_tried_again() {
    let world = World::new().await;
    world.send("acts", r#"{"kind":"act","what":"panic","id":"p"}"#).await;
    let worker = world.worker(settings()).await;
    world.empty("acts").await;
    assert_eq!((world.log.count("panic begins"), world.log.count("panic ends")), (3, 1));
    assert_eq!((worker.handle.stats().panics, worker.handle.stats().retried), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_job_that_never_succeeds_ends_at_its_deadline_ready_for_a_replay() {
    let world = World::new().await;
    world.send("acts", r#"{"kind":"act","what":"fail","id":"f"}"#).await;
    let start = world.cloud.now();
    let _worker = world.worker(settings()).await;
    world.until("it is dead", || !world.dead("acts").is_empty()).await;
    let hours = (world.cloud.now().as_second() - start.as_second()) / 3600;
    assert_eq!(hours, 24);
    let dead = world.dead("acts").remove(0);
    assert_eq!(dead.body, r#"{"kind":"act","id":"f","what":"fail"}"#);
    assert_eq!(dead.attributes["error_code"], Code::DEADLINE_PASSED.to_string());
    assert_eq!(dead.attributes["origin_queue"], "chainwright-acts");
    assert_eq!(dead.attributes["job_id"], "f");
    assert!(world.messages("acts").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_hangs_is_cut_off_and_tried_again() {
    let world = World::new().await;
    world.send("acts", r#"{"kind":"act","what":"hang","id":"h"}"#).await;
    let worker = world.worker(settings()).await;
    world.until("it ran three times", || world.log.count("hang begins") == 3).await;
    assert_eq!(worker.handle.stats().timeouts, 2);
    assert_eq!(world.log.deliveries("hang begins")[2].attempt, 3);
}

#[tokio::test(start_paused = true)]
async fn a_handler_rejects_with_its_own_code() {
    let world = World::new().await;
    world.send("acts", r#"{"kind":"act","what":"reject","id":"r"}"#).await;
    let worker = world.worker(settings()).await;
    world.empty("acts").await;
    assert_eq!(world.codes("acts"), ["CW9001"]);
    assert_eq!(worker.handle.stats().rejected.get(&OWN), Some(&1));
}

#[tokio::test(start_paused = true)]
async fn a_foreign_event_keeps_its_body_through_a_retry() {
    let world = World::new().await;
    world.send("events", "<not json at all>").await;
    let _worker = world.worker(settings()).await;
    world.empty("events").await;
    let runs = world.log.deliveries("<not json at all>");
    assert_eq!(runs.iter().map(|run| run.attempt).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(runs[1].first_sent_at, runs[0].sent_at);
    assert!(world.dead("events").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_long_job_does_not_hold_up_its_neighbours() {
    let world = World::new().await;
    for _ in 0..9 {
        world.send("acts", r#"{"kind":"act","what":"sleep","seconds":280,"id":"s"}"#).await;
    }
    for _ in 0..50 {
        world.send("acts", r#"{"kind":"act","what":"done","id":"d"}"#).await;
    }
    let start = world.cloud.now();
    let _worker = world.worker(chainwright_engine::Settings { concurrency: 10, ..settings() }).await;
    world.until("the short ones ended", || world.log.count("done ends") == 50).await;
    let took = Duration::try_from(world.cloud.now().duration_since(start)).unwrap();
    assert!(took < Duration::from_secs(30), "{took:?}");
    assert_eq!(world.log.count("sleep ends"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_paused_engine_polls_no_more_until_it_is_resumed() {
    let world = World::new().await;
    let worker = world.worker(settings()).await;
    // The polls in flight when the pause begins may still bring one message each.
    world.until("every queue is polled", || world.calls("ReceiveMessage") == 3).await;
    worker.handle.pause("no ledger");
    for _ in 0..5 {
        world.send("acts", r#"{"kind":"act","what":"done","id":"d"}"#).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    assert_eq!((world.log.count("done ends"), world.messages("acts").len()), (1, 4));
    assert_eq!(worker.handle.health().conditions[0].to_string(), "paused: no ledger");
    worker.handle.resume();
    world.empty("acts").await;
    assert_eq!(world.log.count("done ends"), 5);
    assert!(worker.handle.health().is_good());
}
