//! Redshift: names, tags, retentions, filters, pages and quotas.

use std::collections::BTreeMap;
use std::time::Duration;

use simcloud::{Pace, Settings, SimCloud};
use tokio::time::sleep;

use crate::redshift_support::{SALES, found, listed, prepare, refused, rs, snap, warehouse};
use crate::support::REGION;

async fn instant() -> SimCloud {
    let cloud = SimCloud::new(Settings { pace: Pace::instant(), ..Settings::default() });
    prepare(&cloud, &[]).await;
    cloud
}

#[tokio::test(start_paused = true)]
async fn names_retentions_and_tags_have_their_limits() {
    let cloud = instant().await;
    let long = "x".repeat(256);
    for (name, more, code) in [
        ("1st", ("Tags", ""), "InvalidParameterValue"),
        ("a--b", ("Tags", ""), "InvalidParameterValue"),
        ("a-", ("Tags", ""), "InvalidParameterValue"),
        (&long, ("Tags", ""), "InvalidParameterValue"),
        ("one", ("ManualSnapshotRetentionPeriod", "0"), "InvalidRetentionPeriodFault"),
        ("one", ("ManualSnapshotRetentionPeriod", "3654"), "InvalidRetentionPeriodFault"),
        ("one", ("ManualSnapshotRetentionPeriod", "soon"), "InvalidParameterValue"),
        ("one", ("Tags.Tag.1.Key", "aws:mine"), "InvalidTagFault"),
        ("", ("Tags", ""), "MissingParameter"),
    ] {
        let input = [("SnapshotIdentifier", name), ("ClusterIdentifier", "sales"), more];
        assert_eq!(refused(&cloud, "CreateClusterSnapshot", &input).await.0, code, "{name} {more:?}");
    }
    let missing = [("SnapshotIdentifier", "one"), ("ClusterIdentifier", "none")];
    assert_eq!(refused(&cloud, "CreateClusterSnapshot", &missing).await, ("ClusterNotFound".to_owned(), 404));
    let keys: Vec<String> = (1..=50).map(|number| format!("Tags.Tag.{number}.Key")).collect();
    let mut many = vec![("ResourceName", SALES)];
    many.extend(keys.iter().map(|key| (key.as_str(), key.as_str())));
    assert_eq!(refused(&cloud, "CreateTags", &many).await.0, "TagLimitExceededFault", "one is there already");
    rs(&cloud, "DeleteTags", &[("ResourceName", SALES), ("TagKeys.TagKey.1", "backup")]).await.unwrap();
    rs(&cloud, "CreateTags", &many).await.unwrap();
    assert_eq!(rs(&cloud, "DescribeTags", &[]).await.unwrap().all("TaggedResource").len(), 50);
    let nothing = [("ResourceName", "arn:aws:redshift:eu-west-1:111122223333:cluster:none")];
    assert_eq!(refused(&cloud, "DescribeTags", &nothing).await, ("ResourceNotFoundFault".to_owned(), 404));
}

