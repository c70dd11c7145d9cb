//! SQS: standard queues, spoken to in AWS JSON 1.0.
//!
//! A [`queue::Queue`] is the data structure, in which every operation is O(log n); the other files are one group of API
//! operations each. Nothing polls: what becomes visible later is on the world's agenda, one entry per queue, and a
//! receive that waits is woken by the message itself. Sources: the Amazon SQS API Reference, page per action, and the
//! Developer Guide's quotas. FIFO queues are refused.

mod attributes;
mod batch;
mod checksum;
mod delete;
mod errors;
mod key;
mod message;
mod moves;
mod queue;
mod queues;
mod receipt;
mod receive;
mod send;
mod settings;
mod tags;
#[cfg(test)]
mod tests;
mod visibility;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::call::{Answer, ApiError, Call, Operations};
use crate::cloud::Inner;
use crate::world::World;

pub(crate) use key::QueueKey;
pub(crate) use message::{AttributeValue, Message, MessageAttribute, NewMessage};
pub(crate) use queue::{Depth, Place, Queue};

/// All queues of all accounts and Regions.
#[derive(Default, Deserialize, Serialize)]
pub(crate) struct State {
    queues: BTreeMap<QueueKey, Queue>,
    deleted: BTreeMap<QueueKey, Timestamp>,
    moves: Vec<moves::Task>,
}

impl State {
    pub(crate) fn queue(&self, key: &QueueKey) -> Result<&Queue, ApiError> {
        self.queues.get(key).ok_or_else(errors::no_such_queue)
    }

    fn queue_mut(&mut self, key: &QueueKey) -> Result<&mut Queue, ApiError> {
        self.queues.get_mut(key).ok_or_else(errors::no_such_queue)
    }

    /// Ends every receive that waits, as all queues are about to vanish.
    pub(crate) fn wake_all(&self) {
        self.queues.values().for_each(|queue| queue.arrivals.notify_waiters());
    }

    /// The queues of which this one is the dead-letter queue.
    fn sources_of(&self, dead_letters: &QueueKey) -> Vec<&QueueKey> {
        let is_source = |queue: &Queue| queue.settings.redrive.as_ref().is_some_and(|to| to.target == *dead_letters);
        self.queues.iter().filter(|(_, queue)| is_source(queue)).map(|(key, _)| key).collect()
    }

    /// All queues, in order of account, Region and name.
    pub(crate) fn queues(&self) -> impl Iterator<Item = (&QueueKey, &Queue)> {
        self.queues.iter()
    }
}

/// Every operation but `ReceiveMessage`, which may wait.
pub(crate) const OPERATIONS: Operations = &[
    ("CreateQueue", queues::create),
    ("GetQueueUrl", queues::get_url),
    ("ListQueues", queues::list),
    ("DeleteQueue", queues::delete),
    ("PurgeQueue", queues::purge),
    ("GetQueueAttributes", attributes::get),
    ("SetQueueAttributes", attributes::set),
    ("SendMessage", send::one),
    ("SendMessageBatch", send::batch),
    ("DeleteMessage", delete::one),
    ("DeleteMessageBatch", delete::batch),
    ("ChangeMessageVisibility", visibility::one),
    ("ChangeMessageVisibilityBatch", visibility::batch),
    ("StartMessageMoveTask", moves::start),
    ("ListMessageMoveTasks", moves::list),
    ("CancelMessageMoveTask", moves::cancel),
    ("ListDeadLetterSourceQueues", queues::list_sources),
    ("TagQueue", tags::tag),
    ("UntagQueue", tags::untag),
    ("ListQueueTags", tags::list),
];

/// Answers `ReceiveMessage`, waiting as long as it asks for.
pub(crate) async fn receive(cloud: &Arc<Inner>, call: &Call) -> Answer {
    receive::run(cloud, call).await
}

/// Puts a message from another service into the queue with this ARN; false when there is no such queue.
pub(crate) fn deliver(world: &mut World, arn: &str, message: NewMessage) -> bool {
    QueueKey::from_arn(arn).is_some_and(|key| put(world, &key, message).is_ok())
}

/// Puts a message into a queue and returns its id.
fn put(world: &mut World, key: &QueueKey, new: NewMessage) -> Result<String, ApiError> {
    let (id, now) = (world.uuid(), world.now());
    let late = world.faults.lateness(&key.name);
    let queue = world.sqs.queue_mut(key)?;
    let visible_at = crate::clock::after(now, new.delay.unwrap_or(queue.settings.delay) + late);
    queue.add(Message::new(id.clone(), new, now), visible_at, now);
    watch(world, key);
    Ok(id)
}

/// Sees to it that the agenda has an entry for the next message that becomes visible in a queue.
fn watch(world: &mut World, key: &QueueKey) {
    let Some(queue) = world.sqs.queues.get_mut(key) else { return };
    let Some(at) = queue.next_release().filter(|at| queue.watched.is_none_or(|watched| *at < watched)) else { return };
    queue.watched = Some(at);
    world.schedule(at, Later::Release(key.clone()));
}

/// What a queue does later.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) enum Later {
    /// Shows what has become visible.
    Release(QueueKey),
    /// Goes on with a move of dead letters.
    Move(String),
}

impl Later {
    pub(crate) fn carry_out(self, world: &mut World) {
        match self {
            Self::Release(key) => release(world, &key),
            Self::Move(handle) => moves::go_on(world, handle),
        }
    }
}

fn release(world: &mut World, key: &QueueKey) {
    let now = world.now();
    if let Some(queue) = world.sqs.queues.get_mut(key) {
        queue.watched = queue.watched.filter(|watched| *watched > now);
        queue.release(now);
    }
    watch(world, key);
}

/// The queue that an input's `QueueUrl` names.
fn queue_of(call: &Call) -> Result<QueueKey, ApiError> {
    let url = call.input.get("QueueUrl").and_then(Value::as_str).ok_or_else(|| errors::missing("QueueUrl"))?;
    QueueKey::from_url(url, &call.region).ok_or_else(errors::no_such_queue)
}
