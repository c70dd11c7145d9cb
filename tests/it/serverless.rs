//! Chains of Redshift Serverless: snapshots by name, copies by a standing configuration, nothing announced but success.

use chainwright_cli::simulation::Settings;
use chainwright_tests::{
    installation::{AWAY, HOME, Installation},
    warehouse::{WAREHOUSES, named},
    witness::{calm, conditions, letters, minutes, news_of, send, watched, worked},
};
use jiff::SignedDuration;
use serde_json::json;
use simcloud::{
    Service,
    faults::{FaultRule, JobFault},
};

/// The namespace `sales` under a policy, our events collected, one worker.
async fn begun(settings: Settings, policy: &str) -> (Installation, chainwright_contracts::arn::Arn) {
    let installation = watched(settings).await;
    let sales = installation.namespace("sales").await;
    (worked(installation, policy).await, sales)
}

#[tokio::test(start_paused = true)]
async fn a_fortnight_leaves_what_retention_says_in_both_regions() {
    let (installation, _) = begun(calm(1), WAREHOUSES).await;
    installation.until("2026-01-19T00:00:00Z").await;
    assert_eq!(installation.snapshot_days(HOME), ["2026-01-16", "2026-01-17", "2026-01-18"]);
    let away = ["2026-01-12", "2026-01-13", "2026-01-14", "2026-01-15", "2026-01-16", "2026-01-17", "2026-01-18"];
    assert_eq!(installation.snapshot_days(AWAY), away);
    for snapshot in installation.snapshots(HOME).iter().chain(&installation.snapshots(AWAY)) {
        assert!(named(snapshot).is_some(), "{snapshot:?}");
        assert_eq!(snapshot.retention, None, "retention is ours: {snapshot:?}");
    }
    assert_eq!(news_of(&installation, "Restore Point Available").len(), 14);
    assert_eq!(news_of(&installation, "Copy Available").len(), 14);
    assert_eq!(news_of(&installation, "Restore Point Pruned").len(), 11 + 7);
    assert_eq!(letters(&installation), []);
    assert_eq!(conditions(&installation, "worker-1"), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn it_is_the_same_whatever_the_documentation_leaves_open() {
    for seed in 2..6 {
        let mut settings = calm(seed);
        settings.cloud.switches = simcloud::Switches::draw(seed);
        let (installation, _) = begun(settings, WAREHOUSES).await;
        installation.until("2026-01-12T00:00:00Z").await;
        assert_eq!(installation.snapshot_days(HOME), ["2026-01-09", "2026-01-10", "2026-01-11"], "{seed}");
        assert_eq!(installation.snapshots(AWAY).len(), 7, "{seed}");
        assert_eq!(letters(&installation), [], "{seed}");
        assert_eq!(conditions(&installation, "worker-1"), Vec::<String>::new(), "{seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_copy_configuration_of_somebody_elses_is_reported_and_left_alone() {
    let (installation, _) = begun(calm(6), "").await;
    let client = installation.serverless(HOME);
    let theirs = client.create_snapshot_copy_configuration().namespace_name("sales").destination_region("us-east-1");
    theirs.snapshot_retention_period(7).send().await.unwrap();
    installation.apply(WAREHOUSES).await;
    installation.until("2026-01-07T00:00:00Z").await;
    assert_eq!(installation.snapshot_days(HOME), ["2026-01-05", "2026-01-06"], "backups go on without copies");
    assert_eq!(installation.snapshots(AWAY), []);
    let failed = news_of(&installation, "Copy Failed");
    assert_eq!(failed.len(), 2);
    let reason = failed[0].detail["reason"].as_str().unwrap();
    assert!(reason.contains("CopyConfigurationConflict") && reason.contains("us-east-1"), "{reason}");
    let listed = client.list_snapshot_copy_configurations().send().await.unwrap().snapshot_copy_configurations;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].destination_region(), Some("us-east-1"));
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn a_manual_snapshot_copied_to_where_the_key_has_no_replica_is_told_and_ends_in_no_dead_letter() {
    let (installation, sales) = begun(calm(18), "").await;
    let client = installation.serverless(HOME);
    let theirs = client.create_snapshot_copy_configuration().namespace_name("sales").destination_region("us-east-1");
    theirs.send().await.unwrap();
    let job = json!({"kind": "snapshot", "resource": sales.to_string(), "manual": true, "id": "before"});
    send(&installation, "snapshots", &job).await;
    installation.until("2026-01-08T00:00:00Z").await;
    assert_eq!((installation.snapshots(HOME).len(), installation.snapshots("us-east-1").len()), (1, 1));
    assert_eq!(conditions(&installation, "worker-1"), ["CW0504"]);
    assert_eq!(installation.unfinished().await, Vec::new());
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_never_shows_is_given_up_and_the_next_slot_closes_the_gap() {
    let (installation, _) = begun(calm(7), WAREHOUSES).await;
    let faults = installation.simulation.cloud().faults();
    let lost = faults.add(FaultRule::job(Some("copy"), None, JobFault::Ignored).times(1));
    installation.until("2026-01-08T00:00:00Z").await;
    assert_eq!(faults.fired(lost), 1);
    assert_eq!(installation.snapshot_days(AWAY), ["2026-01-06", "2026-01-07"]);
    let failed = news_of(&installation, "Copy Failed");
    assert_eq!(failed.iter().map(|news| news.code()).collect::<Vec<_>>(), ["CW0402"]);
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_comes_late_and_is_dated_by_its_coming_is_ours() {
    let mut settings = calm(17);
    settings.cloud.switches.serverless.copies_keep_creation = false;
    let late = std::time::Duration::from_hours(20);
    settings.cloud.pace.serverless.copy = simcloud::Span::new(late, late);
    let (installation, _) = begun(settings, WAREHOUSES).await;
    installation.until("2026-01-07T05:00:00Z").await;
    assert_eq!(installation.snapshots(AWAY).len(), 2);
    assert_eq!(news_of(&installation, "Copy Available").len(), 2);
    assert_eq!(conditions(&installation, "worker-1"), Vec::<String>::new());
    installation.until("2026-01-20T05:00:00Z").await;
    assert_eq!(installation.snapshots(AWAY).len(), 7, "retention holds for them as for any");
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_that_fails_in_silence_is_made_again_and_nothing_of_it_stays() {
    let (installation, _) = begun(calm(8), WAREHOUSES).await;
    let faults = installation.simulation.cloud().faults();
    let fails = faults.add(FaultRule::job(Some("backup"), None, JobFault::Fails("no more space".into())).times(2));
    installation.until("2026-01-06T00:00:00Z").await;
    assert_eq!(faults.fired(fails), 2);
    let all = installation.simulation.cloud().inspect().serverless_snapshots();
    assert_eq!(all.iter().filter(|snapshot| snapshot.region == HOME).count(), 1, "{all:?}");
    assert_eq!(installation.snapshots(AWAY).len(), 1);
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_that_fails_for_good_leaves_nothing_either() {
    let (installation, _) = begun(calm(9), WAREHOUSES).await;
    let faults = installation.simulation.cloud().faults();
    let fails = faults.add(FaultRule::job(Some("backup"), None, JobFault::Fails("no more space".into())));
    installation.until("2026-01-06T00:00:00Z").await;
    assert_eq!(faults.fired(fails), 3);
    assert_eq!(installation.simulation.cloud().inspect().serverless_snapshots(), []);
    assert_eq!(news_of(&installation, "Restore Point Failed").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_manual_snapshot_and_its_copy_stay_until_their_end_and_recovery_points_are_nobodys() {
    let (installation, sales) = begun(calm(10), WAREHOUSES).await;
    installation.until("2026-01-05T12:00:00Z").await;
    let job =
        json!({"kind": "snapshot", "resource": sales.to_string(), "manual": true, "id": "before", "keep": "6 days"});
    send(&installation, "snapshots", &job).await;
    installation.until("2026-01-10T00:00:00Z").await;
    let manual = |region: &str| {
        let snapshots = installation.snapshots(region).into_iter();
        snapshots.filter(|snapshot| named(snapshot).is_some_and(|name| name.chain.is_none())).count()
    };
    assert_eq!((manual(HOME), manual(AWAY)), (1, 1), "outside every chain, on both sides");
    assert_eq!(installation.snapshot_days(HOME).len(), 3 + 1);
    installation.until("2026-01-12T00:00:00Z").await;
    assert_eq!((manual(HOME), manual(AWAY)), (0, 0));
    let points = installation.serverless(HOME).list_recovery_points().send().await.unwrap().recovery_points.unwrap();
    assert_eq!(points.len(), 48, "a day of half hours");
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn what_is_copied_unasked_is_removed_and_never_counts() {
    let policy = concat!(
        "policy: houses\nsource: redshift-serverless\naccounts: [\"111122223333\"]\nregions: [eu-west-1]\n",
        "select: {all: true}\nschedules:\n  daily: {at: \"06:00\", keep: 3 days}\n",
        "  weekly: {at: \"06:00\", on: wednesday, keep: 14 days, keep_copies: 14 days}\n",
        "copy_to:\n  eu-west-1: {region: eu-central-1}\n",
    );
    let (installation, _) = begun(calm(11), policy).await;
    installation.until("2026-01-12T00:00:00Z").await;
    assert_eq!(installation.snapshot_days(AWAY), ["2026-01-07"], "the weekly one alone");
    assert_eq!(installation.snapshot_days(HOME), ["2026-01-07", "2026-01-09", "2026-01-10", "2026-01-11"]);
    assert_eq!(news_of(&installation, "Copy Available").len(), 1);
    assert_eq!(letters(&installation), []);
    assert_eq!(conditions(&installation, "worker-1"), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_persons_snapshots_are_never_touched_whatever_they_are_called() {
    let (installation, _) = begun(calm(12), WAREHOUSES).await;
    installation.namespace("other").await;
    installation.until("2026-01-05T05:00:00Z").await;
    // A person in the other Region took the very name that the next copy is going to bear.
    let theirs = installation.serverless(HOME);
    theirs.create_snapshot().namespace_name("sales").snapshot_name("cw-mine").send().await.unwrap();
    installation.until("2026-01-12T00:00:00Z").await;
    let names = |region: &str| {
        let snapshots = installation.snapshots(region).into_iter();
        snapshots.filter(|snapshot| snapshot.name == "cw-mine").count()
    };
    assert_eq!(names(HOME), 1);
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_is_made_of_the_newest_recovery_point_where_the_policy_says_so() {
    let policy = format!("{WAREHOUSES}serverless: {{from: recovery-point}}\n");
    let (installation, _) = begun(calm(13), &policy).await;
    installation.until("2026-01-07T00:00:00Z").await;
    assert_eq!(installation.snapshot_days(HOME), ["2026-01-05", "2026-01-06"]);
    let stats = installation.simulation.cloud().stats();
    assert_eq!(stats.calls(Service::RedshiftServerless, "ConvertRecoveryPointToSnapshot"), 2);
    assert_eq!(stats.calls(Service::RedshiftServerless, "CreateSnapshot"), 0);
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn fifty_of_each_message_make_one_snapshot_and_one_copy() {
    let (installation, sales) = begun(calm(14), WAREHOUSES).await;
    installation.until("2026-01-05T06:01:00Z").await;
    for _ in 0..50 {
        let session = json!({"kind": "session", "policy": "houses", "slot": "2026-01-05T06:00:00Z"});
        send(&installation, "sessions", &session).await;
        let snapshot = json!({
            "kind": "snapshot", "resource": sales.to_string(), "policy": "houses", "slot": "2026-01-05T06:00:00Z"
        });
        send(&installation, "snapshots", &snapshot).await;
    }
    minutes(&installation, 120).await;
    assert_eq!((installation.snapshots(HOME).len(), installation.snapshots(AWAY).len()), (1, 1));
    let point = named(&installation.snapshots(HOME)[0]).unwrap().point;
    for _ in 0..50 {
        send(&installation, "copies", &json!({"kind": "copy", "point": point.as_str(), "to": AWAY})).await;
    }
    minutes(&installation, 120).await;
    assert_eq!((installation.snapshots(HOME).len(), installation.snapshots(AWAY).len()), (1, 1));
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn a_namespace_that_is_gone_leaves_an_orphaned_chain_whose_newest_points_stay() {
    let (installation, sales) = begun(calm(15), WAREHOUSES).await;
    installation.until("2026-01-08T00:00:00Z").await;
    let client = installation.serverless(HOME);
    client.delete_workgroup().workgroup_name("sales-wg").send().await.unwrap();
    installation.simulation.pass(SignedDuration::from_mins(30)).await;
    client.delete_namespace().namespace_name("sales").send().await.unwrap();
    installation.until("2026-01-25T00:00:00Z").await;
    assert_eq!(installation.snapshot_days(HOME), ["2026-01-07"]);
    assert_eq!(installation.snapshot_days(AWAY), ["2026-01-07"]);
    let families = installation.families().await;
    let orphaned = families.iter().filter(|family| family.chain.value.orphaned.is_some());
    assert_eq!(orphaned.map(|family| &family.chain.value.resource).collect::<Vec<_>>(), [&sales]);
    assert_eq!(letters(&installation), []);
}
