//! Dead letters at the command line: found, shown, sent again, dropped.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "what helps a test fails as a test does")]

mod interrupted;
mod replay;
mod show;
mod targets;

use aws_sdk_sqs::types::MessageAttributeValue;
use chainwright_cli::{
    command,
    output::{Answer, Exit},
};
use chainwright_tests::{
    installation::{AWAY, Installation, arn},
    witness::{BRIEF, begun, kept, manual, minutes, name, send},
};
use serde_json::{Value, json};

const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Runs a command line over the installation's operator.
async fn run(installation: &Installation, line: &[&str]) -> Answer {
    command(&installation.simulation.operator().unwrap(), line).await
}

/// As [`run`], and reads the answer, which must be one of success.
async fn ask(installation: &Installation, line: &[&str]) -> Value {
    let answer = run(installation, &[line, &["-o", "json"]].concat()).await;
    assert_eq!(answer.exit, Exit::Done, "{line:?}: {answer:?}");
    serde_json::from_str(&answer.text).unwrap()
}

fn sqs(installation: &Installation) -> aws_sdk_sqs::Client {
    aws_sdk_sqs::Client::new(&installation.simulation.clients().home_config())
}

async fn url(installation: &Installation, queue: &str) -> String {
    let name = format!("chainwright-{queue}");
    sqs(installation).get_queue_url().queue_name(name).send().await.unwrap().queue_url.unwrap()
}

fn text(value: &str) -> MessageAttributeValue {
    MessageAttributeValue::builder().data_type("String").string_value(value).build().unwrap()
}

/// Puts a dead letter into a queue's dead letters, as the engine writes it.
async fn bury(installation: &Installation, queue: &str, body: &str, code: &str, id: &str) {
    let send = sqs(installation).send_message().queue_url(url(installation, &format!("{queue}-dlq")).await);
    let send = send.message_body(body).message_attributes("error_code", text(code));
    let send = send.message_attributes("error_reason", text("for a test"));
    let send = send.message_attributes("origin_queue", text(&format!("chainwright-{queue}")));
    let send = send.message_attributes("job_id", text(id)).message_attributes("traceparent", text(TRACE));
    send.message_group_id("111122223333").send().await.unwrap();
}

/// Receives a message so often, without an end, that SQS gives it up.
async fn wear_out(installation: &Installation, queue: &str) {
    let url = url(installation, queue).await;
    for _ in 0..21 {
        let receive = sqs(installation).receive_message().queue_url(&url).visibility_timeout(0);
        receive.send().await.unwrap();
    }
}

fn depth(installation: &Installation, queue: &str) -> simcloud::QueueDepth {
    let simulation = &installation.simulation;
    simulation.cloud().inspect().queue_depth(&simulation.queue_arn(queue)).unwrap()
}

fn messages(installation: &Installation, queue: &str) -> Vec<simcloud::QueuedMessage> {
    let simulation = &installation.simulation;
    simulation.cloud().inspect().queue_messages(&simulation.queue_arn(queue))
}

/// Dead letters of many kinds, in two waves three hours apart.
async fn two_waves() -> Installation {
    let installation = begun(1, &["orders"], BRIEF).await;
    installation.until("2026-01-05T12:00:00Z").await;
    let point = name(&kept(&installation).remove(0)).point.to_string();
    installation.simulation.send("sessions", "not json at all").await.unwrap();
    installation.simulation.send("events", "no event at all").await.unwrap();
    send(&installation, "sessions", &json!({"kind": "sesion", "policy": "gold"})).await;
    send(&installation, "sessions", &json!({"kind": "session", "policy": "golden"})).await;
    minutes(&installation, 180).await;
    send(&installation, "snapshots", &manual(&arn("nobody"), "of-nobody")).await;
    send(&installation, "copies", &json!({"kind": "copy", "point": point, "to": AWAY})).await;
    installation.simulation.send("snapshots", &"x".repeat(1 << 20)).await.unwrap();
    minutes(&installation, 60).await;
    installation
}

