//! A worker whose clock is a little ahead.

use chainwright_contracts::codes;
use chainwright_tests::installation::{HOME, Installation, must};
use jiff::SignedDuration;

#[tokio::test(start_paused = true)]
async fn a_worker_three_minutes_ahead_says_so_and_leaves_the_ticks_to_others() {
    let mut installation = Installation::gold(31, &["orders"]).await;
    let simulation = &mut installation.simulation;
    simulation.kill_worker("worker-1");
    must(simulation.start_worker_ahead("hasty", SignedDuration::from_mins(3)).await);
    installation.until("2026-01-05T05:30:00Z").await;
    let hasty = must(installation.simulation.context("hasty").ok_or("no such worker"));
    assert!(hasty.conditions().all().iter().any(|condition| condition.code == codes::CLOCK_SKEW));
    must(installation.simulation.start_worker("steady").await);
    installation.until("2026-01-05T08:00:00Z").await;
    assert_eq!(installation.points(HOME).len(), 1);
}
