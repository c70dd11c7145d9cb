//! DynamoDB tables: found, described, refused where they cannot be backed up.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType,
    PointInTimeRecoverySpecification, Projection, ProjectionType, ProvisionedThroughput, ScalarAttributeType,
    StreamSpecification, StreamViewType, Tag, TimeToLiveSpecification,
};
use chainwright_aws::error::Class;
use chainwright_aws::sources::{Scope, Source, dynamodb::DynamoDb};
use serde_json::{Value, json};
use simcloud::Service;
use simcloud::faults::CallFault;

use crate::canned::Canned;
use crate::seals::orders;
use crate::support::{Aws, account, home};

fn scope() -> Scope {
    Scope { account: account(), region: home() }
}

fn attribute(name: &str) -> AttributeDefinition {
    AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build().unwrap()
}

fn key(name: &str) -> KeySchemaElement {
    KeySchemaElement::builder().attribute_name(name).key_type(KeyType::Hash).build().unwrap()
}

/// A table with little beyond its key.
async fn plain(aws: &Aws, name: &str) {
    let create = aws.dynamodb().create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
    create.attribute_definitions(attribute("pk")).key_schema(key("pk")).send().await.unwrap();
}

/// A table with everything that a restore would drop.
async fn rich(aws: &Aws) {
    let client = aws.dynamodb();
    let units = ProvisionedThroughput::builder().read_capacity_units(5).write_capacity_units(2).build().unwrap();
    let include = Projection::builder().projection_type(ProjectionType::Include).non_key_attributes("total").build();
    let index = GlobalSecondaryIndex::builder().index_name("by-customer").key_schema(key("customer"));
    let index = index.projection(include).provisioned_throughput(units.clone()).build().unwrap();
    let stream = StreamSpecification::builder().stream_enabled(true).stream_view_type(StreamViewType::NewImage);
    let create = client.create_table().table_name("orders").billing_mode(BillingMode::Provisioned);
    let create = create.attribute_definitions(attribute("pk")).attribute_definitions(attribute("customer"));
    let create = create.key_schema(key("pk")).provisioned_throughput(units).global_secondary_indexes(index);
    let create = create.stream_specification(stream.build().unwrap()).deletion_protection_enabled(true);
    create.tags(Tag::builder().key("backup").value("gold").build().unwrap()).send().await.unwrap();
    let ttl = TimeToLiveSpecification::builder().attribute_name("gone_at").enabled(true).build().unwrap();
    client.update_time_to_live().table_name("orders").time_to_live_specification(ttl).send().await.unwrap();
    let pitr = PointInTimeRecoverySpecification::builder().point_in_time_recovery_enabled(true).build().unwrap();
    let backups = client.update_continuous_backups().table_name("orders");
    backups.point_in_time_recovery_specification(pitr).send().await.unwrap();
}

fn part<'a>(parts: &'a [(String, Value)], name: &str) -> &'a Value {
    parts.iter().find(|(of, _)| of == name).map_or(&Value::Null, |(_, value)| value)
}

#[tokio::test(start_paused = true)]
async fn every_table_is_found_page_by_page() {
    let aws = Aws::new();
    for n in 0..103 {
        plain(&aws, &format!("table-{n:03}")).await;
    }
    let source = DynamoDb::new(aws.clients.clone());
    let (mut found, mut page) = (Vec::new(), None);
    loop {
        let answer = source.discover(&scope(), page).await.unwrap();
        found.extend(answer.items);
        page = answer.next;
        if page.is_none() {
            break;
        }
    }
    assert_eq!(found.len(), 103);
    assert_eq!(found[7].arn.as_str(), "arn:aws:dynamodb:eu-west-1:111122223333:table/table-007");
    assert!(aws.cloud.stats().calls(Service::DynamoDb, "ListTables") >= 2);
}

#[tokio::test(start_paused = true)]
async fn a_table_is_captured_with_everything_that_a_restore_drops() {
    let aws = Aws::new();
    rich(&aws).await;
    let source = DynamoDb::new(aws.clients.clone());
    let captured = source.capture(&orders()).await.unwrap();
    assert_eq!(captured.incarnation.0, aws.cloud.inspect().tables("111122223333", "eu-west-1")["orders"].id);
    let parts = &captured.parts;
    assert_eq!(part(parts, "keys")["schema"], json!([["pk", "HASH"]]));
    assert_eq!(part(parts, "billing")["mode"], "PROVISIONED");
    assert_eq!(part(parts, "billing")["units"], json!([5, 2]));
    assert_eq!(part(parts, "gsi")[0]["projection"], json!(["total"]));
    assert_eq!(part(parts, "ttl"), "gone_at");
    assert_ne!(part(parts, "pitr"), &Value::Null);
    assert_eq!(part(parts, "stream"), "NEW_IMAGE");
    assert_eq!(part(parts, "deletion_protection"), true);
    assert_eq!(part(parts, "tags"), &json!({ "backup": "gold" }));
    assert_eq!(captured.not_captured, ["autoscaling"], "it belongs to a service that is not read");
    assert_eq!(source.tags_of(&orders()).await.unwrap().get("backup").map(String::as_str), Some("gold"));
}

