//! What the tests put into a cloud and count in it.

use std::collections::BTreeMap;

use aws_sdk_backup::types::RecoveryPointStatus;
use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, Tag};
use aws_sdk_sqs::types::{QueueAttributeName, SendMessageBatchRequestEntry};
use chainwright_cli::operator::Operator;
use chainwright_contracts::queues;
use jiff::{Timestamp, tz::TimeZone};

use crate::harness::{ACCOUNT, HOME};

const VAULT: &str = "chainwright";

/// Makes the vault and this many tables.
pub(crate) async fn tables(operator: &Operator, count: usize) {
    vault(operator).await;
    only_tables(operator, count).await;
}

/// Makes the vault.
pub(crate) async fn vault(operator: &Operator) {
    let clients = operator.clients();
    let backup = clients.backup(clients.own_account(), clients.home_region()).unwrap();
    backup.create_backup_vault().backup_vault_name(VAULT).send().await.unwrap();
}

/// Makes this many tables, each with the tag `backup=gold`.
pub(crate) async fn only_tables(operator: &Operator, count: usize) {
    let clients = operator.clients();
    let dynamodb = clients.dynamodb(clients.own_account(), clients.home_region()).unwrap();
    for number in 0..count {
        let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash).build().unwrap();
        let attribute = AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::S);
        let call = dynamodb.create_table().table_name(name(number)).billing_mode(BillingMode::PayPerRequest);
        let tag = Tag::builder().key("backup").value("gold").build().unwrap();
        call.key_schema(key).attribute_definitions(attribute.build().unwrap()).tags(tag).send().await.unwrap();
    }
}

/// The Region of the copies, and the vault there.
const AWAY: (&str, &str) = ("eu-central-1", "chainwright-dr");

/// Makes the vault for copies.
pub(crate) async fn copy_vault(operator: &Operator) {
    let clients = operator.clients();
    let backup = clients.backup(clients.own_account(), &AWAY.0.parse().unwrap()).unwrap();
    backup.create_backup_vault().backup_vault_name(AWAY.1).send().await.unwrap();
}

/// How many good points the vault for copies holds.
pub(crate) async fn copies(operator: &Operator) -> usize {
    let clients = operator.clients();
    let backup = clients.backup(clients.own_account(), &AWAY.0.parse().unwrap()).unwrap();
    let listed = backup.list_recovery_points_by_backup_vault().backup_vault_name(AWAY.1).send().await.unwrap();
    listed.recovery_points().iter().filter(|point| point.status == Some(RecoveryPointStatus::Completed)).count()
}

/// A month that is half a year away: a yearly schedule then has no slot that comes between those of a test.
pub(crate) fn far_month(now: Timestamp) -> &'static str {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let month = usize::try_from(now.to_zoned(TimeZone::UTC).month()).unwrap();
    MONTHS[(month + 5) % 12]
}

fn name(number: usize) -> String {
    format!("table-{number:04}")
}

/// Asks for one manual backup of each of so many tables.
pub(crate) async fn ask_for_backups(operator: &Operator, count: usize) {
    let url = operator.queue_url(queues::SNAPSHOTS.as_str()).await.unwrap();
    let entry = |number: usize| {
        let body = serde_json::json!({
            "kind": "snapshot",
            "resource": format!("arn:aws:dynamodb:{HOME}:{ACCOUNT}:table/{}", name(number)),
            "manual": true,
            "vault": VAULT,
            "role": "chainwright-backup",
            "id": format!("job-{number:04}"),
        });
        SendMessageBatchRequestEntry::builder().id(number.to_string()).message_body(body.to_string()).build().unwrap()
    };
    for batch in (0..count).map(entry).collect::<Vec<_>>().chunks(10) {
        let sent = operator.sqs().send_message_batch().queue_url(&url).set_entries(Some(batch.to_vec())).send().await;
        assert!(sent.unwrap().failed.is_empty());
    }
}

/// How many good points the vault holds of each resource.
pub(crate) async fn points(operator: &Operator) -> BTreeMap<String, usize> {
    let clients = operator.clients();
    let backup = clients.backup(clients.own_account(), clients.home_region()).unwrap();
    let mut pages =
        backup.list_recovery_points_by_backup_vault().backup_vault_name(VAULT).into_paginator().items().send();
    let mut points: BTreeMap<String, usize> = BTreeMap::new();
    while let Some(point) = pages.next().await {
        let point = point.unwrap();
        if point.status.unwrap() == RecoveryPointStatus::Completed {
            *points.entry(point.resource_arn.unwrap()).or_default() += 1;
        }
    }
    points
}

/// How many backup jobs there have been.
pub(crate) async fn backup_jobs(operator: &Operator) -> usize {
    let clients = operator.clients();
    let backup = clients.backup(clients.own_account(), clients.home_region()).unwrap();
    let mut pages = backup.list_backup_jobs().into_paginator().items().send();
    let mut jobs = 0;
    while let Some(job) = pages.next().await {
        job.unwrap();
        jobs += 1;
    }
    jobs
}

/// What lies in a queue: visible, and taken.
pub(crate) async fn depth(operator: &Operator, queue: &str) -> (u64, u64) {
    const COUNTS: [QueueAttributeName; 2] =
        [QueueAttributeName::ApproximateNumberOfMessages, QueueAttributeName::ApproximateNumberOfMessagesNotVisible];
    let url = operator.queue_url(queue).await.unwrap();
    let call = operator.sqs().get_queue_attributes().queue_url(url).set_attribute_names(Some(COUNTS.to_vec()));
    let attributes = call.send().await.unwrap().attributes.unwrap();
    let [visible, taken] = COUNTS.map(|name| attributes[&name].parse().unwrap());
    (visible, taken)
}

/// Whether nothing is left in any queue.
pub(crate) async fn is_quiet(operator: &Operator) -> bool {
    for queue in queues::ALL {
        if depth(operator, queue.as_str()).await != (0, 0) {
            return false;
        }
    }
    true
}

/// How many dead letters there are in all.
pub(crate) async fn dead_letters(operator: &Operator) -> u64 {
    let mut letters = 0;
    for queue in queues::ALL {
        let (visible, taken) = depth(operator, &format!("{queue}-dlq")).await;
        letters += visible + taken;
    }
    letters
}
