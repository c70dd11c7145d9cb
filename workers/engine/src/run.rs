//! One message's life, from its receipt to its end.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use aws_smithy_async::time::SharedTimeSource;
use chainwright_envelope::QueueName;
use futures_util::FutureExt;
use tokio::{
    sync::{OwnedSemaphorePermit, watch},
    time::timeout,
};
use tracing::Instrument;

use crate::{
    Context, Delivery, Outcome, Settings, Telemetry,
    batch::Batcher,
    calls::{Receiver, Visibility},
    judge::{Judge, Verdict},
    lease::{Lease, Leases},
    message::Received,
    permits::Permits,
    registry::{Registry, Runnable},
    retry::Backoff,
    sends::Sends,
    stats::Counters,
    telemetry::Run,
};

/// What all queues share.
pub(crate) struct Shared<C> {
    pub(crate) registry: Registry<C>,
    pub(crate) context: C,
    pub(crate) clock: SharedTimeSource,
    pub(crate) settings: Settings,
    pub(crate) telemetry: Telemetry,
    pub(crate) prefix: String,
    pub(crate) counters: Arc<Counters>,
    pub(crate) sends: Sends,
    pub(crate) retry: Backoff,
    pub(crate) trouble: Backoff,
    /// True once running handlers are to be cancelled.
    pub(crate) cancel: watch::Sender<bool>,
}

impl<C> Shared<C> {
    /// Milliseconds since 1970 UTC.
    pub(crate) fn now(&self) -> i64 {
        let since = self.clock.now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    pub(crate) fn full_name(&self, queue: QueueName) -> String {
        format!("{}{queue}", self.prefix)
    }
}

/// One queue that is served.
pub(crate) struct Lane<C> {
    pub(crate) shared: Arc<Shared<C>>,
    pub(crate) queue: QueueName,
    pub(crate) name: String,
    pub(crate) receiver: Receiver,
    pub(crate) permits: Permits,
    pub(crate) leases: Arc<Leases>,
    pub(crate) deletes: Batcher<Arc<Lease>>,
    pub(crate) visibilities: Batcher<Visibility>,
    /// Whether the last poll came back full: further pollers join only then.
    pub(crate) full: watch::Sender<bool>,
}

/// What is to become of a message, after judging and running.
pub(crate) enum End {
    Outcome(Box<Delivery>, Outcome),
    Later(Duration),
    Stamp,
    /// Unfinished, because the engine stops: give it back.
    GiveBack,
}

impl<C: Context> Lane<C> {
    /// Lives one message through. When its lease is lost, everything stops where it stands: the handler, and any
    /// acknowledgement of its work.
    pub(crate) async fn live(self: Arc<Self>, received: Received, lease: Arc<Lease>, _permit: OwnedSemaphorePermit) {
        let _in_flight = self.shared.telemetry.in_flight(&self.name);
        tokio::select! {
            biased;
            () = lease.lost() => {
                self.shared.counters.leases_lost.up();
                tracing::warn!(queue = self.name, message_id = received.message_id, "a lease was lost");
            }
            () = self.finish(&received, &lease) => {}
        }
        self.leases.forget(&lease);
    }

    async fn finish(&self, received: &Received, lease: &Arc<Lease>) {
        let judge = Judge {
            registry: &self.shared.registry,
            settings: &self.shared.settings,
            queue: self.queue,
            now: self.shared.now(),
        };
        let end = match judge.judge(received) {
            Verdict::Run(delivery, runnable) => {
                let run = self.shared.telemetry.run(&self.name, &delivery, &self.shared.clock);
                let log = log_span(&self.name, &delivery, &run);
                let end = self.run(delivery, runnable, run).instrument(log.clone()).await;
                return self.dispose(received, lease, end).instrument(log).await;
            }
            Verdict::Later(delay) => End::Later(delay),
            Verdict::Stamp => End::Stamp,
            Verdict::Reject(code, reason) => {
                self.shared.telemetry.refused(&self.name, received, code, &self.shared.clock);
                return self.reject(received, lease, code, &reason).await;
            }
        };
        self.dispose(received, lease, end).await;
    }

    /// Runs the handler: within its limit, with panics caught, and only until the engine cancels it.
    async fn run(&self, mut delivery: Delivery, runnable: Runnable<C>, run: Run) -> End {
        let Shared { context, settings, counters, cancel, .. } = &*self.shared;
        let mut cancel = cancel.subscribe();
        delivery.span = run.span();
        let context = context.for_delivery(delivery.clone());
        let work = AssertUnwindSafe(run.within(async move { runnable(context).await })).catch_unwind();
        let outcome = tokio::select! {
            biased;
            _ = cancel.wait_for(|cancel| *cancel) => return End::GiveBack,
            result = timeout(settings.job_limit, work) => match result {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(panic)) => {
                    counters.panics.up();
                    Outcome::retry(format_args!("the handler panicked: {}", words(&*panic)))
                }
                Err(_) => {
                    counters.timeouts.up();
                    Outcome::retry(format_args!("the handler took longer than {} s", settings.job_limit.as_secs()))
                }
            },
        };
        run.end(&outcome);
        End::Outcome(Box::new(delivery), outcome)
    }
}

/// What every line that is logged during a run says of it.
fn log_span(queue: &str, delivery: &Delivery, run: &Run) -> tracing::Span {
    let Delivery { id, kind, attempt, .. } = delivery;
    let span = tracing::info_span!("job", queue, job.id = id, kind, attempt, trace.id = tracing::field::Empty);
    if let Some(trace) = run.trace() {
        span.record("trace.id", trace);
    }
    span
}

fn words(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without words")
}
