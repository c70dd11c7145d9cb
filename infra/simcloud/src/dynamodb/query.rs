//! `Query` and `Scan`, on tables and indexes.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::ops::Bound;

use serde_json::Value as Json;

use super::expression::Placeholders;
use super::expression::condition::Condition;
use super::expression::key_condition::KeyCondition;
use super::index::{Index, Projected};
use super::items::{lags_off, projection};
use super::key::KeySchema;
use super::page::{Page, keys_of, start};
use super::state::{lags, serving};
use super::table::{Lags, Table};
use super::value::Scalar;
use super::view::{Entry, Position, Tie, View};
use super::write::refuse_legacy;
use super::{Invalid, needed, text};
use crate::call::{Answer, Call};
use crate::world::World;

/// `Query`.
pub(crate) fn query(world: &mut World, call: &Call) -> Answer {
    let input = &call.input;
    let reading = Reading::of(world, call);
    let table = serving(world, call, needed(input, "TableName")?)?;
    let (name, table_schema) = (table.name.clone(), table.schema.clone());
    let (view, index_schema) = reading.view(table)?;
    let schema = index_schema.as_ref().unwrap_or(&table_schema);
    let mut placeholders = Placeholders::read(input)?;
    let expression = text(input, "KeyConditionExpression").ok_or_else(|| {
        Invalid::new("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
    })?;
    let wanted = KeyCondition::parse(expression, schema, &mut placeholders)?;
    let page = read_page(input, Some(schema), &mut placeholders)?;
    let start = start(input, &table_schema, index_schema.as_ref())?;
    if start.as_ref().is_some_and(|(partition, _)| *partition != wanted.partition) {
        return Err(
            Invalid::new("The provided starting key is outside query boundaries based on provided conditions").into()
        );
    }
    let forward = input.get("ScanIndexForward").and_then(Json::as_bool).unwrap_or(true);
    let bounds = bounds(&wanted, start.map(|(_, position)| position), forward);
    // Keys with one prefix are neighbours; forwards, the first one without it ends the range.
    let entries = view.range(&wanted.partition, bounds, forward);
    let past = |entry: &Entry<'_>| !wanted.fits_prefix(entry.1.sort.as_ref());
    let entries: Box<dyn Iterator<Item = Entry<'_>>> = match (&wanted.prefix, forward) {
        (None, _) => entries,
        (Some(_), true) => Box::new(entries.take_while(|entry| !past(entry))),
        (Some(_), false) => Box::new(entries.skip_while(past)),
    };
    Ok(page.collect(input, &name, entries, |item| keys_of(item, &table_schema, index_schema.as_ref())))
}

/// `Scan`.
pub(crate) fn scan(world: &mut World, call: &Call) -> Answer {
    let input = &call.input;
    let reading = Reading::of(world, call);
    let table = serving(world, call, needed(input, "TableName")?)?;
    let (name, table_schema) = (table.name.clone(), table.schema.clone());
    let (view, index_schema) = reading.view(table)?;
    let mut placeholders = Placeholders::read(input)?;
    let page = read_page(input, None, &mut placeholders)?;
    let start = start(input, &table_schema, index_schema.as_ref())?;
    let segment = segment(input)?;
    let mine = |entry: &Entry<'_>| segment.is_none_or(|(one, of)| hash(entry.0) % of == one);
    let entries = view.all_after(start).filter(mine);
    Ok(page.collect(input, &name, entries, |item| keys_of(item, &table_schema, index_schema.as_ref())))
}

/// How a request wants to read.
struct Reading {
    index: Option<String>,
    consistent: bool,
    stale: bool,
    select: Option<String>,
    lags: Lags,
}

impl Reading {
    fn of(world: &mut World, call: &Call) -> Self {
        let consistent = call.input.get("ConsistentRead").and_then(Json::as_bool) == Some(true);
        let owned = |member: &str| text(&call.input, member).map(str::to_owned);
        let (index, select) = (owned("IndexName"), owned("Select"));
        Self { index, consistent, stale: !consistent && !lags_off(world), select, lags: lags(world) }
    }

