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

use crate::call::{ApiError, Operations};

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

/// Every operation.
pub(crate) const OPERATIONS: Operations = &[
    ("GetItem", items::get),
    ("PutItem", items::write),
    ("UpdateItem", items::write),
    ("DeleteItem", items::write),
    ("Query", query::query),
    ("Scan", query::scan),
    ("BatchGetItem", batch::get),
    ("BatchWriteItem", batch::write),
    ("TransactWriteItems", transact::write),
    ("TransactGetItems", transact::get),
    ("CreateTable", tables::create),
    ("DescribeTable", tables::describe),
    ("ListTables", tables::list),
    ("DeleteTable", tables::delete),
    ("UpdateTable", update_table::update),
    ("DescribeEndpoints", |_, call| Ok(settings::endpoints(call))),
    ("DescribeTimeToLive", ttl::describe),
    ("UpdateTimeToLive", ttl::update),
    ("DescribeContinuousBackups", settings::describe_continuous_backups),
    ("UpdateContinuousBackups", settings::update_continuous_backups),
    ("GetResourcePolicy", settings::get_policy),
    ("PutResourcePolicy", settings::put_policy),
    ("DeleteResourcePolicy", settings::delete_policy),
    ("DescribeKinesisStreamingDestination", settings::describe_kinesis),
    ("EnableKinesisStreamingDestination", settings::enable_kinesis),
    ("DescribeContributorInsights", settings::describe_insights),
    ("UpdateContributorInsights", settings::update_insights),
    ("ListTagsOfResource", tags::list),
    ("TagResource", tags::tag),
    ("UntagResource", tags::untag),
];

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
