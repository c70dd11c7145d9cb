//! One trace per restore point, metrics under their documented names, and a collector that cannot harm.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::TcpListener,
    sync::Arc,
    time::{Duration, SystemTime},
};

use chainwright_cli::{simulation::Settings, telemetry::Telemetry};
use chainwright_contracts::ids::trace_id_of;
use chainwright_tests::{
    installation::{AWAY, GOLD, HOME, Installation, at, must},
    kept::Kept,
    model::brisk,
    otlp::Collector,
};
use jiff::SignedDuration;
use opentelemetry::trace::SpanKind;
use opentelemetry_sdk::trace::SpanData;
use serde_json::json;
use simcloud::{
    Service,
    faults::{CallFault, CallMatcher, FaultRule},
};

async fn told(seed: u64, tables: &[&str]) -> (Installation, Kept, Arc<Telemetry>) {
    let (kept, mut installation) = (Kept::default(), Installation::with(brisk(seed), tables, GOLD, 0).await);
    let telemetry = kept.telemetry();
    installation.simulation.report_to(Arc::clone(&telemetry));
    must(installation.simulation.start_worker("worker-1").await);
    must(installation.simulation.start_worker("worker-2").await);
    (installation, kept, telemetry)
}

fn names(spans: &[SpanData]) -> BTreeSet<&str> {
    spans.iter().map(|span| span.name.as_ref()).collect()
}

fn attribute(span: &SpanData, name: &str) -> Option<String> {
    span.attributes.iter().find(|one| one.key.as_str() == name).map(|one| one.value.to_string())
}

#[tokio::test(start_paused = true)]
async fn everything_that_happens_to_a_point_is_found_in_its_trace_from_session_to_prune() {
    let (installation, kept, _telemetry) = told(60, &["orders", "customers"]).await;
    // The regular side of Tuesday's point goes on Friday, its copy a week after it was made.
    installation.until("2026-01-14T00:00:00Z").await;
    let point = installation.point("orders", "2026-01-06T06:00:00Z");
    let spans = kept.of(&point);
    let expected = BTreeSet::from(["session", "snapshot", "event", "settle", "copy", "prune"]);
    assert!(names(&spans).is_superset(&expected), "{:?}", names(&spans));
    let pruned = spans.iter().filter(|span| span.name == "prune" && attribute(span, "chainwright.side").is_some());
    let pruned: Vec<_> = pruned.filter_map(|span| attribute(span, "chainwright.side")).collect();
    assert_eq!(pruned, ["regular".to_owned(), format!("copy:{AWAY}")]);
    // Whoever finds one finds the others: each has its parent here, or a link to the run that caused it.
    let by_id = |span: SpanData| (span.span_context.span_id().to_string(), span);
    let all: BTreeMap<String, SpanData> = kept.spans().into_iter().map(by_id).collect();
    for span in &spans {
        let parent = all.get(&span.parent_span_id.to_string());
        let linked = span.links.iter().filter_map(|link| all.get(&link.span_context.span_id().to_string()));
        assert!(parent.is_some() || linked.count() > 0, "{} stands alone", span.name);
        assert!(parent.is_none_or(|parent| parent.span_context.trace_id() == span.span_context.trace_id()));
    }
    let session = spans.iter().find(|span| span.name == "session").unwrap();
    let asked = all.get(&session.links.iter().next().unwrap().span_context.span_id().to_string()).unwrap();
    assert_eq!((asked.name.as_ref(), asked.span_kind.clone()), ("session", SpanKind::Consumer));
}