    /// What is read, and the keys of the index if it is one.
    fn view(self, table: &mut Table) -> Result<(&View, Option<KeySchema>), Invalid> {
        let Some(name) = &self.index else {
            let view = if self.stale { table.stale_items(self.lags) } else { table.items() };
            return Ok((view, None));
        };
        let index: &mut Index = table
            .indexes
            .iter_mut()
            .find(|index| index.name == *name)
            .ok_or_else(|| Invalid::new(format!("The table does not have the specified index: {name}")))?;
        if index.global && self.consistent {
            return Err(Invalid::new("Consistent reads are not supported on global secondary indexes"));
        }
        if index.global && self.select.as_deref() == Some("ALL_ATTRIBUTES") && index.projected != Projected::All {
            return Err(Invalid::new(
                "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global secondary index because its projection type is not ALL",
            ));
        }
        let schema = index.schema.clone();
        Ok((index.visible(self.lags.now), Some(schema)))
    }
}

/// Reads what filters and shapes the page; `keys` are the attributes that a query's filter must not name.
fn read_page(input: &Json, keys: Option<&KeySchema>, placeholders: &mut Placeholders) -> Result<Page, Invalid> {
    refuse_legacy(input)?;
    let filter = match text(input, "FilterExpression") {
        Some(text) => Some(Condition::parse("FilterExpression", text, placeholders)?),
        None => None,
    };
    let mut wrong = None;
    if let (Some(filter), Some(keys)) = (&filter, keys) {
        filter.paths(&mut |path| {
            if keys.has(&path.attribute) {
                wrong = Some(path.attribute.clone());
            }
        });
    }
    if let Some(key) = wrong {
        return Err(Invalid::new(format!(
            "Filter Expression can only contain non-primary key attributes: Primary key attribute: {key}"
        )));
    }
    let projection = projection(input, placeholders)?;
    placeholders.all_used()?;
    Page::read(input, filter, projection)
}

/// The positions between the key condition's bounds, from behind the start of the page.
fn bounds(wanted: &KeyCondition, start: Option<Position>, forward: bool) -> (Bound<Position>, Bound<Position>) {
    let at = |sort: &Scalar, tie: Tie| Position { sort: Some(sort.clone()), tie };
    let mut low = match &wanted.low {
        Bound::Unbounded => Bound::Unbounded,
        Bound::Included(sort) => Bound::Included(at(sort, Tie::Before)),
        Bound::Excluded(sort) => Bound::Excluded(at(sort, Tie::Behind)),
    };
    let mut high = match &wanted.high {
        Bound::Unbounded => Bound::Unbounded,
        Bound::Included(sort) => Bound::Included(at(sort, Tie::Behind)),
        Bound::Excluded(sort) => Bound::Excluded(at(sort, Tie::Before)),
    };
    let inner = |bound: &Bound<Position>| match bound {
        Bound::Unbounded => None,
        Bound::Included(position) | Bound::Excluded(position) => Some(position.clone()),
    };
    if let Some(start) = start {
        // A start before the range, as for an item since deleted, changes nothing.
        if forward && inner(&low).is_none_or(|low| start >= low) {
            low = Bound::Excluded(start);
        } else if !forward && inner(&high).is_none_or(|high| start <= high) {
            high = Bound::Excluded(start);
        }
    }
    (low, high)
}

/// `Segment` and `TotalSegments` of a parallel scan.
fn segment(input: &Json) -> Result<Option<(u64, u64)>, Invalid> {
    let member = |name: &str| input.get(name).and_then(Json::as_u64);
    match (member("Segment"), member("TotalSegments")) {
        (None, None) => Ok(None),
        (Some(one), Some(of)) if one < of => Ok(Some((one, of))),
        _ => Err(Invalid::new("The Segment parameter is zero-based and must be less than parameter TotalSegments")),
    }
}

fn hash(partition: &Scalar) -> u64 {
    let mut hasher = DefaultHasher::new();
    partition.hash(&mut hasher);
    hasher.finish()
}
