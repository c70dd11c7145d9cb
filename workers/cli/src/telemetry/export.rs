//! The thread that speaks to the collector.
//!
//! OpenTelemetry's batch processor and its metric reader have threads of their own, on which they wait for an export to
//! end; tonic and hyper need tokio's reactor and timers, which those threads have not. So a further thread drives a small
//! runtime, and every poll of an export enters it.

use std::{
    fmt, io,
    pin::Pin,
    sync::mpsc,
    task::{Context, Poll},
    thread,
    time::Duration,
};

use opentelemetry_otlp::{MetricExporter, Protocol as Wire, SpanExporter, WithExportConfig, WithTonicConfig};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    metrics::{Temporality, data::ResourceMetrics, exporter::PushMetricExporter},
    trace::SpanData,
};
use tokio::{
    runtime::{Builder, Handle},
    sync::oneshot,
};

use super::environment::{Endpoint, Protocol};

/// The thread, and the way into its runtime. When it is dropped, the runtime ends, and exports in flight with it.
pub(super) struct Export {
    runtime: Handle,
    _stop: oneshot::Sender<()>,
}

impl Export {
    pub(super) fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (handle, (stop, stopped)) = (runtime.handle().clone(), oneshot::channel());
        // Outside of virtual time on purpose: nothing of what the program does depends on this thread.
        thread::Builder::new().name("telemetry".to_owned()).spawn(move || {
            let _ = runtime.block_on(stopped);
            runtime.shutdown_background();
        })?;
        Ok(Self { runtime: handle, _stop: stop })
    }

    pub(super) fn spans(&self, endpoint: &Endpoint) -> Result<Within<SpanExporter>, String> {
        let _inside = self.runtime.enter();
        let built = match endpoint.protocol {
            Protocol::Grpc => {
                let builder = SpanExporter::builder().with_tonic().with_endpoint(&endpoint.url);
                let builder = builder.with_timeout(endpoint.timeout);
                if endpoint.is_tls() { builder.with_tls_config(tls()).build() } else { builder.build() }
            }
            Protocol::Http => {
                let builder = SpanExporter::builder().with_http().with_protocol(Wire::HttpBinary);
                builder.with_endpoint(&endpoint.url).with_timeout(endpoint.timeout).build()
            }
        };
        self.within(endpoint, built.map_err(|error| error.to_string()))
    }

    pub(super) fn metrics(&self, endpoint: &Endpoint) -> Result<Within<MetricExporter>, String> {
        let _inside = self.runtime.enter();
        let built = match endpoint.protocol {
            Protocol::Grpc => {
                let builder = MetricExporter::builder().with_tonic().with_endpoint(&endpoint.url);
                let builder = builder.with_timeout(endpoint.timeout);
                if endpoint.is_tls() { builder.with_tls_config(tls()).build() } else { builder.build() }
            }
            Protocol::Http => {
                let builder = MetricExporter::builder().with_http().with_protocol(Wire::HttpBinary);
                builder.with_endpoint(&endpoint.url).with_timeout(endpoint.timeout).build()
            }
        };
        self.within(endpoint, built.map_err(|error| error.to_string()))
    }

    fn within<E>(&self, endpoint: &Endpoint, built: Result<E, String>) -> Result<Within<E>, String> {
        let exporter = built.map_err(|error| format!("{}: no exporter to {}: {error}", endpoint.name, endpoint.url))?;
        Ok(Within { runtime: self.runtime.clone(), exporter })
    }

    /// Lets `last` send what is left, for so long at most. What is not over then ends with the process.
    pub(super) fn finish(self, within: Duration, last: impl FnOnce() -> bool + Send + 'static) -> bool {
        let (over, is_over) = mpsc::channel();
        let spawned = thread::Builder::new().name("telemetry-flush".to_owned()).spawn(move || {
            // Nobody waits any more once the time is over.
            let _ = over.send(last());
        });
        spawned.is_ok() && is_over.recv_timeout(within).unwrap_or(false)
    }
}

fn tls() -> opentelemetry_otlp::tonic_types::transport::ClientTlsConfig {
    opentelemetry_otlp::tonic_types::transport::ClientTlsConfig::new().with_native_roots()
}

/// An exporter whose work is polled inside of the runtime, whoever polls it.
pub(super) struct Within<E> {
    runtime: Handle,
    exporter: E,
}

impl<E: fmt::Debug> fmt::Debug for Within<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.exporter.fmt(f)
    }
}

impl<E: opentelemetry_sdk::trace::SpanExporter> opentelemetry_sdk::trace::SpanExporter for Within<E> {
    fn export(&self, batch: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> + Send {
        Inside { runtime: self.runtime.clone(), work: Box::pin(self.exporter.export(batch)) }
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

impl<E: PushMetricExporter> PushMetricExporter for Within<E> {
    fn export(&self, metrics: &ResourceMetrics) -> impl Future<Output = OTelSdkResult> + Send {
        Inside { runtime: self.runtime.clone(), work: Box::pin(self.exporter.export(metrics)) }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn temporality(&self) -> Temporality {
        self.exporter.temporality()
    }
}

struct Inside<F> {
    runtime: Handle,
    work: Pin<Box<F>>,
}

impl<F: Future> Future for Inside<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let runtime = self.runtime.clone();
        let _inside = runtime.enter();
        self.work.as_mut().poll(context)
    }
}
