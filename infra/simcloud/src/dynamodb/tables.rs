//! Creating, describing, listing and deleting tables.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::describe::describe as description;
use super::index::Index;
use super::key::attribute_types;
use super::state::{Place, lags, name_of, not_found};
use super::table::{Image, KeySchema, Table};
use super::{Invalid, needed};
use crate::backup;
use crate::call::{Answer, ApiError, Call};
use crate::clock::after;
use crate::world::World;

/// Members of `CreateTable` that are kept as given and described again.
pub(crate) const OPTIONS: [&str; 9] = [
    "AttributeDefinitions",
    "BillingMode",
    "DeletionProtectionEnabled",
    "OnDemandThroughput",
    "ProvisionedThroughput",
    "SSESpecification",
    "StreamSpecification",
    "TableClass",
    "WarmThroughput",
];

/// `ListTables` names so many tables per page.
const PAGE: usize = 100;

/// `CreateTable`.
pub(crate) fn create(world: &mut World, call: &Call) -> Answer {
    let (input, now) = (&call.input, world.now());
    let name = needed(input, "TableName")?;
    let legal = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    if !(3..=255).contains(&name.len()) || !name.chars().all(legal) {
        return Err(Invalid::new("TableName must be at least 3 characters long and at most 255 characters long, of a-z, A-Z, 0-9, '_', '-' and '.'").into());
    }
    if world.dynamodb.table(&call.account, &call.region, name, now).is_some() {
        return Err(ApiError::new("ResourceInUseException", format!("Table already exists: {name}")));
    }
    let mut table = build(world, call, name)?;
    table.tags = super::tags::read(input.get("Tags"))?;
    let answer = json!({ "TableDescription": description(&table, now) });
    world.dynamodb.insert(&call.account, &call.region, table);
    Ok(answer)
}

fn build(world: &mut World, call: &Call, name: &str) -> Result<Table, Invalid> {
    let (input, now) = (&call.input, world.now());
    let types = attribute_types(input.get("AttributeDefinitions").unwrap_or(&Json::Null))?;
    let schema = KeySchema::read(input.get("KeySchema").unwrap_or(&Json::Null), &types)?;
    let mut table = blank(world, (&call.account, &call.region), name, schema);
    for (member, global) in [("GlobalSecondaryIndexes", true), ("LocalSecondaryIndexes", false)] {
        for given in input.get(member).and_then(Json::as_array).into_iter().flatten() {
            let index = Index::read(given, global, &table.schema, &types)?;
            table.add_index(index, now);
        }
    }
    all_types_used(&table, &types)?;
    for option in OPTIONS {
        if let Some(value) = input.get(option) {
            table.options.insert(option.to_owned(), value.clone());
        }
    }
    let provisioned = input.get("BillingMode").and_then(Json::as_str) != Some("PAY_PER_REQUEST");
    if provisioned && !table.options.contains_key("ProvisionedThroughput") {
        return Err(Invalid::new(
            "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
        ));
    }
    stream_label(&mut table, now);
    Ok(table)
}

/// A stream that is switched on gets a label of its own.
pub(crate) fn stream_label(table: &mut Table, now: jiff::Timestamp) {
    let stream = table.options.get("StreamSpecification");
    if stream.and_then(|stream| stream.get("StreamEnabled")?.as_bool()) == Some(true) {
        table.options.insert("LatestStreamLabel".into(), now.strftime("%Y-%m-%dT%H:%M:%S.%3f").to_string().into());
    } else {
        table.options.remove("StreamSpecification");
    }
}

/// An empty table that is being created.
fn blank(world: &mut World, (account, region): (&str, &str), name: &str, schema: KeySchema) -> Table {
    let arn = format!("arn:aws:dynamodb:{region}:{account}:table/{name}");
    let (id, now) = (world.uuid(), world.now());
    let mut table = Table::new(name, arn, id, schema, now);
    table.busy_until = after(now, world.pace.dynamodb.table_change);
    table
}

