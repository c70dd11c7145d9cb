//! However often, in whatever order and by whomever it is asked for: one backup per point and side (I2, I7).

use chainwright_contracts::queues::{COPIES, PRUNES, SESSIONS, SNAPSHOTS};
use chainwright_tests::{
    installation::{AWAY, GOLD, HOME, Installation, arn},
    model::{brisk, completed},
};
use jiff::SignedDuration;
use serde_json::{Value, json};
use simcloud::faults::{FaultRule, QueueFault};

const SLOT: &str = "2026-01-05T06:00:00Z";
const REPEATS: usize = 50;

/// The messages that make, copy and prune the first point, each so many times, in an order drawn from the seed.
fn messages(installation: &Installation, repeats: usize, rng: &mut fastrand::Rng) -> Vec<(String, Value)> {
    let point = installation.point("orders", SLOT);
    let kinds = [
        (SESSIONS, json!({"kind": "session", "policy": "gold", "slot": SLOT})),
        (SESSIONS, json!({"kind": "session", "policy": "gold"})),
        (SNAPSHOTS, json!({"kind": "snapshot", "resource": arn("orders"), "policy": "gold", "slot": SLOT})),
        (COPIES, json!({"kind": "copy", "point": point, "to": AWAY})),
        (PRUNES, json!({"kind": "prune", "chain": installation.chain("orders")})),
    ];
    let each = kinds.iter().flat_map(|(queue, body)| vec![(queue.as_str().to_owned(), body.clone()); repeats]);
    let mut all: Vec<_> = each.collect();
    rng.shuffle(&mut all);
    all
}

async fn send_over_an_hour(installation: &Installation, messages: Vec<(String, Value)>, rng: &mut fastrand::Rng) {
    for (queue, body) in messages {
        installation.send(&queue, &body).await;
        installation.simulation.pass(SignedDuration::from_secs(rng.i64(0..30))).await;
    }
}

fn one_of_each(installation: &Installation) {
    assert_eq!(installation.made_twice(), Vec::<String>::new());
    assert_eq!(installation.days(HOME, "orders"), ["2026-01-05"]);
    assert_eq!(installation.days(AWAY, "orders"), ["2026-01-05"]);
    let inspect = installation.simulation.cloud().inspect();
    assert_eq!(inspect.backups_by_token().into_values().collect::<Vec<_>>(), [1]);
    assert_eq!(inspect.backup_jobs().len(), 1);
    assert_eq!(inspect.copy_jobs().len(), 1);
}

async fn fifty_times_each(seed: u64) {
    let installation = Installation::with(brisk(seed), &["orders"], GOLD, 3).await;
    installation.until("2026-01-05T05:59:00Z").await;
    let early = json!({"kind": "copy", "point": installation.point("orders", SLOT), "to": AWAY});
    installation.send("copies", &early).await;
    installation.until("2026-01-05T06:00:00Z").await;
    let faults = installation.simulation.cloud().faults();
    let twice = faults.add(FaultRule::queue(None, QueueFault::DuplicateDelivery).with_probability(0.2));
    let late = QueueFault::Late(std::time::Duration::from_mins(7));
    let late = faults.add(FaultRule::queue(None, late).with_probability(0.2));
    let mut rng = fastrand::Rng::with_seed(seed);
    let all = messages(&installation, REPEATS, &mut rng);
    send_over_an_hour(&installation, all, &mut rng).await;
    installation.until("2026-01-05T10:00:00Z").await;
    assert!(installation.fired(twice) > 20 && installation.fired(late) > 20);
    faults.clear();
    one_of_each(&installation);
    // What came too early or too often lies in the dead letters; all of it may be replayed, with everything else.
    let dead = installation.replay_dead().await;
    assert!(dead > 0, "the copy that was asked for before its point was known is a dead letter");
    for (queue, body) in messages(&installation, 5, &mut rng) {
        installation.send(&queue, &body).await;
    }
    installation.until("2026-01-05T14:00:00Z").await;
    one_of_each(&installation);
    assert_eq!(installation.unfinished().await, Vec::new());
}

#[tokio::test(start_paused = true)]
async fn fifty_of_each_message_in_any_order_make_one_backup_per_side() {
    fifty_times_each(1).await;
}

#[tokio::test(start_paused = true)]
async fn fifty_of_each_message_in_another_order_make_one_backup_per_side() {
    fifty_times_each(2).await;
}

#[tokio::test(start_paused = true)]
async fn fifty_prunes_of_an_expired_point_remove_it_and_nothing_else() {
    let installation = Installation::with(brisk(3), &["orders"], GOLD, 3).await;
    // Tuesday's point ends on Friday at 06:00; the prunes come with the session of that minute.
    installation.until("2026-01-09T05:59:00Z").await;
    assert_eq!(installation.days(HOME, "orders"), ["2026-01-05", "2026-01-06", "2026-01-07", "2026-01-08"]);
    let prune = json!({"kind": "prune", "chain": installation.chain("orders")});
    let reconcile = json!({"kind": "reconcile", "chain": installation.chain("orders")});
    for number in 0..50 {
        installation.send("prunes", &prune).await;
        installation.send("prunes", &reconcile).await;
        installation.simulation.pass(SignedDuration::from_secs(number % 7)).await;
    }
    installation.until("2026-01-09T09:00:00Z").await;
    assert_eq!(installation.days(HOME, "orders"), ["2026-01-05", "2026-01-07", "2026-01-08", "2026-01-09"]);
    assert_eq!(installation.days(AWAY, "orders").len(), 5);
    assert_eq!(installation.made_twice(), Vec::<String>::new());
    assert_eq!(completed(installation.simulation.cloud().inspect().backup_jobs()).len(), 5);
    assert_eq!(installation.unfinished().await, Vec::new());
}

#[tokio::test(start_paused = true)]
async fn what_a_whole_week_sent_may_be_replayed_without_a_trace() {
    let installation = Installation::with(brisk(4), &["orders"], GOLD, 3).await;
    installation.until("2026-01-09T12:00:00Z").await;
    let before = installation.kept();
    let jobs = installation.simulation.cloud().inspect().backup_jobs().len();
    for day in 5..=9 {
        let slot = format!("2026-01-{day:02}T06:00:00Z");
        let point = installation.point("orders", &slot);
        installation.send("sessions", &json!({"kind": "session", "policy": "gold", "slot": slot})).await;
        let snapshot = json!({"kind": "snapshot", "resource": arn("orders"), "policy": "gold", "slot": slot});
        installation.send("snapshots", &snapshot).await;
        installation.send("copies", &json!({"kind": "copy", "point": point, "to": AWAY})).await;
        for (operation, to) in [("backup", Value::Null), ("copy", json!(AWAY))] {
            let mut settle = json!({"kind": "settle", "operation": operation, "point": point, "look": 0});
            if !to.is_null() {
                settle["to"] = to;
            }
            installation.send("completions", &settle).await;
        }
    }
    installation.until("2026-01-09T16:00:00Z").await;
    assert_eq!(installation.kept(), before);
    assert_eq!(installation.simulation.cloud().inspect().backup_jobs().len(), jobs);
    assert_eq!(installation.simulation.cloud().inspect().copy_jobs().len(), 5);
    assert_eq!(installation.all_dead(), Vec::<String>::new());
}
