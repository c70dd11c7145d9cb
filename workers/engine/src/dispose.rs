//! Carries out what became of a message: first what must be durable, then the deletion.

use std::{sync::Arc, time::Duration};

use chainwright_envelope::{Code, Envelope, encode_rest};
use futures_util::future::join_all;
use tokio::time::sleep;

use crate::{
    Context, Delivery, Outcome, Outgoing,
    calls::Visibility,
    failure::Failure,
    judge::first_sent_at,
    lease::Lease,
    message::{ATTEMPT, FIRST_SENT_AT, Received, Sending, TRACEPARENT},
    reject::{DeadLetter, dead_letter},
    renew,
    run::{End, Lane},
    sends::Refused,
    telemetry::write_traceparent,
};

/// Up to this receipt a message too large to annotate is released at once; SQS redrives it at its maxReceiveCount,
/// which is smaller. Beyond, something is wrong with the queue, and releasing at once would be a hot loop.
const RELEASES: u32 = 20;

impl<C: Context> Lane<C> {
    pub(crate) async fn dispose(&self, received: &Received, lease: &Arc<Lease>, end: End) {
        let counters = &self.shared.counters;
        match end {
            End::GiveBack => self.give_back(lease).await,
            End::Stamp => {
                if self.again(received, lease, Again::later(Duration::ZERO)).await {
                    counters.stamped.up();
                }
            }
            End::Later(delay) => {
                if self.again(received, lease, Again::later(delay)).await {
                    counters.snoozed.up();
                }
            }
            End::Outcome(delivery, Outcome::Snooze(delay)) => {
                let again = Again { traceparent: write_traceparent(&delivery.span), ..Again::later(delay) };
                if self.again(received, lease, again).await {
                    counters.snoozed.up();
                }
            }
            End::Outcome(delivery, Outcome::Retry(reason)) => {
                let Delivery { id, kind, attempt, .. } = &*delivery;
                tracing::warn!(queue = self.name, kind, id, attempt, %reason, "a job is tried again");
                let delay = self.shared.retry.delay(*attempt);
                let traceparent = write_traceparent(&delivery.span);
                if self.again(received, lease, Again { delay, attempt_up: true, traceparent }).await {
                    counters.retried.up();
                }
            }
            End::Outcome(_, Outcome::Reject(code, reason)) => self.reject(received, lease, code, &reason).await,
            End::Outcome(_, Outcome::Done) => {
                counters.done.up();
                self.delete(lease).await;
            }
            End::Outcome(delivery, Outcome::Continue(jobs)) => self.follow(received, lease, &delivery, &jobs).await,
        }
    }

    /// Sends the follow-ups, all at once, and deletes when every one of them is durable.
    async fn follow(&self, received: &Received, lease: &Arc<Lease>, delivery: &Delivery, jobs: &[Outgoing]) {
        let sent = join_all(jobs.iter().map(|job| self.send_follow_up(delivery, job))).await;
        match sent.into_iter().collect::<Result<Vec<()>, Refused>>() {
            Ok(sent) => {
                sent.iter().for_each(|()| self.shared.counters.follow_ups.up());
                self.shared.counters.done.up();
                self.delete(lease).await;
            }
            Err(Refused(reason)) => self.reject(received, lease, Code::UNSENDABLE_FOLLOW_UP, &reason).await,
        }
    }

    async fn send_follow_up(&self, delivery: &Delivery, job: &Outgoing) -> Result<(), Refused> {
        let body = job.body_within(delivery.correlation.as_deref()).map_err(|error| Refused(error.to_string()))?;
        let traceparent = job.traceparent.clone().or_else(|| delivery.carried());
        let message = Sending { body, group: job.group.clone(), ..Sending::default() }
            .attribute(TRACEPARENT, traceparent)
            .delayed(job.delay, self.shared.now());
        let refused = |Refused(reason)| Refused(format!("follow-up `{}`: {reason}", job.kind()));
        self.shared.sends.send(&self.shared.full_name(job.queue), message).await.map_err(refused)
    }

    /// Sends the same job again and deletes this message of it. False when the job had to be rejected instead.
    async fn again(&self, received: &Received, lease: &Arc<Lease>, again: Again) -> bool {
        let message = self.rewritten(received, &again).delayed(again.delay, self.shared.now());
        match self.shared.sends.send(&self.name, message).await {
            Ok(()) => {
                self.delete(lease).await;
                true
            }
            Err(Refused(reason)) => {
                self.reject(received, lease, Code::UNSENDABLE_FOLLOW_UP, &reason).await;
                false
            }
        }
    }

