//! What is to be done with a message, decided before anything is done.
//!
//! The order matters. What cannot be decoded is rejected with its own code, whatever else is wrong with it. A version
//! too new is looked at no further. Receive count and deadline come next, and only a job that will run now is stamped.

use std::time::Duration;

use chainwright_envelope::{Code, Envelope, QueueName};
use opentelemetry::trace::SpanContext;

use crate::{
    Delivery, Settings,
    bodies::{Fault, open, prepare},
    message::Received,
    registry::{Registry, Runnable},
};

/// For how long a message of a newer version is put back at a time.
const NEWER_PAUSE: Duration = Duration::from_secs(5 * 60);

/// The decision.
pub(crate) enum Verdict<C> {
    /// Run it.
    Run(Delivery, Runnable<C>),
    /// Send it again later, unchanged.
    Later(Duration),
    /// Send it again now, with an id.
    Stamp,
    /// To the dead-letter queue.
    Reject(Code, String),
}

/// What judging takes besides the message.
pub(crate) struct Judge<'a, C> {
    pub(crate) registry: &'a Registry<C>,
    pub(crate) settings: &'a Settings,
    pub(crate) queue: QueueName,
    pub(crate) now: i64,
}

impl<C: Send + 'static> Judge<'_, C> {
    pub(crate) fn judge(&self, received: &Received) -> Verdict<C> {
        match self.registry.raw(self.queue) {
            Some(prepare) => {
                let delivery = self.raw_delivery(received);
                // An event that waited through an outage is as good as new; one that was tried has its deadline.
                self.timing(received, received.first_sent_at.map(|_| delivery.first_sent_at))
                    .unwrap_or_else(|| Verdict::Run(delivery, prepare(received.body.clone())))
            }
            None => self.judge_job(received).unwrap_or_else(|(code, reason)| Verdict::Reject(code, reason)),
        }
    }

    fn judge_job(&self, received: &Received) -> Result<Verdict<C>, Fault> {
        let (envelope, rest) = open(&received.body)?;
        let first_sent_at = first_sent_at(received, envelope.first_sent_at);
        if let Err(newer) = envelope.supported() {
            let waited = self.age(first_sent_at) >= self.settings.newer_wait;
            return if waited { Err((newer.code(), newer.to_string())) } else { Ok(Verdict::Later(NEWER_PAUSE)) };
        }
        let (kind, runnable) = prepare(self.registry, self.queue, &envelope, rest)?;
        // A job that is never sent again has no deadline: what came too late is for its handler to see.
        if let Some(verdict) = self.timing(received, kind.stamped.then_some(first_sent_at)) {
            return Ok(verdict);
        }
        if envelope.id.is_none() && kind.stamped {
            return Ok(Verdict::Stamp);
        }
        Ok(Verdict::Run(self.delivery(received, envelope, first_sent_at), runnable))
    }

    /// What the message's times and counts say against running it now.
    fn timing(&self, received: &Received, first_sent_at: Option<i64>) -> Option<Verdict<C>> {
        let Settings { max_receives, deadline, .. } = self.settings;
        if received.receive_count >= *max_receives {
            let reason = format!("received {} times without an end", received.receive_count);
            return Some(Verdict::Reject(Code::TOO_MANY_RECEIVES, reason));
        }
        if first_sent_at.is_some_and(|at| self.age(at) >= *deadline) {
            let reason = format!("not done within {} s after it was first sent", deadline.as_secs());
            return Some(Verdict::Reject(Code::DEADLINE_PASSED, reason));
        }
        let wait = millis(received.not_before?.saturating_sub(self.now));
        (wait > Duration::ZERO).then_some(Verdict::Later(wait))
    }

    fn age(&self, first_sent_at: i64) -> Duration {
        millis(self.now.saturating_sub(first_sent_at))
    }

    fn delivery(&self, received: &Received, envelope: Envelope, first_sent_at: i64) -> Delivery {
        Delivery {
            id: envelope.id.unwrap_or_else(|| received.message_id.clone()),
            kind: envelope.kind,
            attempt: envelope.attempt,
            first_sent_at,
            correlation: envelope.correlation,
            ..self.raw_delivery(received)
        }
    }

    fn raw_delivery(&self, received: &Received) -> Delivery {
        Delivery {
            id: received.message_id.clone(),
            kind: String::new(),
            attempt: received.attempt.unwrap_or(1),
            first_sent_at: first_sent_at(received, received.first_sent_at),
            sent_at: received.sent_at,
            receive_count: received.receive_count,
            correlation: None,
            queue: self.queue,
            traceparent: received.traceparent.clone(),
            span: SpanContext::empty_context(),
        }
    }
}

/// When the job was first sent: never later than this message of it, whatever a hand-written body says.
pub(crate) fn first_sent_at(received: &Received, claimed: Option<i64>) -> i64 {
    claimed.map_or(received.sent_at, |claimed| claimed.min(received.sent_at))
}

fn millis(millis: i64) -> Duration {
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}
