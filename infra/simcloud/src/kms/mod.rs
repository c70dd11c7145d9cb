//! Key Management Service: symmetric keys, multi-Region replicas, and data keys bound to an encryption context.
//!
//! The cipher is no real one: a keystream and a tag from SHA-256 under the key's material. It has what a caller can
//! observe: a blob opens only under its key, with exactly its context, in every Region that has a replica of that key
//! and in no other, and any change to it is noticed. Facts: KMS developer guide, "Multi-Region keys"; API reference.

mod aliases;
mod cipher;
mod crypto;
mod find;
mod keys;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::call::Operations;

/// Keys and aliases everywhere.
#[derive(Default, Deserialize, Serialize)]
pub(crate) struct State {
    /// Keys by account, Region and key id.
    keys: BTreeMap<(String, String, String), Key>,
    /// Key ids by account, Region and alias.
    aliases: BTreeMap<(String, String, String), String>,
}

/// One key in one Region. Replicas of a multi-Region key share id and material and have states of their own.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Key {
    id: String,
    arn: String,
    material: [u8; 32],
    description: String,
    created: Timestamp,
    enabled: bool,
    /// When it is deleted, where that is scheduled.
    deletion: Option<Timestamp>,
    /// The Region of the primary, for a multi-Region key.
    primary: Option<String>,
}

impl Key {
    /// `KeyState`.
    fn state(&self) -> &'static str {
        match (self.deletion, self.enabled) {
            (Some(_), _) => "PendingDeletion",
            (None, true) => "Enabled",
            (None, false) => "Disabled",
        }
    }
}

/// Every operation.
pub(crate) const OPERATIONS: Operations = &[
    ("CreateKey", keys::create),
    ("ReplicateKey", keys::replicate),
    ("DescribeKey", keys::describe),
    ("ListKeys", keys::list),
    ("EnableKey", |world, call| keys::enable(world, call, true)),
    ("DisableKey", |world, call| keys::enable(world, call, false)),
    ("ScheduleKeyDeletion", keys::schedule_deletion),
    ("CancelKeyDeletion", keys::cancel_deletion),
    ("CreateAlias", aliases::create),
    ("ListAliases", aliases::list),
    ("DeleteAlias", aliases::delete),
    ("GenerateDataKey", crypto::generate_data_key),
    ("Encrypt", crypto::encrypt),
    ("Decrypt", crypto::decrypt),
];
