//! What happens behind our back, and clocks that are wrong.

#![expect(clippy::unwrap_used, reason = "what helps a test fails as a test does")]

use chainwright_tests::{
    installation::{AWAY, HOME, Installation, at},
    witness::{BRIEF, PAIR, begun, conditions, find, kept, letters, news, prepared},
};
use jiff::SignedDuration;
use simcloud::{
    PointView, Service,
    faults::{EventFault, FaultRule, JobFault},
};

fn home(installation: &Installation) -> Vec<PointView> {
    kept(installation).into_iter().filter(|point| point.region == HOME).collect()
}

#[tokio::test(start_paused = true)]
async fn a_point_removed_behind_our_back_is_reported_and_not_counted_as_kept_and_found_again_is_unmarked() {
    let policy = BRIEF.replace("keep: 1 day", "keep: 2 days");
    let installation = begun(1, &["orders"], &policy).await;
    let cloud = installation.simulation.cloud().clone();
    installation.until("2026-01-06T12:00:00Z").await;
    let (older, newest) = (home(&installation).remove(0), home(&installation).remove(1));
    let fails = cloud.faults().add(FaultRule::job(Some("backup"), None, JobFault::Fails("no more space".into())));
    let taken = cloud.inspect().take_point(&newest.arn).unwrap();
    // The older one expires on the 7th at 06:00; the newest would have kept the chain until then.
    installation.until("2026-01-07T20:00:00Z").await;
    assert!(cloud.faults().fired(fails) > 0);
    assert_eq!(home(&installation).iter().map(|point| &point.arn).collect::<Vec<_>>(), [&older.arn]);
    assert!(conditions(&installation, "worker-1").contains(&"CW0502".to_owned()));
    assert!(news(&installation).iter().any(|news| news.code() == "CW0502" && news.kind == "Chain At Risk"));
    cloud.inspect().return_point(taken);
    installation.until("2026-01-08T05:00:00Z").await;
    assert!(!conditions(&installation, "worker-1").contains(&"CW0502".to_owned()));
    // Found again, it is the newest good point, and the older one has no reason to stay any more.
    assert_eq!(home(&installation).iter().map(|point| &point.arn).collect::<Vec<_>>(), [&newest.arn]);
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn a_worker_whose_clock_is_a_year_ahead_removes_nothing_and_says_so() {
    skewed(SignedDuration::from_hours(365 * 24)).await;
}

#[tokio::test(start_paused = true)]
async fn a_worker_whose_clock_is_a_year_behind_removes_nothing_and_says_so() {
    skewed(SignedDuration::from_hours(-365 * 24)).await;
}

/// Points are made by a good worker, then only the skewed one is left, for two days; then a good one again.
async fn skewed(by: SignedDuration) {
    let mut installation = begun(2, &["orders"], PAIR).await;
    installation.until("2026-01-07T05:00:00Z").await;
    installation.simulation.stop_worker("worker-1").await.unwrap();
    let before = kept(&installation);
    assert_eq!(before.len(), 4);
    installation.simulation.start_worker_ahead("skewed", by).await.unwrap();
    installation.until("2026-01-09T05:00:00Z").await;
    assert_eq!(kept(&installation), before, "nothing removed, and nothing made");
    assert_eq!(installation.simulation.cloud().stats().calls(Service::Backup, "DeleteRecoveryPoint"), 0);
    assert_eq!(conditions(&installation, "skewed"), ["CW0503"]);
    assert_eq!(letters(&installation), []);
    installation.simulation.start_worker("worker-2").await.unwrap();
    installation.until("2026-01-10T05:00:00Z").await;
    // One catch-up session for the newest slot missed, and the day's own; what had expired is gone.
    let days: Vec<String> =
        home(&installation).iter().map(|point| point.created.to_string()[..10].to_owned()).collect();
    assert_eq!(days, ["2026-01-09", "2026-01-09"]);
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn a_worker_whose_clock_is_a_year_ahead_makes_no_session_of_the_future() {
    let mut installation = prepared(3, &["orders"], BRIEF).await;
    installation.simulation.start_worker_ahead("skewed", SignedDuration::from_hours(365 * 24)).await.unwrap();
    installation.until("2026-01-05T12:00:00Z").await;
    assert_eq!(kept(&installation), []);
    installation.simulation.start_worker("worker-1").await.unwrap();
    installation.until("2026-01-06T12:00:00Z").await;
    let jobs = installation.simulation.cloud().inspect().backup_jobs();
    assert_eq!(jobs.len(), 2, "{jobs:?}");
    assert_eq!(find(&installation, jobs[0].point.as_deref().unwrap()), None, "the first one has expired");
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn a_backup_and_a_copy_that_vanish_before_anybody_saw_them_are_made_again() {
    let installation = begun(4, &["orders"], PAIR).await;
    let inspect = installation.simulation.cloud().inspect();
    // Without events it is looks that see them, minutes later.
    let lost = installation.simulation.cloud().faults().add(FaultRule::event(None, EventFault::Drop));
    for (region, copy) in [(HOME, false), (AWAY, true)] {
        let mut found = None;
        while found.is_none() {
            assert!(installation.simulation.cloud().now() < at("2026-01-06T00:00:00Z"), "nothing in {region}");
            installation.simulation.pass(SignedDuration::from_secs(20)).await;
            found = inspect.points().into_iter().find(|point| point.is_copy == copy && point.status == "COMPLETED");
        }
        assert!(inspect.remove_point(&found.unwrap().arn));
    }
    installation.until("2026-01-06T05:00:00Z").await;
    let points = kept(&installation);
    assert_eq!(
        points.iter().map(|point| point.region.as_str()).collect::<Vec<_>>(),
        [AWAY, HOME],
        "{:#?}",
        inspect.copy_jobs()
    );
    assert!(installation.simulation.cloud().faults().fired(lost) > 0);
    assert_eq!((inspect.backup_jobs().len(), inspect.copy_jobs().len()), (2, 2));
    assert_eq!(letters(&installation), []);
}
