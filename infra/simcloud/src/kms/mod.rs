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

use crate::call::{Answer, ApiError, Call};
use crate::world::World;

/// Keys and aliases everywhere.
#[derive(Default)]
pub(crate) struct State {
    /// Keys by account, Region and key id.
    keys: BTreeMap<(String, String, String), Key>,
    /// Key ids by account, Region and alias.
    aliases: BTreeMap<(String, String, String), String>,
}

/// One key in one Region. Replicas of a multi-Region key share id and material and have states of their own.
#[derive(Clone, Debug)]
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

/// Answers one call.
pub(crate) fn call(world: &mut World, call: &Call) -> Answer {
    match call.operation.as_str() {
        "CreateKey" => keys::create(world, call),
        "ReplicateKey" => keys::replicate(world, call),
        "DescribeKey" => keys::describe(world, call),
        "ListKeys" => keys::list(world, call),
        "EnableKey" => keys::enable(world, call, true),
        "DisableKey" => keys::enable(world, call, false),
        "ScheduleKeyDeletion" => keys::schedule_deletion(world, call),
        "CancelKeyDeletion" => keys::cancel_deletion(world, call),
        "CreateAlias" => aliases::create(world, call),
        "ListAliases" => aliases::list(world, call),
        "DeleteAlias" => aliases::delete(world, call),
        "GenerateDataKey" => crypto::generate_data_key(world, call),
        "Encrypt" => crypto::encrypt(world, call),
        "Decrypt" => crypto::decrypt(world, call),
        _ => Err(ApiError::unknown_operation(call)),
    }
}
