//! Reading access to the model, for assertions that trust no client.

use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cloud::Inner;
use crate::events;
use crate::sqs::{AttributeValue, Depth, Message, Place, QueueKey};
use crate::world::World;

/// The model as it is now. Reads are not calls: they count nowhere and nothing can fail them.
#[derive(Clone)]
pub struct Inspect {
    cloud: Arc<Inner>,
}

/// How many messages of a queue are where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueDepth {
    /// Can be received.
    pub visible: usize,
    /// Received and hidden.
    pub in_flight: usize,
    /// Not yet visible for the first time.
    pub delayed: usize,
}

/// A message as it lies in a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedMessage {
    /// Its MessageId.
    pub id: String,
    /// Its body.
    pub body: String,
    /// Its message attributes; binary values in base64.
    pub attributes: BTreeMap<String, String>,
    /// Its MessageGroupId.
    pub group: Option<String>,
    /// When it was sent first.
    pub sent: Timestamp,
    /// How often it was received.
    pub receives: u32,
    /// Whether it can be received now.
    pub visible: bool,
    /// The instant until which it is hidden, when it is in flight or delayed.
    pub hidden_until: Option<Timestamp>,
    /// The ARN of the queue that gave it up, in a dead-letter queue.
    pub dead_from: Option<String>,
}

/// What became of the events put on the buses of a cloud.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct EventCounts {
    /// Events that reached a bus.
    pub put: u64,
    /// Deliveries into a target.
    pub delivered: u64,
    /// Deliveries whose target was gone and that went to the target's dead-letter queue.
    pub dead_lettered: u64,
    /// Deliveries whose target was gone and that had nowhere to go.
    pub lost: u64,
}

impl Inspect {
    pub(crate) fn new(cloud: Arc<Inner>) -> Self {
        Self { cloud }
    }

    /// The world, for the parts of this type that the services' own modules add.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.cloud.world()
    }

    /// The ARNs of all queues, sorted by account, Region and name.
    #[must_use]
    pub fn queues(&self) -> Vec<String> {
        self.world().sqs.queues().map(|(key, _)| key.arn()).collect()
    }

    /// How many messages a queue holds; none when there is no such queue.
    #[must_use]
    pub fn queue_depth(&self, arn: &str) -> Option<QueueDepth> {
        let Depth { ready, delayed, in_flight } = self.queue(arn, |queue| queue.depth())?;
        Some(QueueDepth { visible: ready, in_flight, delayed })
    }

    /// Everything in a queue, in order of arrival; nothing when there is no such queue.
    #[must_use]
    pub fn queue_messages(&self, arn: &str) -> Vec<QueuedMessage> {
        self.queue(arn, |queue| queue.messages().map(|(message, place)| seen(message, place)).collect())
            .unwrap_or_default()
    }

    /// How many index operations a queue has made since its creation: the measure of what a receive costs.
    #[must_use]
    pub fn queue_steps(&self, arn: &str) -> Option<u64> {
        self.queue(arn, |queue| queue.steps())
    }

    /// What became of all events so far.
    #[must_use]
    pub fn events(&self) -> EventCounts {
        events::counts(&self.world())
    }

    fn queue<T>(&self, arn: &str, read: impl FnOnce(&crate::sqs::Queue) -> T) -> Option<T> {
        let key = QueueKey::from_arn(arn)?;
        self.world().sqs.queue(&key).ok().map(read)
    }
}

fn seen(message: &Message, place: Place) -> QueuedMessage {
    let text = |value: &AttributeValue| match value {
        AttributeValue::Text(text) => text.clone(),
        AttributeValue::Binary(bytes) => data_encoding::BASE64.encode(bytes),
    };
    let hidden_until = match place {
        Place::Ready(_) => None,
        Place::Delayed(until) | Place::InFlight(until) => Some(until),
    };
    QueuedMessage {
        id: message.id.clone(),
        body: message.body.clone(),
        attributes: message.attributes.iter().map(|(name, given)| (name.clone(), text(&given.value))).collect(),
        group: message.group.as_deref().map(str::to_owned),
        sent: message.sent,
        receives: message.receives,
        visible: hidden_until.is_none(),
        hidden_until,
        dead_from: message.dead_from.as_ref().map(QueueKey::arn),
    }
}