    /// The message with its progress: in the body of a job, beside the body of a foreign event.
    fn rewritten(&self, received: &Received, again: &Again) -> Sending {
        let up = |attempt: u32| attempt.saturating_add(u32::from(again.attempt_up));
        let message = Sending { group: received.group.clone(), ..Sending::default() };
        let message = message.attribute(TRACEPARENT, received.traceparent.as_ref().or(again.traceparent.as_ref()));
        let read = if self.is_raw() { None } else { Envelope::read(&received.body).ok() };
        let Some((mut envelope, rest)) = read else {
            let message = Sending { body: received.body.clone(), ..message };
            let first = first_sent_at(received, received.first_sent_at);
            return message
                .attribute(ATTEMPT, Some(up(received.attempt.unwrap_or(1))))
                .attribute(FIRST_SENT_AT, Some(first));
        };
        envelope.first_sent_at = Some(first_sent_at(received, envelope.first_sent_at));
        envelope.id.get_or_insert_with(|| received.message_id.clone());
        envelope.attempt = up(envelope.attempt);
        Sending { body: encode_rest(&envelope, rest), ..message }
    }

    /// Sends the message to the dead-letter queue and deletes it here; or, where SQS would not take the dead letter,
    /// leaves it to SQS's own redrive.
    pub(crate) async fn reject(&self, received: &Received, lease: &Arc<Lease>, code: Code, reason: &str) {
        let counters = &self.shared.counters;
        // Not the reason: it may quote the message, and stands in the dead letter.
        tracing::warn!(queue = self.name, message_id = received.message_id, %code, "a message is rejected");
        let DeadLetter::Written(letter) = dead_letter(received, self.is_raw(), &self.name, code, reason) else {
            counters.too_large.up();
            if received.receive_count <= RELEASES {
                self.release(lease).await;
            }
            return;
        };
        match self.shared.sends.send(&format!("{}-dlq", self.name), letter).await {
            Ok(()) => {
                counters.rejected(code);
                self.delete(lease).await;
            }
            Err(Refused(refusal)) => {
                counters.abandoned.up();
                tracing::error!(
                    queue = self.name,
                    message_id = received.message_id,
                    refusal,
                    "no dead letter possible"
                );
            }
        }
    }

    /// Deletes the message, by its newest handle, until that has succeeded or is refused. A refused deletion is no
    /// loss: the message comes again, and its job may run any number of times.
    async fn delete(&self, lease: &Arc<Lease>) {
        let mut failures = 0;
        loop {
            renew::end(&self.leases, &self.visibilities, self.shared.settings.visibility, lease).await;
            let handle = lease.handle();
            match self.deletes.submit(Arc::clone(lease)).await {
                Ok(()) if lease.has_handle(&handle) => return,
                // Received once more meanwhile: the older handle may have deleted nothing.
                Ok(()) => {}
                Err(Failure::Transient(_)) => {
                    failures += 1;
                    self.leases.resume(lease);
                    sleep(self.shared.trouble.delay(failures)).await;
                }
                Err(Failure::Permanent(reason) | Failure::QueueGone(reason)) => {
                    self.shared.counters.abandoned.up();
                    tracing::warn!(queue = self.name, message_id = lease.message_id, reason, "a deletion was refused");
                    return;
                }
            }
        }
    }

    pub(crate) async fn give_back(&self, lease: &Arc<Lease>) {
        self.shared.counters.released.up();
        self.release(lease).await;
    }

    /// Makes the message visible at once. Where that fails it becomes visible by itself, a little later.
    async fn release(&self, lease: &Arc<Lease>) {
        self.leases.end(lease).await;
        loop {
            let handle = lease.handle();
            let change = Visibility { handle: handle.clone(), seconds: 0 };
            if let Err(failure) = self.visibilities.submit(change).await {
                let reason = failure.reason();
                tracing::warn!(
                    queue = self.name,
                    message_id = lease.message_id,
                    reason,
                    "a message was not given back"
                );
                return;
            }
            // A poll of our own may have brought it already, before this answer came; then it is hidden once more.
            if lease.has_handle(&handle) {
                return;
            }
        }
    }

    fn is_raw(&self) -> bool {
        self.shared.registry.raw(self.queue).is_some()
    }
}

struct Again {
    delay: Duration,
    attempt_up: bool,
    /// What a message that came without carries on, so that its runs are one trace.
    traceparent: Option<String>,
}

impl Again {
    fn later(delay: Duration) -> Self {
        Self { delay, attempt_up: false, traceparent: None }
    }
}