#[tokio::test(start_paused = true)]
async fn there_is_room_for_seven_hundred_manual_snapshots_and_they_are_listed_in_pages() {
    let cloud = instant().await;
    for number in 0..700 {
        snap(&cloud, &format!("cw-{number:03}")).await.unwrap();
    }
    assert_eq!(snap(&cloud, "cw-700").await.unwrap_err().code, "ClusterSnapshotQuotaExceeded");
    let mut seen = Vec::new();
    let mut marker = String::new();
    loop {
        let asked = [("MaxRecords", "90"), ("Marker", &marker)];
        let page = rs(&cloud, "DescribeClusterSnapshots", &asked).await.unwrap();
        seen.extend(page.texts("SnapshotIdentifier").into_iter().map(str::to_owned));
        match page.texts("Marker").first() {
            Some(next) => marker = (*next).to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, (0..700).map(|number| format!("cw-{number:03}")).collect::<Vec<_>>());
    for wrong in [("MaxRecords", "19"), ("MaxRecords", "101"), ("Marker", "?")] {
        assert_eq!(refused(&cloud, "DescribeClusterSnapshots", &[wrong]).await.0, "InvalidParameterValue");
    }
}

#[tokio::test(start_paused = true)]
async fn snapshots_are_found_by_what_they_are() {
    let cloud = warehouse(Settings::default()).await;
    snap(&cloud, "first").await.unwrap();
    sleep(Duration::from_hours(9)).await;
    snap(&cloud, "second").await.unwrap();
    let arn = "arn:aws:redshift:eu-west-1:111122223333:snapshot:sales/second";
    cloud.inspect().set_redshift_tags(arn, BTreeMap::from([("chain".to_owned(), "theirs".to_owned())]));
    let auto = "rs:sales-2026-01-05-08-02-00";
    for (filter, hits) in [
        (vec![("SnapshotArn", arn)], vec!["second"]),
        (vec![("SnapshotType", "automated")], vec![auto]),
        (vec![("TagKeys.TagKey.1", "chain")], vec!["first", "second"]),
        (vec![("TagValues.TagValue.1", "theirs"), ("TagValues.TagValue.2", "nobody's")], vec!["second"]),
        (vec![("TagKeys.TagKey.1", "other"), ("TagValues.TagValue.1", "ours")], vec![]),
        (vec![("StartTime", "2026-01-05T01:00:00Z")], vec![auto, "second"]),
        (vec![("EndTime", "2026-01-05T08:02:01Z")], vec!["first", auto]),
        (vec![("OwnerAccount", "444455556666")], vec![]),
        (vec![("ClusterIdentifier", "other")], vec![]),
        (
            vec![
                ("SortingEntities.SnapshotSortingEntity.1.Attribute", "CREATE_TIME"),
                ("SortingEntities.SnapshotSortingEntity.1.SortOrder", "DESC"),
            ],
            vec!["second", auto, "first"],
        ),
    ] {
        assert_eq!(listed(&cloud, REGION, &filter).await, hits, "{filter:?}");
    }
    for wrong in [("SnapshotType", "odd"), ("StartTime", "yesterday"), ("ClusterExists", "maybe")] {
        assert_eq!(refused(&cloud, "DescribeClusterSnapshots", &[wrong]).await.0, "InvalidParameterValue");
    }
}

#[tokio::test(start_paused = true)]
async fn a_batch_deletes_each_for_itself() {
    let cloud = instant().await;
    snap(&cloud, "first").await.unwrap();
    snap(&cloud, "second").await.unwrap();
    let members: Vec<String> = (1..=101)
        .map(|number| format!("Identifiers.DeleteClusterSnapshotMessage.{number}.SnapshotIdentifier"))
        .collect();
    let batch: Vec<(&str, &str)> = members.iter().map(|member| (member.as_str(), "first")).collect();
    let refusal = refused(&cloud, "BatchDeleteClusterSnapshots", &batch).await;
    assert_eq!(refusal.0, "BatchDeleteRequestSizeExceeded");
    let some = [(batch[0].0, "first"), (batch[1].0, "none"), (batch[2].0, "second")];
    let answer = rs(&cloud, "BatchDeleteClusterSnapshots", &some).await.unwrap();
    assert_eq!(answer.texts("String"), ["first", "second"]);
    let [error] = answer.all("SnapshotErrorMessage")[..] else { panic!("{answer:?}") };
    assert_eq!((error.text("SnapshotIdentifier"), error.text("FailureCode")), ("none", "ClusterSnapshotNotFound"));
    assert_eq!(listed(&cloud, REGION, &[]).await, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_retention_ends_a_snapshot_and_may_be_changed_before() {
    let cloud = warehouse(Settings::default()).await;
    let keep = |name: &'static str, days: &'static str| {
        [("SnapshotIdentifier", name), ("ManualSnapshotRetentionPeriod", days)]
    };
    for name in ["short", "long"] {
        let input = [keep(name, "2").as_slice(), &[("ClusterIdentifier", "sales")]].concat();
        rs(&cloud, "CreateClusterSnapshot", &input).await.unwrap();
    }
    sleep(Duration::from_hours(36)).await;
    assert_eq!(found(&cloud, REGION, "long").await.unwrap().text("ManualSnapshotRemainingDays"), "1");
    rs(&cloud, "ModifyClusterSnapshot", &keep("long", "-1")).await.unwrap();
    sleep(Duration::from_hours(36)).await;
    assert_eq!(listed(&cloud, REGION, &[("SnapshotType", "manual")]).await, ["long"]);
    // Its first day is over already.
    assert_eq!(refused(&cloud, "ModifyClusterSnapshot", &keep("long", "1")).await.0, "InvalidClusterSnapshotState");
    let forced = [keep("long", "1").as_slice(), &[("Force", "true")]].concat();
    rs(&cloud, "ModifyClusterSnapshot", &forced).await.unwrap();
    sleep(Duration::from_mins(6)).await;
    assert!(found(&cloud, REGION, "long").await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_is_not_there_may_be_unknown_to_listings_unless_they_say_so() {
    let mut settings = Settings::default();
    settings.switches.redshift.gone_clusters_unknown = true;
    let cloud = warehouse(settings).await;
    snap(&cloud, "first").await.unwrap();
    let sales = ("ClusterIdentifier", "sales");
    assert_eq!(listed(&cloud, REGION, &[sales]).await, ["first"]);
    sleep(Duration::from_hours(1)).await;
    rs(&cloud, "DeleteCluster", &[sales, ("SkipFinalClusterSnapshot", "true")]).await.unwrap();
    sleep(Duration::from_hours(1)).await;
    assert_eq!(refused(&cloud, "DescribeClusterSnapshots", &[sales]).await.0, "ClusterNotFound");
    assert_eq!(listed(&cloud, REGION, &[sales, ("ClusterExists", "false")]).await, ["first"]);
}
