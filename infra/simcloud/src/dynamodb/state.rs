//! All tables of all accounts and Regions, and how a request finds one.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::table::{Lags, Table};
use super::transact::Tokens;
use crate::call::{ApiError, Call};
use crate::world::World;

/// An account and a Region.
pub(crate) type Place = (String, String);

/// DynamoDB everywhere.
#[derive(Default, Deserialize, Serialize)]
pub(crate) struct State {
    tables: BTreeMap<Place, BTreeMap<String, Table>>,
    pub(crate) tokens: Tokens,
    /// When each account read tags during the last second.
    pub(crate) tag_reads: BTreeMap<String, VecDeque<Timestamp>>,
}

impl State {
    /// The table, unless its deletion is over.
    pub(crate) fn table(&self, account: &str, region: &str, name: &str, now: Timestamp) -> Option<&Table> {
        let tables = self.tables.get(&(account.to_owned(), region.to_owned()))?;
        tables.get(name).filter(|table| exists(table, now))
    }

    /// As [`State::table`], to be changed.
    pub(crate) fn table_mut(&mut self, account: &str, region: &str, name: &str, now: Timestamp) -> Option<&mut Table> {
        let tables = self.tables.get_mut(&(account.to_owned(), region.to_owned()))?;
        tables.get_mut(name).filter(|table| exists(table, now))
    }

    /// The tables of one place by name.
    pub(crate) fn tables(&self, account: &str, region: &str, now: Timestamp) -> impl Iterator<Item = &Table> {
        let tables = self.tables.get(&(account.to_owned(), region.to_owned()));
        tables.into_iter().flat_map(BTreeMap::values).filter(move |table| exists(table, now))
    }

    /// Adds a table, in place of a deleted one of that name.
    pub(crate) fn insert(&mut self, account: &str, region: &str, table: Table) {
        let tables = self.tables.entry((account.to_owned(), region.to_owned())).or_default();
        tables.insert(table.name.clone(), table);
    }
}

fn exists(table: &Table, now: Timestamp) -> bool {
    table.gone_at.is_none_or(|gone| now < gone)
}

/// The name in a table's ARN, or the name itself.
pub(crate) fn name_of(name_or_arn: &str) -> &str {
    name_or_arn.split_once(":table/").map_or(name_or_arn, |(_, name)| name.split('/').next().unwrap_or(name))
}

/// What `ResourceNotFoundException` says of a table.
pub(crate) fn not_found(name: &str) -> ApiError {
    ApiError::new("ResourceNotFoundException", format!("Requested resource not found: Table: {name} not found"))
}

/// Draws what the next write's lags are.
pub(crate) fn lags(world: &mut World) -> Lags {
    let now = world.now();
    let (index, read) = (world.switches.dynamodb.index_lag, world.switches.dynamodb.read_lag);
    let rng = &mut world.rng;
    let up_to = |rng: &mut fastrand::Rng, most| crate::pace::Span::new(std::time::Duration::ZERO, most).draw(rng);
    let (index, read) = (up_to(rng, index), up_to(rng, read));
    Lags { now, index, read, ttl: world.pace.dynamodb.ttl_deletion.draw(&mut world.rng) }
}

/// The table for an operation on its configuration, by name or ARN; what TTL has deleted is gone from it.
pub(crate) fn table_mut<'a>(world: &'a mut World, call: &Call, name: &str) -> Result<&'a mut Table, ApiError> {
    let lags = lags(world);
    let found = world.dynamodb.table_mut(&call.account, &call.region, name_of(name), lags.now);
    let table = found.ok_or_else(|| not_found(name))?;
    table.expire(lags);
    Ok(table)
}

/// The table for an operation on its items: it must have become active.
pub(crate) fn serving<'a>(world: &'a mut World, call: &Call, name: &str) -> Result<&'a mut Table, ApiError> {
    let now = world.now();
    let table = table_mut(world, call, name)?;
    match table.status(now) {
        "ACTIVE" | "UPDATING" => Ok(table),
        _ => Err(ApiError::new("ResourceNotFoundException", "Requested resource not found")),
    }
}
