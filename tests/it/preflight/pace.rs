//! Intervals, quotas and opt-ins: whether there is time and room, in the Regions of the copies too.

use std::time::Duration;

use chainwright_tests::{
    clusters::CLUSTERS,
    installation::{AWAY, HOME, Installation, arn, must},
    warehouse::WAREHOUSES,
    witness::{PAIR, backup, calm, prepared},
};
use jiff::SignedDuration;
use simcloud::Span;

use super::{apply, doctor, has};

const SELECTED: &str = "select: {tags: {backup: gold}}";

/// Every two hours.
fn often(policy: &str) -> String {
    policy.replace("at: \"06:00\"", "every: 2 hours")
}

/// An installation in which backups take two hours, with one table that was backed up and copied once.
async fn slow(seed: u64) -> Installation {
    let mut settings = calm(seed);
    let hours = Duration::from_hours(2);
    settings.cloud.pace.backup.backup = Span::new(hours, hours);
    let mut installation = Installation::new(settings).await;
    installation.table("orders").await;
    installation.apply(PAIR).await;
    must(installation.simulation.start_worker("worker-1").await);
    installation.until("2026-01-05T12:00:00Z").await;
    installation.simulation.kill_worker("worker-1");
    installation
}

#[tokio::test(start_paused = true)]
async fn sessions_that_follow_faster_than_a_backup_and_its_copy_take_are_told() {
    let installation = slow(61).await;
    let told = apply(&installation, "often.yaml", &often(PAIR)).await.remarks.join("\n");
    assert!(told.contains("CW0410") && told.contains("2h") && told.contains("table/orders"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn only_the_policy_s_own_tables_count_where_it_names_them_and_only_of_the_last_week() {
    let installation = slow(62).await;
    for (table, counts) in [("orders", true), ("customers", false)] {
        let named = often(PAIR).replace(SELECTED, &format!("select: {{arns: [\"{}\"]}}", arn(table)));
        let told = apply(&installation, "named.yaml", &named).await.remarks.join("\n");
        assert_eq!(told.contains("CW0410"), counts, "{table}: {told}");
    }
    let excluded = often(PAIR).replace(SELECTED, &format!("{SELECTED}\nexclude: {{arns: [\"{}\"]}}", arn("orders")));
    let told = apply(&installation, "excluded.yaml", &excluded).await.remarks.join("\n");
    assert!(!told.contains("CW0410"), "{told}");
    installation.simulation.pass(SignedDuration::from_hours(8 * 24)).await;
    let told = apply(&installation, "later.yaml", &often(PAIR)).await.remarks.join("\n");
    assert!(!told.contains("CW0410"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn snapshots_of_warehouses_that_take_longer_than_the_interval_are_told() {
    let mut settings = calm(63);
    let hours = Duration::from_hours(3);
    settings.cloud.pace.redshift.snapshot = Span::new(hours, hours);
    settings.cloud.pace.serverless.snapshot = Span::new(hours, hours);
    let installation = Installation::new(settings).await;
    installation.cluster("dw").await;
    installation.namespace("sales").await;
    let call = installation.redshift(HOME).create_cluster_snapshot().cluster_identifier("dw");
    call.snapshot_identifier("theirs").send().await.unwrap();
    let call = installation.serverless(HOME).create_snapshot().namespace_name("sales").snapshot_name("theirs");
    call.send().await.unwrap();
    for (name, policy) in [("clusters.yaml", CLUSTERS), ("houses.yaml", WAREHOUSES)] {
        let told = apply(&installation, name, &often(policy)).await.remarks.join("\n");
        assert!(!told.contains("CW0410"), "it is not done yet: {told}");
    }
    installation.simulation.pass(SignedDuration::from_hours(4)).await;
    for (name, policy) in [("clusters.yaml", CLUSTERS), ("houses.yaml", WAREHOUSES)] {
        let told = apply(&installation, name, policy).await.remarks.join("\n");
        assert!(!told.contains("CW0410"), "once a day there is time: {told}");
        let told = apply(&installation, name, &often(policy)).await.remarks.join("\n");
        assert!(told.contains("CW0410") && told.contains("3h"), "{told}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_quota_that_is_nearly_used_up_where_copies_land_is_told() {
    let installation = prepared(64, &[], "").await;
    installation.cluster("dw").await;
    installation.cluster_in(AWAY, "other", None).await;
    let client = installation.redshift(AWAY);
    for number in 0..640 {
        let call = client.create_cluster_snapshot().cluster_identifier("other");
        call.snapshot_identifier(format!("theirs-{number}")).send().await.unwrap();
    }
    apply(&installation, "room.yaml", CLUSTERS).await;
    assert!(has(&doctor(&installation).await, "CW0409", "notice", "aws service-quotas"));
}

#[tokio::test(start_paused = true)]
async fn an_opt_out_of_the_type_is_told_in_the_source_s_region_and_in_that_of_the_copies() {
    let installation = prepared(65, &["orders"], PAIR).await;
    for region in [HOME, AWAY] {
        let client = backup(&installation, region);
        let off = client.update_region_settings().resource_type_opt_in_preference("DynamoDB", false);
        off.send().await.unwrap();
        let found = doctor(&installation).await;
        let remedy = format!("--region {region} --resource-type-opt-in-preference DynamoDB=true");
        assert!(found.len() == 1 && has(&found, "CW0405", "missing", &remedy), "{found:?}");
        let on = client.update_region_settings().resource_type_opt_in_preference("DynamoDB", true);
        on.send().await.unwrap();
    }
    assert_eq!(doctor(&installation).await, []);
}
