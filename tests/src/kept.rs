//! What workers report, kept in memory.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use chainwright_cli::telemetry::Telemetry;
use chainwright_contracts::ids::{PointId, trace_id_of};
use opentelemetry_sdk::{
    error::OTelSdkResult,
    metrics::{PeriodicReader, SdkMeterProvider, Temporality, data::ResourceMetrics, exporter::PushMetricExporter},
    trace::{SdkTracerProvider, SimpleSpanProcessor, SpanData, SpanExporter},
};

use crate::installation::must;

/// Keeps what the workers report.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    spans: Arc<Mutex<Vec<SpanData>>>,
    metrics: Arc<Mutex<BTreeSet<String>>>,
}

impl SpanExporter for Kept {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        must(self.spans.lock()).extend(batch);
        Ok(())
    }
}

impl PushMetricExporter for Kept {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let names = metrics.scope_metrics().flat_map(|scope| scope.metrics().map(|metric| metric.name().to_owned()));
        must(self.metrics.lock()).extend(names);
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        Temporality::Cumulative
    }
}

impl Kept {
    /// A day between collections on the real clock: they happen when a test asks for them.
    #[must_use]
    pub fn telemetry(&self) -> Arc<Telemetry> {
        let traces = SdkTracerProvider::builder().with_span_processor(SimpleSpanProcessor::new(self.clone()));
        let reader = PeriodicReader::builder(self.clone()).with_interval(Duration::from_hours(24)).build();
        let metrics = SdkMeterProvider::builder().with_reader(reader);
        Arc::new(Telemetry::collected(traces, metrics, 7))
    }

    /// All spans that have ended.
    #[must_use]
    pub fn spans(&self) -> Vec<SpanData> {
        must(self.spans.lock()).clone()
    }

    /// The names of all metrics that were collected.
    #[must_use]
    pub fn metrics(&self) -> BTreeSet<String> {
        must(self.metrics.lock()).clone()
    }

    /// The spans of a point's trace.
    #[must_use]
    pub fn of(&self, point: &PointId) -> Vec<SpanData> {
        let trace = trace_id_of(point);
        let mut spans = self.spans();
        spans.retain(|span| span.span_context.trace_id().to_string() == trace);
        spans
    }
}
