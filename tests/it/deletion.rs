//! Deletions: those that AWS answers and does not carry out, and those that people ask for.

use chainwright_jobs::ledger::Record as _;
use chainwright_tests::{
    installation::{AWAY, HOME, Installation, VAULT},
    loss,
    witness::{BRIEF, PAIR, backup, begun, conditions, dead, find, kept, letters, minutes, name, news_of, send},
};
use serde_json::{Value, json};
use simcloud::{
    PointView, Service,
    faults::{CallFault, CallMatcher, FaultRule, JobFault},
};

fn by_region(installation: &Installation, region: &str) -> Vec<PointView> {
    kept(installation).into_iter().filter(|point| point.region == region).collect()
}

fn request(point: &PointView) -> Value {
    json!({"kind": "delete", "points": [name(point).point.to_string()]})
}

fn codes_of_risk(installation: &Installation) -> Vec<String> {
    let risks = news_of(installation, "Chain At Risk").into_iter();
    risks.map(|news| news.code().to_owned()).collect()
}

/// AWS answers the deletion of the expired point and leaves it there; once it no longer does, the point goes.
async fn is_noticed_reported_and_tried_again(fault: JobFault) {
    let installation = begun(1, &["orders"], BRIEF).await;
    installation.until("2026-01-05T12:00:00Z").await;
    let first = by_region(&installation, HOME).remove(0);
    let faults = installation.simulation.cloud().faults();
    let refused = faults.add(FaultRule::job(Some("delete"), None, fault));
    installation.until("2026-01-06T12:00:00Z").await;
    assert!(faults.fired(refused) >= 2, "tried again while it fails: {}", faults.fired(refused));
    assert!(faults.fired(refused) <= 14, "and not all the time: {}", faults.fired(refused));
    assert!(find(&installation, &first.arn).is_some());
    assert_eq!(conditions(&installation, "worker-1"), ["CW0501"]);
    assert!(codes_of_risk(&installation).contains(&"CW0501".to_owned()));
    assert!(news_of(&installation, "Restore Point Pruned").is_empty());
    faults.clear();
    minutes(&installation, 120).await;
    assert_eq!(find(&installation, &first.arn), None);
    assert_eq!(conditions(&installation, "worker-1"), Vec::<String>::new());
    assert!(!news_of(&installation, "Restore Point Pruned").is_empty());
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_turns_the_point_expired_is_noticed_reported_and_tried_again() {
    is_noticed_reported_and_tried_again(JobFault::Expires).await;
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_is_answered_and_forgotten_is_noticed_reported_and_tried_again() {
    is_noticed_reported_and_tried_again(JobFault::Ignored).await;
}

#[tokio::test(start_paused = true)]
async fn a_deletion_without_the_right_to_it_is_reported_and_tried_again_without_a_dead_letter() {
    let installation = begun(1, &["orders"], BRIEF).await;
    installation.until("2026-01-05T12:00:00Z").await;
    let first = by_region(&installation, HOME).remove(0);
    let faults = installation.simulation.cloud().faults();
    let denied = CallFault::Error { code: "AccessDeniedException".into(), message: "not you".into(), status: 403 };
    let denied = faults.add(FaultRule::call(CallMatcher::operation(Service::Backup, "DeleteRecoveryPoint"), denied));
    installation.until("2026-01-08T04:00:00Z").await;
    let fired = faults.fired(denied);
    assert!((10..=120).contains(&fired), "{fired}");
    assert_eq!(conditions(&installation, "worker-1").first().map(String::as_str), Some("CW0501"));
    faults.clear();
    minutes(&installation, 120).await;
    assert_eq!(find(&installation, &first.arn), None);
    assert_eq!(conditions(&installation, "worker-1"), Vec::<String>::new());
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn the_last_good_point_goes_only_with_the_word_for_it() {
    let installation = begun(2, &["orders"], BRIEF).await;
    installation.until("2026-01-05T12:00:00Z").await;
    let only = by_region(&installation, HOME).remove(0);
    send(&installation, "prunes", &request(&only)).await;
    minutes(&installation, 60).await;
    assert_eq!(dead(&installation, "prunes"), ["CW0506"]);
    assert!(letters(&installation)[0].reason.contains("last"), "{:?}", letters(&installation));
    assert!(find(&installation, &only.arn).is_some());
    let mut request = request(&only);
    request["last"] = true.into();
    send(&installation, "prunes", &request).await;
    minutes(&installation, 60).await;
    assert_eq!(find(&installation, &only.arn), None);
    assert_eq!(dead(&installation, "prunes").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn one_side_goes_alone_and_a_request_repeated_twenty_times_and_after_the_end_is_one_deletion() {
    let installation = begun(3, &["orders"], PAIR).await;
    installation.until("2026-01-06T12:00:00Z").await;
    let (home, away) = (by_region(&installation, HOME).remove(0), by_region(&installation, AWAY).remove(0));
    let mut request = request(&home);
    request["side"] = format!("copy:{AWAY}").into();
    for _ in 0..20 {
        send(&installation, "prunes", &request).await;
    }
    minutes(&installation, 90).await;
    assert_eq!(find(&installation, &away.arn), None);
    assert!(find(&installation, &home.arn).is_some());
    let deletions = installation.simulation.cloud().stats().calls(Service::Backup, "DeleteRecoveryPoint");
    assert!(deletions <= 20, "{deletions}");
    send(&installation, "prunes", &request).await;
    minutes(&installation, 60).await;
    let after = installation.simulation.cloud().stats().calls(Service::Backup, "DeleteRecoveryPoint");
    assert_eq!(after, deletions);
    assert_eq!(letters(&installation), []);
    // A removed side is never made again.
    installation.until("2026-01-07T04:00:00Z").await;
    assert_eq!(by_region(&installation, AWAY).len(), 1);
    let pruned = news_of(&installation, "Restore Point Pruned").into_iter();
    let mut ids: Vec<String> = pruned.map(|news| news.detail["id"].to_string()).collect();
    ids.dedup();
    assert_eq!(ids.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_point_whose_copy_is_unfinished_is_not_removed_on_request() {
    let installation = begun(4, &["orders"], PAIR).await;
    let faults = installation.simulation.cloud().faults();
    installation.until("2026-01-06T05:00:00Z").await;
    let stalled = faults.add(FaultRule::job(Some("copy"), None, JobFault::Stalls));
    installation.until("2026-01-06T08:00:00Z").await;
    assert_eq!(faults.fired(stalled), 1);
    let second = by_region(&installation, HOME).remove(1);
    send(&installation, "prunes", &request(&second)).await;
    minutes(&installation, 60).await;
    assert_eq!(dead(&installation, "prunes"), ["CW0506"]);
    assert!(letters(&installation)[0].reason.contains("copy"), "{:?}", letters(&installation));
    assert!(find(&installation, &second.arn).is_some());
}

#[tokio::test(start_paused = true)]
async fn what_a_locked_vault_holds_is_kept_by_the_plan_and_refused_on_request_and_goes_when_the_lock_does() {
    let installation = begun(5, &["orders"], BRIEF).await;
    installation.until("2026-01-05T12:00:00Z").await;
    let first = by_region(&installation, HOME).remove(0);
    let client = backup(&installation, HOME);
    client.put_backup_vault_lock_configuration().backup_vault_name(VAULT).min_retention_days(1).send().await.unwrap();
    installation.until("2026-01-06T20:00:00Z").await;
    assert_eq!(by_region(&installation, HOME).len(), 2);
    let deletions = || installation.simulation.cloud().stats().calls(Service::Backup, "DeleteRecoveryPoint");
    assert_eq!(deletions(), 0);
    assert_eq!(conditions(&installation, "worker-1"), Vec::<String>::new());
    send(&installation, "prunes", &request(&first)).await;
    minutes(&installation, 30).await;
    assert_eq!(dead(&installation, "prunes"), ["CW0506"]);
    assert!(letters(&installation)[0].reason.contains("locked"), "{:?}", letters(&installation));
    assert_eq!(deletions(), 0);
    client.delete_backup_vault_lock_configuration().backup_vault_name(VAULT).send().await.unwrap();
    installation.until("2026-01-07T05:00:00Z").await;
    assert_eq!(find(&installation, &first.arn), None);
}

#[tokio::test(start_paused = true)]
async fn a_request_names_points_that_exist_and_a_good_one_beside_it_is_served() {
    let installation = begun(6, &["orders"], BRIEF).await;
    installation.until("2026-01-05T12:00:00Z").await;
    let first = by_region(&installation, HOME).remove(0);
    let unknown = json!({"kind": "delete", "points": ["a".repeat(26)]});
    send(&installation, "prunes", &unknown).await;
    let mut good = request(&first);
    good["last"] = true.into();
    send(&installation, "prunes", &good).await;
    minutes(&installation, 60).await;
    assert_eq!(dead(&installation, "prunes"), ["CW0303"]);
    assert_eq!(find(&installation, &first.arn), None);
}

#[tokio::test(start_paused = true)]
async fn a_point_that_aws_did_not_delete_at_its_end_is_met_again_by_a_rebuild() {
    let installation = begun(14, &["orders"], BRIEF).await;
    let faults = installation.simulation.cloud().faults();
    let refused = faults.add(FaultRule::job(Some("delete"), None, JobFault::Expires));
    installation.until("2026-01-06T12:00:00Z").await;
    assert!(faults.fired(refused) > 0);
    assert!(loss::wipe(&installation).await > 0);
    let rebuilt = loss::rebuild(&installation).await.unwrap();
    assert_eq!((rebuilt.points, rebuilt.left_alone), (2, 0));
    installation.apply(BRIEF).await;
    minutes(&installation, 30).await;
    assert!(conditions(&installation, "worker-1").contains(&"CW0508".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn what_retention_was_about_to_remove_and_is_gone_is_no_loss() {
    let mut installation = begun(15, &["orders"], &BRIEF.replace("1 day", "2 days")).await;
    installation.until("2026-01-07T05:00:00Z").await;
    installation.simulation.stop_worker("worker-1").await.unwrap();
    installation.until("2026-01-07T06:30:00Z").await;
    let mondays = by_region(&installation, HOME).remove(0);
    assert!(installation.simulation.cloud().inspect().remove_point(&mondays.arn));
    installation.simulation.start_worker("worker-2").await.unwrap();
    installation.until("2026-01-07T20:00:00Z").await;
    assert_eq!(installation.days(HOME, "orders"), ["2026-01-06", "2026-01-07"]);
    assert_eq!(conditions(&installation, "worker-2"), Vec::<String>::new());
    assert_eq!(codes_of_risk(&installation), Vec::<String>::new());
    let family = installation.family(installation.chain("orders")).await;
    let point = &family.point(&name(&mondays).point).unwrap().value;
    assert!(point.is_over() && point.ended_at().is_some(), "{point:?}");
    let mut operations = family.operations.iter().filter(|operation| operation.value.point == point.id);
    assert!(operations.all(|operation| operation.value.ended_at.is_some()));
    assert_eq!(letters(&installation), []);
}
