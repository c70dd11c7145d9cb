//! One dead letter, with everything that is known of it.

use super::*;

async fn shown(installation: &Installation, id: &str) -> Value {
    let mut answer = ask(installation, &["dlq", "show", id]).await;
    let letters = answer["dead_letters"].as_array_mut().unwrap();
    assert_eq!(letters.len(), 1, "{letters:?}");
    letters.remove(0)
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_is_shown_with_reason_remedy_trace_and_what_became_of_its_point() {
    let installation = begun(1, &["orders"], BRIEF).await;
    installation.until("2026-01-05T12:00:00Z").await;
    let point = name(&kept(&installation).remove(0)).point.to_string();
    let body = json!({"kind": "copy", "point": point, "to": AWAY, "id": "a-copy"}).to_string();
    bury(&installation, "copies", &body, "CW0309", "a-copy").await;
    let letter = shown(&installation, "a-copy").await;
    assert_eq!((&letter["code"], &letter["reason"]), (&json!("CW0309"), &json!("for a test")));
    assert_eq!((&letter["origin"], &letter["given_up_by"]), (&json!("chainwright-copies"), &json!("worker")));
    assert_eq!(letter["trace_id"], "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(letter["body"]["point"], point);
    assert_eq!(letter["fails_again"], Value::Null);
    let known = letter["known"].to_string();
    assert!(known.contains("regular available") && known.contains(r#""operation""#), "{known}");
    let by_message = shown(&installation, letter["message_id"].as_str().unwrap()).await;
    assert_eq!(by_message["job_id"], "a-copy");
    let people = run(&installation, &["dlq", "show", "a-copy"]).await.text;
    for part in ["remedy", "known        point", "\"kind\": \"copy\"", "regular available", "trace        0af76519"] {
        assert!(people.contains(part), "{part}: {people}");
    }
}

#[tokio::test(start_paused = true)]
async fn sessions_and_snapshots_are_shown_with_their_policy_and_their_point() {
    let installation = begun(2, &["orders"], BRIEF).await;
    installation.until("2026-01-05T12:00:00Z").await;
    let slot = "2026-01-05T06:00:00Z";
    let session = json!({"kind": "session", "policy": "gold", "slot": slot, "id": "s"}).to_string();
    bury(&installation, "sessions", &session, "CW0105", "s").await;
    let known = shown(&installation, "s").await["known"].to_string();
    assert!(known.contains("active, revision 1") && known.contains(r#""session""#), "{known}");
    let resource = arn("orders").to_string();
    let of_policy = json!({"kind": "snapshot", "resource": resource, "policy": "gold", "slot": slot, "id": "p"});
    bury(&installation, "snapshots", &of_policy.to_string(), "CW0106", "p").await;
    let known = shown(&installation, "p").await["known"].to_string();
    assert!(known.contains("regular available") && known.contains("backup regular"), "{known}");
    send(&installation, "snapshots", &manual(&arn("orders"), "by-hand")).await;
    minutes(&installation, 60).await;
    bury(&installation, "snapshots", &manual(&arn("orders"), "by-hand").to_string(), "CW0106", "by-hand").await;
    let known = shown(&installation, "by-hand").await["known"].to_string();
    assert!(known.contains("regular available"), "{known}");
    let nobody = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
    bury(&installation, "prunes", &json!({"kind": "prune", "chain": nobody, "id": "c"}).to_string(), "CW0302", "c")
        .await;
    assert!(shown(&installation, "c").await["known"].to_string().contains("unknown to the ledger"));
}

#[tokio::test(start_paused = true)]
async fn what_is_no_job_is_shown_as_it_is_bounded_and_without_commanding_the_terminal() {
    let installation = begun(3, &["orders"], "").await;
    for (queue, body) in
        [("sessions", "\t\u{fffd}\u{e000}\u{9b}2J ünlesbar".to_owned()), ("snapshots", "x".repeat(1 << 20))]
    {
        installation.simulation.send(queue, &body).await.unwrap();
    }
    minutes(&installation, 120).await;
    let id = |queue| messages(&installation, queue)[0].id.clone();
    let (odd, large) = (id("sessions-dlq"), id("snapshots-dlq"));
    let letter = shown(&installation, &odd).await;
    assert_eq!((&letter["code"], &letter["kind"]), (&json!("CW0101"), &Value::Null));
    assert_eq!(letter["body"], "\t\u{fffd}\u{e000}\u{9b}2J ünlesbar");
    assert!(letter["fails_again"].as_str().unwrap().contains("not JSON"));
    let people = run(&installation, &["dlq", "show", &odd]).await.text;
    assert!(people.contains("ünlesbar") && !people.contains('\u{9b}'), "{people}");
    let letter = shown(&installation, &large).await;
    assert_eq!((&letter["code"], &letter["given_up_by"]), (&json!("CW0107"), &json!("sqs")));
    assert!(letter["reason"].as_str().unwrap().contains("CW0101"), "{}", letter["reason"]);
    assert_eq!(letter["origin"], "chainwright-snapshots");
    let people = run(&installation, &["dlq", "show", &large]).await.text;
    assert!(people.len() < 8000 && people.contains("1048576 bytes in all"), "{}", people.len());
}

#[tokio::test(start_paused = true)]
async fn what_sqs_gave_up_has_its_code_from_the_worker_s_own_judgement() {
    let installation = Installation::new(chainwright_tests::witness::calm(4)).await;
    for (body, code) in [
        (json!({"kind": "copy", "point": "x", "to": AWAY}), "CW0102"),
        (json!({"kind": "prune", "chain": "aaaaaaaaaaaaaaaaaaaaaaaaaa"}), "CW0108"),
        (json!({"kind": "copy", "v": 2, "colour": "of the future"}), "CW0104"),
        (json!({"kind": "copy", "point": "aaaaaaaaaaaaaaaaaaaaaaaaaa", "to": AWAY, "attempt": 3}), "CW0106"),
    ] {
        send(&installation, "copies", &body).await;
        wear_out(&installation, "copies").await;
        let id = messages(&installation, "copies-dlq")[0].id.clone();
        let letter = shown(&installation, &id).await;
        assert_eq!((&letter["code"], &letter["given_up_by"]), (&json!(code), &json!("sqs")), "{letter}");
        assert_eq!(letter["fails_again"].is_null(), code == "CW0106", "{letter}");
        ask(&installation, &["dlq", "drop", "--yes"]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_not_there_is_not_shown() {
    let installation = Installation::new(chainwright_tests::witness::calm(5)).await;
    let answer = run(&installation, &["dlq", "show", "nobody"]).await;
    assert_eq!(answer.exit, Exit::Failed);
    assert!(answer.remarks.concat().contains("nobody"), "{answer:?}");
}
