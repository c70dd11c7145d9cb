//! `ChangeMessageVisibility`, `ChangeMessageVisibilityBatch`.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::errors::{bad_handle, invalid};
use super::receipt::Receipt;
use super::{Place, QueueKey, batch, queue_of, watch};
use crate::call::{Answer, ApiError, Call};
use crate::clock::after;
use crate::world::World;

/// How long a message may stay hidden after its receive, all changes included.
const MAX_HIDDEN: Duration = Duration::from_secs(12 * 3_600);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Change {
    receipt_handle: String,
    visibility_timeout: u64,
}

pub(super) fn one(world: &mut World, call: &Call) -> Answer {
    let (key, input) = (queue_of(call)?, call.parse::<Change>()?);
    change(world, &key, &input)
}

pub(super) fn batch(world: &mut World, call: &Call) -> Answer {
    let (key, entries) = (queue_of(call)?, batch::entries::<Change>(call)?);
    batch::each(world, &key, entries, |world, input| change(world, &key, &input))
}

fn change(world: &mut World, key: &QueueKey, input: &Change) -> Answer {
    let now = world.now();
    let queue = world.sqs.queue_mut(key)?;
    let receipt = Receipt::parse(&input.receipt_handle).ok_or_else(bad_handle)?;
    let not_in_flight = || ApiError::new("MessageNotInflight", "The specified message isn't in flight.");
    let (message, place) = queue.get(receipt.serial).ok_or_else(not_in_flight)?;
    if message.id != receipt.message_id {
        return Err(bad_handle());
    }
    let received = message.last_received.filter(|_| message.receives == receipt.receive);
    let (Some(received), Place::InFlight(_)) = (received, place) else { return Err(not_in_flight()) };
    let until = after(now, Duration::from_secs(input.visibility_timeout));
    if input.visibility_timeout > MAX_HIDDEN.as_secs() || until > after(received, MAX_HIDDEN) {
        return Err(invalid("Total VisibilityTimeout for the message is beyond the limit [43200 seconds]"));
    }
    if until > now {
        queue.hide(receipt.serial, until);
    } else {
        queue.show(receipt.serial);
    }
    watch(world, key);
    Ok(json!({}))
}
