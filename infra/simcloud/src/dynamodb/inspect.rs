//! Reading tables past the API, for assertions.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value as Json;

use super::table::Lags;
use super::value::item_to_json;
use crate::inspect::Inspect;

/// A table as the model has it.
#[derive(Clone, Debug, PartialEq)]
pub struct TableView {
    /// Its ARN.
    pub arn: String,
    /// Its incarnation's id.
    pub id: String,
    /// `TableStatus`.
    pub status: String,
    /// When it was created.
    pub created: Timestamp,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The TTL attribute, while TTL is on.
    pub ttl_attribute: Option<String>,
    /// Whether point-in-time recovery is on.
    pub point_in_time_recovery: bool,
    /// Whether it has a stream.
    pub stream: bool,
    /// Whether it is protected from deletion.
    pub deletion_protection: bool,
}

impl Inspect {
    /// Every item of a table as DynamoDB JSON, in the order of its keys; empty where there is no such table.
    #[must_use]
    pub fn items(&self, account: &str, region: &str, table: &str) -> Vec<Json> {
        let mut world = self.world();
        // Nothing is drawn here: looking must not change what happens next.
        let lags = Lags { now: world.now(), index: Duration::ZERO, read: Duration::ZERO, ttl: Duration::ZERO };
        let Some(table) = world.dynamodb.table_mut(account, region, table, lags.now) else { return Vec::new() };
        table.expire(lags);
        table.items().all_after(None).map(|(_, _, item)| item_to_json(item)).collect()
    }

    /// The tables of one account and Region by name.
    #[must_use]
    pub fn tables(&self, account: &str, region: &str) -> BTreeMap<String, TableView> {
        let world = self.world();
        let now = world.now();
        let tables = world.dynamodb.tables(account, region, now).map(|table| {
            let on = |option: &str| table.options.get(option) == Some(&Json::Bool(true));
            let view = TableView {
                arn: table.arn.clone(),
                id: table.id.clone(),
                status: table.status(now).to_owned(),
                created: table.created,
                tags: table.tags.clone(),
                ttl_attribute: table.ttl().attribute().map(str::to_owned),
                point_in_time_recovery: table.settings.point_in_time.is_some(),
                stream: table.options.contains_key("StreamSpecification"),
                deletion_protection: on("DeletionProtectionEnabled"),
            };
            (table.name.clone(), view)
        });
        tables.collect()
    }
}
