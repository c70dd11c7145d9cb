//! What `DescribeTable` says.

use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

use super::index::Index;
use super::table::Table;

/// A time as the JSON protocols carry it: seconds since the epoch, with milliseconds.
#[expect(clippy::cast_precision_loss, reason = "milliseconds since the epoch fit a double's 53 bits for 285,000 years")]
pub(crate) fn epoch_seconds(at: Timestamp) -> Json {
    json!(at.as_millisecond() as f64 / 1000.0)
}

/// The table's `TableDescription`.
pub(crate) fn describe(table: &Table, now: Timestamp) -> Json {
    let status = table.status(now);
    let (items, bytes) = table.measure();
    let mut members = Map::new();
    let mut member = |name: &str, value: Json| members.insert(name.to_owned(), value);
    member("TableName", table.name.clone().into());
    member("TableArn", table.arn.clone().into());
    member("TableId", table.id.clone().into());
    member("TableStatus", status.into());
    member("CreationDateTime", epoch_seconds(table.created));
    member("KeySchema", table.schema.to_json());
    member("ItemCount", items.into());
    member("TableSizeBytes", bytes.into());
    let option = |name: &str| table.options.get(name).cloned();
    member("AttributeDefinitions", option("AttributeDefinitions").unwrap_or_else(|| json!([])));
    member("DeletionProtectionEnabled", option("DeletionProtectionEnabled").unwrap_or_else(|| false.into()));
    member("ProvisionedThroughput", throughput(table.options.get("ProvisionedThroughput")));
    if let Some(mode) = option("BillingMode") {
        member("BillingModeSummary", json!({ "BillingMode": mode }));
    }
    if let Some(class) = option("TableClass") {
        member("TableClassSummary", json!({ "TableClass": class }));
    }
    for name in ["OnDemandThroughput", "WarmThroughput", "StreamSpecification", "Replicas"] {
        if let Some(value) = option(name) {
            member(name, value);
        }
    }
    if let Some(label) = table.options.get("LatestStreamLabel").and_then(Json::as_str) {
        member("LatestStreamLabel", label.into());
        member("LatestStreamArn", format!("{}/stream/{label}", table.arn).into());
    }
    if let Some(sse) = option("SSESpecification").and_then(|given| encryption(&given)) {
        member("SSEDescription", sse);
    }
    members.extend(describe_indexes(table, status));
    Json::Object(members)
}

/// `GlobalSecondaryIndexes` and `LocalSecondaryIndexes`, where there are any.
fn describe_indexes(table: &Table, status: &str) -> Map<String, Json> {
    let mut members = Map::new();
    for (name, global) in [("GlobalSecondaryIndexes", true), ("LocalSecondaryIndexes", false)] {
        let indexes: Vec<Json> = of_kind(table, global).map(|index| describe_index(table, index, status)).collect();
        if !indexes.is_empty() {
            members.insert(name.to_owned(), indexes.into());
        }
    }
    members
}

fn of_kind(table: &Table, global: bool) -> impl Iterator<Item = &Index> {
    table.indexes.iter().filter(move |index| index.global == global)
}

fn describe_index(table: &Table, index: &Index, status: &str) -> Json {
    let mut described = index.describe(&table.arn);
    if let (true, Some(members)) = (index.global, described.as_object_mut()) {
        members.insert("IndexStatus".into(), status.into());
        members.insert("ProvisionedThroughput".into(), throughput(index.provisioned.as_ref()));
    }
    described
}

fn throughput(given: Option<&Json>) -> Json {
    let unit = |name: &str| given.and_then(|given| given.get(name)?.as_u64()).unwrap_or(0);
    json!({
        "NumberOfDecreasesToday": 0,
        "ReadCapacityUnits": unit("ReadCapacityUnits"),
        "WriteCapacityUnits": unit("WriteCapacityUnits"),
    })
}

/// Tables encrypted under the key that AWS owns have no `SSEDescription`.
fn encryption(specification: &Json) -> Option<Json> {
    if specification.get("Enabled").and_then(Json::as_bool) != Some(true) {
        return None;
    }
    let mut description = json!({ "Status": "ENABLED", "SSEType": "KMS" });
    if let (Some(key), Some(members)) = (specification.get("KMSMasterKeyId"), description.as_object_mut()) {
        members.insert("KMSMasterKeyArn".into(), key.clone());
    }
    Some(description)
}
