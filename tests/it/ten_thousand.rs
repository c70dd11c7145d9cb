//! Sessions over so many tables that reading their tags takes longer than one job may, with workers that share AWS's limit.
//!
//! The same over 10,000 tables, on the machine's clock and with the worker's memory measured, is `just ten-thousand`.

use std::time::Duration;

use chainwright_engine::Stats;
use chainwright_tests::{
    installation::{HOME, Installation, must},
    policy,
};
use simcloud::{
    Service,
    faults::{CallFault, CallMatcher, FaultRule},
};

const DAILY: &str = policy!(r#"daily: {at: "06:00", keep: 3 days}"#);
const WORKERS: [&str; 2] = ["worker-1", "worker-2"];

/// So many tables under the policy, and two workers.
async fn over(seed: u64, tables: usize) -> Installation {
    let settings = must(chainwright_cli::simulation::Settings::unhurried(seed));
    let mut installation = Installation::new(settings).await;
    installation.tables((0..tables).map(|number| format!("table-{number:05}"))).await;
    installation.apply(DAILY).await;
    for worker in WORKERS {
        must(installation.simulation.start_worker(worker).await);
    }
    installation
}

/// How often both workers have called one of DynamoDB's operations.
fn calls(installation: &Installation, operation: &str) -> u64 {
    let stats = installation.simulation.cloud().stats();
    let key = (Service::DynamoDb, operation.to_owned());
    WORKERS.iter().filter_map(|worker| stats.labels.get(*worker)?.get(&key)).sum()
}

/// What the engines of both workers count.
fn engines(installation: &Installation) -> [Stats; 2] {
    WORKERS.map(|worker| must(installation.simulation.engine(worker).ok_or("the worker is gone")).stats())
}

/// Every table has its point, nothing was made twice, given up, or held up beyond its time.
async fn all_is_well(installation: &Installation, tables: usize) {
    let counts = installation.counts(HOME);
    assert_eq!((counts.len(), counts.values().max()), (tables, Some(&1)));
    assert_eq!(installation.made_twice(), Vec::<String>::new());
    assert_eq!(installation.simulation.cloud().inspect().backup_jobs().len(), tables);
    assert_eq!(installation.all_dead(), Vec::<String>::new());
    assert_eq!(installation.unfinished().await, Vec::new());
    for stats in engines(installation) {
        assert_eq!((stats.timeouts, stats.leases_lost, stats.abandoned), (0, 0, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn two_workers_make_all_points_of_a_session_over_many_tables_within_the_rate_of_tag_reads() {
    const TABLES: usize = 1000;
    let installation = over(80, TABLES).await;
    installation.until("2026-01-05T10:00:00Z").await;
    all_is_well(&installation, TABLES).await;
    let pages = calls(&installation, "ListTables");
    assert!((11..=40).contains(&pages), "{pages} pages of a hundred tables each; the hub's own is one more");
    // Each table's tags are read where it is selected and where its point is made, and the ledger's where it is not.
    // What is more was throttled, since no job ran twice: one call in twenty at the most.
    let (needed, made) = (2 * TABLES as u64 + 1, calls(&installation, "ListTagsOfResource"));
    assert!(made > needed, "two workers over one limit never met it");
    assert!(made - needed <= needed / 20, "{made} calls where {needed} would do");
    assert_eq!(engines(&installation).map(|stats| stats.retried).iter().sum::<u64>(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_session_whose_tags_come_slowly_is_handed_on_in_parts_and_not_begun_again() {
    const TABLES: usize = 300;
    let installation = over(81, TABLES).await;
    // Forty minutes for all of them: more than one page's time, and more than an idle session is left alone.
    let slow = FaultRule::call(CallMatcher::operation(Service::DynamoDb, "ListTagsOfResource"), latency(8));
    let slow = installation.simulation.cloud().faults().add(slow);
    installation.until("2026-01-05T07:30:00Z").await;
    assert!(installation.fired(slow) > 0);
    all_is_well(&installation, TABLES).await;
    assert_eq!(calls(&installation, "ListTagsOfResource"), 2 * TABLES as u64 + 1);
    let pages = calls(&installation, "ListTables");
    assert!((35..=60).contains(&pages), "{pages} parts of eight tables or nine");
}

fn latency(seconds: u64) -> CallFault {
    CallFault::Latency(Duration::from_secs(seconds))
}
