//! The ledger's store: items with versions over one DynamoDB table, ignorant of what they mean.
//!
//! Every write names the version that it expects, so that two workers that read the same state cannot both act on it;
//! several writes succeed or fail together. A lost answer is not taken for a conflict: a transaction carries a token
//! that the service remembers, and a lone write that fails its condition looks whether the item is already as it should
//! be.
//!
//! The table: partition key `pk`, sort key `sk`; the number `version`; the text `body`; `due` (a constant) with
//! `due_at`, present together, for index `due`; `aws_id` for index `aws-id`; `expires_at`, epoch seconds, for
//! DynamoDB's time to live, which removes items some time after it and not at it.

mod commit;
mod item;
mod read;
mod table;

use aws_sdk_dynamodb::Client;
use jiff::Timestamp;
use serde::Serialize;

pub use commit::CommitError;

/// One item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Item {
    /// The partition key.
    pub pk: String,
    /// The sort key.
    pub sk: String,
    /// Counts its changes; what is written, not what is expected.
    pub version: u64,
    /// When it is due for a look; puts it into the index `due`. Exact to the nanosecond.
    pub due_at: Option<Timestamp>,
    /// AWS's id of what it is about; puts it into the index `aws-id`.
    pub aws_id: Option<String>,
    /// When DynamoDB may remove it, in whole seconds; read back without the fraction.
    pub expires_at: Option<Timestamp>,
    /// The content, as text.
    pub body: String,
}

/// An entry of an index: where the item is. Indexes are eventually consistent, so that the item itself must be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The partition key.
    pub pk: String,
    /// The sort key.
    pub sk: String,
}

/// An item that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The partition key.
    pub pk: String,
    /// The sort key.
    pub sk: String,
    /// Its version when the index learnt of it.
    pub version: u64,
    /// Since when it is due.
    pub due_at: Timestamp,
}

/// One change, or one condition on what others may change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Write {
    /// Writes a whole item.
    Put {
        /// The item.
        item: Item,
        /// The version that must be stored; none: no such item may exist.
        expected: Option<u64>,
    },
    /// Changes nothing; the others are done only where it holds.
    Check {
        /// The partition key.
        pk: String,
        /// The sort key.
        sk: String,
        /// What must hold.
        expected: Check,
    },
    /// Removes an item.
    Delete {
        /// The partition key.
        pk: String,
        /// The sort key.
        sk: String,
        /// The version that must be stored.
        expected: u64,
    },
}

/// What a [`Write::Check`] asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Check {
    /// The item exists.
    Exists,
    /// The item has this version.
    Version(u64),
    /// There is no such item.
    Absent,
}

/// The store. Clones share the client.
#[derive(Debug, Clone)]
pub struct Store {
    client: Client,
    table: String,
}

impl Store {
    /// The store in the named table.
    #[must_use]
    pub fn new(client: Client, table_name: impl Into<String>) -> Self {
        Self { client, table: table_name.into() }
    }

    /// The table's name.
    #[must_use]
    pub fn table_name(&self) -> &str {
        &self.table
    }
}
