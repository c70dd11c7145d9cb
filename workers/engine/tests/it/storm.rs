//! Everything at once: throttling, errors, answers lost, duplicates, workers that die. No job is lost (I1), every
//! follow-up is sent before its cause is deleted (I6), and the same seed gives the same run.

use std::time::Duration;

use chainwright_engine::Settings;
use simcloud::{
    Service, Switches,
    faults::{CallFault, CallMatcher, FaultId, FaultRule, QueueFault},
};
use tokio::time::sleep;

use crate::world::{HOUR, World, settings};

const WALKERS: usize = 30;
const HOPS: u32 = 4;

fn plan(world: &World, chance: f64) -> Vec<FaultId> {
    let call = || CallMatcher::service(Service::Sqs);
    let calls = [
        CallFault::Throttle,
        CallFault::ServerError(503),
        CallFault::LoseBefore,
        CallFault::LoseAfter,
        CallFault::BlackHole,
        CallFault::Latency(Duration::from_secs(3)),
    ];
    let faults = world.cloud.faults();
    let mut ids: Vec<_> =
        calls.into_iter().map(|fault| faults.add(FaultRule::call(call(), fault).with_probability(chance))).collect();
    for fault in [QueueFault::DuplicateDelivery, QueueFault::FailBatchEntry] {
        ids.push(faults.add(FaultRule::queue(None, fault).with_probability(chance)));
    }
    ids
}

/// One storm. Returns how often each fault fired, and the trace.
async fn storm(seed: u64, trace: bool) -> (Vec<u64>, Vec<String>) {
    fastrand::seed(seed);
    let mut rng = fastrand::Rng::with_seed(seed);
    let cloud =
        simcloud::Settings { seed, max_wait: HOUR, trace, switches: Switches::draw(seed), ..Default::default() };
    let world = World::with(cloud).await;
    for walker in 0..WALKERS {
        world.send("walks", &format!(r#"{{"kind":"walk","walker":"w{walker}","hops":{HOPS}}}"#)).await;
    }
    world.send("acts", "poison").await;
    world.send("acts", r#"{"kind":"act","what":"panic"}"#).await;
    world.send("acts", r#"{"kind":"act","what":"sleep","seconds":100}"#).await;
    let settings = |rng: &mut fastrand::Rng| Settings {
        receive_timeout: Duration::from_secs(30),
        long_poll: Duration::from_secs(19),
        rng: rng.fork(),
        ..settings()
    };
    let mut workers = Vec::new();
    for number in 0..3 {
        workers.push(world.worker_named(&format!("worker {number}"), settings(&mut rng)).await);
    }
    let faults = plan(&world, 0.03);
    for death in 0..3 {
        sleep(Duration::from_millis(rng.u64(100..20_000))).await;
        workers.remove(0).kill();
        // A worker that starts looks at its queues without retries of its own; its start is not what is tested here.
        world.cloud.faults().clear();
        workers.push(world.worker_named(&format!("worker {}", death + 3), settings(&mut rng)).await);
        let _more = plan(&world, 0.03);
    }
    sleep(Duration::from_secs(60)).await;
    world.cloud.faults().clear();
    for queue in ["walks", "acts"] {
        world.empty(queue).await;
    }
    for walker in 0..WALKERS {
        assert!(world.log.count(&format!("w{walker} at 0")) >= 1, "seed {seed}: walker {walker} never arrived");
    }
    assert!(world.dead("walks").is_empty(), "seed {seed}: {:?}", world.dead("walks"));
    let codes = world.codes("acts");
    assert!(!codes.is_empty() && codes.iter().all(|code| code == "CW0101"), "seed {seed}: {codes:?}");
    assert!(world.log.count("panic ends") >= 1 && world.log.count("sleep ends") >= 1, "seed {seed}");
    let counts = world.cloud.faults().counts();
    let mut fired = vec![0; faults.len()];
    for (position, count) in counts.values().enumerate() {
        fired[position % faults.len()] += count;
    }
    (fired, world.cloud.trace().iter().map(ToString::to_string).collect())
}

#[tokio::test(start_paused = true)]
async fn no_job_is_lost_in_a_storm() {
    let mut fired = vec![0; 8];
    for seed in 0..25 {
        let (counts, _) = storm(seed, false).await;
        fired.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
    }
    assert!(fired.iter().all(|count| *count > 0), "every fault must have fired: {fired:?}");
}

#[test]
fn one_seed_gives_one_trace() {
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(storm(42, true)).1
    };
    let (first, second) = (run(), run());
    assert!(first.len() > 200, "{}", first.len());
    assert_eq!(first, second);
}
