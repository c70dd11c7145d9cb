//! Counts and times every call to AWS, whatever service it goes to.
//!
//! An [`Observer`] is an interceptor of the SDK's. It reads what passes and changes nothing: no header, no retry, no
//! byte. Calls made while a span is OpenTelemetry's current one get a span of their own beneath it.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{
            Intercept, SharedInterceptor,
            context::{BeforeSerializationInterceptorContextRef, FinalizerInterceptorContextRef},
        },
        orchestrator::{HttpResponse, Metadata},
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use opentelemetry::{
    Context, KeyValue,
    global::BoxedTracer,
    metrics::{Counter, Histogram, Meter},
    trace::{Span as _, SpanKind, Status, TraceContextExt, Tracer},
};

use crate::error::is_throttling;

/// Counter: calls, by service and operation; a failed one bears its error's code as `error.type`.
pub const CALLS: &str = "chainwright.aws.calls";
/// Counter: attempts at calls: the SDK's own retries are the surplus over the calls.
pub const ATTEMPTS: &str = "chainwright.aws.attempts";
/// Counter: attempts that AWS throttled.
pub const THROTTLES: &str = "chainwright.aws.throttles";
/// Counter: calls that failed in the end, by code.
pub const ERRORS: &str = "chainwright.aws.errors";
/// Histogram, seconds: how long calls took, with all their attempts.
pub const DURATION: &str = "chainwright.aws.call.duration";

/// All metrics, in the order of the documentation.
pub const METRICS: [&str; 5] = [CALLS, ATTEMPTS, THROTTLES, ERRORS, DURATION];

const SECONDS: [f64; 12] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// Sees every call of the clients that it is given to. Clones share what they count.
#[derive(Clone)]
pub struct Observer {
    to: Arc<To>,
}

struct To {
    tracer: Option<BoxedTracer>,
    clock: SharedTimeSource,
    calls: Counter<u64>,
    attempts: Counter<u64>,
    throttles: Counter<u64>,
    errors: Counter<u64>,
    duration: Histogram<f64>,
}

impl Observer {
    /// Counts with this meter and by this clock; with a tracer, a call within a span is a span, too.
    #[must_use]
    pub fn new(meter: &Meter, tracer: Option<BoxedTracer>, clock: SharedTimeSource) -> Self {
        let counter = |name, what: &'static str| meter.u64_counter(name).with_description(what).build();
        let duration = meter.f64_histogram(DURATION).with_unit("s").with_boundaries(SECONDS.to_vec());
        let to = To {
            tracer,
            clock,
            calls: counter(CALLS, "Calls to AWS."),
            attempts: counter(ATTEMPTS, "Attempts at calls to AWS."),
            throttles: counter(THROTTLES, "Attempts that AWS throttled."),
            errors: counter(ERRORS, "Calls to AWS that failed."),
            duration: duration.with_description("How long calls to AWS took.").build(),
        };
        Self { to: Arc::new(to) }
    }

    /// As the SDK's clients take it.
    #[must_use]
    pub fn interceptor(&self) -> SharedInterceptor {
        SharedInterceptor::new(self.clone())
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}

/// When the call began; it travels with the call.
#[derive(Debug, Clone)]
struct Begun(SystemTime);

impl Storable for Begun {
    type Storer = StoreReplace<Self>;
}

impl Intercept for Observer {
    fn name(&self) -> &'static str {
        "Observer"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        cfg.interceptor_state().store_put(Begun(self.to.clock.now()));
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let attributes = attributes(cfg);
        self.to.attempts.add(1, &attributes);
        if failure(context).is_some_and(|failure| failure.throttled) {
            self.to.throttles.add(1, &attributes);
        }
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let (mut attributes, to) = (attributes(cfg), &self.to);
        let now = to.clock.now();
        let begun = cfg.load::<Begun>().map_or(now, |begun| begun.0);
        let failure = failure(context);
        attributes.extend(failure.as_ref().map(|failure| KeyValue::new("error.type", failure.code.clone())));
        to.calls.add(1, &attributes);
        if failure.is_some() {
            to.errors.add(1, &attributes);
        }
        let took: Duration = now.duration_since(begun).unwrap_or_default();
        to.duration.record(took.as_secs_f64(), &attributes);
        self.span(attributes, failure, begun, now);
        Ok(())
    }
}

