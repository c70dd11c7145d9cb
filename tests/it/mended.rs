//! What went wrong once and must not again.

use std::{collections::BTreeMap, time::Duration};

use chainwright_contracts::sealed::HOLD_TAG;
use chainwright_jobs::hold;
use chainwright_tests::{
    installation::{Installation, arn, at},
    model::brisk,
    witness::{BRIEF, PAIR, begun, conditions, kept, letters, manual, minutes, news_of, send},
};
use simcloud::{
    Service,
    faults::{CallFault, CallMatcher, FaultRule, GatePoint},
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
        let failed = news_of(&installation, "Restore Point Failed").len();
        assert_eq!((failed, letters(&installation)), (1, vec![]), "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hold_put_while_the_backup_runs_is_on_the_point_when_it_is_there() {
    let installation = begun(5, &["orders"], BRIEF).await;
    let mut waited = 0;
    while !installation.simulation.cloud().inspect().backup_jobs().iter().any(|job| job.state == "RUNNING") {
        minutes(&installation, 1).await;
        waited += 1;
        assert!(waited < 800, "no backup runs");
    }
    let point = installation.point("orders", "2026-01-05T06:00:00Z");
    hold(installation.simulation.context("worker-1").unwrap(), &point, "evidence").await.unwrap();
    minutes(&installation, 120).await;
    let points = kept(&installation);
    assert_eq!(points.len(), 1);
    assert!(points[0].tags.contains_key(HOLD_TAG), "{points:?}");
}

#[tokio::test(start_paused = true)]
async fn no_copy_is_made_of_what_does_not_prove_to_be_the_point() {
    let installation = begun(6, &["orders"], PAIR).await;
    let inspect = installation.simulation.cloud().inspect();
    let mut found = None;
    while found.is_none() {
        assert!(installation.simulation.cloud().now() < at("2026-01-05T12:00:00Z"), "no backup");
        installation.simulation.pass("20s".parse().unwrap()).await;
        found = inspect.points().into_iter().next();
    }
    assert!(inspect.set_point_tags(&found.unwrap().arn, BTreeMap::new()));
    installation.until("2026-01-06T05:00:00Z").await;
    assert_eq!(inspect.copy_jobs(), []);
    assert!(conditions(&installation, "worker-1").contains(&"CW0504".to_owned()));
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn a_backup_begun_before_a_crash_is_waited_for_while_its_tags_cannot_be_read() {
    let mut settings = brisk(7);
    settings.cloud.switches.backup.token_lifetime = Duration::from_secs(1);
    let mut installation = Installation::with(settings, &["orders"], BRIEF, 1).await;
    installation.until("2026-01-05T05:59:00Z").await;
    let cloud = installation.simulation.cloud().clone();
    let call = CallMatcher::operation(Service::Backup, "StartBackupJob").from_label("worker-1");
    let gate = cloud.gate(call, GatePoint::AfterEffect);
    gate.reached().await;
    installation.simulation.kill_worker("worker-1");
    drop(gate);
    minutes(&installation, 3).await;
    let tags = CallMatcher::operation(Service::Backup, "ListTags");
    let unread = cloud.faults().add(FaultRule::call(tags, error("ResourceNotFoundException")).times(1));
    installation.simulation.start_worker("worker-2").await.unwrap();
    installation.until("2026-01-06T05:00:00Z").await;
    assert_eq!(cloud.faults().fired(unread), 1);
    assert_eq!(cloud.inspect().backup_jobs().len(), 1);
    assert_eq!((installation.unfinished().await, letters(&installation)), (vec![], vec![]));
}
