//! The ledger's table: made once, checked by name.

use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use chainwright_aws::error::Class;
use chainwright_aws::ledger::Store;
use simcloud::faults::CallFault;
use simcloud::{Pace, Service, Settings};

use crate::support::{ACCOUNT, Aws, TABLE};

#[tokio::test(start_paused = true)]
async fn a_table_is_made_with_everything_that_the_check_asks_for() {
    let aws = Aws::with(Settings { pace: Pace::default(), ..Settings::default() });
    let store = Store::new(aws.dynamodb(), TABLE);
    assert_eq!(store.check_table().await, Ok(vec![format!("there is no table {TABLE}")]));
    store.create_table().await.unwrap();
    assert_eq!(store.check_table().await, Ok(Vec::new()));
    let made = aws.cloud.inspect().tables(ACCOUNT, "eu-west-1").remove(TABLE).unwrap();
    assert!(made.point_in_time_recovery && made.deletion_protection);
    assert_eq!(made.ttl_attribute.as_deref(), Some("expires_at"));
}

#[tokio::test(start_paused = true)]
async fn making_a_table_again_keeps_it() {
    let aws = Aws::new();
    let store = aws.store().await;
    let id = aws.cloud.inspect().tables(ACCOUNT, "eu-west-1").remove(TABLE).unwrap().id;
    store.create_table().await.unwrap();
    assert_eq!(aws.cloud.inspect().tables(ACCOUNT, "eu-west-1").remove(TABLE).unwrap().id, id);
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_does_not_disturb_the_making() {
    let aws = Aws::new();
    let store = Store::new(aws.dynamodb(), TABLE);
    let fault = aws.fault(Service::DynamoDb, "CreateTable", CallFault::LoseAfter, 1);
    store.create_table().await.unwrap();
    assert_eq!(aws.fired(fault), 1);
    assert_eq!(store.check_table().await, Ok(Vec::new()));
}

#[tokio::test(start_paused = true)]
async fn what_a_foreign_table_lacks_is_named() {
    let aws = Aws::new();
    let id =
        AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::S).build().unwrap();
    let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash).build().unwrap();
    let create = aws.dynamodb().create_table().table_name(TABLE).billing_mode(BillingMode::PayPerRequest);
    create.attribute_definitions(id).key_schema(key).send().await.unwrap();
    let store = Store::new(aws.dynamodb(), TABLE);
    let expected = [
        format!("table {TABLE} is not keyed by pk and sk"),
        "the index due is missing".into(),
        "the index aws-id is missing".into(),
        "deletion protection is off".into(),
        "time to live on expires_at is off".into(),
        "point-in-time recovery is off".into(),
    ];
    assert_eq!(store.check_table().await, Ok(expected.to_vec()));
    assert_eq!(store.create_table().await.unwrap_err().class, Class::Refused);
}
