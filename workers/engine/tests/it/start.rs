//! What stops an engine before its first poll.

use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName;
use chainwright_engine::{Problem, Settings};
use chainwright_envelope::QueueName;

use crate::world::{World, settings, url};

#[tokio::test(start_paused = true)]
async fn everything_that_is_missing_is_named_at_once() {
    let world = World::new().await;
    for queue in ["walks", "acts-dlq"] {
        world.sqs.delete_queue().queue_url(url(queue)).send().await.unwrap();
    }
    let error = world.build(Settings { linger: Duration::from_secs(30), ..settings() }).await.err().unwrap();
    let missing = |queue: &str| Problem::NoQueue { queue: format!("chainwright-{queue}") };
    assert!(error.problems.contains(&missing("walks")) && error.problems.contains(&missing("acts-dlq")), "{error}");
    assert!(error.problems.iter().any(|problem| matches!(problem, Problem::Setting { .. })), "{error}");
    assert!(error.to_string().contains("\n  queue chainwright-walks does not exist"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn attributes_that_contradict_the_timing_chain_are_refused() {
    let world = World::new().await;
    let set = |queue, name, value: &str| {
        world.sqs.set_queue_attributes().queue_url(url(queue)).attributes(name, value).send()
    };
    set("acts", QueueAttributeName::MessageRetentionPeriod, "86400").await.unwrap();
    set("walks-dlq", QueueAttributeName::MessageRetentionPeriod, "345600").await.unwrap();
    set("events", QueueAttributeName::RedrivePolicy, "").await.unwrap();
    let error = world.build(settings()).await.err().unwrap();
    let words = error.to_string();
    for part in [
        "chainwright-acts: its MessageRetentionPeriod must be above 86460 s",
        "chainwright-walks: the MessageRetentionPeriod of chainwright-walks-dlq must be longer",
        "chainwright-events: its RedrivePolicy must name chainwright-events-dlq",
        "chainwright-events: its maxReceiveCount must be above 5",
    ] {
        assert!(words.contains(part), "{part} in {words}");
    }
    assert_eq!(error.problems.len(), 4, "{words}");
}

#[tokio::test(start_paused = true)]
async fn a_queue_without_handlers_and_a_kind_with_two_are_refused() {
    let world = World::new().await;
    let (builder, _connection) = world.builder("worker", settings());
    let idle = QueueName::new("idle");
    world.create_queue("idle").await;
    let error = builder.on(crate::jobs::act).queues([crate::jobs::ACTS, idle]).build().await.err().unwrap();
    assert_eq!(error.problems, [Problem::KindTwice { kind: "act" }, Problem::NoHandler { queue: idle }]);
}
