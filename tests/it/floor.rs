//! The newest good point of a chain and side stays, whatever else happens (I3).

use chainwright_tests::{
    installation::{AWAY, HOME, Installation, at},
    model::{brisk, sparse},
    policy,
};
use simcloud::{
    Service,
    faults::{CallFault, CallMatcher, FaultRule, JobFault},
};

/// Weekly on Mondays, both sides kept two weeks.
const WEEKLY: &str = policy!(
    copied: r#"weekly: {at: "06:00", on: monday, keep: 14 days, keep_copies: 21 days}"#;
    "retry: {attempts: 2, within: 24 hours}"
);

const KEEP_TWO: &str = policy!(
    copied: r#"daily: {at: "06:00", keep: 1 day, keep_copies: 1 day}"#;
    "keep_last: 2", "retry: {attempts: 2, within: 2 hours}"
);

#[tokio::test(start_paused = true)]
async fn the_newest_good_point_outlives_a_year_of_failures_on_both_sides() {
    let installation = Installation::with(sparse(5), &["orders"], WEEKLY, 1).await;
    installation.until("2026-01-22T00:00:00Z").await;
    assert_eq!(installation.days(HOME, "orders"), ["2026-01-12", "2026-01-19"]);
    let faults = installation.simulation.cloud().faults();
    let failing = faults.add(FaultRule::job(Some("backup"), None, JobFault::Fails("Internal error".into())));
    installation.until("2027-01-22T00:00:00Z").await;
    assert!(installation.fired(failing) >= 52, "{}", installation.fired(failing));
    // Everything else is gone, from both Regions.
    assert_eq!(installation.days(HOME, "orders"), ["2026-01-19"]);
    assert_eq!(installation.days(AWAY, "orders"), ["2026-01-19"]);
    assert_eq!(installation.unfinished().await, Vec::new());
    faults.clear();
    installation.until("2027-02-12T00:00:00Z").await;
    assert_eq!(installation.days(HOME, "orders"), ["2027-02-01", "2027-02-08"]);
    assert_eq!(installation.days(AWAY, "orders"), ["2027-01-25", "2027-02-01", "2027-02-08"]);
    assert_eq!(installation.all_dead(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn with_keep_last_two_the_two_newest_stay_when_everything_fails() {
    let installation = Installation::with(brisk(6), &["orders"], KEEP_TWO, 1).await;
    installation.until("2026-01-08T05:00:00Z").await;
    let faults = installation.simulation.cloud().faults();
    let failing = faults.add(FaultRule::job(Some("backup"), None, JobFault::Fails("Internal error".into())));
    installation.until("2026-01-12T12:00:00Z").await;
    assert!(installation.fired(failing) >= 8);
    assert_eq!(installation.days(HOME, "orders"), ["2026-01-06", "2026-01-07"]);
    assert_eq!(installation.days(AWAY, "orders"), ["2026-01-06", "2026-01-07"]);
    faults.clear();
    installation.until("2026-01-13T12:00:00Z").await;
    assert_eq!(installation.days(HOME, "orders"), ["2026-01-07", "2026-01-13"]);
    assert_eq!(installation.days(AWAY, "orders"), ["2026-01-07", "2026-01-13"]);
}

#[tokio::test(start_paused = true)]
async fn a_copy_side_whose_copies_fail_keeps_its_newest_good_copy() {
    let installation = Installation::with(brisk(8), &["orders"], KEEP_TWO, 1).await;
    installation.until("2026-01-08T05:00:00Z").await;
    let faults = installation.simulation.cloud().faults();
    let failing = faults.add(FaultRule::job(Some("copy"), None, JobFault::Fails("Access denied".into())));
    installation.until("2026-01-12T12:00:00Z").await;
    assert!(installation.fired(failing) >= 4);
    assert_eq!(installation.days(AWAY, "orders"), ["2026-01-06", "2026-01-07"]);
    // Copies that are tried on are in trouble nevertheless, and that is said at once.
    assert!(installation.conditions("worker-1").iter().any(|(code, _)| code == "CW0402"));
    let home = installation.days(HOME, "orders");
    assert!(home.len() <= 3 && home.contains(&"2026-01-12".to_owned()), "{home:?}");
    faults.clear();
    installation.until("2026-01-13T12:00:00Z").await;
    assert_eq!(installation.days(AWAY, "orders").last().map(String::as_str), Some("2026-01-13"));
    assert_eq!(installation.conditions("worker-1"), Vec::new());
    assert!(installation.simulation.cloud().now() > at("2026-01-13T00:00:00Z"));
}

/// Daily, kept for a day and copied nowhere; a backup that fails is not tried again for long.
const DAILY: &str = policy!(r#"daily: {at: "06:00", keep: 1 day}"#; "retry: {attempts: 1, within: 1 hour}");

#[tokio::test(start_paused = true)]
async fn a_removal_that_aws_has_refused_is_called_off_when_the_point_is_the_last_good_one_by_now() {
    let installation = Installation::with(brisk(9), &["orders"], DAILY, 1).await;
    installation.until("2026-01-05T12:00:00Z").await;
    let cloud = installation.simulation.cloud().clone();
    let denied = CallFault::Error { code: "AccessDeniedException".into(), message: "not you".into(), status: 403 };
    let deletion = CallMatcher::operation(Service::Backup, "DeleteRecoveryPoint");
    let denied = cloud.faults().add(FaultRule::call(deletion, denied));
    installation.until("2026-01-06T12:00:00Z").await;
    assert!(installation.fired(denied) > 0, "Monday's point has ended, and AWS does not let it go");
    let failing = cloud.faults().add(FaultRule::job(Some("backup"), None, JobFault::Fails("Internal error".into())));
    let tuesdays = installation.points(HOME).pop().unwrap();
    assert!(cloud.inspect().take_point(&tuesdays.arn).is_some());
    installation.until("2026-01-07T12:00:00Z").await;
    assert!(installation.fired(failing) > 0);
    cloud.faults().remove(denied);
    installation.until("2026-01-10T12:00:00Z").await;
    assert_eq!(installation.days(HOME, "orders"), ["2026-01-05"], "nothing else is left");
    assert_eq!(installation.unfinished().await, Vec::new());
    cloud.faults().clear();
    installation.until("2026-01-12T12:00:00Z").await;
    assert_eq!(installation.days(HOME, "orders"), ["2026-01-12"]);
    assert_eq!(installation.all_dead(), Vec::<String>::new());
}
