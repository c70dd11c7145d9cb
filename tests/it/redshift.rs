//! Chains of Redshift clusters: manual snapshots by name, copies by the cluster's standing configuration, automated snapshots
//! that are nobody's.

mod automated;
mod hindered;
mod passing;
mod strangers;

use chainwright_cli::simulation::Settings;
use chainwright_contracts::arn::Arn;
use chainwright_tests::{
    clusters::{CLUSTERS, point_of},
    installation::{AWAY, HOME, Installation, must},
    witness::{calm, conditions, letters, minutes, news_of, send, watched, worked},
};
use serde_json::json;
use simcloud::{
    Service,
    faults::{CallFault, CallMatcher, FaultRule, JobFault},
};

/// The cluster `sales` under a policy, our events collected, one worker.
async fn begun(settings: Settings, policy: &str) -> (Installation, Arn) {
    let installation = watched(settings).await;
    let sales = installation.cluster("sales").await;
    (worked(installation, policy).await, sales)
}

#[tokio::test(start_paused = true)]
async fn a_fortnight_leaves_what_retention_says_in_both_regions() {
    let (installation, _) = begun(calm(1), CLUSTERS).await;
    installation.until("2026-01-19T00:00:00Z").await;
    assert_eq!(installation.manual_days(HOME), ["2026-01-16", "2026-01-17", "2026-01-18"]);
    let away = ["2026-01-12", "2026-01-13", "2026-01-14", "2026-01-15", "2026-01-16", "2026-01-17", "2026-01-18"];
    assert_eq!(installation.manual_days(AWAY), away);
    for snapshot in installation.manual_snapshots(HOME).iter().chain(&installation.manual_snapshots(AWAY)) {
        assert!(point_of(snapshot).is_some(), "{snapshot:?}");
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
    for seed in 2..8 {
        let mut settings = calm(seed);
        settings.cloud.switches = simcloud::Switches::draw(seed);
        let (installation, _) = begun(settings, CLUSTERS).await;
        installation.until("2026-01-12T00:00:00Z").await;
        assert_eq!(installation.manual_days(HOME), ["2026-01-09", "2026-01-10", "2026-01-11"], "{seed}");
        assert_eq!(installation.manual_snapshots(AWAY).len(), 7, "{seed}");
        assert_eq!(letters(&installation), [], "{seed}");
        assert_eq!(conditions(&installation, "worker-1"), Vec::<String>::new(), "{seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_restore_would_not_bring_back_is_read_in_the_order_of_its_weight() {
    let (installation, sales) = begun(calm(26), CLUSTERS).await;
    let client = installation.redshift(HOME);
    let call = client.modify_cluster().cluster_identifier("sales").cluster_parameter_group_name("tuned");
    call.vpc_security_group_ids("sg-1").send().await.unwrap();
    installation.until("2026-01-05T12:00:00Z").await;
    let families = installation.families().await;
    let configuration = &families[0].points[0].value.configuration;
    let found = client.describe_clusters().cluster_identifier("sales").send().await.unwrap();
    assert_eq!(Some(configuration.incarnation.0.as_str()), found.clusters()[0].cluster_namespace_arn());
    let names: Vec<_> = configuration.parts.iter().map(|(name, _)| name.as_str()).collect();
    // The copies are enabled by the first backup, after this was read.
    assert_eq!(names, ["cluster", "network", "parameter_groups", "settings", "tags"]);
    let part = |name: &str| &configuration.parts.iter().find(|(known, _)| known == name).unwrap().1;
    assert_eq!(part("cluster")["name"], sales.name());
    assert_eq!((&part("cluster")["node_type"], &part("cluster")["nodes"]), (&json!("ra3.large"), &json!(1)));
    assert_eq!(part("network")["vpc_security_groups"], json!(["sg-1"]));
    assert_eq!((&part("network")["port"], &part("network")["public"]), (&json!(5439), &json!(false)));
    assert_eq!(part("parameter_groups"), &json!(["tuned"]));
    assert_eq!(part("settings")["automated_keep"], 1);
    assert_eq!(part("tags"), &json!({"backup": "gold"}));
    assert!(configuration.not_captured.contains(&"parameters".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn what_is_copied_unasked_is_removed_and_never_counts() {
    let policy = concat!(
        "policy: clusters\nsource: redshift\naccounts: [\"111122223333\"]\nregions: [eu-west-1]\n",
        "select: {all: true}\nschedules:\n  daily: {at: \"06:00\", keep: 3 days}\n",
        "  weekly: {at: \"06:00\", on: wednesday, keep: 14 days, keep_copies: 14 days}\n",
        "copy_to:\n  eu-west-1: {region: eu-central-1}\n",
    );
    let (installation, _) = begun(calm(11), policy).await;
    installation.until("2026-01-12T00:00:00Z").await;
    assert_eq!(installation.manual_days(AWAY), ["2026-01-07"], "the weekly one alone");
    assert_eq!(installation.manual_days(HOME), ["2026-01-07", "2026-01-09", "2026-01-10", "2026-01-11"]);
    assert_eq!(news_of(&installation, "Copy Available").len(), 1);
    assert_eq!(letters(&installation), []);
    assert_eq!(conditions(&installation, "worker-1"), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn fifty_of_each_message_make_one_snapshot_and_one_copy() {
    let (installation, sales) = begun(calm(14), CLUSTERS).await;
    installation.until("2026-01-05T06:01:00Z").await;
    for _ in 0..50 {
        let session = json!({"kind": "session", "policy": "clusters", "slot": "2026-01-05T06:00:00Z"});
        send(&installation, "sessions", &session).await;
        let snapshot = json!({
            "kind": "snapshot", "resource": sales.to_string(), "policy": "clusters", "slot": "2026-01-05T06:00:00Z"
        });
        send(&installation, "snapshots", &snapshot).await;
    }
    minutes(&installation, 120).await;
    let both = || (installation.manual_snapshots(HOME).len(), installation.manual_snapshots(AWAY).len());
    assert_eq!(both(), (1, 1));
    let point = point_of(&installation.manual_snapshots(HOME)[0]).unwrap().point;
    for _ in 0..50 {
        send(&installation, "copies", &json!({"kind": "copy", "point": point.as_str(), "to": AWAY})).await;
    }
    minutes(&installation, 120).await;
    assert_eq!(both(), (1, 1));
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_whose_answer_was_lost_and_that_is_not_to_be_seen_yet_is_not_made_twice() {
    let (installation, _) = begun(calm(15), CLUSTERS).await;
    let faults = installation.simulation.cloud().faults();
    let create = CallMatcher::operation(Service::Redshift, "CreateClusterSnapshot");
    let lost = faults.add(FaultRule::call(create, CallFault::LoseAfter).times(1));
    let unseen = CallFault::Error { code: "ClusterSnapshotNotFound".into(), message: "not yet".into(), status: 404 };
    let describe = CallMatcher::operation(Service::Redshift, "DescribeClusterSnapshots").containing("cw-");
    let unseen = faults.add(FaultRule::call(describe, unseen).times(2));
    installation.until("2026-01-06T00:00:00Z").await;
    assert_eq!((faults.fired(lost), faults.fired(unseen)), (1, 2));
    assert_eq!((installation.manual_snapshots(HOME).len(), installation.manual_snapshots(AWAY).len()), (1, 1));
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn a_manual_snapshot_and_its_copy_stay_until_their_end() {
    let (installation, sales) = begun(calm(10), CLUSTERS).await;
    installation.until("2026-01-05T12:00:00Z").await;
    let job =
        json!({"kind": "snapshot", "resource": sales.to_string(), "manual": true, "id": "before", "keep": "6 days"});
    send(&installation, "snapshots", &job).await;
    installation.until("2026-01-10T00:00:00Z").await;
    let manual = |region: &str| {
        let snapshots = installation.manual_snapshots(region).into_iter();
        snapshots.filter(|snapshot| point_of(snapshot).is_some_and(|name| name.chain.is_none())).count()
    };
    assert_eq!((manual(HOME), manual(AWAY)), (1, 1), "outside every chain, on both sides");
    assert_eq!(installation.manual_days(HOME).len(), 3 + 1);
    installation.until("2026-01-12T00:00:00Z").await;
    assert_eq!((manual(HOME), manual(AWAY)), (0, 0));
    assert_eq!(letters(&installation), []);
}

/// Minutes from a snapshot's end until its point is available, where the service's events come to the hub or not.
async fn lag(seed: u64, subscribed: bool) -> usize {
    let (installation, _) = begun(calm(seed), CLUSTERS).await;
    if subscribed {
        // simcloud puts what SNS would deliver into the queue of the topic's name.
        let topic = installation.simulation.queue_arn("events").replace(":sqs:", ":sns:");
        let client = installation.redshift(HOME);
        let call = client.create_event_subscription().subscription_name("chainwright").sns_topic_arn(topic);
        must(call.source_type("cluster-snapshot").send().await);
    }
    installation.until("2026-01-05T06:00:00Z").await;
    let mut lag = 0;
    while news_of(&installation, "Restore Point Available").is_empty() {
        minutes(&installation, 1).await;
        lag += usize::from(!installation.manual_snapshots(HOME).is_empty());
    }
    assert_eq!(letters(&installation), []);
    lag
}

#[tokio::test(start_paused = true)]
async fn an_event_of_the_service_brings_the_look_on_and_without_any_the_look_comes_later() {
    let mut without = Vec::new();
    for seed in 30..34 {
        let with = lag(seed, true).await;
        assert!(with <= 1, "{seed}: {with} minutes");
        without.push(lag(seed, false).await);
    }
    assert!(without.iter().sum::<usize>() >= 20, "minutes without events: {without:?}");
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_that_fails_in_silence_is_made_again_and_nothing_of_it_stays() {
    let (installation, _) = begun(calm(8), CLUSTERS).await;
    let faults = installation.simulation.cloud().faults();
    let fails = faults.add(FaultRule::job(Some("backup"), None, JobFault::Fails("no more space".into())).times(2));
    installation.until("2026-01-06T00:00:00Z").await;
    assert_eq!(faults.fired(fails), 2);
    let all = installation.simulation.cloud().inspect().redshift_snapshots();
    assert_eq!(all.iter().filter(|it| it.region == HOME && !it.automated).count(), 1, "{all:?}");
    assert_eq!(installation.manual_snapshots(AWAY).len(), 1);
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_that_fails_for_good_leaves_nothing_either() {
    let (installation, _) = begun(calm(9), CLUSTERS).await;
    let faults = installation.simulation.cloud().faults();
    let fails = faults.add(FaultRule::job(Some("backup"), None, JobFault::Fails("no more space".into())));
    installation.until("2026-01-06T00:00:00Z").await;
    assert_eq!(faults.fired(fails), 3);
    let all = installation.simulation.cloud().inspect().redshift_snapshots();
    assert_eq!(all.iter().filter(|snapshot| !snapshot.automated).count(), 0, "{all:?}");
    assert_eq!(news_of(&installation, "Restore Point Failed").len(), 1);
}
