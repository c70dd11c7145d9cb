//! What the engine counts.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use chainwright_envelope::Code;

use crate::supervisor::lock;

/// Counts since the engine was built.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Messages received, repeats included.
    pub received: u64,
    /// Receipts of messages that had been received before.
    pub redelivered: u64,
    /// Receipts of messages that were in hand already.
    pub duplicates: u64,
    /// Jobs done, with or without follow-ups.
    pub done: u64,
    /// Follow-ups sent.
    pub follow_ups: u64,
    /// Jobs sent again after a retry.
    pub retried: u64,
    /// Jobs sent again after a snooze, a version too new, or a delay in hops.
    pub snoozed: u64,
    /// Jobs sent again with an id.
    pub stamped: u64,
    /// Jobs sent to a dead-letter queue, by code.
    pub rejected: BTreeMap<Code, u64>,
    /// Rejected messages without room for attributes, released for SQS to redrive; repeats included.
    pub too_large: u64,
    /// Messages given back unfinished on shutdown.
    pub released: u64,
    /// Leases lost; their handlers were cancelled.
    pub leases_lost: u64,
    /// Handlers that panicked.
    pub panics: u64,
    /// Handlers that outlasted the job limit.
    pub timeouts: u64,
    /// Messages left to their visibility timeout because SQS refused what would have ended them.
    pub abandoned: u64,
    /// Requests to SQS.
    pub requests: Requests,
}

/// Requests to SQS, by kind; a batch is one request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    /// ReceiveMessage.
    pub receive: u64,
    /// SendMessageBatch.
    pub send: u64,
    /// DeleteMessageBatch.
    pub delete: u64,
    /// ChangeMessageVisibilityBatch.
    pub visibility: u64,
    /// GetQueueUrl and GetQueueAttributes.
    pub lookup: u64,
}

impl Requests {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.receive + self.send + self.delete + self.visibility + self.lookup
    }
}

/// One running count.
#[derive(Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn up(&self) {
        self.0.fetch_add(1, Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// The running counts behind [`Stats`].
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) received: Counter,
    pub(crate) redelivered: Counter,
    pub(crate) duplicates: Counter,
    pub(crate) done: Counter,
    pub(crate) follow_ups: Counter,
    pub(crate) retried: Counter,
    pub(crate) snoozed: Counter,
    pub(crate) stamped: Counter,
    pub(crate) too_large: Counter,
    pub(crate) released: Counter,
    pub(crate) leases_lost: Counter,
    pub(crate) panics: Counter,
    pub(crate) timeouts: Counter,
    pub(crate) abandoned: Counter,
    pub(crate) receive: Counter,
    pub(crate) send: Counter,
    pub(crate) delete: Counter,
    pub(crate) visibility: Counter,
    pub(crate) lookup: Counter,
    rejected: Mutex<BTreeMap<Code, u64>>,
}

impl Counters {
    pub(crate) fn rejected(&self, code: Code) {
        *lock(&self.rejected).entry(code).or_default() += 1;
    }

    pub(crate) fn read(&self) -> Stats {
        Stats {
            received: self.received.get(),
            redelivered: self.redelivered.get(),
            duplicates: self.duplicates.get(),
            done: self.done.get(),
            follow_ups: self.follow_ups.get(),
            retried: self.retried.get(),
            snoozed: self.snoozed.get(),
            stamped: self.stamped.get(),
            rejected: lock(&self.rejected).clone(),
            too_large: self.too_large.get(),
            released: self.released.get(),
            leases_lost: self.leases_lost.get(),
            panics: self.panics.get(),
            timeouts: self.timeouts.get(),
            abandoned: self.abandoned.get(),
            requests: Requests {
                receive: self.receive.get(),
                send: self.send.get(),
                delete: self.delete.get(),
                visibility: self.visibility.get(),
                lookup: self.lookup.get(),
            },
        }
    }
}
