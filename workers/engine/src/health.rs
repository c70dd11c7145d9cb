//! What is wrong right now: typed conditions, each of which goes when its cause goes.

use std::{collections::BTreeMap, fmt, sync::Mutex, time::Duration};

use tokio::time::Instant;

use crate::{failure::Failure, supervisor::lock};

/// Something that keeps work from being done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// A queue does not exist. It is tried again until it is back.
    QueueGone {
        /// Its full name.
        queue: String,
    },
    /// Receives from a queue fail.
    PollFailing {
        /// Its full name.
        queue: String,
        /// What SQS or the connection says.
        reason: String,
    },
    /// A poll was wanted for so long and none succeeded, longer than a few bad answers explain. A restart may help.
    PollStalled {
        /// The queue's full name.
        queue: String,
        /// How long.
        since: Duration,
    },
    /// Sends to a queue fail.
    SendFailing {
        /// Its full name.
        queue: String,
        /// What SQS or the connection says.
        reason: String,
    },
    /// The program has asked not to poll.
    Paused {
        /// Its reason.
        reason: String,
    },
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::QueueGone { queue } => write!(f, "queue {queue} does not exist"),
            Self::PollFailing { queue, reason } => write!(f, "receiving from {queue} fails: {reason}"),
            Self::PollStalled { queue, since } => write!(f, "no receive from {queue} ended for {} s", since.as_secs()),
            Self::SendFailing { queue, reason } => write!(f, "sending to {queue} fails: {reason}"),
            Self::Paused { reason } => write!(f, "paused: {reason}"),
        }
    }
}

/// The engine's health.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// All that is wrong, by queue.
    pub conditions: Vec<Condition>,
}

impl Health {
    /// Nothing is wrong.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.conditions.is_empty()
    }

    /// Whether to go on running this process: true unless polls have not succeeded for so long that a restart may help.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        !self.conditions.iter().any(|condition| matches!(condition, Condition::PollStalled { .. }))
    }
}

/// Collects what the parts of the engine see.
pub(crate) struct Monitor {
    stall: Duration,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    polls: BTreeMap<String, Poll>,
    sends: BTreeMap<String, Failure>,
    paused: Option<String>,
}

#[derive(Default)]
struct Poll {
    /// Since when a poll is wanted, without one having succeeded.
    wanted: Option<Instant>,
    failure: Option<Failure>,
}

impl Monitor {
    /// `stall` is how long a poll may be wanted before that is a condition of its own.
    pub(crate) fn new(stall: Duration) -> Self {
        Self { stall, seen: Mutex::default() }
    }

    pub(crate) fn poll_started(&self, queue: &str) {
        lock(&self.seen).polls.entry(queue.to_owned()).or_default().wanted.get_or_insert_with(Instant::now);
    }

    pub(crate) fn poll_ended(&self, queue: &str, failure: Option<&Failure>) {
        let mut seen = lock(&self.seen);
        let poll = seen.polls.entry(queue.to_owned()).or_default();
        poll.failure = failure.cloned();
        if failure.is_none() {
            poll.wanted = None;
        }
    }

    pub(crate) fn send_ended(&self, queue: &str, failure: Option<&Failure>) {
        let mut seen = lock(&self.seen);
        match failure {
            None => drop(seen.sends.remove(queue)),
            Some(failure) => drop(seen.sends.insert(queue.to_owned(), failure.clone())),
        }
    }

    pub(crate) fn paused(&self, reason: Option<String>) {
        lock(&self.seen).paused = reason;
    }

    pub(crate) fn health(&self) -> Health {
        let seen = lock(&self.seen);
        let mut conditions: Vec<_> =
            seen.paused.iter().map(|reason| Condition::Paused { reason: reason.clone() }).collect();
        for (queue, poll) in &seen.polls {
            let failing = |queue, reason| Condition::PollFailing { queue, reason };
            conditions.extend(poll.failure.as_ref().map(|failure| condition(queue, failure, failing)));
            let since = poll.wanted.map(|wanted| wanted.elapsed()).unwrap_or_default();
            // A queue that is gone has its own condition, and no restart brings it back.
            let explained = seen.paused.is_some() || matches!(poll.failure, Some(Failure::QueueGone(_)));
            if since > self.stall && !explained {
                conditions.push(Condition::PollStalled { queue: queue.clone(), since });
            }
        }
        for (queue, failure) in &seen.sends {
            let condition = condition(queue, failure, |queue, reason| Condition::SendFailing { queue, reason });
            if !conditions.contains(&condition) {
                conditions.push(condition);
            }
        }
        Health { conditions }
    }
}

fn condition(queue: &str, failure: &Failure, otherwise: impl Fn(String, String) -> Condition) -> Condition {
    match failure {
        Failure::QueueGone(_) => Condition::QueueGone { queue: queue.to_owned() },
        other => otherwise(queue.to_owned(), other.reason().to_owned()),
    }
}
