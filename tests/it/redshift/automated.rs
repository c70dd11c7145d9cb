//! Automated snapshots: the service's own, kept as long as a policy says. Jobs keep them longer and never shorter.

use std::fs;

use chainwright_aws::sources::{Source, redshift::Redshift};
use chainwright_cli::output::{Answer, Exit};
use chainwright_contracts::arn::Arn;
use chainwright_tests::{
    clusters::CLUSTERS,
    installation::{AWAY, HOME, Installation, must},
    witness::{calm, letters, minutes},
};

use super::begun;

/// A policy file of this name with this text.
pub(super) fn file(name: &str, text: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    must(fs::write(&path, text));
    path.display().to_string()
}

async fn apply(installation: &Installation, path: &str, more: &[&str]) -> Answer {
    let operator = must(installation.simulation.operator());
    chainwright_cli::command(&operator, &[&["policy", "apply", path], more].concat()).await
}

/// How many days automated snapshots and their copies are kept.
async fn kept(installation: &Installation) -> (Option<i32>, Option<i64>) {
    let found = installation.redshift(HOME).describe_clusters().cluster_identifier("sales").send().await;
    let cluster = must(must(found).clusters().first().cloned().ok_or("no cluster"));
    let copies = cluster.cluster_snapshot_copy_status().and_then(|status| status.retention_period());
    (cluster.automated_snapshot_retention_period(), copies)
}

/// How many the source lists, and how many of them without an end.
async fn listed(installation: &Installation, cluster: &Arn, region: &str) -> (usize, usize) {
    let source = Redshift::new(installation.simulation.clients().clone());
    let points = must(source.list_automatic(cluster, &must(region.parse())).await);
    assert!(points.is_sorted_by_key(|point| point.created));
    (points.len(), points.iter().filter(|point| point.expires.is_none()).count())
}

fn policy(keep: &str, copies: &str) -> String {
    format!("{CLUSTERS}redshift: {{automated_keep: {keep}, automated_copy_keep: {copies}}}\n")
}

#[tokio::test(start_paused = true)]
async fn they_are_listed_in_both_regions_and_nobodys() {
    let (installation, sales) = begun(calm(22), CLUSTERS).await;
    installation.until("2026-01-14T00:00:00Z").await;
    assert_eq!(listed(&installation, &sales, HOME).await, (3, 0), "a day of them");
    let away = listed(&installation, &sales, AWAY).await;
    assert!((20..=21).contains(&away.0) && away.1 == 0, "a week of copies: {away:?}");
    assert_eq!(away.0, installation.automated_snapshots(AWAY).len());
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn a_backup_has_them_kept_longer_and_never_shorter() {
    let (installation, _) = begun(calm(23), "").await;
    installation.apply(&policy("3 days", "5 days")).await;
    assert_eq!(kept(&installation).await, (Some(1), None));
    installation.until("2026-01-06T00:00:00Z").await;
    assert_eq!(kept(&installation).await, (Some(3), Some(5)));
    installation.apply(&policy("9 days", "10 days")).await;
    installation.until("2026-01-07T00:00:00Z").await;
    assert_eq!(kept(&installation).await, (Some(9), Some(10)));
    installation.apply(&policy("2 days", "2 days")).await;
    installation.until("2026-01-08T00:00:00Z").await;
    assert_eq!(kept(&installation).await, (Some(9), Some(10)), "a job deletes nothing by the way");
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn applying_a_policy_shows_what_goes_with_its_settings_and_sets_them_when_that_is_agreed_to() {
    let (installation, _) = begun(calm(24), &policy("7 days", "7 days")).await;
    installation.until("2026-01-14T04:00:00Z").await;
    let (home, away) = (installation.automated_snapshots(HOME).len(), installation.automated_snapshots(AWAY).len());
    let path = file("shorter.yaml", &policy("2 days", "9 days"));
    let asked = apply(&installation, &path, &[]).await;
    assert_eq!(asked.exit, Exit::Failed);
    let plan = asked.remarks.join("\n");
    let at_home = "cluster:sales: automatic points in eu-west-1 are kept 2 days instead of 7; ";
    assert!(plan.contains(at_home), "{plan}");
    assert!(plan.contains("automatic points in eu-central-1 are kept 9 days instead of 7\n"), "{plan}");
    let ends: usize = plan.split_once(at_home).unwrap().1.split(' ').next().unwrap().parse().unwrap();
    assert_eq!(kept(&installation).await, (Some(7), Some(7)), "nothing was done");
    let applied = apply(&installation, &path, &["--yes"]).await;
    assert_eq!((applied.exit, applied.remarks), (Exit::Done, vec![]));
    assert_eq!(kept(&installation).await, (Some(2), Some(9)));
    minutes(&installation, 10).await;
    assert_eq!(installation.automated_snapshots(HOME).len(), home - ends, "as many are gone as were said");
    assert_eq!(installation.automated_snapshots(AWAY).len(), away);
    let again = apply(&installation, &path, &[]).await;
    assert_eq!(again.text, "policy clusters stays as it is, revision 2");
}

#[tokio::test(start_paused = true)]
async fn a_setting_that_cannot_be_made_now_is_said_and_made_when_the_policy_is_applied_again() {
    let (installation, _) = begun(calm(25), "").await;
    let path = file("resizing.yaml", &policy("3 days", "7 days"));
    let client = installation.redshift(HOME);
    client.modify_cluster().cluster_identifier("sales").node_type("ra3.4xlarge").send().await.unwrap();
    let applied = apply(&installation, &path, &["--yes"]).await;
    assert_eq!((applied.exit, applied.text.as_str()), (Exit::Done, "policy clusters is applied, revision 1"));
    assert!(applied.remarks.iter().any(|it| it.contains("not set in eu-west-1")), "{:?}", applied.remarks);
    minutes(&installation, 10).await;
    let applied = apply(&installation, &path, &["--yes"]).await;
    assert_eq!(applied.text, "policy clusters stays as it is, revision 1");
    assert_eq!(kept(&installation).await, (Some(3), None));
}
