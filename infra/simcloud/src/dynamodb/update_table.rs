//! `UpdateTable`.

use serde_json::{Value as Json, json};

use super::describe::describe as description;
use super::index::Index;
use super::key::attribute_types;
use super::state::table_mut;
use super::table::Table;
use super::tables::{OPTIONS, all_types_used, stream_label};
use super::{Invalid, needed};
use crate::call::{Answer, ApiError, Call};
use crate::clock::after;
use crate::world::World;

/// `UpdateTable`: settings, and global indexes created or deleted.
pub(crate) fn update(world: &mut World, call: &Call) -> Answer {
    let (input, now) = (&call.input, world.now());
    let busy_until = after(now, world.pace.dynamodb.table_change);
    let table = table_mut(world, call, needed(input, "TableName")?)?;
    if table.status(now) != "ACTIVE" {
        let message = format!("Attempt to change a resource which is still in use: Table is in use: {}", table.name);
        return Err(ApiError::new("ResourceInUseException", message));
    }
    stream_changes(input, table)?;
    let mut changed = table.clone();
    indexes(input, &mut changed, now)?;
    for option in OPTIONS {
        if let Some(value) = input.get(option) {
            changed.options.insert(option.to_owned(), value.clone());
        }
    }
    if input.get("StreamSpecification").is_some() {
        stream_label(&mut changed, now);
    }
    changed.redefined();
    (changed.busy_until, changed.updating) = (busy_until, true);
    *table = changed;
    Ok(json!({ "TableDescription": description(table, now) }))
}

/// A stream can be switched on only where none is, and off only where one is.
fn stream_changes(input: &Json, table: &Table) -> Result<(), Invalid> {
    let Some(wanted) = input.get("StreamSpecification") else { return Ok(()) };
    let wanted = wanted.get("StreamEnabled").and_then(Json::as_bool).unwrap_or(false);
    match (wanted, table.options.contains_key("StreamSpecification")) {
        (true, true) => Err(Invalid::new(format!("Table already has an enabled stream: TableName: {}", table.name))),
        (false, false) => Err(Invalid::new(format!("Table has no stream to disable: TableName: {}", table.name))),
        _ => Ok(()),
    }
}

fn indexes(input: &Json, table: &mut Table, now: jiff::Timestamp) -> Result<(), Invalid> {
    let given = input.get("AttributeDefinitions").or_else(|| table.options.get("AttributeDefinitions"));
    let types = attribute_types(given.unwrap_or(&Json::Null))?;
    for update in input.get("GlobalSecondaryIndexUpdates").and_then(Json::as_array).into_iter().flatten() {
        if let Some(create) = update.get("Create") {
            let index = Index::read(create, true, &table.schema, &types)?;
            if table.indexes.iter().any(|other| other.name == index.name) {
                return Err(Invalid::new(format!(
                    "Attempting to create an index which already exists: {}",
                    index.name
                )));
            }
            table.add_index(index, now);
        } else if let Some(delete) = update.get("Delete") {
            let name = needed(delete, "IndexName")?;
            let before = table.indexes.len();
            table.indexes.retain(|index| !index.global || index.name != name);
            if table.indexes.len() == before {
                return Err(Invalid::new(format!("The table does not have the specified index: {name}")));
            }
        } else if let Some(update) = update.get("Update") {
            let name = needed(update, "IndexName")?;
            let provisioned = update.get("ProvisionedThroughput").cloned();
            let index = table.indexes.iter_mut().find(|index| index.name == name);
            let index =
                index.ok_or_else(|| Invalid::new(format!("The table does not have the specified index: {name}")))?;
            index.provisioned = provisioned;
        }
    }
    if input.get("AttributeDefinitions").is_some() {
        all_types_used(table, &types)?;
    }
    Ok(())
}
