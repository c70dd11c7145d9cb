//! Everything goes wrong a little, all the time, and AWS behaves in either of the ways that its documentation leaves
//! open: the end state is that of a calm week (I2, I6, I7, I8, I13).

use std::time::Duration;

use chainwright_tests::{
    installation::{GOLD, Installation, at, must},
    model::{Kept, brisk},
};
use jiff::SignedDuration;
use simcloud::{
    Switches,
    faults::{CallFault, CallMatcher, EventFault, FaultId, FaultRule, JobFault, QueueFault},
};

/// Friday's point is the last one; Tuesday's regular side has ended.
const END: &str = "2026-01-10T05:00:00Z";
const CALM_FROM: &str = "2026-01-09T16:00:00Z";

async fn calm(seed: u64) -> Vec<Kept> {
    let mut settings = brisk(seed);
    settings.cloud.switches = Switches::draw(seed);
    let installation = Installation::with(settings, &["orders", "stock"], GOLD, 1).await;
    installation.until(END).await;
    installation.kept()
}

/// Adds every fault that is only a matter of time and repetition.
fn rough(installation: &Installation) -> Vec<FaultId> {
    let faults = installation.simulation.cloud().faults();
    let mut rules = Vec::new();
    for worker in ["worker-1", "worker-2", "worker-3"] {
        let calls = || CallMatcher { label: Some(worker.to_owned()), ..CallMatcher::default() };
        for fault in [CallFault::LoseBefore, CallFault::LoseAfter, CallFault::Throttle, CallFault::ServerError(503)] {
            rules.push(FaultRule::call(calls(), fault).with_probability(0.02));
        }
        rules.push(FaultRule::call(calls(), CallFault::BlackHole).with_probability(0.003));
        rules.push(FaultRule::call(calls(), CallFault::ExpiredCredentials).with_probability(0.005));
        rules.push(FaultRule::call(calls(), CallFault::Jitter(Duration::from_secs(2))).with_probability(0.2));
    }
    rules.push(FaultRule::queue(None, QueueFault::DuplicateDelivery).with_probability(0.1));
    rules.push(FaultRule::queue(None, QueueFault::FailBatchEntry).with_probability(0.05));
    rules.push(FaultRule::queue(None, QueueFault::Late(Duration::from_mins(9))).with_probability(0.1));
    rules.push(FaultRule::event(Some("Backup Job State Change"), EventFault::Drop).with_probability(0.3));
    rules.push(FaultRule::event(Some("Copy Job State Change"), EventFault::Drop).with_probability(0.3));
    rules.push(FaultRule::event(None, EventFault::Duplicate).with_probability(0.2));
    rules.push(FaultRule::job(Some("copy"), None, JobFault::Fails("Internal error".into())).nth(2));
    rules.push(FaultRule::job(Some("backup"), None, JobFault::Fails("Internal error".into())).nth(3));
    rules.into_iter().map(|rule| faults.add(rule)).collect()
}

/// Five stormy days with workers that come and go, and a calm evening.
async fn stormy(seed: u64, trace: bool) -> Installation {
    let mut settings = brisk(seed);
    settings.cloud.switches = Switches::draw(seed);
    settings.cloud.trace = trace;
    let mut installation = Installation::with(settings, &["orders", "stock"], GOLD, 3).await;
    let rules = rough(&installation);
    let mut rng = fastrand::Rng::with_seed(seed);
    let end = at(CALM_FROM);
    while installation.simulation.cloud().now() < end {
        installation.simulation.pass(SignedDuration::from_mins(rng.i64(60..600))).await;
        let victim = format!("worker-{}", rng.u8(1..=3));
        installation.simulation.kill_worker(&victim);
        installation.simulation.pass(SignedDuration::from_mins(rng.i64(0..20))).await;
        // A start that fails is what a task's supervisor repeats.
        while installation.simulation.start_worker(&victim).await.is_err() {}
    }
    for rule in &rules {
        assert!(installation.fired(*rule) > 0, "{rule:?} never fired");
    }
    installation.simulation.cloud().faults().clear();
    installation.until(END).await;
    installation
}

async fn ends_as_a_calm_week(seed: u64) {
    let expected = calm(seed).await;
    let installation = stormy(seed, false).await;
    assert_eq!(installation.kept(), expected, "seed {seed}");
    assert_eq!(installation.made_twice(), Vec::<String>::new(), "seed {seed}");
    assert_eq!(installation.unfinished().await, Vec::new(), "seed {seed}");
}

/// Each in a runtime of its own, with which everything of it ends.
fn trace_of(seed: u64) -> Vec<String> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = must(runtime.enable_all().start_paused(true).build());
    let installation = runtime.block_on(stormy(seed, true));
    installation.simulation.cloud().trace().iter().map(ToString::to_string).collect()
}

#[test]
fn the_same_storm_twice_makes_the_same_calls() {
    let (first, second) = (trace_of(75), trace_of(75));
    assert_eq!(first.iter().zip(&second).find(|(first, second)| first != second), None);
    assert_eq!(first.len(), second.len());
}

#[tokio::test(start_paused = true)]
async fn a_week_of_storms_ends_as_a_calm_one_does() {
    for seed in [71, 72] {
        ends_as_a_calm_week(seed).await;
    }
}