#[tokio::test(start_paused = true)]
async fn a_points_trace_holds_no_other_point_and_its_times_are_virtual() {
    let (installation, kept, _telemetry) = told(61, &["orders", "customers"]).await;
    installation.until("2026-01-10T00:00:00Z").await;
    let (begin, end) = (SystemTime::from(at("2026-01-06T06:00:00Z")), SystemTime::from(at("2026-01-10T00:00:00Z")));
    for table in ["orders", "customers"] {
        let point = installation.point(table, "2026-01-06T06:00:00Z");
        let spans = kept.of(&point);
        assert!(spans.len() > 6);
        for span in &spans {
            let of = attribute(span, "chainwright.point.id");
            assert!(of.is_none_or(|of| of == point.as_str()), "{} is of another point", span.name);
            let times = begin <= span.start_time && span.start_time <= span.end_time && span.end_time <= end;
            assert!(times, "{} {:?} {:?}", span.name, span.start_time, span.end_time);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_removal_on_request_is_in_the_points_trace_linked_to_the_job_that_asked() {
    let (installation, kept, _telemetry) = told(62, &["orders"]).await;
    installation.until("2026-01-07T12:00:00Z").await;
    let point = installation.point("orders", "2026-01-06T06:00:00Z");
    let job = json!({"kind": "delete", "id": "by-hand-1", "points": [point]});
    installation.send("prunes", &job).await;
    installation.until("2026-01-07T18:00:00Z").await;
    assert_eq!(installation.days(HOME, "orders"), ["2026-01-05", "2026-01-07"]);
    let spans = kept.of(&point);
    let deleted = spans.iter().find(|span| span.name == "delete").unwrap();
    let all = kept.spans();
    let run = all.iter().find(|span| attribute(span, "chainwright.job.id").as_deref() == Some("by-hand-1")).unwrap();
    let linked: Vec<_> = deleted.links.iter().map(|link| link.span_context.span_id()).collect();
    assert_eq!(linked, [run.span_context.span_id()]);
    assert_ne!(run.span_context.trace_id(), deleted.span_context.trace_id());
    // AWS's calls of the removal are beneath it.
    let calls = spans.iter().filter(|span| span.parent_span_id == deleted.span_context.span_id());
    let calls: BTreeSet<_> = calls.map(|span| span.name.to_string()).collect();
    assert!(calls.iter().any(|call| call.ends_with("/DeleteRecoveryPoint")), "{calls:?}");
}

#[tokio::test(start_paused = true)]
async fn every_documented_metric_is_reported() {
    let (mut installation, kept, telemetry) = told(63, &["orders"]).await;
    let policy = GOLD.replace("schedules:", "rpo: 2 days\nschedules:");
    installation.apply(&policy).await;
    let calls = CallMatcher::operation(Service::Backup, "DescribeBackupJob");
    let throttled = installation.simulation.cloud().faults().add(FaultRule::call(calls, CallFault::Throttle).times(4));
    must(installation.simulation.send("copies", r#"{"kind":"copy","id":"bad"}"#).await);
    installation.until("2026-01-08T00:00:00Z").await;
    assert_eq!(installation.fired(throttled), 4);
    assert_eq!(installation.dead("copies").len(), 1);
    must(installation.simulation.stop_worker("worker-1").await);
    assert!(telemetry.flush());
    let documented: BTreeSet<String> = metrics().into_iter().map(str::to_owned).collect();
    assert_eq!(kept.metrics(), documented);
}

fn metrics() -> Vec<&'static str> {
    let engine = chainwright_engine::telemetry::names::METRICS.iter();
    let jobs = chainwright_jobs::telemetry::names::METRICS.iter();
    engine.chain(&chainwright_aws::clients::observe::METRICS).chain(jobs).copied().collect()
}

/// How often each operation was called until the second session was done, and what came of it. No comparison with AWS
/// falls in that time: it looks at the policy besides where somebody is told.
async fn calls(seed: u64, told: bool) -> (BTreeMap<(Service, String), u64>, Vec<String>) {
    let mut settings = brisk(seed);
    settings.reconcile_every = SignedDuration::from_hours(30 * 24);
    let mut installation = Installation::with(settings, &["orders"], GOLD, 0).await;
    if told {
        installation.simulation.report_to(Kept::default().telemetry());
    }
    must(installation.simulation.start_worker("worker-1").await);
    installation.until("2026-01-07T00:00:00Z").await;
    let calls = installation.simulation.cloud().stats().operations;
    (calls, installation.kept().into_iter().map(|kept| format!("{kept:?}")).collect())
}

#[tokio::test(start_paused = true)]
async fn telling_costs_no_call() {
    let (silent, quietly) = calls(64, false).await;
    let (telling, loudly) = calls(64, true).await;
    assert_eq!(silent, telling);
    assert_eq!(quietly, loudly);
    assert_eq!(quietly.len(), 4, "two points on two sides: {quietly:?}");
}

/// A worker whose telemetry is set up from an environment, over the first session of the installation.
async fn exported(seed: u64, environment: &[(&str, &str)]) -> (Installation, Arc<Telemetry>) {
    let get = |name: &str| environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    let telemetry = Arc::new(must(Telemetry::from_env(&get)));
    let mut settings: Settings = brisk(seed);
    settings.tick_minutes = 60;
    let mut installation = Installation::with(settings, &["orders"], GOLD, 0).await;
    installation.simulation.report_to(Arc::clone(&telemetry));
    must(installation.simulation.start_worker("worker-1").await);
    installation.until("2026-01-05T10:00:00Z").await;
    assert_eq!(installation.points(AWAY).len(), 1, "the copy is made");
    (installation, telemetry)
}

async fn a_collector_receives(seed: u64, protocol: &str) {
    let collector = must(Collector::start());
    let environment = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol.to_owned()),
        ("OTEL_SERVICE_NAME", "backups".to_owned()),
        ("OTEL_RESOURCE_ATTRIBUTES", "team=data".to_owned()),
    ];
    let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let (installation, telemetry) = exported(seed, &environment).await;
    assert!(telemetry.flush(), "the collector takes all of it");
    let trace = trace_id_of(&installation.point("orders", "2026-01-05T06:00:00Z"));
    let spans: Vec<_> = collector.spans().into_iter().filter(|span| span.trace == trace).collect();
    let names: BTreeSet<&str> = spans.iter().map(|span| span.name.as_str()).collect();
    assert!(names.is_superset(&["session", "snapshot", "event", "settle", "copy"].into()), "{names:?}");
    let of = |name: &str| spans.iter().filter_map(|span| span.resource.get(name).cloned()).collect::<BTreeSet<_>>();
    assert_eq!((of("service.name"), of("team")), (["backups".to_owned()].into(), ["data".to_owned()].into()));
    assert_eq!(of("service.instance.id").len(), 1);
    assert!(collector.metrics().contains(chainwright_engine::telemetry::names::JOBS));
}

#[tokio::test(start_paused = true)]
async fn a_collector_receives_a_points_trace_and_metrics_over_http() {
    a_collector_receives(65, "http/protobuf").await;
}

#[tokio::test(start_paused = true)]
async fn a_collector_receives_a_points_trace_and_metrics_over_grpc() {
    a_collector_receives(66, "grpc").await;
}

#[tokio::test(start_paused = true)]
async fn a_collector_that_never_answers_or_is_not_there_holds_up_no_job_no_drain_and_no_exit() {
    // It accepts, since the system does so for it, and says nothing.
    let silent = must(TcpListener::bind("127.0.0.1:0"));
    let gone = must(must(TcpListener::bind("127.0.0.1:0")).local_addr());
    for (address, protocol) in [(must(silent.local_addr()), "http/protobuf"), (gone, "grpc")] {
        let endpoint = format!("http://{address}");
        let environment =
            [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()), ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)];
        let (mut installation, telemetry) = exported(67, &environment).await;
        assert_eq!(installation.all_dead(), Vec::<String>::new());
        must(installation.simulation.stop_worker("worker-1").await);
        drop(installation);
        let telemetry = Arc::into_inner(telemetry).unwrap();
        assert!(!telemetry.shutdown(Duration::from_millis(50)), "nobody took what was left");
    }
}

#[test]
fn the_documented_spans_and_metrics_are_those_that_exist() {
    let text = must(std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../ARCHITECTURE.md")));
    let section = text.split("\n## Telemetry\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let documented: Vec<&str> = rows.collect();
    let expected: Vec<&str> = chainwright_jobs::telemetry::names::SPANS.into_iter().chain(metrics()).collect();
    assert_eq!(documented, expected);
}
