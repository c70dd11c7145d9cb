//! Other people's snapshots: never removed, whatever they are called and whatever they are of.

use chainwright_tests::{
    clusters::CLUSTERS,
    installation::{AWAY, HOME, Installation, must},
    witness::{calm, letters, news, news_of},
};

use super::begun;

/// A person makes a snapshot of a cluster.
async fn theirs(installation: &Installation, region: &str, cluster: &str, name: &str) {
    let client = installation.redshift(region);
    let call = client.create_cluster_snapshot().cluster_identifier(cluster).snapshot_identifier(name);
    must(call.send().await);
}

fn is_there(installation: &Installation, region: &str, name: &str) -> bool {
    installation.manual_snapshots(region).iter().any(|snapshot| snapshot.id == name && snapshot.tags.is_empty())
}

#[tokio::test(start_paused = true)]
async fn a_persons_snapshot_of_the_same_cluster_is_copied_too_and_stays_on_both_sides() {
    let (installation, _) = begun(calm(12), CLUSTERS).await;
    installation.until("2026-01-05T12:00:00Z").await;
    theirs(&installation, HOME, "sales", "before-the-release").await;
    installation.until("2026-01-19T00:00:00Z").await;
    assert!(is_there(&installation, HOME, "before-the-release"));
    assert!(is_there(&installation, AWAY, "before-the-release"));
    assert_eq!((installation.manual_days(HOME).len(), installation.manual_days(AWAY).len()), (3 + 1, 7 + 1));
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn a_name_that_another_clusters_snapshot_has_taken_costs_an_attempt_and_no_point() {
    let (installation, sales) = begun(calm(19), CLUSTERS).await;
    installation.cluster_in(HOME, "other", None).await;
    let name = installation.name_to_come(&sales, "2026-01-05T06:00:00Z").await;
    theirs(&installation, HOME, "other", &name).await;
    installation.until("2026-01-12T00:00:00Z").await;
    assert!(is_there(&installation, HOME, &name));
    assert_eq!(news_of(&installation, "Restore Point Available").len(), 7);
    assert_eq!(installation.manual_snapshots(HOME).len(), 1 + 3);
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_taken_where_the_copy_goes_costs_the_copy_and_is_no_copy() {
    let (installation, sales) = begun(calm(20), CLUSTERS).await;
    // Even a cluster of the same name there is another one.
    installation.cluster_in(AWAY, "sales", None).await;
    let name = installation.name_to_come(&sales, "2026-01-05T06:00:00Z").await;
    theirs(&installation, AWAY, "sales", &name).await;
    installation.until("2026-01-19T00:00:00Z").await;
    assert!(is_there(&installation, AWAY, &name));
    let failed = news_of(&installation, "Copy Failed");
    assert_eq!(failed.len(), 1);
    let reason = failed[0].detail["reason"].as_str().unwrap();
    assert!(reason.contains("is not the copy"), "{reason}");
    assert_eq!(installation.manual_snapshots(AWAY).len(), 1 + 7);
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_of_the_cluster_that_a_person_gave_our_name_is_reported_and_never_removed() {
    let (installation, sales) = begun(calm(21), CLUSTERS).await;
    let name = installation.name_to_come(&sales, "2026-01-05T06:00:00Z").await;
    theirs(&installation, HOME, "sales", &name).await;
    installation.until("2026-01-19T00:00:00Z").await;
    assert!(is_there(&installation, HOME, &name));
    assert!(news(&installation).iter().any(|news| news.code() == "CW0504"), "it bears no seal of ours");
    assert_eq!(installation.manual_snapshots(HOME).len(), 1 + 3);
    assert_eq!(letters(&installation), []);
}
