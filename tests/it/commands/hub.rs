//! `catalog` and `doctor`.

use chainwright_cli::output::Exit;
use chainwright_tests::{
    installation::{AWAY, HOME, must},
    witness::{PAIR, minutes, prepared, send},
};
use serde_json::{Value, json};

use super::{data, failure, file, run, told, two_days, usage};

#[tokio::test(start_paused = true)]
async fn a_hub_as_it_is_provisioned_has_nothing_amiss() {
    let installation = two_days(1).await;
    assert_eq!(told(&installation, "doctor").await, "hub in 111122223333/eu-west-1: nothing is amiss");
    assert_eq!(data(&installation, "doctor").await["findings"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn each_thing_that_is_missing_is_told_with_the_command_that_mends_it() {
    let installation = prepared(2, &[], &PAIR.replace("chainwright-dr", "nowhere")).await;
    let clients = installation.simulation.clients();
    let (account, home) = (clients.own_account(), clients.home_region());
    let away = must(AWAY.parse());
    let events = must(clients.eventbridge(account, home));
    must(events.disable_rule().name("chainwright-tick").send().await);
    let there = must(clients.eventbridge(account, &away));
    must(there.remove_targets().rule("chainwright-backup-events").ids("chainwright").send().await);
    must(events.delete_event_bus().name("chainwright").send().await);
    let backup = must(clients.backup(account, home));
    let off = backup.update_region_settings().resource_type_management_preference("DynamoDB", false);
    must(off.send().await);
    let sqs = aws_sdk_sqs::Client::new(&clients.home_config());
    let url = must(sqs.get_queue_url().queue_name("chainwright-copies-dlq").send().await).queue_url;
    must(sqs.delete_queue().set_queue_url(url).send().await);
    send(&installation, "prunes-dlq", &json!({"kind": "prune"})).await;
    let answer = run(&installation, "doctor -o json").await;
    assert_eq!(answer.exit, Exit::Failed);
    let found: Value = must(serde_json::from_str(&answer.text));
    let remedies: Vec<&str> =
        found["findings"].as_array().unwrap().iter().map(|one| one["remedy"].as_str().unwrap()).collect();
    for (part, count) in [
        ("aws events enable-rule --region eu-west-1 --name chainwright-tick", 1),
        ("aws events put-targets --region eu-central-1 --rule chainwright-backup-events", 1),
        ("aws events create-event-bus --name chainwright", 1),
        ("aws backup update-region-settings --region eu-west-1 --resource-type-management-preference DynamoDB=true", 1),
        ("aws sqs create-queue --queue-name chainwright-copies-dlq", 1),
        ("aws backup create-backup-vault --region eu-central-1 --backup-vault-name nowhere", 1),
        ("chainwright dlq list", 1),
    ] {
        assert_eq!(remedies.iter().filter(|remedy| remedy.starts_with(part)).count(), count, "{part}: {remedies:#?}");
    }
    assert_eq!(answer.remarks, [format!("{} things are missing", remedies.len() - 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_lost_ledger_is_rebuilt_from_the_vaults_of_the_policy_files() {
    let mut installation = two_days(3).await;
    must(installation.simulation.stop_worker("worker-1").await);
    let before = data(&installation, "chain get").await;
    let dynamodb = installation.dynamodb();
    let table = "chainwright-ledger";
    must(dynamodb.update_table().table_name(table).deletion_protection_enabled(false).send().await);
    minutes(&installation, 2).await;
    installation.drop_table(table).await;
    must(must(installation.simulation.ledger()).store().create_table().await);
    let told_of = run(&installation, "doctor").await;
    assert!(told_of.text.contains("carries no ready mark"), "{}", told_of.text);
    let path = file("rebuilt.yaml", PAIR);
    let line = format!("catalog rebuild --policies {}", path.display());
    let plan = failure(&installation, &line).await;
    assert!(plan.contains("111122223333/eu-central-1/chainwright-dr") && plan.ends_with("to do it."), "{plan}");
    let rebuilt = data(&installation, &format!("{line} --yes")).await;
    let expected = json!({"ledger": table, "chains": 2, "points": 4, "left_alone": 0});
    assert_eq!(rebuilt["rebuilt"], expected);
    let after = data(&installation, "chain get").await;
    let ids = |chains: &Value| -> Vec<Value> {
        chains["chains"].as_array().unwrap().iter().map(|chain| json!([chain["chain"], chain["sides"]])).collect()
    };
    assert_eq!(ids(&after).len(), 2);
    assert_eq!(after["chains"][0]["chain"], before["chains"][0]["chain"]);
    assert_eq!(after["chains"][0]["sides"][1]["points"], 2);
    usage(&installation, "catalog rebuild").await;
    usage(&installation, "catalog rebuild --place eu-west-1/chainwright").await;
}

#[tokio::test(start_paused = true)]
async fn what_a_comparison_found_and_could_not_mend_is_listed() {
    let installation = two_days(4).await;
    assert_eq!(told(&installation, "catalog drift").await, "no chain differs from AWS, as far as they were compared");
    let gone = installation.points(HOME).remove(0);
    installation.simulation.cloud().inspect().take_point(&gone.arn).unwrap();
    installation.until("2026-01-06T23:00:00Z").await;
    let drift = data(&installation, "catalog drift").await;
    assert_eq!(drift["drift"][0]["code"], "CW0502");
    assert_eq!(drift["drift"][0]["drift"], format!("{} is gone, and not by us", gone.arn));
}