#[tokio::test(start_paused = true)]
async fn an_ordinary_table_has_few_parts() {
    let aws = Aws::new();
    plain(&aws, "orders").await;
    let captured = DynamoDb::new(aws.clients.clone()).capture(&orders()).await.unwrap();
    let names: Vec<&str> = captured.parts.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["keys", "billing"]);
    assert_eq!(captured.not_captured, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn what_may_not_be_read_is_named_and_the_rest_is_captured() {
    let aws = Aws::new();
    rich(&aws).await;
    let denied = CallFault::Error { code: "AccessDeniedException".into(), message: "no".into(), status: 400 };
    let faults =
        ["DescribeTimeToLive", "ListTagsOfResource"].map(|of| aws.fault(Service::DynamoDb, of, denied.clone(), 1));
    let captured = DynamoDb::new(aws.clients.clone()).capture(&orders()).await.unwrap();
    assert_eq!(faults.map(|fault| aws.fired(fault)), [1, 1]);
    assert_eq!(captured.not_captured, ["ttl", "tags", "autoscaling"]);
    assert_eq!(part(&captured.parts, "ttl"), &Value::Null);
    assert_eq!(part(&captured.parts, "stream"), "NEW_IMAGE");
}

#[tokio::test(start_paused = true)]
async fn throttling_ends_a_capture_so_that_nothing_is_left_out_by_chance() {
    let aws = Aws::new();
    rich(&aws).await;
    let fault = aws.fault(Service::DynamoDb, "DescribeContinuousBackups", CallFault::Throttle, 3);
    let source = DynamoDb::new(aws.clients.clone());
    assert_eq!(source.capture(&orders()).await.unwrap_err().class, Class::Transient);
    assert_eq!(aws.fired(fault), 3);
    assert_ne!(part(&source.capture(&orders()).await.unwrap().parts, "pitr"), &Value::Null);
}

#[tokio::test(start_paused = true)]
async fn tags_are_read_at_the_rate_that_the_account_allows() {
    let aws = Aws::new();
    plain(&aws, "orders").await;
    let source = DynamoDb::new(aws.clients.clone());
    for _ in 0..50 {
        assert_eq!(source.tags_of(&orders()).await, Ok(BTreeMap::new()));
    }
    assert_eq!(aws.cloud.stats().calls(Service::DynamoDb, "ListTagsOfResource"), 50, "none was throttled");
}

#[tokio::test(start_paused = true)]
async fn every_attempt_at_reading_tags_waits_for_its_turn_and_there_are_three_of_them_in_all() {
    for (fault, throttling) in [(CallFault::Throttle, true), (CallFault::LoseBefore, false)] {
        let aws = Aws::new();
        rich(&aws).await;
        let source = DynamoDb::new(aws.clients.clone());
        let twice = aws.fault(Service::DynamoDb, "ListTagsOfResource", fault.clone(), 2);
        assert_eq!(source.tags_of(&orders()).await.unwrap().len(), 1, "{fault:?}");
        assert_eq!(aws.fired(twice), 2);
        let thrice = aws.fault(Service::DynamoDb, "ListTagsOfResource", fault, 3);
        let error = source.tags_of(&orders()).await.unwrap_err();
        assert_eq!((error.class, error.is_throttling(), aws.fired(thrice)), (Class::Transient, throttling, 3));
        assert_eq!(aws.cloud.stats().calls(Service::DynamoDb, "ListTagsOfResource"), 6);
    }
}

#[tokio::test(start_paused = true)]
async fn a_table_that_is_not_there_or_is_no_table_is_told_apart() {
    let aws = Aws::new();
    let source = DynamoDb::new(aws.clients.clone());
    assert_eq!(source.capture(&orders()).await.unwrap_err().class, Class::NotFound);
    let bucket = "arn:aws:s3:eu-west-1:111122223333:table/orders".parse().unwrap();
    assert_eq!(source.capture(&bucket).await.unwrap_err().class, Class::Refused);
}

#[tokio::test]
async fn an_account_without_advanced_features_is_refused_with_what_to_switch_on() {
    let (canned, clients) = Canned::new();
    let source = DynamoDb::new(clients);
    canned.answers(json!({
        "ResourceTypeOptInPreference": { "DynamoDB": true },
        "ResourceTypeManagementPreference": { "DynamoDB": false },
    }));
    let error = source.ensure_supported(&scope()).await.unwrap_err();
    assert_eq!(error.class, Class::Refused);
    assert!(error.message.contains("UpdateRegionSettings"), "{error}");
    canned.answers(
        json!({ "ResourceTypeOptInPreference": {}, "ResourceTypeManagementPreference": { "DynamoDB": true } }),
    );
    assert_eq!(source.ensure_supported(&scope()).await, Ok(()));
}
