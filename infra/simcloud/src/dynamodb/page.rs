//! One page of a query or scan: filter, projection, limits, and where the next page starts.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::expression::condition::Condition;
use super::expression::projection::Projection;
use super::key::KeySchema;
use super::table::{PrimaryKey, position};
use super::throughput::{self, Kind};
use super::value::{Item, Scalar, item_from_json, item_size, item_to_json};
use super::view::{Entry, Position, Tie};
use super::{Invalid, text};

/// A page ends behind the item that takes it over this size, before filters and projections.
const MAX_BYTES: usize = 1024 * 1024;

/// What one page may hold and how its items are shown.
pub(crate) struct Page {
    pub(crate) limit: Option<usize>,
    pub(crate) filter: Option<Condition>,
    pub(crate) projection: Option<Projection>,
    pub(crate) count_only: bool,
}

impl Page {
    /// Reads `Limit` and `Select`.
    pub(crate) fn read(
        input: &Json,
        filter: Option<Condition>,
        projection: Option<Projection>,
    ) -> Result<Self, Invalid> {
        let limit = match input.get("Limit") {
            None => None,
            Some(limit) => {
                let limit = limit.as_u64().and_then(|limit| usize::try_from(limit).ok()).filter(|limit| *limit >= 1);
                Some(limit.ok_or_else(|| {
                    Invalid::new("1 validation error detected: Value at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1")
                })?)
            }
        };
        let select = text(input, "Select");
        if projection.is_some() && !matches!(select, None | Some("SPECIFIC_ATTRIBUTES")) {
            return Err(Invalid::new(
                "Cannot specify the ProjectionExpression when choosing to get only the Count or all attributes",
            ));
        }
        if projection.is_none() && select == Some("SPECIFIC_ATTRIBUTES") {
            return Err(Invalid::new(
                "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES",
            ));
        }
        Ok(Self { limit, filter, projection, count_only: select == Some("COUNT") })
    }

    /// Collects the page from entries in reading order.
    pub(crate) fn collect<'a>(
        &self,
        input: &Json,
        table: &str,
        entries: impl Iterator<Item = Entry<'a>>,
        keys: impl Fn(&Item) -> Item,
    ) -> Json {
        let mut items = Vec::new();
        let (mut scanned, mut matched, mut bytes) = (0_usize, 0_usize, 0_usize);
        let mut last: Option<&Arc<Item>> = None;
        for (_, _, item) in entries {
            scanned += 1;
            bytes += item_size(item);
            if self.filter.as_ref().is_none_or(|filter| filter.holds(item)) {
                matched += 1;
                if !self.count_only {
                    let shown = self.projection.as_ref().map(|projection| projection.of(item));
                    items.push(item_to_json(shown.as_ref().unwrap_or(item)));
                }
            }
            // As in AWS, a page that its limit ended says so even when nothing follows.
            if self.limit == Some(scanned) || bytes > MAX_BYTES {
                last = Some(item);
                break;
            }
        }
        let mut answer = Map::new();
        if !self.count_only {
            answer.insert("Items".into(), Json::Array(items));
        }
        answer.insert("Count".into(), matched.into());
        answer.insert("ScannedCount".into(), scanned.into());
        if let Some(item) = last {
            answer.insert("LastEvaluatedKey".into(), item_to_json(&keys(item)));
        }
        throughput::report(input, &mut answer, table, Kind::Read, bytes);
        Json::Object(answer)
    }
}

/// The attributes that say where a page ended: the index's keys and the table's.
pub(crate) fn keys_of(item: &Item, table: &KeySchema, index: Option<&KeySchema>) -> Item {
    let kept = item.iter().filter(|(name, _)| table.has(name) || index.is_some_and(|index| index.has(name)));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Reads `ExclusiveStartKey`, which must have exactly the attributes that [`keys_of`] gives.
pub(crate) fn start(
    input: &Json,
    table: &KeySchema,
    index: Option<&KeySchema>,
) -> Result<Option<(Scalar, Position)>, Invalid> {
    let Some(given) = input.get("ExclusiveStartKey").filter(|given| !given.is_null()) else { return Ok(None) };
    let wrong = || Invalid::new("The provided starting key is invalid");
    let given = item_from_json(given)?;
    let only = |schema: &KeySchema| given.iter().filter(|(name, _)| schema.has(name)).count();
    let key: PrimaryKey = table.find(&given).ok_or_else(wrong)?;
    match index {
        None if only(table) == given.len() => Ok(Some((key.partition.clone(), position(&key)))),
        Some(index) if keys_of(&given, table, Some(index)).len() == given.len() => {
            let PrimaryKey { partition, sort } = index.find(&given).ok_or_else(wrong)?;
            Ok(Some((partition, Position { sort, tie: Tie::At(key) })))
        }
        _ => Err(wrong()),
    }
}
