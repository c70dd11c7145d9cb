//! One restore point's trace, gathered from two workers by a collector.

use std::collections::BTreeSet;

use aws_smithy_async::time::{SystemTimeSource, TimeSource};
use chainwright_contracts::{ids::trace_id_of, jobs::Session};
use jiff::{SignedDuration, Timestamp, Unit};

use crate::{
    harness::{Cloud, Worker, chainwright, errors, eventually},
    otlp::{Collector, Span},
    stage,
};

/// A policy whose own slots are half a year away, so that none comes between those that the test asks for.
fn policy() -> String {
    let far = stage::far_month(now());
    format!(
        "
policy: traced
source: dynamodb
accounts: ['111122223333']
regions: [eu-west-1]
select: {{arns: ['arn:aws:dynamodb:eu-west-1:111122223333:table/table-0000']}}
backup_role: chainwright-backup
vault: chainwright
schedules:
  yearly: {{at: '00:00', on: {far} 15, keep: 1 day, keep_copies: 7 days}}
copy_to:
  eu-west-1: {{region: eu-central-1, vault: chainwright-dr}}
"
    )
}

fn now() -> Timestamp {
    Timestamp::try_from(SystemTimeSource::new().now()).unwrap()
}

fn session(slot: Timestamp) -> Session {
    Session { policy: "traced".parse().unwrap(), slot: Some(slot), cursor: None }
}

/// The processes and names of one trace's spans.
fn told(spans: &[Span], trace: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let of_trace = || spans.iter().filter(|span| span.trace == trace);
    let worker = |span: &Span| span.resource.get("service.instance.id").cloned().unwrap_or_default();
    (of_trace().map(worker).collect(), of_trace().map(|span| span.name.clone()).collect())
}

#[tokio::test]
async fn the_trace_of_a_point_from_session_to_copy_and_prune_comes_from_two_processes_under_one_id() {
    let collector = Collector::start().unwrap();
    let cloud = Cloud::start();
    let operator = cloud.operator();
    stage::tables(&operator, 1).await;
    stage::copy_vault(&operator).await;
    let file = concat!(env!("CARGO_TARGET_TMPDIR"), "/traced.yaml");
    std::fs::write(file, policy()).unwrap();
    let applied = chainwright(&["policy", "apply", file, "--yes"], &cloud.variables("operator"));
    assert!(applied.status.success(), "{}", errors(&applied));

    let endpoint = collector.endpoint();
    let telling = |name: &'static str, queues: &'static str| {
        [
            ("OTEL_EXPORTER_OTLP_ENDPOINT".to_owned(), endpoint.clone()),
            ("OTEL_EXPORTER_OTLP_PROTOCOL".to_owned(), "http/protobuf".to_owned()),
            ("OTEL_RESOURCE_ATTRIBUTES".to_owned(), format!("service.instance.id={name}")),
            ("OTEL_BSP_SCHEDULE_DELAY".to_owned(), "200".to_owned()),
            ("CHAINWRIGHT_QUEUES".to_owned(), queues.to_owned()),
        ]
    };
    let beginner = Worker::start(&cloud, "beginner", &telling("beginner", "sessions,snapshots")).await;
    let finisher = Worker::start(&cloud, "finisher", &telling("finisher", "events,completions,copies,prunes")).await;

    // The point's only flag ends at the whole minute after next: late enough to be copied before, and soon.
    let end = now().round(Unit::Minute).unwrap() + SignedDuration::from_mins(1);
    operator.send(&session(end - SignedDuration::from_hours(24)), None).await.unwrap();
    eventually("the point and its copy are there", async || stage::copies(&operator).await == 1).await;
    let families = operator.ledger().owners().await.unwrap();
    let family = operator.ledger().family(families.first().unwrap()).await.unwrap().unwrap();
    let trace = trace_id_of(&family.points.first().unwrap().value.id);
    eventually("its flag has ended", async || now() >= end).await;
    operator.send(&session(end - SignedDuration::from_mins(1)), None).await.unwrap();

    let wanted = ["session", "snapshot", "event", "settle", "copy", "prune"];
    let told = || told(&collector.spans(), &trace);
    eventually("the collector has all of the trace", async || wanted.iter().all(|name| told().1.contains(*name))).await;
    let (workers, _) = told();
    assert_eq!(workers, BTreeSet::from(["beginner".to_owned(), "finisher".to_owned()]));
    drop((beginner, finisher));
}