impl Observer {
    /// The call as a span, made when it is over: only then all is known of it.
    fn span(&self, attributes: Vec<KeyValue>, failure: Option<Failure>, begun: SystemTime, now: SystemTime) {
        let current = Context::current();
        let Some(tracer) = self.to.tracer.as_ref().filter(|_| current.span().is_recording()) else { return };
        let of = |name: &str| attributes.iter().find(|one| one.key.as_str() == name).map(|one| one.value.to_string());
        let name = format!("{}/{}", of(SERVICE).unwrap_or_default(), of(METHOD).unwrap_or_default());
        let builder = tracer.span_builder(name).with_kind(SpanKind::Client).with_start_time(begun);
        let mut span = tracer.build_with_context(builder.with_attributes(attributes), &current);
        if let Some(failure) = failure {
            span.set_status(Status::error(failure.code));
        }
        span.end_with_timestamp(now);
    }
}

// Semantic conventions for AWS SDK clients.
const SERVICE: &str = "rpc.service";
const METHOD: &str = "rpc.method";

fn attributes(cfg: &ConfigBag) -> Vec<KeyValue> {
    let mut attributes = vec![KeyValue::new("rpc.system", "aws-api")];
    if let Some(call) = cfg.load::<Metadata>() {
        attributes.push(KeyValue::new(SERVICE, call.service().to_owned()));
        attributes.push(KeyValue::new(METHOD, call.name().to_owned()));
    }
    attributes
}

struct Failure {
    code: String,
    throttled: bool,
}

fn failure(context: &FinalizerInterceptorContextRef<'_>) -> Option<Failure> {
    let error = context.output_or_error()?.err()?;
    let code = match context.response() {
        _ if error.is_timeout_error() => "Timeout".to_owned(),
        Some(response) => code_of(response).unwrap_or_else(|| response.status().as_u16().to_string()),
        None if error.is_connector_error() => "Connection".to_owned(),
        None => "Unsent".to_owned(),
    };
    let throttled = is_throttling(&code) || context.response().is_some_and(|answer| answer.status().as_u16() == 429);
    Some(Failure { code, throttled })
}

/// The error's code as the service's protocol writes it: a header in REST-JSON, a member of the body in JSON 1.x, an
/// element in XML.
fn code_of(response: &HttpResponse) -> Option<String> {
    if let Some(header) = response.headers().get("x-amzn-errortype") {
        return plain(header);
    }
    let body = response.body().bytes()?;
    if let Ok(body) = serde_json::from_slice::<serde_json::Value>(body) {
        return plain(["__type", "code"].iter().find_map(|member| body.get(member)?.as_str())?);
    }
    let body = std::str::from_utf8(body).ok()?;
    plain(body.split_once("<Code>")?.1.split_once("</Code>")?.0)
}

/// Without the namespace before it and the address behind it. Only what looks like a code is one: it becomes an
/// attribute of metrics, and must not vary without end.
fn plain(code: &str) -> Option<String> {
    let code = code.split(':').next()?.rsplit('#').next()?.trim();
    let fits = !code.is_empty() && code.len() <= 80 && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.');
    fits.then(|| code.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(header: Option<&'static str>, body: &'static str) -> HttpResponse {
        let mut response = HttpResponse::new(400.try_into().unwrap(), body.into());
        if let Some(header) = header {
            response.headers_mut().insert("x-amzn-errortype", header);
        }
        response
    }

    #[test]
    fn an_errors_code_is_found_in_every_protocol() {
        for (header, body, code) in [
            (Some("ThrottlingException:http://internal.amazon.com/coral/"), "{}", Some("ThrottlingException")),
            (None, r#"{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException"}"#, Some("ThrottlingException")),
            (None, "<ErrorResponse><Error><Code>ExpiredToken</Code></Error></ErrorResponse>", Some("ExpiredToken")),
            (None, "<html>a proxy speaks</html>", None),
            (None, r#"{"__type":"who knows what, with a request id in it"}"#, None),
        ] {
            assert_eq!(code_of(&answer(header, body)).as_deref(), code, "{body}");
        }
    }
}
