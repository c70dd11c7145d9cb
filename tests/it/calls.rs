//! What a restore point costs in calls to AWS, by source and by the kind of job that makes them.

use std::collections::{BTreeMap, BTreeSet};

use chainwright_tests::{
    clusters::CLUSTERS,
    files::FILES,
    installation::{Installation, at, must},
    kept::Kept,
    model::brisk,
    policy,
    warehouse::WAREHOUSES,
};
use opentelemetry::trace::SpanKind;
use opentelemetry_sdk::trace::SpanData;

const TABLES: &str = policy!(copied: r#"daily: {at: "06:00", keep: 3 days, keep_copies: 7 days}"#);

/// Days on which points are made, copied and removed on both sides: what a chain comes to after its beginning.
const FROM: &str = "2026-01-14T00:00:00Z";
const UNTIL: &str = "2026-01-18T00:00:00Z";
const DAYS: usize = 4;
/// Resources under the policy, which share its sessions.
const RESOURCES: usize = 3;

/// The columns: jobs in the order of a point's life, then the comparisons, four a day and chain.
const KINDS: [&str; 7] = ["session", "snapshot", "event", "settle", "copy", "prune", "reconcile"];

/// What the hub costs whether or not points are made: it depends on how often the clock ticks.
const TICK: &str = "tick";

/// The most calls that a point of any source may cost, both its sides, looks and comparisons included.
const MOST: f64 = 260.0;

/// Calls per point and kind of job, over the days in which the chains are as they stay.
async fn measured(source: &str) -> BTreeMap<&'static str, f64> {
    let (kept, mut installation) = (Kept::default(), Installation::new(brisk(1)).await);
    installation.keyed_vault().await;
    for number in 0..RESOURCES {
        match source {
            "dynamodb" => drop(installation.table(&format!("table-{number}")).await),
            "fsx" => drop(installation.windows("7:20:00").await),
            "redshift-serverless" => drop(installation.namespace(&format!("space-{number}")).await),
            _ => drop(installation.cluster(&format!("cluster-{number}")).await),
        }
    }
    let policy = match source {
        "dynamodb" => TABLES,
        "fsx" => FILES,
        "redshift-serverless" => WAREHOUSES,
        _ => CLUSTERS,
    };
    installation.apply(policy).await;
    let telemetry = kept.telemetry();
    installation.simulation.report_to(telemetry.clone());
    must(installation.simulation.start_worker("worker-1").await);
    installation.until(UNTIL).await;
    assert_eq!(installation.all_dead(), Vec::<String>::new());
    drop(telemetry);
    per_point(&kept.spans())
}

#[expect(clippy::cast_precision_loss, reason = "counts of calls are small")]
fn per_point(spans: &[SpanData]) -> BTreeMap<&'static str, f64> {
    let by_id: BTreeMap<String, &SpanData> =
        spans.iter().map(|span| (span.span_context.span_id().to_string(), span)).collect();
    let from = std::time::SystemTime::from(at(FROM));
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    let calls = spans.iter().filter(|span| span.span_kind == SpanKind::Client && span.start_time >= from);
    for call in calls.filter(|call| !call.name.contains("SQS")) {
        let kind = kind_of(call, &by_id);
        if kind != TICK {
            *counts.entry(kind).or_default() += 1;
        }
    }
    let points = (DAYS * RESOURCES) as f64;
    counts.into_iter().map(|(kind, count)| (kind, count as f64 / points)).collect()
}

/// The kind of job beneath whose span a call was made.
fn kind_of(call: &SpanData, by_id: &BTreeMap<String, &SpanData>) -> &'static str {
    let mut at = Some(call);
    while let Some(span) = at {
        if let Some(kind) = KINDS.into_iter().chain([TICK]).find(|kind| span.name.trim_end_matches('s') == *kind) {
            return kind;
        }
        at = by_id.get(&span.parent_span_id.to_string()).copied();
    }
    "other"
}

fn row(source: &str, of: &BTreeMap<&'static str, f64>) -> String {
    let total: f64 = of.values().sum();
    let cells = KINDS.iter().map(|kind| format!("{:.1}", of.get(kind).copied().unwrap_or_default()));
    let cells: Vec<String> = cells.chain([format!("{total:.1}")]).collect();
    format!("| `{source}` | {} |", cells.join(" | "))
}

#[tokio::test(start_paused = true)]
async fn a_point_costs_as_many_calls_as_the_architecture_says_and_no_more_than_its_budget() {
    let mut rows = Vec::new();
    for source in ["dynamodb", "fsx", "redshift-serverless", "redshift"] {
        let of = measured(source).await;
        let unexpected: BTreeSet<_> = of.keys().filter(|kind| !KINDS.contains(kind)).collect();
        assert_eq!(unexpected, BTreeSet::new(), "{of:?}");
        assert!(of.values().sum::<f64>() <= MOST, "{source}: {of:?}");
        rows.push(row(source, &of));
    }
    let table = rows.join("\n");
    println!("{table}");
    let told = include_str!("../../ARCHITECTURE.md");
    assert!(told.contains(&table), "ARCHITECTURE.md should have this table:\n{table}");
}
