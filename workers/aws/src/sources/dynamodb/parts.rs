//! A table's description in plain data, as seals and the ledger keep it.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndexDescription, KeySchemaElement,
    LocalSecondaryIndexDescription, OnDemandThroughput, Projection, ProjectionType, ReplicaDescription, SseType,
    TableClass, TableDescription,
};
use serde_json::{Value, json};

use super::names;
use crate::sources::parts::{Parts, present};

/// Keys, billing and indexes: what the table is.
pub(super) fn essentials(parts: &mut Parts, table: &TableDescription) {
    let types = table.attribute_definitions().iter().map(attribute).collect::<Vec<_>>();
    parts.add(names::KEYS, Some(json!({ "schema": schema(table.key_schema()), "types": types })));
    parts.add(names::BILLING, Some(billing(table)));
    let global: Vec<Value> = table.global_secondary_indexes().iter().map(global_index).collect();
    parts.add(names::GSI, (!global.is_empty()).then(|| global.into()));
    let local: Vec<Value> = table.local_secondary_indexes().iter().map(local_index).collect();
    parts.add(names::LSI, (!local.is_empty()).then(|| local.into()));
}

/// What AWS Backup's restore drops although the table's own description tells it.
pub(super) fn settings(parts: &mut Parts, table: &TableDescription) {
    let stream = table.stream_specification().filter(|stream| stream.stream_enabled());
    parts.add(names::STREAM, stream.map(|stream| json!(stream.stream_view_type().map(|view| view.as_str()))));
    let sse = table.sse_description().filter(|sse| sse.sse_type() == Some(&SseType::Kms));
    parts.add(names::ENCRYPTION, sse.map(|sse| present(json!({ "kms_key": sse.kms_master_key_arn() }))));
    let class = table.table_class_summary().and_then(|summary| summary.table_class());
    let class = class.filter(|class| **class != TableClass::Standard);
    parts.add(names::TABLE_CLASS, class.map(|class| json!(class.as_str())));
    parts.add(names::DELETION_PROTECTION, table.deletion_protection_enabled().filter(|on| *on).map(|on| json!(on)));
}

/// The Regions that the table is replicated to, which a restore to one Region does not bring back.
pub(super) fn replicas(parts: &mut Parts, table: &TableDescription) {
    let replicas: Vec<Value> = table.replicas().iter().map(replica).collect();
    let consistency = table.multi_region_consistency().map(|consistency| consistency.as_str());
    let part = present(json!({ "regions": replicas, "consistency": consistency }));
    parts.add(names::REPLICAS, (!table.replicas().is_empty()).then_some(part));
}

/// Whether capacity is bought ahead, so that autoscaling may rule it.
pub(super) fn is_provisioned(table: &TableDescription) -> bool {
    let mode = table.billing_mode_summary().and_then(|summary| summary.billing_mode());
    // Tables that were never on demand have no summary at all.
    mode.is_none_or(|mode| *mode == BillingMode::Provisioned)
}

fn attribute(definition: &AttributeDefinition) -> Value {
    json!([definition.attribute_name(), definition.attribute_type().as_str()])
}

fn schema(keys: &[KeySchemaElement]) -> Value {
    keys.iter().map(|key| json!([key.attribute_name(), key.key_type().as_str()])).collect()
}

fn billing(table: &TableDescription) -> Value {
    let provisioned = is_provisioned(table);
    let units = table.provisioned_throughput().filter(|_| provisioned);
    present(json!({
        "mode": if provisioned { BillingMode::Provisioned } else { BillingMode::PayPerRequest }.as_str(),
        "units": units.map(|units| pair(units.read_capacity_units(), units.write_capacity_units())),
        "on_demand_limits": table.on_demand_throughput().map(limits),
        "warm": table.warm_throughput().map(|warm| pair(warm.read_units_per_second(), warm.write_units_per_second())),
    }))
}

/// Reads, then writes.
fn pair(reads: Option<i64>, writes: Option<i64>) -> Value {
    json!([reads, writes])
}

fn limits(limits: &OnDemandThroughput) -> Value {
    pair(limits.max_read_request_units(), limits.max_write_request_units())
}

fn global_index(index: &GlobalSecondaryIndexDescription) -> Value {
    // An index of an on-demand table reports zero units.
    let units = index.provisioned_throughput().filter(|units| units.read_capacity_units().unwrap_or(0) > 0);
    present(json!({
        "name": index.index_name(),
        "schema": schema(index.key_schema()),
        "projection": index.projection().map(projection),
        "units": units.map(|units| pair(units.read_capacity_units(), units.write_capacity_units())),
        "on_demand_limits": index.on_demand_throughput().map(limits),
        "warm": index.warm_throughput().map(|warm| pair(warm.read_units_per_second(), warm.write_units_per_second())),
    }))
}

fn local_index(index: &LocalSecondaryIndexDescription) -> Value {
    present(json!({
        "name": index.index_name(),
        "schema": schema(index.key_schema()),
        "projection": index.projection().map(projection),
    }))
}

/// `"ALL"`, `"KEYS_ONLY"`, or the list of attributes that are included.
fn projection(projection: &Projection) -> Value {
    match projection.projection_type() {
        Some(ProjectionType::Include) => json!(projection.non_key_attributes()),
        other => json!(other.map(ProjectionType::as_str)),
    }
}

fn replica(replica: &ReplicaDescription) -> Value {
    let class = replica.replica_table_class_summary().and_then(|summary| summary.table_class());
    present(json!({
        "region": replica.region_name(),
        "kms_key": replica.kms_master_key_id(),
        "table_class": class.map(TableClass::as_str),
    }))
}
