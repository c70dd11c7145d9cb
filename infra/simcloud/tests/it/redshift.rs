//! Redshift: clusters, manual snapshots by name, automated ones by the clock, restores.

use std::time::Duration;

use simcloud::faults::{FaultRule, JobFault};
use simcloud::{Settings, SimCloud};
use tokio::time::sleep;

use crate::redshift_support::{SALES, found, listed, prepare, refused, rs, sales, snap, warehouse};
use crate::support::REGION;

fn code(code: &str, status: u16) -> (String, u16) {
    (code.to_owned(), status)
}

#[tokio::test(start_paused = true)]
async fn a_cluster_is_created_found_by_its_tags_and_changed() {
    let cloud = SimCloud::new(Settings::default());
    let asked = [("ClusterIdentifier", "Sales"), ("NodeType", "ra3.xlplus"), ("MasterUsername", "boss")];
    let made = rs(&cloud, "CreateCluster", &asked).await.unwrap();
    let made = made.all("Cluster")[0];
    assert_eq!((made.text("ClusterIdentifier"), made.text("ClusterStatus")), ("sales", "creating"));
    assert!(made.text("ClusterNamespaceArn").starts_with("arn:aws:redshift:eu-west-1:111122223333:namespace:"));
    assert_eq!(refused(&cloud, "CreateCluster", &asked).await, code("ClusterAlreadyExists", 400));
    assert_eq!(snap(&cloud, "early").await.unwrap_err().code, "InvalidClusterState");
    sleep(Duration::from_mins(5)).await;
    let ready = sales(&cloud).await;
    assert_eq!((ready.text("ClusterStatus"), ready.text("Endpoint/Port")), ("available", "5439"));
    let tag = [("ResourceName", SALES), ("Tags.Tag.1.Key", "backup"), ("Tags.Tag.1.Value", "gold")];
    rs(&cloud, "CreateTags", &tag).await.unwrap();
    for (filter, hits) in [("gold", 1), ("silver", 0)] {
        let asked = [("TagKeys.TagKey.1", "backup"), ("TagValues.TagValue.1", filter)];
        assert_eq!(rs(&cloud, "DescribeClusters", &asked).await.unwrap().all("Cluster").len(), hits, "{filter}");
    }
    let more = [("ClusterIdentifier", "sales"), ("NumberOfNodes", "4"), ("PubliclyAccessible", "true")];
    let changed = rs(&cloud, "ModifyCluster", &more).await.unwrap();
    assert_eq!(changed.all("ClusterStatus")[0], changed.all("Cluster")[0].all("ClusterStatus")[0]);
    assert_eq!(sales(&cloud).await.text("ClusterStatus"), "modifying");
    sleep(Duration::from_mins(5)).await;
    let changed = sales(&cloud).await;
    assert_eq!((changed.text("NumberOfNodes"), changed.text("PubliclyAccessible")), ("4", "true"));
    assert_eq!(changed.text("ClusterStatus"), "available");
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_is_creating_then_available_and_its_name_is_taken_in_any_case() {
    let cloud = warehouse(Settings::default()).await;
    let made = snap(&cloud, "cw-first").await.unwrap();
    let made = made.all("Snapshot")[0];
    assert_eq!((made.text("Status"), made.text("SnapshotType")), ("creating", "manual"));
    let arn = "arn:aws:redshift:eu-west-1:111122223333:snapshot:sales/cw-first";
    assert_eq!((made.text("SnapshotArn"), made.text("ManualSnapshotRetentionPeriod")), (arn, "-1"));
    assert!(made.text("SnapshotCreateTime").starts_with("2026-01-05T00:05:00"));
    assert!(made.number("EstimatedSecondsToCompletion") >= 120.0);
    assert_eq!(snap(&cloud, "CW-First").await.unwrap_err().code, "ClusterSnapshotAlreadyExists");
    let first = [("SnapshotIdentifier", "cw-first")];
    assert_eq!(refused(&cloud, "DeleteClusterSnapshot", &first).await, code("InvalidClusterSnapshotState", 400));
    sleep(Duration::from_mins(15)).await;
    let full = found(&cloud, REGION, "cw-first").await.unwrap();
    assert_eq!((full.text("Status"), full.text("Tags/Tag/Value")), ("available", "ours"));
    assert_eq!(full.text("ActualIncrementalBackupSizeInMegaBytes"), full.text("TotalBackupSizeInMegaBytes"));
    sleep(Duration::from_mins(10)).await;
    assert!(cloud.inspect().write_cluster(SALES, 3 << 30));
    let second = snap(&cloud, "cw-second").await.unwrap();
    let incremental = second.all("Snapshot")[0].number("ActualIncrementalBackupSizeInMegaBytes");
    assert!((3_072.0..3_200.0).contains(&incremental), "{incremental}");
    sleep(Duration::from_mins(15)).await;
    // Any of them goes without the others.
    rs(&cloud, "DeleteClusterSnapshot", &first).await.unwrap();
    sleep(Duration::from_mins(5)).await;
    assert_eq!(found(&cloud, REGION, "cw-first").await.unwrap_err().code, "ClusterSnapshotNotFound");
    assert_eq!(refused(&cloud, "DeleteClusterSnapshot", &first).await, code("ClusterSnapshotNotFound", 404));
    assert_eq!(listed(&cloud, REGION, &[]).await, ["cw-second"]);
}

#[tokio::test(start_paused = true)]
async fn a_fault_lets_a_snapshot_fail_or_hang_and_a_deletion_have_no_effect() {
    let cloud = warehouse(Settings::default()).await;
    for (fault, status) in
        [(JobFault::Fails("no".into()), "failed"), (JobFault::Aborts, "cancelled"), (JobFault::Stalls, "creating")]
    {
        let rule = cloud.faults().add(FaultRule::job(Some("backup"), Some("cluster:sales"), fault).times(1));
        snap(&cloud, status).await.unwrap();
        sleep(Duration::from_mins(20)).await;
        assert_eq!(cloud.faults().fired(rule), 1);
        assert_eq!(found(&cloud, REGION, status).await.unwrap().text("Status"), status);
    }
    let rule = cloud.faults().add(FaultRule::job(Some("delete"), None, JobFault::Ignored).times(1));
    for left in [vec!["cancelled", "creating", "failed"], vec!["cancelled", "creating"]] {
        let gone = rs(&cloud, "DeleteClusterSnapshot", &[("SnapshotIdentifier", "failed")]).await.unwrap();
        assert_eq!(gone.all("Snapshot")[0].text("Status"), "deleted");
        sleep(Duration::from_mins(5)).await;
        assert_eq!(listed(&cloud, REGION, &[("SnapshotType", "manual")]).await, left);
    }
    assert_eq!(cloud.faults().fired(rule), 1);
}

#[tokio::test(start_paused = true)]
async fn automated_snapshots_come_by_the_clock_or_by_what_changed_and_go_by_their_retention() {
    let cloud = warehouse(Settings::default()).await;
    let automated = [("SnapshotType", "automated")];
    sleep(Duration::from_hours(9)).await;
    assert_eq!(listed(&cloud, REGION, &automated).await, ["rs:sales-2026-01-05-08-02-00"]);
    let one = [("SnapshotIdentifier", "rs:sales-2026-01-05-08-02-00")];
    assert_eq!(refused(&cloud, "DeleteClusterSnapshot", &one).await, code("InvalidClusterSnapshotState", 400));
    // Five gigabytes for each of two nodes: less does not suffice.
    cloud.inspect().write_cluster(SALES, 4 << 30);
    sleep(Duration::from_mins(1)).await;
    assert_eq!(listed(&cloud, REGION, &automated).await.len(), 1);
    cloud.inspect().write_cluster(SALES, 6 << 30);
    sleep(Duration::from_mins(1)).await;
    assert_eq!(listed(&cloud, REGION, &automated).await.len(), 2);
    let copy = [("SourceSnapshotIdentifier", one[0].1), ("TargetSnapshotIdentifier", "kept")];
    let kept = rs(&cloud, "CopyClusterSnapshot", &copy).await.unwrap();
    assert_eq!((kept.texts("SnapshotType"), kept.texts("Status")), (vec!["manual"], vec!["creating"]));
    let again = [("SourceSnapshotIdentifier", "kept"), ("TargetSnapshotIdentifier", "kept-2")];
    assert_eq!(refused(&cloud, "CopyClusterSnapshot", &again).await, code("InvalidClusterSnapshotState", 400));
    let keep = |days| [("ClusterIdentifier", "sales"), ("AutomatedSnapshotRetentionPeriod", days)];
    rs(&cloud, "ModifyCluster", &keep("3")).await.unwrap();
    sleep(Duration::from_hours(10 * 24 + 1)).await;
    assert_eq!(listed(&cloud, REGION, &automated).await.len(), 9, "three a day for three days");
    rs(&cloud, "ModifyCluster", &keep("1")).await.unwrap();
    sleep(Duration::from_mins(5)).await;
    assert_eq!(listed(&cloud, REGION, &automated).await.len(), 3);
    rs(&cloud, "ModifyCluster", &keep("0")).await.unwrap();
    sleep(Duration::from_hours(48)).await;
    assert_eq!(listed(&cloud, REGION, &[]).await, ["kept"]);
    let kept = found(&cloud, REGION, "kept").await.unwrap();
    assert_eq!(kept.text("Status"), "available");
    assert!(kept.text("SnapshotCreateTime").starts_with("2026-01-05T08:02:00"), "it holds what the automated one did");
    assert_eq!(refused(&cloud, "ModifyCluster", &keep("36")).await, code("InvalidRetentionPeriodFault", 400));
}

#[tokio::test(start_paused = true)]
async fn manual_snapshots_outlive_their_cluster_and_automated_ones_do_not() {
    let cloud = warehouse(Settings::default()).await;
    snap(&cloud, "mine").await.unwrap();
    sleep(Duration::from_hours(9)).await;
    let first = sales(&cloud).await;
    let end = [("ClusterIdentifier", "sales"), ("FinalClusterSnapshotIdentifier", "last")];
    assert_eq!(refused(&cloud, "DeleteCluster", &end[..1]).await.0, "InvalidParameterCombination");
    let ending = rs(&cloud, "DeleteCluster", &end).await.unwrap();
    assert_eq!(ending.all("Cluster")[0].text("ClusterStatus"), "final-snapshot");
    assert_eq!(refused(&cloud, "DeleteCluster", &end).await, code("InvalidClusterState", 400));
    sleep(Duration::from_mins(20)).await;
    let gone = [("ClusterIdentifier", "sales")];
    assert_eq!(refused(&cloud, "DescribeClusters", &gone).await, code("ClusterNotFound", 404));
    assert_eq!(listed(&cloud, REGION, &[]).await, ["last", "mine"]);
    // Another cluster of the name is another one: by its namespace, and by when it was created.
    prepare(&cloud, &[]).await;
    let second = sales(&cloud).await;
    assert_ne!(second.text("ClusterNamespaceArn"), first.text("ClusterNamespaceArn"));
    snap(&cloud, "young").await.unwrap();
    let of = |name: &'static str| [("ClusterExists", name), ("ClusterIdentifier", "sales")];
    assert_eq!(listed(&cloud, REGION, &of("true")).await, ["young"]);
    assert_eq!(listed(&cloud, REGION, &of("false")).await, ["last", "mine"]);
    let old = found(&cloud, REGION, "mine").await.unwrap();
    assert_eq!(old.text("ClusterCreateTime"), first.text("ClusterCreateTime"));
    assert_ne!(old.text("ClusterCreateTime"), second.text("ClusterCreateTime"));
}

#[tokio::test(start_paused = true)]
async fn a_cluster_whose_last_snapshot_fails_stays() {
    let cloud = warehouse(Settings::default()).await;
    cloud.faults().add(FaultRule::job(Some("backup"), None, JobFault::Fails("no".into())).times(1));
    let end = [("ClusterIdentifier", "sales"), ("FinalClusterSnapshotIdentifier", "last")];
    rs(&cloud, "DeleteCluster", &end).await.unwrap();
    sleep(Duration::from_mins(20)).await;
    assert_eq!(sales(&cloud).await.text("ClusterStatus"), "available");
    assert_eq!(found(&cloud, REGION, "last").await.unwrap().text("Status"), "failed");
    rs(&cloud, "DeleteCluster", &[("ClusterIdentifier", "sales"), ("SkipFinalClusterSnapshot", "true")]).await.unwrap();
    assert_eq!(sales(&cloud).await.text("ClusterStatus"), "deleting");
    sleep(Duration::from_mins(5)).await;
    assert_eq!(refused(&cloud, "DeleteCluster", &end).await.0, "ClusterNotFound");
}

#[tokio::test(start_paused = true)]
async fn a_restore_makes_a_new_cluster_that_holds_what_the_snapshot_does() {
    let cloud = warehouse(Settings::default()).await;
    cloud.inspect().write_cluster(SALES, 1);
    snap(&cloud, "one").await.unwrap();
    let restore = [("ClusterIdentifier", "restored"), ("SnapshotIdentifier", "one"), ("NumberOfNodes", "3")];
    assert_eq!(refused(&cloud, "RestoreFromClusterSnapshot", &restore).await, code("InvalidClusterSnapshotState", 400));
    sleep(Duration::from_mins(20)).await;
    cloud.inspect().write_cluster(SALES, 1);
    let begun = rs(&cloud, "RestoreFromClusterSnapshot", &restore).await.unwrap();
    let begun = begun.all("Cluster")[0];
    assert_eq!((begun.text("ClusterStatus"), begun.text("RestoreStatus/Status")), ("creating", "restoring"));
    assert_eq!((begun.text("NodeType"), begun.text("NumberOfNodes")), ("ra3.xlplus", "3"));
    assert_eq!(refused(&cloud, "RestoreFromClusterSnapshot", &restore).await, code("ClusterAlreadyExists", 400));
    sleep(Duration::from_mins(40)).await;
    let arn = SALES.replace("sales", "restored");
    assert_eq!((cloud.inspect().cluster_version(&arn), cloud.inspect().cluster_version(SALES)), (Some(1), Some(2)));
    let shown = rs(&cloud, "DescribeClusters", &[("ClusterIdentifier", "restored")]).await.unwrap();
    let shown = shown.all("Cluster")[0];
    assert_eq!((shown.text("ClusterStatus"), shown.text("RestoreStatus/Status")), ("available", "completed"));
    cloud.faults().add(FaultRule::job(Some("restore"), None, JobFault::Fails("no".into())));
    let again = [("ClusterIdentifier", "broken"), restore[1]];
    rs(&cloud, "RestoreFromClusterSnapshot", &again).await.unwrap();
    sleep(Duration::from_mins(40)).await;
    let broken = rs(&cloud, "DescribeClusters", &again[..1]).await.unwrap();
    assert_eq!(broken.all("Cluster")[0].text("ClusterStatus"), "incompatible-restore");
}

#[tokio::test(start_paused = true)]
async fn a_table_is_restored_into_the_cluster_of_the_snapshot() {
    let cloud = warehouse(Settings::default()).await;
    snap(&cloud, "one").await.unwrap();
    sleep(Duration::from_mins(20)).await;
    let restore = [
        ("ClusterIdentifier", "sales"),
        ("SnapshotIdentifier", "one"),
        ("SourceDatabaseName", "dev"),
        ("SourceTableName", "orders"),
        ("NewTableName", "orders-again"),
    ];
    let mut same = restore;
    same[4].1 = "orders";
    assert_eq!(refused(&cloud, "RestoreTableFromClusterSnapshot", &same).await.0, "InvalidTableRestoreArgument");
    let begun = rs(&cloud, "RestoreTableFromClusterSnapshot", &restore).await.unwrap();
    let id = begun.texts("TableRestoreRequestId")[0].to_owned();
    assert_eq!(begun.texts("Status"), ["IN_PROGRESS"]);
    sleep(Duration::from_mins(40)).await;
    let which = [("TableRestoreRequestId", id.as_str())];
    let done = rs(&cloud, "DescribeTableRestoreStatus", &which).await.unwrap();
    assert_eq!((done.texts("Status"), done.texts("NewTableName")), (vec!["SUCCEEDED"], vec!["orders-again"]));
    let unknown = [("TableRestoreRequestId", "none")];
    assert_eq!(refused(&cloud, "DescribeTableRestoreStatus", &unknown).await.0, "TableRestoreNotFoundFault");
}
