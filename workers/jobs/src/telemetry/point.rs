//! A span in the trace of one restore point.

use std::{sync::Arc, time::SystemTime};

use chainwright_contracts::{
    arn::Arn,
    ids::{PointId, trace_id_of},
    jobs::Side,
};
use chainwright_engine::{
    Outcome, Outgoing,
    telemetry::{read_traceparent, write_traceparent},
};
use opentelemetry::{
    Context as Current, KeyValue,
    context::FutureExt,
    trace::{Link, SpanContext, SpanKind, Status, TraceContextExt, TraceId, Tracer},
};
use tracing::Instrument;

use super::{To, names};
use crate::Context;

/// What one run does for one point. Ends when it is dropped.
pub(crate) struct PointSpan {
    seen: Option<Seen>,
    log: tracing::Span,
}

struct Seen {
    to: Arc<To>,
    context: Current,
    /// Whether it was opened here; else it is the run's own, and ends with the run.
    opened: bool,
}

impl Context {
    /// The span, called `name`, of what this run does for a point: the run's own where the run is in the point's trace,
    /// else one there, linked to the run.
    pub(crate) fn span_of(&self, name: &'static str, point: &PointId) -> PointSpan {
        self.open(name, point, |to, trace| {
            let run = Current::current();
            let own = run.span().span_context().clone();
            if own.trace_id() == trace {
                return (run, false);
            }
            (to.root(trace, name, SpanKind::Internal, to.clock.now(), &own), true)
        })
    }

    /// The span of a point's first snapshot, child of one for the session that asked.
    pub(crate) fn span_after_session(&self, point: &PointId) -> PointSpan {
        self.open(names::SNAPSHOT, point, |to, trace| {
            let asked = self.asked_by().unwrap_or_else(SpanContext::empty_context);
            let session = to.root(trace, names::SESSION, SpanKind::Producer, self.sent_at().into(), &asked);
            session.span().set_attribute(KeyValue::new(names::POINT, point.to_string()));
            session.span().end_with_timestamp(to.clock.now());
            let builder = to.tracer.span_builder(names::SNAPSHOT).with_start_time(to.clock.now());
            let builder = builder.with_links(links(Current::current().span().span_context()));
            let span = to.tracer.build_with_context(builder, &session);
            (Current::current().with_span(span), true)
        })
    }

    fn asked_by(&self) -> Option<SpanContext> {
        self.traceparent().and_then(read_traceparent)
    }

    fn open(&self, name: &str, point: &PointId, begin: impl FnOnce(&To, TraceId) -> (Current, bool)) -> PointSpan {
        let trace = trace_id_of(point);
        let log = tracing::info_span!("point", name, point.id = %point, trace.id = %trace);
        let trace = TraceId::from_hex(&trace).ok();
        let seen = self.telemetry().to.as_ref().zip(trace).map(|(to, trace)| {
            let (context, opened) = begin(to, trace);
            context.span().set_attribute(KeyValue::new(names::POINT, point.to_string()));
            Seen { to: Arc::clone(to), context, opened }
        });
        PointSpan { seen, log }
    }
}

impl To {
    /// A span without parent in this trace, linked to what caused it.
    fn root(
        &self,
        trace: TraceId,
        name: &'static str,
        kind: SpanKind,
        start: SystemTime,
        cause: &SpanContext,
    ) -> Current {
        let mut begun = None;
        self.roots.within(trace, &mut || {
            let builder = self.tracer.span_builder(name).with_kind(kind.clone()).with_start_time(start);
            begun = Some(self.tracer.build_with_context(builder.with_links(links(cause)), &Current::new()));
        });
        begun.map_or_else(Current::current, |span| Current::current().with_span(span))
    }
}

fn links(cause: &SpanContext) -> Vec<Link> {
    if cause.is_valid() { vec![Link::new(cause.clone(), Vec::new(), 0)] } else { Vec::new() }
}

impl PointSpan {
    /// Says of what resource the point is.
    pub(crate) fn of(self, resource: &Arn) -> Self {
        self.with(names::RESOURCE, resource.as_str())
    }

    /// Says which side is concerned.
    pub(crate) fn on(self, side: &Side) -> Self {
        self.with(names::SIDE, &side.to_string())
    }

    fn with(self, name: &'static str, value: &str) -> Self {
        if let Some(seen) = &self.seen {
            seen.context.span().set_attribute(KeyValue::new(name, value.to_owned()));
        }
        self
    }

    /// The work, with this span as the current one while it is polled.
    pub(crate) async fn within<F: Future>(&self, work: F) -> F::Output {
        let work = work.instrument(self.log.clone());
        match &self.seen {
            None => work.await,
            Some(seen) => work.with_context(seen.context.clone()).await,
        }
    }

    /// The job, going on in the point's trace.
    pub(crate) fn sends(&self, job: Outgoing) -> Outgoing {
        let traceparent = self.seen.as_ref().and_then(|seen| write_traceparent(seen.context.span().span_context()));
        match traceparent {
            Some(traceparent) => job.traceparent(traceparent),
            None => job,
        }
    }

    /// What became of the run, whose jobs go on in the point's trace.
    pub(crate) fn ends(self, outcome: Outcome) -> Outcome {
        if let Some(seen) = self.seen.as_ref().filter(|seen| seen.opened) {
            match &outcome {
                Outcome::Reject(code, _) => {
                    seen.context.span().set_attribute(KeyValue::new(names::CODE, code.to_string()));
                    seen.context.span().set_status(Status::error(code.to_string()));
                }
                Outcome::Retry(_) => seen.context.span().set_status(Status::error("retry")),
                _ => {}
            }
        }
        match outcome {
            Outcome::Continue(jobs) => Outcome::Continue(jobs.into_iter().map(|job| self.sends(job)).collect()),
            other => other,
        }
    }
}

impl Drop for Seen {
    fn drop(&mut self) {
        if self.opened {
            self.context.span().end_with_timestamp(self.to.clock.now());
        }
    }
}
