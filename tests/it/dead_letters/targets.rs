//! What EventBridge could not deliver to the hub's own queues.

use chainwright_tests::{
    installation::{HOME, VAULT},
    witness::{backup, calm},
};

use super::*;

async fn delete(installation: &Installation, queue: &str) {
    sqs(installation).delete_queue().queue_url(url(installation, queue).await).send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn ticks_and_events_without_a_queue_are_kept_shown_and_replayed_as_the_queue_would_have_got_them() {
    let installation = Installation::new(calm(1)).await;
    let table = installation.table("orders").await;
    for queue in ["sessions", "events"] {
        delete(&installation, queue).await;
    }
    let job = backup(&installation, HOME).start_backup_job().backup_vault_name(VAULT).resource_arn(table.to_string());
    job.iam_role_arn("arn:aws:iam::111122223333:role/chainwright-backup").send().await.unwrap();
    minutes(&installation, 45).await;
    assert!(installation.simulation.cloud().inspect().events().dead_lettered > 0);
    let lost: Vec<_> = messages(&installation, "targets-dlq").into_iter().map(|letter| letter.body).collect();
    installation.simulation.hub().provision(installation.simulation.clients()).await.unwrap();

    let told = ask(&installation, &["dlq", "list", "--queue", "targets", "--each"]).await;
    let letters = told["dead_letters"].as_array().unwrap();
    let event = letters.iter().find(|letter| letter["kind"] == "event").unwrap();
    assert_eq!((&event["origin"], &event["given_up_by"]), (&json!("chainwright-events"), &json!("eventbridge")));
    assert_eq!(event["resource"], table.to_string());
    assert!(letters.iter().any(|letter| letter["kind"] == "tick" && letter["origin"] == "chainwright-sessions"));
    let answer = ask(&installation, &["dlq", "show", event["message_id"].as_str().unwrap()]).await;
    let shown = &answer["dead_letters"][0];
    assert_eq!((&shown["code"], &shown["body"]["source"]), (&json!("SDK_CLIENT_ERROR"), &json!("aws.backup")));
    assert!(shown["attributes"].to_string().contains("RULE_ARN"), "{shown}");

    let told = ask(&installation, &["dlq", "replay", "--queue", "targets", "--kind", "event", "--yes"]).await;
    let events = messages(&installation, "events");
    assert_eq!(told["replayed"], events.len());
    assert!(!events.is_empty() && events.iter().all(|event| lost.contains(&event.body) && event.attributes.is_empty()));
    let ticks = depth(&installation, "targets-dlq").visible;
    assert!(ticks > 0);
    let before = messages(&installation, "sessions").len();
    ask(&installation, &["dlq", "replay", "--kind", "tick", "--yes"]).await;
    let sent = messages(&installation, "sessions").split_off(before);
    assert_eq!(sent.len(), ticks);
    assert!(sent.iter().all(|tick| tick.body == r#"{"kind":"tick"}"# && tick.attributes.is_empty()));
    assert_eq!(messages(&installation, "targets-dlq"), []);
}

#[tokio::test(start_paused = true)]
async fn a_letter_for_a_target_that_is_no_queue_of_the_hub_is_never_sent_anywhere() {
    let installation = Installation::new(calm(2)).await;
    let send = sqs(&installation).send_message().queue_url(url(&installation, "targets-dlq").await);
    let send = send.message_body(r#"{"detail-type":"News","source":"somebody"}"#);
    let send = send.message_attributes("RULE_ARN", text("arn:aws:events:eu-west-1:111122223333:rule/somebody-s"));
    let target = text("arn:aws:sqs:eu-west-1:111122223333:somebody-s-queue");
    send.message_attributes("TARGET_ARN", target).send().await.unwrap();
    let told = ask(&installation, &["dlq", "replay", "--all", "--yes"]).await;
    assert_eq!((&told["replayed"], &told["left_out"][0]["count"]), (&json!(0), &json!(1)));
    assert_eq!(depth(&installation, "targets-dlq").visible, 1);
}

#[tokio::test(start_paused = true)]
async fn a_hub_without_a_queue_for_them_is_remarked_on() {
    let installation = Installation::new(calm(3)).await;
    delete(&installation, "targets-dlq").await;
    let answer = run(&installation, &["dlq", "list"]).await;
    assert_eq!((answer.exit, answer.text.as_str()), (Exit::Done, "no dead letters"));
    assert!(answer.remarks.concat().contains("no queue chainwright-targets-dlq"), "{answer:?}");
    assert_eq!(run(&installation, &["dlq", "list", "--queue", "targets"]).await.exit, Exit::Failed);
}
