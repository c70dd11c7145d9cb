//! What cannot be done ends in the dead letters of its queue with its code and reason, and its neighbours flow on.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "what helps a test fails as a test does")]

use chainwright_tests::{
    installation::{AWAY, HOME, Installation, arn},
    witness::{BRIEF, Letter, begun, dead, kept, letters, manual, minutes, name, prepared, send},
};
use serde_json::{Value, json};
use simcloud::Service;

const NOBODY: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaa";

fn snapshot(resource: &str) -> Value {
    json!({"kind": "snapshot", "resource": resource, "manual": true, "id": "x", "vault": "chainwright", "role": "r"})
}

/// Every bad message of this page: its queue, its body, its code.
fn bad() -> Vec<(&'static str, String, &'static str)> {
    let table = arn("orders").to_string();
    let session = |slot: &str| json!({"kind": "session", "policy": "gold", "slot": slot});
    let of_policy = json!({"kind": "snapshot", "resource": table, "policy": "gold", "slot": "2026-01-04T06:00:00Z"});
    let and = |mut job: Value, key: &str, value: Value| {
        job[key] = value;
        job
    };
    let jobs = [
        ("sessions", json!([1, 2]), "CW0101"),
        ("sessions", json!({"policy": "gold"}), "CW0102"),
        ("sessions", json!({"kind": "session", "policy": "gold", "colour": "red"}), "CW0102"),
        ("sessions", json!({"kind": "session", "policy": 7}), "CW0102"),
        ("sessions", json!({"kind": "sesion", "policy": "gold"}), "CW0103"),
        ("sessions", json!({"kind": "prune", "chain": NOBODY}), "CW0108"),
        ("sessions", json!({"kind": "session", "policy": "golden"}), "CW0301"),
        ("sessions", session("2027-01-04T06:00:00Z"), "CW0306"),
        ("sessions", session("2026-01-04T06:00:30Z"), "CW0306"),
        ("snapshots", and(of_policy.clone(), "policy", "golden".into()), "CW0301"),
        ("snapshots", and(of_policy.clone(), "slot", "2027-01-04T06:00:00Z".into()), "CW0306"),
        ("snapshots", and(of_policy.clone(), "manual", true.into()), "CW0307"),
        ("snapshots", and(of_policy, "vault", "mine".into()), "CW0307"),
        ("snapshots", json!({"kind": "snapshot", "resource": table}), "CW0307"),
        ("snapshots", snapshot("arn:aws:s3:eu-west-1:111122223333:table/orders"), "CW0305"),
        ("snapshots", snapshot("arn:aws:dynamodb:eu-west-1:999988887777:table/orders"), "CW0304"),
        ("snapshots", snapshot("arn:aws:dynamodb:eu-west-1:111122223333:table/nobody"), "CW0310"),
        ("snapshots", snapshot("orders"), "CW0102"),
        ("copies", json!({"kind": "copy", "point": NOBODY, "to": AWAY}), "CW0303"),
        ("completions", json!({"kind": "settle", "operation": "backup", "point": NOBODY}), "CW0303"),
        ("prunes", json!({"kind": "prune", "chain": NOBODY}), "CW0302"),
        ("prunes", json!({"kind": "reconcile", "chain": NOBODY}), "CW0302"),
        ("prunes", json!({"kind": "delete", "points": [NOBODY]}), "CW0303"),
    ];
    let mut all: Vec<_> = jobs.into_iter().map(|(queue, job, code)| (queue, job.to_string(), code)).collect();
    all.push(("sessions", "not json at all".to_owned(), "CW0101"));
    all.push(("sessions", "\t\u{fffd}\u{e000}\u{d7ff}".to_owned(), "CW0101"));
    all.push(("sessions", "\"\"".to_owned(), "CW0101"));
    all.push(("events", "no event at all".to_owned(), "CW0101"));
    all.push(("events", json!({"kind": "session"}).to_string(), "CW0101"));
    all
}

fn expected(queue: &str, body: &str, code: &str) -> (String, String, String) {
    (queue.to_owned(), body.to_owned(), code.to_owned())
}

fn seen(letter: Letter) -> (String, String, String) {
    assert!(!letter.reason.trim().is_empty(), "{letter:?}");
    assert_eq!(letter.origin, format!("chainwright-{}", letter.queue), "{letter:?}");
    // The engine names a message that came without a name; all else is as it was sent.
    let body = match serde_json::from_str::<Value>(&letter.body) {
        Ok(Value::Object(mut members)) => {
            if members.get("id").is_some_and(|id| id != "x") {
                members.remove("id");
            }
            Value::Object(members).to_string()
        }
        _ => letter.body,
    };
    (letter.queue, body, letter.code)
}

/// A message's body with its members in order, so that it compares.
fn ordered(body: &str) -> String {
    serde_json::from_str::<Value>(body).map_or_else(|_| body.to_owned(), |value| value.to_string())
}

