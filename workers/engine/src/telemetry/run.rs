//! The span of one run of one job.

use std::{sync::Arc, time::SystemTime};

use aws_smithy_async::time::SharedTimeSource;
use futures_util::future::Either;
use opentelemetry::{
    Context, KeyValue,
    context::FutureExt,
    trace::{SpanContext, SpanKind, Status, TraceContextExt, Tracer},
};

use super::{To, names, parent};
use crate::{Delivery, Outcome};

/// One run; nothing where nobody is told.
pub(crate) struct Run(Option<Seen>);

struct Seen {
    to: Arc<To>,
    context: Context,
    clock: SharedTimeSource,
    began: SystemTime,
    queue: String,
    kind: String,
    ended: bool,
}

impl Run {
    pub(crate) fn unseen() -> Self {
        Self(None)
    }

    pub(super) fn begin(to: Arc<To>, queue: &str, delivery: &Delivery, clock: SharedTimeSource) -> Self {
        let began = clock.now();
        // A queue of foreign events has no kinds; there the queue says what the message is.
        let kind = if delivery.kind.is_empty() { delivery.queue.to_string() } else { delivery.kind.clone() };
        let builder = to.tracer.span_builder(kind.clone()).with_kind(SpanKind::Consumer).with_start_time(began);
        let builder = builder.with_attributes([
            KeyValue::new(names::SYSTEM, "aws_sqs"),
            KeyValue::new(names::DESTINATION, queue.to_owned()),
            KeyValue::new(names::OPERATION_TYPE, "process"),
            KeyValue::new(names::KIND, kind.clone()),
            KeyValue::new(names::JOB_ID, delivery.id.clone()),
            KeyValue::new(names::ATTEMPT, i64::from(delivery.attempt)),
            KeyValue::new(names::RECEIVES, i64::from(delivery.receive_count)),
        ]);
        let span = to.tracer.build_with_context(builder, &parent(delivery.traceparent.as_deref()));
        let context = Context::new().with_span(span);
        let queue = queue.to_owned();
        Self(Some(Seen { to, context, clock, began, queue, kind, ended: false }))
    }

    /// The span's own context; empty where nobody is told.
    pub(crate) fn span(&self) -> SpanContext {
        self.0.as_ref().map_or_else(SpanContext::empty_context, |seen| seen.context.span().span_context().clone())
    }

    /// The id of the trace that the run is in.
    pub(crate) fn trace(&self) -> Option<String> {
        Some(self.span()).filter(SpanContext::is_valid).map(|span| span.trace_id().to_string())
    }

    /// The work, with the span as OpenTelemetry's current one while it is polled.
    pub(crate) fn within<F: Future>(&self, work: F) -> impl Future<Output = F::Output> {
        match &self.0 {
            None => Either::Left(work),
            Some(seen) => Either::Right(work.with_context(seen.context.clone())),
        }
    }

    /// The run has ended so.
    pub(crate) fn end(mut self, outcome: &Outcome) {
        let Some(seen) = &mut self.0 else { return };
        let span = seen.context.span();
        let word = match outcome {
            Outcome::Done => "done",
            Outcome::Continue(jobs) => {
                span.set_attribute(KeyValue::new("chainwright.job.follow_ups", i64::try_from(jobs.len()).unwrap_or(0)));
                "done"
            }
            Outcome::Snooze(_) => "snooze",
            Outcome::Retry(_) => {
                span.set_status(Status::error("retry"));
                "retry"
            }
            Outcome::Reject(code, _) => {
                span.set_attributes([
                    KeyValue::new(names::CODE, code.to_string()),
                    KeyValue::new(names::ERROR_TYPE, code.to_string()),
                ]);
                // The reason may quote the message; it stands in the dead letter.
                span.set_status(Status::error(code.to_string()));
                "reject"
            }
        };
        seen.end(word);
    }
}

impl Seen {
    fn end(&mut self, outcome: &'static str) {
        let now = self.clock.now();
        let span = self.context.span();
        span.set_attribute(KeyValue::new(names::OUTCOME, outcome));
        span.end_with_timestamp(now);
        let took = now.duration_since(self.began).unwrap_or_default();
        self.to.instruments.ran(&self.queue, &self.kind, outcome, took);
        self.ended = true;
    }
}

impl Drop for Seen {
    /// The lease was lost, the engine stops, or it is dropped.
    fn drop(&mut self) {
        if !self.ended {
            self.end("interrupted");
        }
    }
}
