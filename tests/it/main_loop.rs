//! The loop: session, snapshot, settle, copy, prune.

use chainwright_tests::installation::{AWAY, HOME, Installation};

#[tokio::test(start_paused = true)]
async fn a_week_of_sessions_leaves_what_retention_says_in_both_regions() {
    let installation = Installation::gold(1, &["orders"]).await;
    installation.until("2026-01-12T12:00:00Z").await;
    assert_eq!(installation.all_dead(), Vec::<String>::new());
    let slots = |region| {
        installation.points(region).iter().map(|point| point.created.to_string()[..10].to_owned()).collect::<Vec<_>>()
    };
    // Monday the 5th stays for its weekly flag, then the last three days and today's.
    assert_eq!(slots(HOME), ["2026-01-05", "2026-01-10", "2026-01-11", "2026-01-12"]);
    assert_eq!(slots(AWAY).len(), 8);
}
