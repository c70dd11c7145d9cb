//! What went wrong once and must not again.

#![expect(clippy::unwrap_used, reason = "what helps a test fails as a test does")]

use chainwright_tests::{
    installation::arn,
    witness::{BRIEF, begun, letters, manual, minutes, news, send},
};
use simcloud::{
    Service,
    faults::{CallFault, CallMatcher, FaultRule},
};

fn error(code: &str) -> CallFault {
    CallFault::Error { code: code.into(), message: "not now".into(), status: 400 }
}

#[tokio::test(start_paused = true)]
async fn a_backup_that_waits_while_its_table_is_dropped_is_given_up_and_another_table_is_not_taken_for_it() {
    for (seed, created_again, by_hand) in [(1, false, false), (2, true, false), (3, false, true), (4, true, true)] {
        let what = format!("created again: {created_again}, by hand: {by_hand}");
        let installation = begun(seed, &["orders"], BRIEF).await;
        let faults = installation.simulation.cloud().faults();
        let busy = CallMatcher::operation(Service::Backup, "StartBackupJob");
        let busy = faults.add(FaultRule::call(busy, error("LimitExceededException")));
        if by_hand {
            let mut job = manual(&arn("orders"), "before-migration");
            job["keep"] = "1 day".into();
            send(&installation, "snapshots", &job).await;
        } else {
            installation.until("2026-01-05T06:05:00Z").await;
        }
        minutes(&installation, 5).await;
        assert!(faults.fired(busy) > 0, "{what}");
        installation.drop_table("orders").await;
        if created_again {
            installation.table("orders").await;
        }
        faults.clear();
        installation.simulation.pass("4h".parse().unwrap()).await;
        assert_eq!(installation.unfinished().await, [], "{what}");
        assert_eq!(installation.simulation.cloud().inspect().backup_jobs(), [], "{what}");
        let failed = news(&installation).iter().filter(|news| news.kind == "Restore Point Failed").count();
        assert_eq!((failed, letters(&installation)), (1, vec![]), "{what}");
    }
}
