//! Telemetry of a real process: traces and metrics over OTLP, and logs as JSON on standard error.
//!
//! What is exported, and where to, is said by the standard `OTEL_*` variables; without an endpoint nothing is. Nothing
//! here is global, and nothing waits for a collector: spans go into a bounded queue that drops what it cannot hold,
//! OpenTelemetry's own threads take them out, and a further thread with a runtime of its own speaks to the collector,
//! for the worker's runtime has one thread and is busy with jobs. At the end, [`Telemetry::shutdown`] sends what is left,
//! for a bounded time.

mod environment;
mod export;
mod ids;
pub mod logs;

use std::{sync::Arc, time::Duration};

use aws_smithy_async::time::SharedTimeSource;
use chainwright_aws::clients::{Clients, Observer};
use opentelemetry::{
    KeyValue,
    global::{BoxedTracer, ObjectSafeTracer},
    metrics::{Meter, MeterProvider},
    trace::TracerProvider,
};
use opentelemetry_sdk::{
    Resource,
    metrics::{MeterProviderBuilder, PeriodicReader, SdkMeterProvider},
    trace::{BatchSpanProcessor, SdkTracerProvider, TracerProviderBuilder},
};

use self::{
    environment::{Endpoint, Wanted},
    export::Export,
    ids::Ids,
};

/// The instrumentation scope of all spans and metrics.
const SCOPE: &str = "chainwright";

/// Where a worker's traces and metrics go.
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
    metrics: Option<SdkMeterProvider>,
    ids: Arc<Ids>,
    /// The thread that speaks to the collector; none where nothing is exported, or a test collects.
    export: Option<Export>,
}

impl Telemetry {
    /// What nobody is told.
    #[must_use]
    pub fn off() -> Self {
        Self { traces: None, metrics: None, ids: Arc::default(), export: None }
    }

    /// What the environment asks for; `get` reads one variable. Nothing is sent yet, and no collector need be there.
    ///
    /// # Errors
    /// Every variable that cannot be understood, each in a sentence of its own.
    pub fn from_env(get: &dyn Fn(&str) -> Option<String>) -> Result<Self, Vec<String>> {
        let Wanted { traces, metrics, sampler, resource } = Wanted::read(get)?;
        if traces.is_none() && metrics.is_none() {
            return Ok(Self::off());
        }
        let export = Export::start().map_err(|error| vec![format!("the exporter's thread cannot start: {error}")])?;
        let mut problems = Vec::new();
        let mut spans = |endpoint: &Endpoint| export.spans(endpoint).map_err(|error| problems.push(error)).ok();
        let spans = traces.as_ref().and_then(&mut spans);
        let mut numbers = |endpoint: &Endpoint| export.metrics(endpoint).map_err(|error| problems.push(error)).ok();
        let numbers = metrics.as_ref().and_then(&mut numbers);
        if !problems.is_empty() {
            return Err(problems);
        }
        let ids = Arc::new(Ids::default());
        let resource = resource_of(resource, &ids);
        let traces = spans.map(|exporter| {
            let builder = SdkTracerProvider::builder().with_sampler(sampler).with_resource(resource.clone());
            let batches = BatchSpanProcessor::builder(exporter).build();
            builder.with_id_generator(Ids::shared(&ids)).with_span_processor(batches).build()
        });
        let metrics = numbers.map(|exporter| {
            let reader = PeriodicReader::builder(exporter).build();
            SdkMeterProvider::builder().with_reader(reader).with_resource(resource).build()
        });
        Ok(Self { traces, metrics, ids, export: Some(export) })
    }

    /// What a test collects by itself: processors and readers are its own.
    #[must_use]
    pub fn collected(traces: TracerProviderBuilder, metrics: MeterProviderBuilder, seed: u64) -> Self {
        let ids = Arc::new(Ids::seeded(seed));
        let traces = traces.with_id_generator(Ids::shared(&ids)).build();
        Self { traces: Some(traces), metrics: Some(metrics.build()), ids, export: None }
    }

    /// Whether anybody is told anything.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.traces.is_some() || self.metrics.is_some()
    }

    /// For the engine's builder.
    #[must_use]
    pub fn for_engine(&self) -> chainwright_engine::Telemetry {
        if !self.is_on() {
            return chainwright_engine::Telemetry::default();
        }
        chainwright_engine::Telemetry::new(self.tracer(), &self.meter())
    }

    /// For what jobs share, by the worker's clock.
    #[must_use]
    pub fn for_jobs(&self, clock: SharedTimeSource) -> chainwright_jobs::Telemetry {
        if !self.is_on() {
            return chainwright_jobs::Telemetry::default();
        }
        chainwright_jobs::Telemetry::new(self.tracer(), Arc::<Ids>::clone(&self.ids), &self.meter(), clock)
    }

    /// The clients, every call of which is counted; those given where nobody is told.
    #[must_use]
    pub fn observe(&self, clients: Clients, clock: SharedTimeSource) -> Clients {
        if !self.is_on() {
            return clients;
        }
        clients.observed(Observer::new(&self.meter(), Some(self.tracer()), clock))
    }

    /// Sends what has been collected, and waits until it is sent. Whether all of it went out. It blocks its thread.
    #[must_use]
    pub fn flush(&self) -> bool {
        let traces = self.traces.as_ref().is_none_or(|traces| traces.force_flush().is_ok());
        self.metrics.as_ref().is_none_or(|metrics| metrics.force_flush().is_ok()) && traces
    }

    /// Sends what has been collected and not been sent, for so long at most. Whether all of it went out.
    ///
    /// It blocks its thread: it is the last thing that a process does.
    pub fn shutdown(mut self, within: Duration) -> bool {
        let (traces, metrics) = (self.traces.take(), self.metrics.take());
        let Some(export) = self.export.take() else {
            let traces = traces.is_none_or(|traces| traces.shutdown().is_ok());
            return metrics.is_none_or(|metrics| metrics.shutdown().is_ok()) && traces;
        };
        export.finish(within, move || {
            let traces = traces.is_none_or(|traces| traces.shutdown_with_timeout(within).is_ok());
            metrics.is_none_or(|metrics| metrics.shutdown_with_timeout(within).is_ok()) && traces
        })
    }

    fn tracer(&self) -> BoxedTracer {
        let none =
            || -> Box<dyn ObjectSafeTracer + Send + Sync> { Box::new(opentelemetry::trace::noop::NoopTracer::new()) };
        let tracer = self
            .traces
            .as_ref()
            .map(|traces| -> Box<dyn ObjectSafeTracer + Send + Sync> { Box::new(traces.tracer(SCOPE)) });
        BoxedTracer::new(tracer.unwrap_or_else(none))
    }

    fn meter(&self) -> Meter {
        // A provider without readers collects nothing.
        self.metrics.as_ref().map_or_else(|| SdkMeterProvider::default().meter(SCOPE), |metrics| metrics.meter(SCOPE))
    }
}

/// What every span and metric says of its process. Without an instance of its own, the sums of several workers would
/// overwrite each other.
fn resource_of(attributes: Vec<(String, String)>, ids: &Ids) -> Resource {
    let named = |name: &str| attributes.iter().any(|(key, _)| key == name);
    let mut all: Vec<_> = attributes.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect();
    if !named("service.instance.id") {
        all.push(KeyValue::new("service.instance.id", ids.instance()));
    }
    if !named("service.version") {
        all.push(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    }
    Resource::builder_empty().with_attributes(all).build()
}
