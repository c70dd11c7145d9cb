//! What the engine reports to OpenTelemetry.
//!
//! A [`Telemetry`] is handed to the builder; there is nothing global. Without one nothing is recorded, and messages
//! carry on the trace that they came with and no other, so that what is simulated is a function of its seed.
//!
//! Every run of a job is one span, a consumer in the conventions' words, child of the span whose traceparent came with
//! the message. What the job leads to carries the run's own traceparent, unless the job names another; a message that is
//! sent again, or goes to the dead letters, keeps the one that it came with. All times are the given clock's.

mod instruments;
pub mod names;
mod run;
mod traceparent;

use std::{sync::Arc, time::Duration};

use aws_smithy_async::time::SharedTimeSource;
use chainwright_envelope::Code;
use opentelemetry::{
    Context, KeyValue,
    global::BoxedTracer,
    metrics::Meter,
    trace::{Span as _, SpanKind, Status, TraceContextExt, Tracer},
};

use self::instruments::Instruments;
pub(crate) use self::run::Run;
pub use self::traceparent::{read_traceparent, write_traceparent};
use crate::{Delivery, message::Received, stats::Counters};

/// Where the engine reports to; by default nowhere, which costs nothing. Clones share one destination.
#[derive(Clone, Default)]
pub struct Telemetry {
    to: Option<Arc<To>>,
}

struct To {
    tracer: BoxedTracer,
    instruments: Instruments,
}

impl Telemetry {
    /// Reports spans to this tracer and metrics to this meter.
    #[must_use]
    pub fn new(tracer: BoxedTracer, meter: &Meter) -> Self {
        Self { to: Some(Arc::new(To { tracer, instruments: Instruments::new(meter) })) }
    }

    /// Reports what is counted anyway, whenever it is collected.
    pub(crate) fn observe(&self, counters: &Arc<Counters>) {
        if let Some(to) = &self.to {
            to.instruments.observe(counters);
        }
    }

    /// The run of a job begins; it ends with [`Run::end`], or as interrupted where it is dropped.
    pub(crate) fn run(&self, queue: &str, delivery: &Delivery, clock: &SharedTimeSource) -> Run {
        let Some(to) = &self.to else { return Run::unseen() };
        to.instruments.picked_up(queue, delivery, clock.now());
        Run::begin(Arc::clone(to), queue, delivery, clock.clone())
    }

    /// A message was refused before any handler saw it.
    pub(crate) fn refused(&self, queue: &str, received: &Received, code: Code, clock: &SharedTimeSource) {
        let Some(to) = &self.to else { return };
        let (now, parent) = (clock.now(), parent(received.traceparent.as_deref()));
        let builder = to.tracer.span_builder("refuse").with_kind(SpanKind::Consumer);
        let attributes = [
            KeyValue::new(names::SYSTEM, "aws_sqs"),
            KeyValue::new(names::DESTINATION, queue.to_owned()),
            KeyValue::new(names::MESSAGE_ID, received.message_id.clone()),
            KeyValue::new(names::CODE, code.to_string()),
        ];
        let builder = builder.with_start_time(now).with_attributes(attributes);
        let mut span = to.tracer.build_with_context(builder, &parent);
        span.set_status(Status::error(code.to_string()));
        span.end_with_timestamp(now);
    }

    /// Counts a message as in hand until the guard is dropped.
    pub(crate) fn in_flight(&self, queue: &str) -> InFlight {
        let seen = self.to.as_ref().map(|to| (Arc::clone(to), queue.to_owned()));
        if let Some((to, queue)) = &seen {
            to.instruments.in_flight(queue, 1);
        }
        InFlight(seen)
    }

    pub(crate) fn drained(&self, took: Duration, in_time: bool) {
        if let Some(to) = &self.to {
            to.instruments.drained(took, in_time);
        }
    }
}

/// A message in hand.
pub(crate) struct InFlight(Option<(Arc<To>, String)>);

impl Drop for InFlight {
    fn drop(&mut self) {
        if let Some((to, queue)) = &self.0 {
            to.instruments.in_flight(queue, -1);
        }
    }
}

/// The context in which a message was sent; empty where it says nothing, or nothing that can be read.
fn parent(traceparent: Option<&str>) -> Context {
    match traceparent.and_then(read_traceparent) {
        Some(sent) => Context::new().with_remote_span_context(sent),
        None => Context::new(),
    }
}
