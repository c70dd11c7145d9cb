//! One session over many tables, by a worker in a process of its own, on the machine's clock.
//!
//! AWS lets tags be read ten times per second and account, and each table's are read twice: where it is selected, and
//! where its point is made. So a hundred tables take about 20 s, and the 10,000 of `just ten-thousand` over half an
//! hour. What is asserted is the same for any number.

use std::{collections::BTreeMap, time::Duration};

use aws_smithy_async::time::{SystemTimeSource, TimeSource};
use chainwright_contracts::jobs::Session;
use jiff::{RoundMode, Timestamp, TimestampRound, Unit};
use rustix::process::Signal;
use tokio::time::{Instant, sleep};

use crate::{
    harness::{Cloud, Worker, chainwright, errors},
    otlp::{Collector, Measured},
    stage,
};

/// The variable that says how many tables there are.
const TABLES: &str = "CHAINWRIGHT_TEST_TABLES";
/// How many there are where it says nothing.
const FEW: usize = 100;
/// The worker's name among the cloud's callers.
const LABEL: &str = "worker";
/// What a worker's memory stays under, in kilobytes.
const MEMORY: u64 = 150_000;
/// How long one run of a job may take (`job_limit` in the engine's settings), in seconds.
const JOB_LIMIT: f64 = 300.0;
/// How often the vault is looked into.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// After so many looks without a new point the session stands still.
const LOOKS: u32 = 60;

fn policy(now: Timestamp) -> String {
    let far = stage::far_month(now);
    format!(
        "
policy: many
source: dynamodb
accounts: ['111122223333']
regions: [eu-west-1]
select: {{tags: {{backup: gold}}}}
backup_role: chainwright-backup
vault: chainwright
schedules:
  yearly: {{at: '00:00', on: {far} 15, keep: 30 days}}
"
    )
}

/// Waits until there are so many points.
async fn wait_for_points(operator: &chainwright_cli::operator::Operator, wanted: usize) -> BTreeMap<String, usize> {
    let (mut before, mut looks) = (0, 0);
    loop {
        let points = stage::points(operator).await;
        if points.len() >= wanted && stage::is_quiet(operator).await {
            return points;
        }
        looks = if points.len() > before { 0 } else { looks + 1 };
        assert!(looks < LOOKS, "{} of {wanted} points, and no new one for minutes", points.len());
        before = points.len();
        sleep(LOOK_EVERY).await;
    }
}

fn of<'a>(measured: &'a [Measured], name: &'a str) -> impl Iterator<Item = &'a Measured> {
    measured.iter().filter(move |one| one.name == name)
}

/// Runs of jobs by kind and outcome.
fn jobs(measured: &[Measured]) -> BTreeMap<String, u64> {
    let mut jobs = BTreeMap::new();
    for one in of(measured, "chainwright.engine.jobs") {
        let word = |name: &str| one.attributes.get(name).map_or("", String::as_str);
        *jobs.entry(format!("{} {}", word("chainwright.job.kind"), word("chainwright.job.outcome"))).or_default() +=
            one.count;
    }
    jobs
}

/// Attempts at reading tags that the cloud throttled.
fn throttled(measured: &[Measured]) -> u64 {
    let tags = of(measured, "chainwright.aws.throttles")
        .filter(|one| one.attributes.get("rpc.method").is_some_and(|method| method == "ListTagsOfResource"));
    tags.map(|one| one.count).sum()
}

#[tokio::test]
async fn a_session_over_many_tables_makes_every_point_within_150_mb_and_the_rate_of_tag_reads() {
    let tables = std::env::var(TABLES).map_or(FEW, |tables| tables.parse().unwrap());
    let now = Timestamp::try_from(SystemTimeSource::new().now()).unwrap();
    let (collector, cloud) = (Collector::start().unwrap(), Cloud::start());
    let operator = cloud.operator();
    stage::vault(&operator).await;
    let file = concat!(env!("CARGO_TARGET_TMPDIR"), "/many.yaml");
    std::fs::write(file, policy(now)).unwrap();
    let applied = chainwright(&["policy", "apply", file, "--yes"], &cloud.variables("operator"));
    assert!(applied.status.success(), "{}", errors(&applied));
    // After the policy, whose application reads the tags of all that it would select.
    stage::only_tables(&operator, tables).await;

    let settings = [
        ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", format!("{}/v1/metrics", collector.endpoint())),
        ("OTEL_METRIC_EXPORT_INTERVAL", "1000".to_owned()),
        // Nobody reads its log here, and a full pipe would hold it up.
        ("CHAINWRIGHT_LOG", "off".to_owned()),
    ];
    let mut worker = Worker::start(&cloud, LABEL, &settings).await;
    let began = Instant::now();
    let slot = now.round(TimestampRound::new().smallest(Unit::Minute).mode(RoundMode::Trunc)).unwrap();
    let session = Session { policy: "many".parse().unwrap(), slot: Some(slot), cursor: None };
    operator.send(&session, None).await.unwrap();
    let points = wait_for_points(&operator, tables).await;
    let seconds = began.elapsed().as_secs();
    let memory = worker.process.peak_memory();
    worker.process.signal(Signal::TERM);
    assert_eq!(worker.process.ended().await.code(), Some(0));

    let calls = cloud.calls(LABEL, "dynamodb", "ListTagsOfResource").await;
    let dead = stage::dead_letters(&operator).await;
    let measured = collector.measured();
    let (jobs, throttled) = (jobs(&measured), throttled(&measured));
    let longest = of(&measured, "chainwright.engine.job.duration").map(|one| one.most).fold(0.0, f64::max);
    println!("tables: {tables}, points: {}, seconds: {seconds}, dead letters: {dead}", points.len());
    println!("worker's VmHWM: {memory} kB");
    println!("ListTagsOfResource: {calls} calls, of which throttled: {throttled}");
    println!("longest job: {longest:.1} s; runs by kind and outcome: {jobs:?}");

    assert!(points.len() == tables && points.values().all(|points| *points == 1), "one point of each table");
    assert_eq!(dead, 0);
    assert!(memory < MEMORY, "{memory} kB");
    assert!(longest > 0.0 && longest < JOB_LIMIT, "{longest} s");
    assert!(throttled * 20 <= calls, "{throttled} of {calls}");
    assert!(calls - throttled <= 10 * (seconds + 1), "{calls} calls in {seconds} s");
    assert_eq!(stage::backup_jobs(&operator).await, tables);
}
