//! DynamoDB: tables with their items, and what of a table's configuration a backup captures and a restore drops.
//!
//! A table keeps its items in a [`view::View`], ordered by partition and sort key; each secondary index is another
//! view over the same items, which for a global one may lag behind ([`index`]). Every write, alone or in a
//! transaction, is a [`write::Write`]: read from the request, decided against the item, then carried out. What time
//! does to a table (becoming active, TTL deletions, lagging indexes) is worked out when somebody looks.
//!
//! Errors and limits follow the DynamoDB API reference and developer guide. The legacy parameters that expressions
//! replaced in 2014 (`Expected`, `KeyConditions` …) are refused, not ignored.

mod batch;
mod describe;
mod expression;
mod index;
mod inspect;
mod items;
mod key;
mod knobs;
mod number;
mod page;
mod query;
mod settings;
mod state;
mod table;
mod tables;
mod tags;
mod throughput;
mod transact;
mod ttl;
mod update_table;
mod value;
mod view;
mod write;

use serde_json::Value as Json;

use crate::call::{Answer, ApiError, Call};
use crate::world::World;

pub use inspect::TableView;
pub use knobs::{DynamoDbPace, DynamoDbSwitches};
pub(crate) use state::{State, name_of};
pub(crate) use table::Image;
pub(crate) use tables::restore;

/// What DynamoDB answers with `ValidationException`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Invalid {
    message: String,
}

impl Invalid {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }

    fn message(&self) -> &str {
        &self.message
    }
}

impl From<Invalid> for ApiError {
    fn from(invalid: Invalid) -> Self {
        Self::new("ValidationException", invalid.message)
    }
}

/// Answers one call.
pub(crate) fn call(world: &mut World, call: &Call) -> Answer {
    match call.operation.as_str() {
        "GetItem" => items::get(world, call),
        "PutItem" | "UpdateItem" | "DeleteItem" => items::write(world, call),
        "Query" => query::query(world, call),
        "Scan" => query::scan(world, call),
        "BatchGetItem" => batch::get(world, call),
        "BatchWriteItem" => batch::write(world, call),
        "TransactWriteItems" => transact::write(world, call),
        "TransactGetItems" => transact::get(world, call),
        "CreateTable" => tables::create(world, call),
        "DescribeTable" => tables::describe(world, call),
        "ListTables" => tables::list(world, call),
        "DeleteTable" => tables::delete(world, call),
        "UpdateTable" => update_table::update(world, call),
        "DescribeEndpoints" => Ok(settings::endpoints(call)),
        _ => configuration(world, call),
    }
}

fn configuration(world: &mut World, call: &Call) -> Answer {
    match call.operation.as_str() {
        "DescribeTimeToLive" => ttl::describe(world, call),
        "UpdateTimeToLive" => ttl::update(world, call),
        "DescribeContinuousBackups" => settings::describe_continuous_backups(world, call),
        "UpdateContinuousBackups" => settings::update_continuous_backups(world, call),
        "GetResourcePolicy" => settings::get_policy(world, call),
        "PutResourcePolicy" => settings::put_policy(world, call),
        "DeleteResourcePolicy" => settings::delete_policy(world, call),
        "DescribeKinesisStreamingDestination" => settings::describe_kinesis(world, call),
        "EnableKinesisStreamingDestination" => settings::enable_kinesis(world, call),
        "DescribeContributorInsights" => settings::describe_insights(world, call),
        "UpdateContributorInsights" => settings::update_insights(world, call),
        "ListTagsOfResource" => tags::list(world, call),
        "TagResource" => tags::tag(world, call),
        "UntagResource" => tags::untag(world, call),
        _ => Err(ApiError::unknown_operation(call)),
    }
}

/// A text member of a request.
fn text<'a>(input: &'a Json, member: &str) -> Option<&'a str> {
    input.get(member).and_then(Json::as_str)
}

/// A text member that the model marks as required.
fn needed<'a>(input: &'a Json, member: &str) -> Result<&'a str, Invalid> {
    text(input, member).ok_or_else(|| {
        Invalid::new(format!(
            "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
        ))
    })
}
