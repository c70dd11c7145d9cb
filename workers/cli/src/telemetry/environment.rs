//! The standard `OTEL_*` variables (OpenTelemetry specification, "Environment Variable Specification" and "OpenTelemetry
//! Protocol Exporter"), as far as they mean anything here.
//!
//! Headers, compression and the sizes and intervals of batches are read by OpenTelemetry's own crates.

use std::time::Duration;

use opentelemetry_sdk::trace::Sampler;

/// How long a collector may take for one export, unless the environment says otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

type Get<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What the environment asks for.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) traces: Option<Endpoint>,
    pub(super) metrics: Option<Endpoint>,
    pub(super) sampler: Sampler,
    /// Names and values.
    pub(super) resource: Vec<(String, String)>,
}

/// Where one signal goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// The variable that named it.
    pub(super) name: String,
    pub(super) url: String,
    pub(super) protocol: Protocol,
    pub(super) timeout: Duration,
}

impl Endpoint {
    pub(super) fn is_tls(&self) -> bool {
        self.url.starts_with("https://")
    }
}

/// How it is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Grpc,
    Http,
}

impl Wanted {
    pub(super) fn read(get: Get<'_>) -> Result<Self, Vec<String>> {
        let given = |name: &str| get(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let mut problems = Vec::new();
        let mut kept = |result: Result<Option<Endpoint>, String>| match result {
            Ok(endpoint) => endpoint,
            Err(problem) => {
                problems.push(problem);
                None
            }
        };
        let disabled = given("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let (traces, metrics) = if disabled {
            (None, None)
        } else {
            (kept(endpoint(&given, "TRACES", "/v1/traces")), kept(endpoint(&given, "METRICS", "/v1/metrics")))
        };
        let sampler = sampler(&given).unwrap_or_else(|problem| {
            problems.push(problem);
            Sampler::AlwaysOff
        });
        let resource = resource(&given).unwrap_or_else(|problem| {
            problems.push(problem);
            Vec::new()
        });
        if problems.is_empty() { Ok(Self { traces, metrics, sampler, resource }) } else { Err(problems) }
    }
}

/// Where a signal goes; none where nothing says so. A signal's own variable outranks the general one.
fn endpoint(given: Get<'_>, signal: &str, path: &str) -> Result<Option<Endpoint>, String> {
    let either = |what: &str| {
        let names = [format!("OTEL_EXPORTER_OTLP_{signal}_{what}"), format!("OTEL_EXPORTER_OTLP_{what}")];
        names.into_iter().find_map(|name| given(&name).map(|value| (name, value)))
    };
    let exporter = format!("OTEL_{signal}_EXPORTER");
    match given(&exporter).as_deref() {
        None | Some("otlp") => {}
        Some("none") => return Ok(None),
        Some(other) => return Err(format!("{exporter} is {other:?}; it can be otlp or none")),
    }
    let Some((name, url)) = either("ENDPOINT") else { return Ok(None) };
    if !["http://", "https://"].iter().any(|scheme| url.starts_with(scheme) && url.len() > scheme.len()) {
        return Err(format!("{name} is {url:?}; it begins with http:// or https:// and names a host"));
    }
    let protocol = match either("PROTOCOL") {
        None => Protocol::Http,
        Some((name, value)) => match value.as_str() {
            "grpc" => Protocol::Grpc,
            "http/protobuf" => Protocol::Http,
            other => return Err(format!("{name} is {other:?}; it can be grpc or http/protobuf")),
        },
    };
    if protocol == Protocol::Http && url.starts_with("https://") {
        return Err(format!("{name} is {url:?}; https is spoken with the protocol grpc only"));
    }
    let timeout = match either("TIMEOUT") {
        None => TIMEOUT,
        Some((name, value)) => value
            .parse()
            .ok()
            .filter(|milliseconds| *milliseconds > 0)
            .map(Duration::from_millis)
            .ok_or_else(|| format!("{name} is {value:?}; it is a number of milliseconds"))?,
    };
    // Over HTTP the general endpoint is a base, and a signal's own one stands as it is.
    let base = protocol == Protocol::Http && !name.contains(signal);
    let url = if base { format!("{}{path}", url.trim_end_matches('/')) } else { url };
    Ok(Some(Endpoint { name, url, protocol, timeout }))
}

fn sampler(given: Get<'_>) -> Result<Sampler, String> {
    const NAME: &str = "OTEL_TRACES_SAMPLER";
    let ratio = || match given("OTEL_TRACES_SAMPLER_ARG") {
        None => Ok(1.0),
        Some(text) => text
            .parse::<f64>()
            .ok()
            .filter(|ratio| (0.0..=1.0).contains(ratio))
            .ok_or_else(|| format!("OTEL_TRACES_SAMPLER_ARG is {text:?}; it is a number from 0 to 1")),
    };
    let by_parent = |root| Sampler::ParentBased(Box::new(root));
    Ok(match given(NAME).as_deref() {
        None | Some("parentbased_always_on") => by_parent(Sampler::AlwaysOn),
        Some("always_on") => Sampler::AlwaysOn,
        Some("always_off") => Sampler::AlwaysOff,
        Some("traceidratio") => Sampler::TraceIdRatioBased(ratio()?),
        Some("parentbased_always_off") => by_parent(Sampler::AlwaysOff),
        Some("parentbased_traceidratio") => by_parent(Sampler::TraceIdRatioBased(ratio()?)),
        Some(other) => {
            return Err(format!(
                "{NAME} is {other:?}; it can be always_on, always_off, traceidratio, or one of these after parentbased_"
            ));
        }
    })
}

fn resource(given: Get<'_>) -> Result<Vec<(String, String)>, String> {
    const NAME: &str = "OTEL_RESOURCE_ATTRIBUTES";
    let text = given(NAME).unwrap_or_default();
    let pairs = text.split(',').filter(|pair| !pair.trim().is_empty()).map(|pair| {
        let (name, value) =
            pair.split_once('=').ok_or_else(|| format!("{NAME} has {pair:?}, which is no name=value"))?;
        Ok((name.trim().to_owned(), value.trim().to_owned()))
    });
    let mut attributes = pairs.collect::<Result<Vec<_>, String>>()?;
    if let Some(name) = given("OTEL_SERVICE_NAME") {
        attributes.retain(|(key, _)| key != SERVICE);
        attributes.push((SERVICE.to_owned(), name));
    }
    if attributes.iter().all(|(key, _)| key != SERVICE) {
        attributes.push((SERVICE.to_owned(), "chainwright".to_owned()));
    }
    Ok(attributes)
}

const SERVICE: &str = "service.name";

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Wanted, Vec<String>> {
        let get = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Wanted::read(&get)
    }

