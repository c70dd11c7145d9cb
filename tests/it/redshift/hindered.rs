//! What stands in the way of a cluster's backups and copies: other people's copy configurations, grants, quotas.

use chainwright_contracts::codes;
use chainwright_tests::{
    clusters::CLUSTERS,
    installation::{AWAY, HOME, Installation, at, must},
    witness::{calm, letters, minutes, news_of},
};
use simcloud::faults::{FaultRule, JobFault};

use super::{automated::file, begun};

/// The codes of what `policy apply` warns of, with a yes beforehand.
async fn warnings(installation: &Installation, name: &str, policy: &str) -> Vec<String> {
    let path = file(name, policy);
    let operator = must(installation.simulation.operator());
    let answer = chainwright_cli::command(&operator, &["policy", "apply", &path, "--yes"]).await;
    assert_eq!(answer.exit, chainwright_cli::output::Exit::Done, "{answer:?}");
    answer.remarks
}

#[tokio::test(start_paused = true)]
async fn a_copy_configuration_of_somebody_elses_is_reported_and_left_alone() {
    let (installation, _) = begun(calm(6), "").await;
    let client = installation.redshift(HOME);
    let theirs = client.enable_snapshot_copy().cluster_identifier("sales").destination_region("us-east-1");
    theirs.retention_period(3).manual_snapshot_retention_period(7).send().await.unwrap();
    let warned = warnings(&installation, "conflict.yaml", CLUSTERS).await;
    let conflict = warned.iter().find(|remark| remark.contains(&codes::COPY_CONFIGURATION_CONFLICT.to_string()));
    let conflict = conflict.unwrap();
    assert!(conflict.contains("disable-snapshot-copy --region eu-west-1 --cluster-identifier sales"), "{conflict}");
    installation.until("2026-01-07T00:00:00Z").await;
    assert_eq!(installation.manual_days(HOME), ["2026-01-05", "2026-01-06"], "backups go on without copies");
    assert_eq!(installation.manual_snapshots(AWAY), []);
    let failed = news_of(&installation, "Copy Failed");
    assert_eq!(failed.len(), 2);
    let reason = failed[0].detail["reason"].as_str().unwrap();
    assert!(reason.contains("CopyConfigurationConflict") && reason.contains("us-east-1"), "{reason}");
    let found = client.describe_clusters().cluster_identifier("sales").send().await.unwrap();
    let standing = found.clusters()[0].cluster_snapshot_copy_status().unwrap();
    assert_eq!(standing.destination_region(), Some("us-east-1"));
    assert_eq!((standing.retention_period(), standing.manual_snapshot_retention_period()), (Some(3), Some(7)));
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn copies_of_an_encrypted_cluster_wait_for_the_grant_that_the_command_shown_makes() {
    let (installation, _) = begun(calm(17), "").await;
    let client = installation.redshift(HOME);
    client.modify_cluster().cluster_identifier("sales").encrypted(true).send().await.unwrap();
    minutes(&installation, 5).await;
    let unfit = codes::KEY_UNFIT.to_string();
    let warned = warnings(&installation, "ungranted.yaml", CLUSTERS).await;
    assert!(warned.iter().any(|remark| remark.contains(&unfit) && remark.contains("is encrypted")), "{warned:?}");
    let granted = format!("{CLUSTERS}redshift: {{copy_grant: copies}}\n");
    let warned = warnings(&installation, "granted.yaml", &granted).await;
    let command = "create-snapshot-copy-grant --region eu-central-1 --snapshot-copy-grant-name copies";
    assert!(warned.iter().any(|remark| remark.contains(&unfit) && remark.contains(command)), "{warned:?}");
    installation.until("2026-01-05T12:00:00Z").await;
    assert_eq!(installation.manual_days(HOME), ["2026-01-05"], "a backup without a copy is better than none");
    let grant = installation.redshift(AWAY).create_snapshot_copy_grant().snapshot_copy_grant_name("copies");
    grant.send().await.unwrap();
    let warned = warnings(&installation, "granted.yaml", &granted).await;
    assert!(!warned.iter().any(|remark| remark.contains(&unfit)), "{warned:?}");
    installation.until("2026-01-07T12:00:00Z").await;
    assert_eq!(installation.manual_days(AWAY), ["2026-01-06", "2026-01-07"]);
    let found = installation.redshift(AWAY).describe_cluster_snapshots().snapshot_type("manual").send().await.unwrap();
    for copy in found.snapshots() {
        assert_eq!(copy.kms_key_id(), Some("arn:aws:kms:eu-central-1:111122223333:alias/aws/redshift"));
    }
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_never_shows_is_given_up_and_the_next_slot_closes_the_gap() {
    let (installation, _) = begun(calm(7), CLUSTERS).await;
    let faults = installation.simulation.cloud().faults();
    let lost = faults.add(FaultRule::job(Some("copy"), None, JobFault::Ignored).times(1));
    installation.until("2026-01-08T00:00:00Z").await;
    assert_eq!(faults.fired(lost), 1);
    assert_eq!(installation.manual_days(AWAY), ["2026-01-06", "2026-01-07"]);
    let failed = news_of(&installation, "Copy Failed");
    assert_eq!(failed.iter().map(|news| news.code()).collect::<Vec<_>>(), ["CW0402"]);
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn a_backup_waits_for_the_quota_of_700_and_goes_through_when_there_is_room() {
    let (installation, _) = begun(calm(18), "").await;
    let client = installation.redshift(HOME);
    for number in 0..700 {
        let call = client.create_cluster_snapshot().cluster_identifier("sales");
        call.snapshot_identifier(format!("theirs-{number}")).send().await.unwrap();
    }
    let warned = warnings(&installation, "quota.yaml", CLUSTERS).await;
    let near = codes::QUOTA_NEAR.to_string();
    assert!(warned.iter().any(|remark| remark.contains(&near) && remark.contains("700 of at most 700")), "{warned:?}");
    installation.until("2026-01-05T09:00:00Z").await;
    assert_eq!(installation.manual_snapshots(HOME).len(), 700);
    assert_eq!(news_of(&installation, "Restore Point Failed").len(), 0);
    client.delete_cluster_snapshot().snapshot_identifier("theirs-0").send().await.unwrap();
    installation.until("2026-01-05T12:00:00Z").await;
    let mut ours = installation.manual_snapshots(HOME);
    ours.retain(|snapshot| !snapshot.id.starts_with("theirs-"));
    assert_eq!(ours.len(), 1);
    assert!(ours[0].created > at("2026-01-05T09:00:00Z"), "{:?}", ours[0]);
    assert_eq!(news_of(&installation, "Restore Point Available").len(), 1);
    assert_eq!(letters(&installation), []);
}
