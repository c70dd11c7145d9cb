//! Secondary indexes: views over a table's items by other keys.
//!
//! A global index may lag behind its table. Changes then wait in order and are carried over once their time has come
//! and somebody looks.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::Invalid;
use super::key::{KeySchema, PrimaryKey};
use super::table::bytes;
use super::value::{Item, Scalar};
use super::view::{Position, Tie, View};

/// Which attributes an index holds besides its keys and the table's.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) enum Projected {
    All,
    Keys,
    Include(Vec<String>),
}

/// An index over a table's items. A table's eventually consistent reads go through one too.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Index {
    pub(crate) name: String,
    /// Global indexes are eventually consistent and have capacity of their own; local ones share the table's.
    pub(crate) global: bool,
    pub(crate) schema: KeySchema,
    pub(crate) projected: Projected,
    pub(crate) provisioned: Option<Json>,
    table_schema: KeySchema,
    view: View,
    waiting: VecDeque<Change>,
    count: u64,
    bytes: u64,
}

/// A write that the index has yet to see.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Change {
    due: Timestamp,
    key: PrimaryKey,
    #[serde(with = "crate::saved::shared_option")]
    before: Option<Arc<Item>>,
    #[serde(with = "crate::saved::shared_option")]
    after: Option<Arc<Item>>,
}

impl Index {
    /// An empty index as one element of `GlobalSecondaryIndexes` or `LocalSecondaryIndexes` describes it.
    pub(crate) fn read(
        json: &Json,
        global: bool,
        table_schema: &KeySchema,
        types: &std::collections::BTreeMap<String, String>,
    ) -> Result<Self, Invalid> {
        let name = super::needed(json, "IndexName")?.to_owned();
        let schema = KeySchema::read(json.get("KeySchema").unwrap_or(&Json::Null), types)?;
        if !global && (schema.partition != table_schema.partition || table_schema.sort.is_none()) {
            return Err(Invalid::new(
                "One or more parameter values were invalid: Table KeySchema does not have a range key, or a local secondary index has another hash key",
            ));
        }
        let projection = json.get("Projection").unwrap_or(&Json::Null);
        let projected = match super::text(projection, "ProjectionType") {
            Some("ALL") => Projected::All,
            Some("KEYS_ONLY") => Projected::Keys,
            Some("INCLUDE") => {
                let names = projection.get("NonKeyAttributes").and_then(Json::as_array);
                let names = names.into_iter().flatten().filter_map(Json::as_str).map(str::to_owned);
                Projected::Include(names.collect())
            }
            _ => return Err(Invalid::new("One or more parameter values were invalid: Unknown ProjectionType: null")),
        };
        let provisioned = json.get("ProvisionedThroughput").cloned();
        Ok(Self { provisioned, ..Self::over(name, global, schema, projected, table_schema.clone()) })
    }

    /// A view of a whole table that lags as a global index does.
    pub(crate) fn replica(schema: &KeySchema) -> Self {
        Self::over(String::new(), true, schema.clone(), Projected::All, schema.clone())
    }

    fn over(name: String, global: bool, schema: KeySchema, projected: Projected, table_schema: KeySchema) -> Self {
        let (view, waiting) = (View::default(), VecDeque::new());
        Self { name, global, schema, projected, provisioned: None, table_schema, view, waiting, count: 0, bytes: 0 }
    }

    /// The same index over nothing.
    pub(crate) fn emptied(&self) -> Self {
        let (name, schema, projected) = (self.name.clone(), self.schema.clone(), self.projected.clone());
        let empty = Self::over(name, self.global, schema, projected, self.table_schema.clone());
        Self { provisioned: self.provisioned.clone(), ..empty }
    }

    /// Takes note of a write, to be seen from `due` on and never before an earlier one.
    pub(crate) fn note(
        &mut self,
        due: Timestamp,
        key: &PrimaryKey,
        before: Option<&Arc<Item>>,
        after: Option<&Arc<Item>>,
    ) {
        let due = self.waiting.back().map_or(due, |last| last.due.max(due));
        self.waiting.push_back(Change { due, key: key.clone(), before: before.cloned(), after: after.cloned() });
    }

    /// The index as it is visible now.
    pub(crate) fn visible(&mut self, now: Timestamp) -> &View {
        while let Some(change) = self.waiting.pop_front_if(|change| change.due <= now) {
            self.carry_over(change);
        }
        &self.view
    }

    fn carry_over(&mut self, change: Change) {
        let place = |item: &Arc<Item>| self.place(item, &change.key);
        let (old, new) = (change.before.as_ref().and_then(place), change.after.as_ref().and_then(place));
        if let Some(removed) = old.and_then(|(partition, position)| self.view.remove(&partition, &position)) {
            self.count -= 1;
            self.bytes -= bytes(&removed);
        }
        if let (Some((partition, position)), Some(item)) = (new, &change.after) {
            let item = self.projected(item);
            self.count += 1;
            self.bytes += bytes(&item);
            self.view.insert(partition, position, item);
        }
    }

    /// Where an item stands in this index, if it has the index's keys.
    pub(crate) fn place(&self, item: &Item, key: &PrimaryKey) -> Option<(Scalar, Position)> {
        let PrimaryKey { partition, sort } = self.schema.find(item)?;
        Some((partition, Position { sort, tie: Tie::At(key.clone()) }))
    }

    fn projected(&self, item: &Arc<Item>) -> Arc<Item> {
        let kept = |name: &String| {
            let included = matches!(&self.projected, Projected::Include(names) if names.contains(name));
            included || self.schema.has(name) || self.table_schema.has(name)
        };
        match self.projected {
            Projected::All => Arc::clone(item),
            Projected::Keys | Projected::Include(_) => {
                let attributes = item.iter().filter(|(name, _)| kept(name));
                Arc::new(attributes.map(|(name, value)| (name.clone(), value.clone())).collect())
            }
        }
    }

    /// The description within `DescribeTable`, with what the index has seen so far.
    pub(crate) fn describe(&self, table_arn: &str) -> Json {
        let projection = match &self.projected {
            Projected::All => json!({"ProjectionType": "ALL"}),
            Projected::Keys => json!({"ProjectionType": "KEYS_ONLY"}),
            Projected::Include(names) => json!({"ProjectionType": "INCLUDE", "NonKeyAttributes": names}),
        };
        json!({
            "IndexName": self.name,
            "KeySchema": self.schema.to_json(),
            "Projection": projection,
            "IndexArn": format!("{table_arn}/index/{}", self.name),
            "ItemCount": self.count,
            "IndexSizeBytes": self.bytes,
        })
    }
}