    #[test]
    fn without_an_endpoint_or_disabled_nothing_is_exported() {
        for variables in [
            vec![],
            vec![("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")],
            vec![("OTEL_EXPORTER_OTLP_ENDPOINT", " ")],
            vec![("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318"), ("OTEL_SDK_DISABLED", "true")],
        ] {
            let wanted = read(&variables).unwrap();
            assert_eq!((wanted.traces, wanted.metrics), (None, None), "{variables:?}");
        }
    }

    #[test]
    fn the_general_endpoint_is_a_base_over_http_and_whole_over_grpc() {
        let http = read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318/")]).unwrap();
        assert_eq!(http.traces.unwrap().url, "http://127.0.0.1:4318/v1/traces");
        assert_eq!(http.metrics.unwrap().url, "http://127.0.0.1:4318/v1/metrics");
        let grpc = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4317"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")];
        assert_eq!(read(&grpc).unwrap().traces.unwrap().url, "http://127.0.0.1:4317");
        let own = [("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:4318/traces-go-here")];
        let own = read(&own).unwrap();
        assert_eq!(own.traces.unwrap().url, "http://127.0.0.1:4318/traces-go-here");
        assert_eq!(own.metrics, None);
    }

    #[test]
    fn every_variable_that_cannot_be_understood_is_named_at_once() {
        let problems = read(&[
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "collector:4317"),
            ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://127.0.0.1:4318"),
            ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "http/json"),
            ("OTEL_TRACES_SAMPLER", "sometimes"),
            ("OTEL_RESOURCE_ATTRIBUTES", "team"),
        ])
        .unwrap_err();
        let named = ["TRACES_ENDPOINT", "METRICS_PROTOCOL", "OTEL_TRACES_SAMPLER", "OTEL_RESOURCE_ATTRIBUTES"];
        assert_eq!(problems.len(), named.len(), "{problems:?}");
        for (problem, name) in problems.iter().zip(named) {
            assert!(problem.contains(name), "{problem}");
        }
    }

    #[test]
    fn the_services_name_outranks_the_resources_attributes() {
        let given = [("OTEL_RESOURCE_ATTRIBUTES", "service.name=other,team=data"), ("OTEL_SERVICE_NAME", "backups")];
        let named = read(&given).unwrap().resource;
        assert_eq!(named, [("team".into(), "data".into()), (SERVICE.into(), "backups".into())]);
        assert_eq!(read(&[]).unwrap().resource, [(SERVICE.to_owned(), "chainwright".to_owned())]);
    }
}