pub(crate) fn all_types_used(table: &Table, types: &BTreeMap<String, String>) -> Result<(), Invalid> {
    let used = |name: &String| table.schema.has(name) || table.indexes.iter().any(|index| index.schema.has(name));
    match types.keys().find(|name| !used(name)) {
        Some(name) => Err(Invalid::new(format!(
            "One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions: {name}"
        ))),
        None => Ok(()),
    }
}

/// Makes a table from a backup, active at once, without what AWS Backup does not restore: tags, streams, TTL, deletion
/// protection, point-in-time recovery. Fails when the name is taken.
pub(crate) fn restore(world: &mut World, place: &Place, name: &str, image: &Image) -> Result<String, String> {
    let now = world.now();
    let (account, region) = place;
    if world.dynamodb.table(account, region, name, now).is_some() {
        return Err(format!("Table already exists: {name}"));
    }
    let mut table = blank(world, (account, region), name, image.schema.clone());
    table.busy_until = now;
    table.options.clone_from(&image.options);
    for dropped in
        ["DeletionProtectionEnabled", "StreamSpecification", "LatestStreamLabel", "SSESpecification", "Replicas"]
    {
        table.options.remove(dropped);
    }
    table.indexes = image.indexes.iter().map(Index::emptied).collect();
    let lags = lags(world);
    table.fill(image, lags);
    let arn = table.arn.clone();
    world.dynamodb.insert(account, region, table);
    Ok(arn)
}

/// `DescribeTable`.
pub(crate) fn describe(world: &mut World, call: &Call) -> Answer {
    let now = world.now();
    let table = super::state::table_mut(world, call, needed(&call.input, "TableName")?)?;
    Ok(json!({ "Table": description(table, now) }))
}

/// `ListTables`.
pub(crate) fn list(world: &mut World, call: &Call) -> Answer {
    let limit = call.input.get("Limit").and_then(Json::as_u64).and_then(|limit| usize::try_from(limit).ok());
    let limit = limit.unwrap_or(PAGE);
    if !(1..=PAGE).contains(&limit) {
        return Err(Invalid::new("1 validation error detected: Value at 'limit' failed to satisfy constraint: Member must have value between 1 and 100").into());
    }
    let start = super::text(&call.input, "ExclusiveStartTableName").unwrap_or_default();
    let tables = world.dynamodb.tables(&call.account, &call.region, world.now());
    let mut names: Vec<&str> = tables.map(|table| table.name.as_str()).filter(|name| *name > start).collect();
    let more = names.len() > limit;
    names.truncate(limit);
    let mut answer = json!({ "TableNames": names });
    if let (true, Some(last), Some(members)) = (more, names.last(), answer.as_object_mut()) {
        members.insert("LastEvaluatedTableName".into(), (*last).into());
    }
    Ok(answer)
}

/// `DeleteTable`.
pub(crate) fn delete(world: &mut World, call: &Call) -> Answer {
    let now = world.now();
    let gone_at = after(now, world.pace.dynamodb.table_change);
    let name = name_of(needed(&call.input, "TableName")?);
    let found = world.dynamodb.table(&call.account, &call.region, name, now).ok_or_else(|| not_found(name))?;
    if found.options.get("DeletionProtectionEnabled") == Some(&Json::Bool(true)) {
        let message = "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.";
        return Err(Invalid::new(message).into());
    }
    // The table must stay while a backup of it is being made (facts of DynamoDB's integration with AWS Backup).
    if found.status(now) != "ACTIVE" || backup::is_backing_up(world, &found.arn) {
        let message = format!("Attempt to change a resource which is still in use: Table is in use: {name}");
        return Err(ApiError::new("ResourceInUseException", message));
    }
    let table = world.dynamodb.table_mut(&call.account, &call.region, name, now).ok_or_else(|| not_found(name))?;
    table.gone_at = Some(gone_at);
    Ok(json!({ "TableDescription": description(table, now) }))
}
