//! What a handler may know of its message.

use chainwright_envelope::QueueName;
use opentelemetry::trace::SpanContext;

use crate::telemetry::write_traceparent;

/// One delivery of one job. Times are milliseconds since 1970 UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The job's id: the body's own, or SQS's message id where the kind goes without.
    pub id: String,
    /// The job's kind; empty on a queue of foreign events.
    pub kind: String,
    /// Which run this is, counted from 1; snoozes, crashes and lost leases do not count.
    pub attempt: u32,
    /// When the job was first sent. Its deadline is measured from here.
    pub first_sent_at: i64,
    /// When this very message was sent (SQS's SentTimestamp).
    pub sent_at: i64,
    /// How often this very message was received; more than 1 after a crash or a lost lease.
    pub receive_count: u32,
    /// Repeated in everything that the job leads to.
    pub correlation: Option<String>,
    /// Where the message waited.
    pub queue: QueueName,
    /// The W3C traceparent that came with the message, as it came.
    pub traceparent: Option<String>,
    /// The span of this run; empty where the engine tells nobody.
    pub span: SpanContext,
}

impl Delivery {
    /// What the jobs that this one leads to carry on: the run's own span, or else what came with the message.
    #[must_use]
    pub fn carried(&self) -> Option<String> {
        write_traceparent(&self.span).or_else(|| self.traceparent.clone())
    }
}

/// What handlers are given besides their job: the program's own context, told which message is being run.
pub trait Context: Clone + Send + Sync + 'static {
    /// The context for one run of one message.
    #[must_use]
    fn for_delivery(&self, delivery: Delivery) -> Self;
}
