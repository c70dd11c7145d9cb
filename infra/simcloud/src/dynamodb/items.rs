//! Operations on one item.

use serde_json::{Map, Value as Json};

use super::expression::Placeholders;
use super::expression::projection::Projection;
use super::state::{lags, serving};
use super::throughput::{self, Kind};
use super::value::{Item, item_from_json, item_size, item_to_json};
use super::write::{Action, Change, Write, refuse_legacy};
use super::{Invalid, needed, text};
use crate::call::{Answer, Call};
use crate::world::World;

/// `GetItem`.
pub(crate) fn get(world: &mut World, call: &Call) -> Answer {
    let input = &call.input;
    let lags = lags(world);
    let stale = !lags_off(world) && input.get("ConsistentRead").and_then(Json::as_bool) != Some(true);
    let table = serving(world, call, needed(input, "TableName")?)?;
    refuse_legacy(input)?;
    let mut placeholders = Placeholders::read(input)?;
    let projection = projection(input, &mut placeholders)?;
    placeholders.all_used()?;
    let key = table.schema.key_alone(&item_from_json(input.get("Key").unwrap_or(&Json::Null))?)?;
    let found = if stale { table.get_stale(&key, lags) } else { table.get(&key).cloned() };
    let mut answer = Map::new();
    if let Some(item) = &found {
        let shown = projection.map_or_else(|| Item::clone(item), |projection| projection.of(item));
        answer.insert("Item".into(), item_to_json(&shown));
    }
    let size = found.as_deref().map_or(0, item_size);
    throughput::report(input, &mut answer, &table.name, Kind::Read, size);
    Ok(Json::Object(answer))
}

/// Whether every read is as good as a consistent one.
pub(crate) fn lags_off(world: &World) -> bool {
    world.switches.dynamodb.read_lag.is_zero()
}

/// `ProjectionExpression`.
pub(crate) fn projection(input: &Json, placeholders: &mut Placeholders) -> Result<Option<Projection>, Invalid> {
    text(input, "ProjectionExpression").map(|text| Projection::parse(text, placeholders)).transpose()
}

/// `PutItem`, `UpdateItem` and `DeleteItem`.
pub(crate) fn write(world: &mut World, call: &Call) -> Answer {
    let input = &call.input;
    let lags = lags(world);
    let table = serving(world, call, needed(input, "TableName")?)?;
    let write = Write::read(&call.operation, input, table)?;
    let returned = text(input, "ReturnValues").unwrap_or("NONE");
    let allowed = match call.operation.as_str() {
        "UpdateItem" => &["NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"][..],
        _ => &["NONE", "ALL_OLD"][..],
    };
    if !allowed.contains(&returned) {
        return Err(Invalid::new("Return values set to invalid value").into());
    }
    let change = write.decide(table)?;
    let mut answer = Map::new();
    if let Some(attributes) = attributes(returned, &write, &change) {
        answer.insert("Attributes".into(), item_to_json(&attributes));
    }
    let size = change.after.iter().flatten().map(item_size).max().unwrap_or(0);
    if let Some(after) = change.after {
        table.store(&write.key, after, lags);
    }
    throughput::report(input, &mut answer, &table.name, Kind::Write, size);
    Ok(Json::Object(answer))
}

fn attributes(returned: &str, write: &Write, change: &Change) -> Option<Item> {
    let before = change.before.as_deref();
    let after = change.after.as_ref().and_then(Option::as_ref);
    let touched = |item: Option<&Item>| match (&write.action, item) {
        (Action::Update(update), Some(item)) => {
            Some(Projection::over(update.targets().cloned().collect()).of(item)).filter(|part| !part.is_empty())
        }
        _ => None,
    };
    match returned {
        "ALL_OLD" => before.cloned(),
        "ALL_NEW" => after.cloned(),
        "UPDATED_OLD" => touched(before),
        "UPDATED_NEW" => touched(after),
        _ => None,
    }
}