#[tokio::test(start_paused = true)]
async fn each_bad_message_ends_with_its_code_and_reason_and_good_ones_around_it_flow_on() {
    let installation = begun(1, &["orders"], BRIEF).await;
    let mut wanted = Vec::new();
    for (number, (queue, body, code)) in bad().into_iter().enumerate() {
        installation.simulation.send(queue, &body).await.unwrap();
        if number % 8 == 0 {
            send(&installation, "snapshots", &manual(&arn("orders"), &format!("good-{number}"))).await;
        }
        wanted.push(expected(queue, &ordered(&body), code));
    }
    send(&installation, "sessions", &json!({"kind": "session", "policy": "gold", "slot": "2026-01-05T00:00:00Z"}))
        .await;
    minutes(&installation, 5 * 60).await;
    let mut found: Vec<_> = letters(&installation).into_iter().map(seen).collect();
    for (_, body, _) in &mut found {
        *body = ordered(body);
    }
    found.sort();
    wanted.sort();
    assert_eq!(found, wanted);
    // Four manual backups, each with its name, and the point of the session.
    assert_eq!(kept(&installation).len(), 5);
    assert!(kept(&installation).iter().all(|point| point.status == "COMPLETED" && point.region == HOME));
}

#[tokio::test(start_paused = true)]
async fn a_copy_to_a_side_that_is_not_sealed_and_a_look_at_nothing_are_rejected() {
    let installation = begun(2, &["orders"], BRIEF).await;
    installation.until("2026-01-05T12:00:00Z").await;
    let point = name(&kept(&installation).remove(0)).point.to_string();
    send(&installation, "copies", &json!({"kind": "copy", "point": point, "to": AWAY})).await;
    send(&installation, "completions", &json!({"kind": "settle", "operation": "copy", "point": point, "to": AWAY}))
        .await;
    minutes(&installation, 30).await;
    assert_eq!(dead(&installation, "copies"), ["CW0309"]);
    assert_eq!(dead(&installation, "completions"), ["CW0311"]);
    assert_eq!(installation.simulation.cloud().stats().calls(Service::Backup, "StartCopyJob"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_body_too_large_to_annotate_is_given_up_by_sqs_itself_and_its_neighbours_flow_on() {
    let installation = begun(3, &["orders"], "").await;
    let large = "x".repeat(1 << 20);
    send(&installation, "snapshots", &manual(&arn("orders"), "before")).await;
    installation.simulation.send("snapshots", &large).await.unwrap();
    send(&installation, "snapshots", &manual(&arn("orders"), "after")).await;
    minutes(&installation, 120).await;
    assert_eq!(kept(&installation).len(), 2);
    let letters = letters(&installation);
    assert_eq!(letters.len(), 1);
    assert_eq!(
        (letters[0].queue.as_str(), letters[0].code.as_str(), letters[0].body.len()),
        ("snapshots", "", 1 << 20)
    );
}

#[tokio::test(start_paused = true)]
async fn a_message_of_a_newer_version_waits_a_day_for_a_newer_worker_and_its_neighbours_do_not() {
    let installation = begun(4, &["orders"], "").await;
    let mut newer = manual(&arn("orders"), "newer");
    newer["v"] = 2.into();
    newer["colour"] = "of the future".into();
    send(&installation, "snapshots", &newer).await;
    send(&installation, "snapshots", &manual(&arn("orders"), "older")).await;
    installation.until("2026-01-05T23:00:00Z").await;
    assert_eq!(kept(&installation).len(), 1);
    assert_eq!(letters(&installation), []);
    installation.until("2026-01-06T02:00:00Z").await;
    assert_eq!(dead(&installation, "snapshots"), ["CW0104"]);
    // What it said is whole, for the worker that will understand it.
    let mut body: Value = serde_json::from_str(&letters(&installation)[0].body).unwrap();
    assert_eq!(body, newer);
    body["v"] = 1.into();
    body.as_object_mut().unwrap().remove("colour");
    for _ in 0..3 {
        send(&installation, "snapshots", &body).await;
    }
    minutes(&installation, 60).await;
    assert_eq!(kept(&installation).len(), 2, "replayed once its cause is gone, it does its work once");
}

#[tokio::test(start_paused = true)]
async fn without_advanced_features_nothing_is_started_and_what_to_switch_on_is_said() {
    let mut installation = prepared(5, &["orders"], BRIEF).await;
    switch(&installation, false).await;
    installation.simulation.start_worker("worker-1").await.unwrap();
    installation.until("2026-01-05T09:00:00Z").await;
    assert_eq!(dead(&installation, "snapshots"), ["CW0403"]);
    let letter = letters(&installation).remove(0);
    assert!(letter.reason.contains("advanced"), "{letter:?}");
    assert!(letter.reason.contains(HOME), "{letter:?}");
    assert_eq!(installation.simulation.cloud().stats().calls(Service::Backup, "StartBackupJob"), 0);
    switch(&installation, true).await;
    for _ in 0..3 {
        installation.simulation.send("snapshots", &letter.body).await.unwrap();
    }
    minutes(&installation, 90).await;
    assert_eq!(kept(&installation).len(), 1);
}

async fn switch(installation: &Installation, on: bool) {
    let client = chainwright_tests::witness::backup(installation, HOME);
    let call = client.update_region_settings().resource_type_opt_in_preference("DynamoDB", true);
    call.resource_type_management_preference("DynamoDB", on).send().await.unwrap();
}