#[tokio::test(start_paused = true)]
async fn dead_letters_are_counted_by_queue_code_and_kind_and_each_filter_narrows_them() {
    let installation = two_waves().await;
    let all = ask(&installation, &["dlq", "list"]).await;
    let rows: Vec<_> = all["dead_letters"].as_array().unwrap().iter().collect();
    let seen: Vec<_> = rows.iter().map(|row| format!("{} {} {}", row["queue"], row["code"], row["kind"])).collect();
    let expected = [
        r#""copies" "CW0309" "copy""#,
        r#""events" "CW0101" "event""#,
        r#""sessions" "CW0101" null"#,
        r#""sessions" "CW0103" "sesion""#,
        r#""sessions" "CW0301" "session""#,
        r#""snapshots" "CW0107" null"#,
        r#""snapshots" "CW0310" "snapshot""#,
    ];
    assert_eq!(seen, expected);
    assert!(rows.iter().all(|row| row["count"] == 1 && row["oldest"].is_string() && row["title"].is_string()));
    let (orders, nobody) = (arn("orders").to_string(), arn("nobody").to_string());
    for (filter, codes) in [
        (vec!["--queue", "sessions"], vec!["CW0101", "CW0103", "CW0301"]),
        (vec!["--queue", "snapshots-dlq"], vec!["CW0107", "CW0310"]),
        (vec!["--queue", "targets"], vec![]),
        (vec!["--kind", "copy"], vec!["CW0309"]),
        (vec!["--kind", "event"], vec!["CW0101"]),
        (vec!["--kind", "unknown"], vec!["CW0101", "CW0103", "CW0107"]),
        (vec!["--code", "cw0101"], vec!["CW0101", "CW0101"]),
        (vec!["--older-than", "2h"], vec!["CW0101", "CW0101", "CW0103", "CW0301"]),
        (vec!["--newer-than", "2 hours"], vec!["CW0107", "CW0309", "CW0310"]),
        (vec!["--resource", &nobody], vec!["CW0310"]),
        // The copy's message names a point alone: whose it is, the ledger knows.
        (vec!["--resource", &orders], vec!["CW0309"]),
        (vec!["--queue", "sessions", "--code", "CW0101", "--older-than", "1h"], vec!["CW0101"]),
    ] {
        let answer = ask(&installation, &[&["dlq", "list", "--each"], &filter[..]].concat()).await;
        let letters = answer["dead_letters"].as_array().unwrap().clone();
        let mut found: Vec<_> = letters.iter().map(|letter| letter["code"].as_str().unwrap().to_owned()).collect();
        found.sort();
        assert_eq!(found, codes, "{filter:?}");
        assert_eq!(answer["total"], codes.len(), "{filter:?}");
    }
    for queue in ["sessions", "snapshots", "copies", "events"] {
        let depth = depth(&installation, &format!("{queue}-dlq"));
        assert_eq!((depth.in_flight, depth.visible > 0), (0, true), "reading leaves {queue} as it was");
    }
    let people = run(&installation, &["dlq", "list", "--each"]).await.text;
    assert_eq!(people.lines().count(), 8, "{people}");
}

#[tokio::test(start_paused = true)]
async fn filters_that_name_nothing_are_usage_errors_that_say_what_there_is() {
    let installation = Installation::new(chainwright_tests::witness::calm(2)).await;
    for (line, said) in [
        ("dlq list --queue snapshot", "snapshots"),
        ("dlq list --kind snapshots", "snapshot, settle"),
        ("dlq list --code CW9999", "CW0101"),
        ("dlq list --older-than soon", "3 days"),
        ("dlq list --resource orders", "arn"),
        ("dlq replay --rate 0", "rate"),
        ("dlq show", "<ID>"),
    ] {
        let answer = run(&installation, &line.split(' ').collect::<Vec<_>>()).await;
        assert_eq!(answer.exit, Exit::Usage, "{line}");
        assert!(answer.remarks.concat().contains(said), "{line}: {answer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_yes_there_is_a_plan_and_nothing_is_done() {
    let installation = two_waves().await;
    for verb in ["replay", "drop"] {
        let answer = run(&installation, &["dlq", verb]).await;
        assert_eq!(answer.exit, Exit::Failed);
        assert!(answer.text.contains("CW0310") && answer.remarks.concat().contains("--yes"), "{answer:?}");
        let answer = run(&installation, &["dlq", verb, "-o", "json"]).await;
        let told: Value = serde_json::from_str(&answer.text).unwrap();
        assert_eq!((answer.exit, &told["agreed"]), (Exit::Failed, &json!(false)));
    }
    assert_eq!(ask(&installation, &["dlq", "list"]).await["total"], 7);
}

#[tokio::test(start_paused = true)]
async fn what_is_dropped_is_gone_and_the_rest_stays_in_sight() {
    let installation = two_waves().await;
    let told = ask(&installation, &["dlq", "drop", "--code", "CW0101", "--yes"]).await;
    assert_eq!((&told["dropped"], &told["not_found"], &told["failed"]), (&json!(2), &json!(0), &json!([])));
    let told = ask(&installation, &["dlq", "drop", "--id", "of-nobody", "--yes"]).await;
    assert_eq!(told["dropped"], 1);
    let left = ask(&installation, &["dlq", "list", "--each"]).await;
    let codes: Vec<_> = left["dead_letters"].as_array().unwrap().iter().map(|letter| &letter["code"]).collect();
    assert_eq!(codes, ["CW0103", "CW0301", "CW0107", "CW0309"]);
    assert_eq!(depth(&installation, "sessions-dlq").visible, 2);
    let told = ask(&installation, &["dlq", "drop", "--id", "of-nobody", "--yes"]).await;
    assert_eq!(told["dropped"], 0, "to say it again is no error");
}
