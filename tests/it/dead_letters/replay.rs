//! Dead letters sent again: to where they came from, as they were, once.

use chainwright_tests::witness::calm;
use simcloud::faults::{FaultRule, QueueFault};

use super::*;

#[tokio::test(start_paused = true)]
async fn a_replayed_letter_keeps_body_id_trace_and_group_and_leaves_the_reasons_behind() {
    let installation = Installation::new(calm(1)).await;
    let own = r#"{ "kind":"prune", "chain":"aaaaaaaaaaaaaaaaaaaaaaaaaa", "id":"own" }"#;
    bury(&installation, "prunes", own, "CW0302", "own").await;
    bury(&installation, "prunes", r#"{"kind":"prune","chain":"bbbbbbbbbbbbbbbbbbbbbbbbbb"}"#, "CW0106", "given").await;
    let told = ask(&installation, &["dlq", "replay", "--yes"]).await;
    assert_eq!((&told["replayed"], &told["failed"]), (&json!(2), &json!([])));
    let sent = messages(&installation, "prunes");
    assert_eq!(sent[0].body, own, "to the byte");
    let named: Value = serde_json::from_str(&sent[1].body).unwrap();
    assert_eq!(named["id"], "given", "each repeat of it is the same job");
    for message in &sent {
        assert_eq!(message.attributes, [("traceparent".to_owned(), TRACE.to_owned())].into());
        assert_eq!(message.group.as_deref(), Some("111122223333"));
    }
    assert_eq!(messages(&installation, "prunes-dlq"), []);
}

#[tokio::test(start_paused = true)]
async fn what_sqs_gave_up_goes_back_to_its_queue_under_its_id_and_its_deadline_starts_anew() {
    let installation = Installation::new(calm(2)).await;
    let body = json!({"kind": "session", "policy": "gold", "attempt": 7, "first_sent_at": 1});
    send(&installation, "sessions", &body).await;
    wear_out(&installation, "sessions").await;
    let id = messages(&installation, "sessions-dlq")[0].id.clone();
    ask(&installation, &["dlq", "replay", "--id", &id, "--yes"]).await;
    let sent = messages(&installation, "sessions");
    let body: Value = serde_json::from_str(&sent[0].body).unwrap();
    assert_eq!(body, json!({"kind": "session", "policy": "gold", "id": id}));
}

#[tokio::test(start_paused = true)]
async fn what_would_surely_fail_again_is_left_out_unless_all_is_said_and_goes_in_no_circle() {
    let mut installation = Installation::new(calm(3)).await;
    for number in 0..30 {
        bury(&installation, "sessions", "not json", "CW0101", &format!("bad-{number}")).await;
    }
    let session = json!({"kind": "session", "policy": "gold"}).to_string();
    bury(&installation, "sessions", &session, "CW0301", "good").await;
    let told = ask(&installation, &["dlq", "replay", "--yes"]).await;
    assert_eq!((&told["replayed"], &told["left_out"][0]["count"]), (&json!(1), &json!(30)));
    assert_eq!(depth(&installation, "sessions-dlq").visible, 30, "what is left out is in sight");
    installation.simulation.start_worker("worker-1").await.unwrap();
    let before: Vec<_> = messages(&installation, "sessions-dlq").into_iter().map(|letter| letter.id).collect();
    let told = ask(&installation, &["dlq", "replay", "--code", "CW0101", "--all", "--yes"]).await;
    assert_eq!(told["replayed"], 30);
    minutes(&installation, 5).await;
    let after = messages(&installation, "sessions-dlq");
    let codes: Vec<_> = after.iter().filter(|letter| letter.attributes["error_code"] == "CW0101").collect();
    assert_eq!(codes.len(), 30, "each is dead again, once");
    assert!(codes.iter().all(|letter| !before.contains(&letter.id)));
}

#[tokio::test(start_paused = true)]
async fn a_cause_that_is_gone_lets_the_replayed_job_do_its_work() {
    let installation = begun(4, &["orders"], "").await;
    let bare = json!({"kind": "snapshot", "resource": arn("orders").to_string(), "manual": true, "id": "bare"});
    send(&installation, "snapshots", &bare).await;
    minutes(&installation, 30).await;
    assert_eq!(installation.dead("snapshots"), ["CW0308"]);
    installation.apply(BRIEF).await;
    let resource = arn("orders").to_string();
    let told = ask(&installation, &["dlq", "replay", "--resource", &resource, "--yes"]).await;
    assert_eq!(told["replayed"], 1);
    minutes(&installation, 60).await;
    assert_eq!((kept(&installation).len(), installation.dead("snapshots").len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn entries_that_fail_alone_are_tried_again_alone_and_arrive_once() {
    let installation = Installation::new(calm(5)).await;
    for number in 0..25 {
        let body = json!({"kind": "prune", "chain": "aaaaaaaaaaaaaaaaaaaaaaaaaa", "id": format!("p-{number}")});
        bury(&installation, "prunes", &body.to_string(), "CW0302", &format!("p-{number}")).await;
    }
    let faults = installation.simulation.cloud().faults();
    let fails = |queue: &str| FaultRule::queue(Some(queue), QueueFault::FailBatchEntry).with_probability(0.1);
    let (sends, deletes) = (faults.add(fails("chainwright-prunes")), faults.add(fails("chainwright-prunes-dlq")));
    let told = ask(&installation, &["dlq", "replay", "--yes"]).await;
    assert_eq!((&told["replayed"], &told["failed"]), (&json!(25), &json!([])));
    assert!(faults.fired(sends) > 0 && faults.fired(deletes) > 0);
    assert_eq!((depth(&installation, "prunes").visible, depth(&installation, "prunes-dlq").visible), (25, 0));
}

#[tokio::test(start_paused = true)]
async fn a_letter_whose_queue_is_gone_stays_in_sight_and_is_named() {
    let installation = Installation::new(calm(6)).await;
    let copy = json!({"kind": "copy", "point": "aaaaaaaaaaaaaaaaaaaaaaaaaa", "to": AWAY, "id": "c"}).to_string();
    bury(&installation, "copies", &copy, "CW0303", "c").await;
    sqs(&installation).delete_queue().queue_url(url(&installation, "copies").await).send().await.unwrap();
    let answer = run(&installation, &["dlq", "replay", "--yes"]).await;
    assert_eq!(answer.exit, Exit::Failed);
    assert!(answer.remarks.concat().contains("chainwright-copies"), "{answer:?}");
    assert_eq!(depth(&installation, "copies-dlq").visible, 1);
}

#[tokio::test(start_paused = true)]
async fn a_rate_is_kept_to() {
    let installation = Installation::new(calm(7)).await;
    for number in 0..60 {
        let body = json!({"kind": "prune", "chain": "aaaaaaaaaaaaaaaaaaaaaaaaaa", "id": format!("p-{number}")});
        bury(&installation, "prunes", &body.to_string(), "CW0302", &format!("p-{number}")).await;
    }
    ask(&installation, &["dlq", "replay", "--rate", "5", "--yes"]).await;
    let sent: Vec<_> = messages(&installation, "prunes").into_iter().map(|message| message.sent).collect();
    assert_eq!(sent.len(), 60);
    for (number, at) in sent.iter().enumerate() {
        let within = sent[number..].iter().filter(|later| later.duration_since(*at).as_millis() < 1000).count();
        assert!(within <= 5, "{within} within a second of number {number}");
    }
}

#[tokio::test(start_paused = true)]
async fn letters_that_somebody_else_has_hidden_are_counted_and_not_forgotten() {
    let installation = Installation::new(calm(8)).await;
    let body = json!({"kind": "prune", "chain": "aaaaaaaaaaaaaaaaaaaaaaaaaa", "id": "p"}).to_string();
    bury(&installation, "prunes", &body, "CW0302", "p").await;
    let url = url(&installation, "prunes-dlq").await;
    sqs(&installation).receive_message().queue_url(url).visibility_timeout(600).send().await.unwrap();
    let answer = run(&installation, &["dlq", "list"]).await;
    assert!(answer.remarks.concat().contains("1 dead letters of chainwright-prunes-dlq are hidden"), "{answer:?}");
    minutes(&installation, 11).await;
    assert_eq!(ask(&installation, &["dlq", "list"]).await["total"], 1);
}
