//! `DeleteMessage`, `DeleteMessageBatch`.

use serde::Deserialize;
use serde_json::json;

use super::errors::bad_handle;
use super::receipt::Receipt;
use super::{QueueKey, batch, queue_of};
use crate::call::{Answer, Call};
use crate::world::World;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Delete {
    receipt_handle: String,
}

pub(super) fn one(world: &mut World, call: &Call) -> Answer {
    let (key, input) = (queue_of(call)?, call.parse::<Delete>()?);
    delete(world, &key, &input)
}

pub(super) fn batch(world: &mut World, call: &Call) -> Answer {
    let (key, entries) = (queue_of(call)?, batch::entries::<Delete>(call)?);
    batch::each(world, &key, entries, |world, input| delete(world, &key, &input))
}

/// Removes the message. One that is gone already counts as deleted; what the handle of an earlier receive does, a
/// switch decides.
fn delete(world: &mut World, key: &QueueKey, input: &Delete) -> Answer {
    let stale_deletes = world.switches.stale_handle_deletes;
    let queue = world.sqs.queue_mut(key)?;
    let receipt = Receipt::parse(&input.receipt_handle).ok_or_else(bad_handle)?;
    let Some((message, _)) = queue.get(receipt.serial) else { return Ok(json!({})) };
    if message.id != receipt.message_id {
        return Err(bad_handle());
    }
    if message.receives == receipt.receive || stale_deletes {
        queue.remove(receipt.serial);
    }
    Ok(json!({}))
}
