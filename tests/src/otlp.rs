//! A collector on loopback: takes traces and metrics over OTLP, by HTTP and by gRPC on one port, and remembers them.
//!
//! It has a thread and a runtime of its own, so that it serves tests in virtual time, on the real clock and without any
//! runtime alike. It needs nothing of the rest of this crate.

use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{CONTENT_TYPE, HeaderMap, HeaderValue},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use opentelemetry_proto::tonic::{
    collector::{metrics::v1::ExportMetricsServiceRequest, trace::v1::ExportTraceServiceRequest},
    common::v1::{AnyValue, KeyValue, any_value::Value},
    metrics::v1::{Metric, metric::Data, number_data_point::Value as Number},
};
use prost::Message;
use tokio::{net::TcpListener, sync::oneshot};

/// A span as it was received; ids in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Its trace.
    pub trace: String,
    /// Its own id.
    pub id: String,
    /// Its parent's id; empty for a root.
    pub parent: String,
    /// Its name.
    pub name: String,
    /// Trace and span of everything that it is linked to.
    pub links: Vec<(String, String)>,
    /// Its attributes, as text.
    pub attributes: BTreeMap<String, String>,
    /// The attributes of the process that sent it, as text.
    pub resource: BTreeMap<String, String>,
}

/// What was measured under one name with the same attributes, by the newest export.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// The metric's name.
    pub name: String,
    /// Its attributes, as text.
    pub attributes: BTreeMap<String, String>,
    /// A counter's sum; of a histogram, how often something was measured.
    pub count: u64,
    /// The highest value of a histogram.
    pub most: f64,
}

#[derive(Debug, Default)]
struct Received {
    spans: Vec<Span>,
    metrics: BTreeSet<String>,
    measured: BTreeMap<(String, BTreeMap<String, String>), (u64, f64)>,
}

type Shared = Arc<(Mutex<Received>, Condvar)>;

/// The collector. It ends when it is dropped.
pub struct Collector {
    address: SocketAddr,
    received: Shared,
    _stop: oneshot::Sender<()>,
}

impl Collector {
    /// Starts one on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// Where no port can be bound or no thread be had.
    pub fn start() -> io::Result<Self> {
        let socket = std::net::TcpListener::bind("127.0.0.1:0")?;
        socket.set_nonblocking(true)?;
        let (address, received) = (socket.local_addr()?, Shared::default());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, mut stopped) = oneshot::channel();
        let sink = Arc::clone(&received);
        thread::Builder::new().name("collector".to_owned()).spawn(move || {
            runtime.block_on(async {
                let Ok(listener) = TcpListener::from_std(socket) else { return };
                tokio::select! {
                    biased;
                    _ = &mut stopped => {}
                    () = serve(listener, sink) => {}
                }
            });
        })?;
        Ok(Self { address, received, _stop: stop })
    }

    /// What `OTEL_EXPORTER_OTLP_ENDPOINT` is to say, for either protocol.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All spans received so far, in the order of their arrival.
    #[must_use]
    pub fn spans(&self) -> Vec<Span> {
        locked(&self.received.0).spans.clone()
    }

    /// The names of all metrics received so far.
    #[must_use]
    pub fn metrics(&self) -> BTreeSet<String> {
        locked(&self.received.0).metrics.clone()
    }

    /// What counters and histograms have come to, by name and attributes; of one process that counts from its beginning.
    #[must_use]
    pub fn measured(&self) -> Vec<Measured> {
        let received = locked(&self.received.0);
        let all = received.measured.iter().map(|((name, attributes), (count, most))| Measured {
            name: name.clone(),
            attributes: attributes.clone(),
            count: *count,
            most: *most,
        });
        all.collect()
    }

    /// Waits until the spans received are as wanted, for so long at most. Whether they are.
    #[must_use]
    pub fn wait_for(&self, wanted: impl Fn(&[Span]) -> bool, at_most: Duration) -> bool {
        let (received, changed) = &*self.received;
        let waited = changed.wait_timeout_while(locked(received), at_most, |received| !wanted(&received.spans));
        let (received, _) = waited.unwrap_or_else(PoisonError::into_inner);
        wanted(&received.spans)
    }
}

