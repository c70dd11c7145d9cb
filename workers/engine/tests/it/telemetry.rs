//! Traces go on through queues, and runs are told as they were.

use std::sync::{Arc, Mutex};

use chainwright_engine::Telemetry;
use opentelemetry::{
    global::BoxedTracer,
    metrics::MeterProvider,
    trace::{SpanKind, Status, TracerProvider},
};
use opentelemetry_sdk::{
    error::OTelSdkResult,
    metrics::SdkMeterProvider,
    trace::{SdkTracerProvider, SimpleSpanProcessor, SpanData, SpanExporter},
};

use crate::world::{World, settings};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

#[derive(Clone, Debug, Default)]
struct Kept(Arc<Mutex<Vec<SpanData>>>);

impl SpanExporter for Kept {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.lock().unwrap().extend(batch);
        Ok(())
    }
}

impl Kept {
    fn telemetry(&self) -> Telemetry {
        let traces = SdkTracerProvider::builder().with_span_processor(SimpleSpanProcessor::new(self.clone())).build();
        let tracer = BoxedTracer::new(Box::new(traces.tracer("test")));
        Telemetry::new(tracer, &SdkMeterProvider::default().meter("test"))
    }

    fn named(&self, name: &str) -> Vec<SpanData> {
        self.0.lock().unwrap().iter().filter(|span| span.name == name).cloned().collect()
    }
}

fn attribute(span: &SpanData, name: &str) -> Option<String> {
    span.attributes.iter().find(|one| one.key.as_str() == name).map(|one| one.value.to_string())
}

fn outcomes(spans: &[SpanData]) -> Vec<String> {
    spans.iter().filter_map(|span| attribute(span, "chainwright.job.outcome")).collect()
}

/// Runs one message through a worker that tells, until the queue is empty.
async fn told(queue: &str, body: &str, traceparent: Option<&str>) -> (World, Kept) {
    let (world, kept) = (World::new().await, Kept::default());
    match traceparent {
        Some(traceparent) => world.send_with(queue, body, "traceparent", traceparent).await,
        None => drop(world.send(queue, body).await),
    }
    let engine = world.builder("worker", settings()).0.telemetry(kept.telemetry()).build().await.unwrap();
    let empty = world.empty(queue);
    let drained = engine.run(empty).await;
    assert!(drained.is_ok());
    (world, kept)
}

#[tokio::test(start_paused = true)]
async fn every_run_is_a_child_of_the_run_that_led_to_it() {
    let body = r#"{"kind":"walk","id":"w","walker":"a","hops":2}"#;
    let (world, kept) = told("walks", body, Some(SENT)).await;
    let walks = kept.named("walk");
    assert_eq!(walks.len(), 3);
    let parents: Vec<_> = walks.iter().map(|span| span.parent_span_id.to_string()).collect();
    let ids: Vec<_> = walks.iter().map(|span| span.span_context.span_id().to_string()).collect();
    assert_eq!(parents, ["b7ad6b7169203331".to_owned(), ids[0].clone(), ids[1].clone()]);
    for span in &walks {
        assert_eq!(span.span_context.trace_id().to_string(), TRACE);
        assert_eq!(span.span_kind, SpanKind::Consumer);
        assert_eq!(attribute(span, "messaging.system").as_deref(), Some("aws_sqs"));
        assert_eq!(attribute(span, "messaging.destination.name").as_deref(), Some("chainwright-walks"));
    }
    assert_eq!(attribute(&walks[2], "chainwright.job.id").as_deref(), Some("a-0"));
    assert_eq!(world.log.deliveries("a at 0")[0].traceparent.as_deref(), Some(&*format!("00-{TRACE}-{}-01", ids[1])));
}

#[tokio::test(start_paused = true)]
async fn a_job_that_is_tried_again_keeps_the_trace_that_it_came_with() {
    let (world, kept) = told("acts", r#"{"kind":"act","id":"r","what":"retry"}"#, Some(SENT)).await;
    let runs = kept.named("act");
    assert_eq!(outcomes(&runs), ["retry", "retry", "retry", "done"]);
    assert!(runs.iter().all(|run| run.parent_span_id.to_string() == "b7ad6b7169203331"));
    assert_eq!((runs[0].status.clone(), runs[3].status.clone()), (Status::error("retry"), Status::Unset));
    assert!(world.log.deliveries("retry begins").iter().all(|run| run.traceparent.as_deref() == Some(SENT)));
}

#[tokio::test(start_paused = true)]
async fn the_runs_of_a_job_that_came_without_a_trace_are_one_trace() {
    let (_, kept) = told("acts", r#"{"kind":"act","id":"r","what":"retry"}"#, None).await;
    let runs = kept.named("act");
    assert_eq!(runs.len(), 4);
    assert!(runs.iter().all(|run| run.span_context.trace_id() == runs[0].span_context.trace_id()));
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_keeps_the_trace_whether_its_job_ran_or_not() {
    for (body, spans) in
        [(r#"{"kind":"act","id":"r","what":"reject"}"#, "act"), (r#"{"kind":"act","id":"r","whatever":1}"#, "refuse")]
    {
        let (world, kept) = told("acts", body, Some(SENT)).await;
        let dead = world.dead("acts");
        assert_eq!(dead[0].attributes["traceparent"], SENT);
        let spans = kept.named(spans);
        assert_eq!(spans.len(), 1, "{body}");
        assert_eq!(spans[0].span_context.trace_id().to_string(), TRACE);
        assert_eq!(attribute(&spans[0], "chainwright.code"), Some(dead[0].attributes["error_code"].clone()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_its_worker_gives_up_is_told_as_interrupted() {
    let (world, kept) = (World::new().await, Kept::default());
    world.send("acts", r#"{"kind":"act","id":"h","what":"hang"}"#).await;
    let engine = world.builder("worker", settings()).0.telemetry(kept.telemetry()).build().await.unwrap();
    let begun = world.until("it hangs", || world.log.count("hang begins") == 1);
    assert!(engine.run(begun).await.is_ok());
    assert_eq!(outcomes(&kept.named("act")), ["interrupted"]);
}
