//! Events are hints: without them, or with too many, the same is true in the end, and only later (I8).

use std::time::Duration;

use chainwright_chain::state::SideState;
use chainwright_contracts::jobs::Side;
use chainwright_tests::{
    installation::{AWAY, GOLD, HOME, Installation},
    model::{Kept, brisk, completed},
};
use jiff::{SignedDuration, Timestamp};
use simcloud::faults::{EventFault, FaultRule};

const BACKUP_EVENTS: [&str; 4] =
    ["Backup Job State Change", "Copy Job State Change", "Recovery Point State Change", "Restore Job State Change"];
/// The longest look interval, one tick, and what calls take.
const AT_MOST: SignedDuration = SignedDuration::from_mins(30 + 10 + 1);

struct Ended {
    kept: Vec<Kept>,
    ledger: Vec<String>,
    /// From each backup's end to its copy's start, and from each copy's end to its entry in the ledger.
    steps: Vec<SignedDuration>,
    fired: u64,
}

/// Runs five days with all of AWS Backup's events suffering so.
async fn run(fault: Option<EventFault>) -> Ended {
    let installation = Installation::with(brisk(7), &["orders"], GOLD, 1).await;
    let faults = installation.simulation.cloud().faults();
    let faulty: Vec<_> = fault
        .iter()
        .flat_map(|fault| BACKUP_EVENTS.map(|of| faults.add(FaultRule::event(Some(of), fault.clone()))))
        .collect();
    installation.until("2026-01-10T04:00:00Z").await;
    let mut ledger = Vec::new();
    let mut seen_copies = Vec::new();
    for family in installation.families().await {
        for point in &family.points {
            for (side, record) in &point.value.sides {
                ledger.push(format!("{} {side} {:?} {:?}", point.value.id, record.state, record.flags));
                if let (Side::Copy(_), SideState::Available) = (side, record.state) {
                    seen_copies.extend(record.opened_at);
                }
            }
        }
    }
    assert_eq!(installation.all_dead(), Vec::<String>::new());
    assert_eq!(installation.unfinished().await, Vec::new());
    let fired = faulty.iter().map(|id| installation.fired(*id)).sum();
    Ended { kept: installation.kept(), ledger, steps: steps(&installation, seen_copies), fired }
}

fn steps(installation: &Installation, mut seen_copies: Vec<Timestamp>) -> Vec<SignedDuration> {
    let inspect = installation.simulation.cloud().inspect();
    let (backups, copies) = (completed(inspect.backup_jobs()), completed(inspect.copy_jobs()));
    let mut steps = Vec::new();
    for copy in &copies {
        let backup = backups.iter().find(|backup| backup.point == copy.source);
        steps.extend(backup.and_then(|backup| backup.completed).map(|ended| copy.created.duration_since(ended)));
    }
    let mut ended: Vec<Timestamp> = copies.iter().filter_map(|copy| copy.completed).collect();
    ended.sort();
    seen_copies.sort();
    assert_eq!((backups.len(), ended.len(), seen_copies.len()), (5, 5, 5));
    steps.extend(ended.into_iter().zip(seen_copies).map(|(ended, seen)| seen.duration_since(ended)));
    steps
}

fn same(ended: &Ended, expected: &Ended) {
    assert_eq!(ended.kept, expected.kept);
    assert_eq!(ended.ledger, expected.ledger);
    assert!(ended.steps.iter().all(|step| *step <= AT_MOST), "{:?}", ended.steps);
}

#[tokio::test(start_paused = true)]
async fn without_events_the_end_is_the_same_by_at_most_a_look_and_a_tick_later_per_step() {
    let expected = run(None).await;
    // Events leave together every five minutes.
    let prompt = SignedDuration::from_mins(6);
    assert!(expected.steps.iter().all(|step| *step <= prompt), "{:?}", expected.steps);
    assert_eq!(expected.kept.iter().filter(|kept| kept.region == HOME).count(), 4);
    assert_eq!(expected.kept.iter().filter(|kept| kept.region == AWAY).count(), 5);

    let dropped = run(Some(EventFault::Drop)).await;
    assert!(dropped.fired >= 10, "{} events were dropped", dropped.fired);
    assert!(dropped.steps.iter().any(|step| *step > prompt), "without events something must come later");
    same(&dropped, &expected);

    let doubled = run(Some(EventFault::Duplicate)).await;
    assert!(doubled.fired >= 10);
    same(&doubled, &expected);

    let delayed = run(Some(EventFault::Delay(Duration::from_hours(7)))).await;
    assert!(delayed.fired >= 10);
    same(&delayed, &expected);
}