async fn serve(listener: TcpListener, received: Shared) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((connection, _)) = listener.accept().await {
        let received = Arc::clone(&received);
        connections.spawn(async move {
            let answer = service_fn(move |request| take(Arc::clone(&received), request));
            let served =
                auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(connection), answer).await;
            // A sender that goes away is none of the collector's business.
            drop(served);
        });
    }
}

type Body = UnsyncBoxBody<Bytes, Infallible>;

async fn take(received: Shared, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    let path = request.uri().path().to_owned();
    let grpc = request.headers().get(CONTENT_TYPE).is_some_and(|is| is.as_bytes().starts_with(b"application/grpc"));
    let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    // A gRPC message has a flag and a length before it (gRPC over HTTP/2, "Length-Prefixed-Message").
    let message = if grpc { body.get(5..).unwrap_or_default() } else { &body[..] };
    let understood = match path.as_str() {
        "/v1/traces" | "/opentelemetry.proto.collector.trace.v1.TraceService/Export" => {
            ExportTraceServiceRequest::decode(message).map(|request| keep_spans(&received, request)).is_ok()
        }
        "/v1/metrics" | "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export" => {
            ExportMetricsServiceRequest::decode(message).map(|request| keep_metrics(&received, &request)).is_ok()
        }
        _ => false,
    };
    Ok(if grpc { grpc_answer(understood) } else { http_answer(understood) })
}

fn http_answer(understood: bool) -> Response<Body> {
    let mut response = Response::new(Full::new(Bytes::new()).boxed_unsync());
    *response.status_mut() = if understood { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
    response
}

fn grpc_answer(understood: bool) -> Response<Body> {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static(if understood { "0" } else { "3" }));
    // An empty message: everything was taken.
    let body = Full::new(Bytes::from_static(&[0; 5])).with_trailers(async move { Some(Ok(trailers)) });
    let mut response = Response::new(body.boxed_unsync());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}

fn keep_spans(received: &Shared, request: ExportTraceServiceRequest) {
    let (kept, changed) = &**received;
    for of_resource in request.resource_spans {
        let resource = of_resource.resource.map(|resource| texts(&resource.attributes)).unwrap_or_default();
        for span in of_resource.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            let links = span.links.iter().map(|link| (hex(&link.trace_id), hex(&link.span_id))).collect();
            locked(kept).spans.push(Span {
                trace: hex(&span.trace_id),
                id: hex(&span.span_id),
                parent: hex(&span.parent_span_id),
                attributes: texts(&span.attributes),
                name: span.name,
                links,
                resource: resource.clone(),
            });
        }
    }
    changed.notify_all();
}

fn keep_metrics(received: &Shared, request: &ExportMetricsServiceRequest) {
    let scopes = request.resource_metrics.iter().flat_map(|resource| &resource.scope_metrics);
    for metric in scopes.flat_map(|scope| &scope.metrics) {
        let mut kept = locked(&received.0);
        kept.metrics.insert(metric.name.clone());
        for (attributes, count, most) in points(metric) {
            kept.measured.insert((metric.name.clone(), texts(attributes)), (count, most));
        }
    }
    received.1.notify_all();
}

/// Attributes, count and highest value of each of a metric's points.
fn points(metric: &Metric) -> Vec<(&[KeyValue], u64, f64)> {
    match &metric.data {
        Some(Data::Sum(sum)) => {
            let points = sum.data_points.iter().map(|point| match point.value {
                Some(Number::AsInt(sum)) => (point.attributes.as_slice(), u64::try_from(sum).unwrap_or_default(), 0.0),
                _ => (point.attributes.as_slice(), 0, 0.0),
            });
            points.collect()
        }
        Some(Data::Histogram(histogram)) => {
            let points = histogram.data_points.iter();
            points.map(|point| (point.attributes.as_slice(), point.count, point.max.unwrap_or_default())).collect()
        }
        _ => Vec::new(),
    }
}

fn texts(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    attributes.iter().map(|one| (one.key.clone(), text(one.value.as_ref()))).collect()
}

fn text(value: Option<&AnyValue>) -> String {
    match value.and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::DoubleValue(number)) => number.to_string(),
        Some(Value::BoolValue(yes)) => yes.to_string(),
        other => format!("{other:?}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn locked(received: &Mutex<Received>) -> MutexGuard<'_, Received> {
    received.lock().unwrap_or_else(PoisonError::into_inner)
}
