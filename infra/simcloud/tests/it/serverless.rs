//! Redshift Serverless: snapshots by name, their course, recovery points by the clock, copies by standing configuration.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use simcloud::faults::{FaultRule, JobFault};
use simcloud::{Settings, SimCloud};
use tokio::time::sleep;

use crate::support::{ACCOUNT, REGION, Refusal, answer, arn, bodies, call, queue, request, send, take};

const DR: &str = "eu-central-1";

async fn rs(cloud: &SimCloud, operation: &str, input: Value) -> Result<Value, Refusal> {
    there(cloud, REGION, operation, input).await
}

async fn there(cloud: &SimCloud, region: &str, operation: &str, input: Value) -> Result<Value, Refusal> {
    answer(&send(cloud, "test", request(ACCOUNT, region, "redshift-serverless", operation, &input)).await.unwrap())
}

/// A cloud at AWS's own pace with the namespace `sales` and its workgroup, both available; and the namespace's ARN.
pub(crate) async fn warehouse(settings: Settings) -> (SimCloud, String) {
    let cloud = SimCloud::new(settings);
    let arn = prepare(&cloud).await;
    (cloud, arn)
}

/// The namespace `sales` and its workgroup, in a cloud that is there.
pub(crate) async fn prepare(cloud: &SimCloud) -> String {
    let tags = json!([{"key": "backup", "value": "gold"}]);
    let made = rs(cloud, "CreateNamespace", json!({"namespaceName": "sales", "tags": tags})).await.unwrap();
    rs(cloud, "CreateWorkgroup", json!({"workgroupName": "sales-wg", "namespaceName": "sales"})).await.unwrap();
    sleep(Duration::from_mins(2)).await;
    made["namespace"]["namespaceArn"].as_str().unwrap().to_owned()
}

pub(crate) async fn snap(cloud: &SimCloud, name: &str) -> Result<Value, Refusal> {
    let tags = json!([{"key": "chain", "value": "ours"}]);
    let input = json!({"namespaceName": "sales", "snapshotName": name, "tags": tags});
    rs(cloud, "CreateSnapshot", input).await.map(|made| made["snapshot"].clone())
}

pub(crate) async fn copy_to_dr(cloud: &SimCloud, days: i64) -> Value {
    let input = json!({"namespaceName": "sales", "destinationRegion": DR, "snapshotRetentionPeriod": days});
    rs(cloud, "CreateSnapshotCopyConfiguration", input).await.unwrap()["snapshotCopyConfiguration"].clone()
}

async fn found(cloud: &SimCloud, region: &str, name: &str) -> Result<Value, Refusal> {
    there(cloud, region, "GetSnapshot", json!({"snapshotName": name})).await.map(|found| found["snapshot"].clone())
}

async fn refused(cloud: &SimCloud, operation: &str, input: Value) -> String {
    rs(cloud, operation, input).await.unwrap_err().code
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_is_creating_then_available_and_its_name_is_taken() {
    let (cloud, arn) = warehouse(Settings::default()).await;
    let made = snap(&cloud, "cw-first").await.unwrap();
    assert_eq!((&made["status"], &made["namespaceArn"]), (&json!("CREATING"), &json!(arn)));
    assert!(made["snapshotCreateTime"].as_str().unwrap().starts_with("2026-01-05T00:02:0"));
    assert!(made["estimatedSecondsToCompletion"].as_i64().unwrap() >= 120);
    assert_eq!(snap(&cloud, "cw-first").await.unwrap_err().code, "ConflictException");
    assert_eq!(refused(&cloud, "DeleteSnapshot", json!({"snapshotName": "cw-first"})).await, "ConflictException");
    sleep(Duration::from_mins(15)).await;
    let first = found(&cloud, REGION, "cw-first").await.unwrap();
    assert_eq!((&first["status"], &first["snapshotRetentionPeriod"]), (&json!("AVAILABLE"), &json!(-1)));
    assert_eq!(first["actualIncrementalBackupSizeInMegaBytes"], first["totalBackupSizeInMegaBytes"]);
    sleep(Duration::from_mins(10)).await;
    cloud.inspect().write_namespace(&arn, 5 << 30);
    let second = snap(&cloud, "cw-second").await.unwrap();
    let incremental = second["actualIncrementalBackupSizeInMegaBytes"].as_f64().unwrap();
    assert!((5_120.0..6_000.0).contains(&incremental), "{incremental}");
    sleep(Duration::from_mins(15)).await;
    // Any of them goes without the others.
    rs(&cloud, "DeleteSnapshot", json!({"snapshotName": "cw-first"})).await.unwrap();
    sleep(Duration::from_mins(5)).await;
    assert_eq!(found(&cloud, REGION, "cw-first").await.unwrap_err().code, "ResourceNotFoundException");
    assert_eq!(found(&cloud, REGION, "cw-second").await.unwrap()["status"], "AVAILABLE");
    let listed = rs(&cloud, "ListSnapshots", json!({"namespaceName": "sales"})).await.unwrap();
    assert_eq!(listed["snapshots"].as_array().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn success_is_announced_and_failure_is_not() {
    for detailed in [true, false] {
        let mut settings = Settings::default();
        settings.switches.serverless.detailed_events = detailed;
        let (cloud, _) = warehouse(settings).await;
        let url = queue(&cloud, "events", json!({})).await;
        let pattern = json!({"source": ["aws.redshift-serverless"]}).to_string();
        call(&cloud, "events", "PutRule", json!({"Name": "r", "EventPattern": pattern})).await.unwrap();
        let targets = json!({"Rule": "r", "Targets": [{"Id": "q", "Arn": arn("events")}]});
        call(&cloud, "events", "PutTargets", targets).await.unwrap();
        let fault = cloud.faults().add(FaultRule::job(Some("backup"), None, JobFault::Fails("no".into())).times(1));
        snap(&cloud, "cw-fails").await.unwrap();
        sleep(Duration::from_mins(20)).await;
        assert_eq!(cloud.faults().fired(fault), 1);
        assert_eq!(found(&cloud, REGION, "cw-fails").await.unwrap()["status"], "FAILED");
        snap(&cloud, "cw-succeeds").await.unwrap();
        sleep(Duration::from_mins(20)).await;
        let messages = take(&cloud, &url, 0).await;
        let [body] = bodies(&messages)[..] else { panic!("{messages:?}") };
        let event: Value = serde_json::from_str(body).unwrap();
        assert_eq!(event["detail-type"], "Redshift Serverless Monitoring");
        assert!(body.contains("REDSHIFT-SERVERLESS-EVENT-1000") && body.contains("cw-succeeds"), "{body}");
        assert_eq!(event["detail"]["snapshotName"] == "cw-succeeds", detailed);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_made_while_a_configuration_stands_shows_in_the_other_region_with_its_own_retention() {
    let (cloud, arn) = warehouse(Settings::default()).await;
    snap(&cloud, "cw-earlier").await.unwrap();
    sleep(Duration::from_mins(20)).await;
    let configuration = copy_to_dr(&cloud, 7).await;
    let again = json!({"namespaceName": "sales", "destinationRegion": "us-east-1"});
    assert_eq!(refused(&cloud, "CreateSnapshotCopyConfiguration", again).await, "ConflictException");
    let made = snap(&cloud, "cw-later").await.unwrap();
    let mut seen = BTreeSet::new();
    for _ in 0..60 {
        sleep(Duration::from_mins(1)).await;
        let status = found(&cloud, DR, "cw-later").await.map_or("none".into(), |copy| copy["status"].clone());
        seen.insert(status.as_str().unwrap().to_owned());
    }
    assert_eq!(seen, ["AVAILABLE", "COPYING", "none"].map(str::to_owned).into());
    let copy = found(&cloud, DR, "cw-later").await.unwrap();
    assert_eq!((&copy["snapshotCreateTime"], &copy["namespaceArn"]), (&made["snapshotCreateTime"], &json!(arn)));
    assert_eq!((&copy["snapshotRetentionPeriod"], &copy["snapshotRemainingDays"]), (&json!(7), &json!(7)));
    assert!(found(&cloud, DR, "cw-earlier").await.is_err());
    let by_arn = there(&cloud, DR, "ListSnapshots", json!({"namespaceArn": arn})).await.unwrap();
    assert_eq!(by_arn["snapshots"].as_array().unwrap().len(), 1);
    // A new retention is for new copies; without a configuration there are none.
    let id = configuration["snapshotCopyConfigurationId"].clone();
    let update = json!({"snapshotCopyConfigurationId": id, "snapshotRetentionPeriod": 30});
    rs(&cloud, "UpdateSnapshotCopyConfiguration", update).await.unwrap();
    assert_eq!(found(&cloud, DR, "cw-later").await.unwrap()["snapshotRetentionPeriod"], 7);
    rs(&cloud, "DeleteSnapshotCopyConfiguration", json!({"snapshotCopyConfigurationId": id})).await.unwrap();
    snap(&cloud, "cw-last").await.unwrap();
    sleep(Duration::from_hours(24 * 7 + 1)).await;
    assert!(found(&cloud, DR, "cw-last").await.is_err());
    assert!(found(&cloud, DR, "cw-later").await.is_err(), "its seven days are over");
    assert_eq!(found(&cloud, REGION, "cw-later").await.unwrap()["status"], "AVAILABLE");
}

#[tokio::test(start_paused = true)]
async fn a_copy_fails_silently_or_never_comes() {
    for (fault, status) in [(JobFault::Fails("no".into()), Some("FAILED")), (JobFault::Ignored, None)] {
        let (cloud, _) = warehouse(Settings::default()).await;
        copy_to_dr(&cloud, -1).await;
        let rule = cloud.faults().add(FaultRule::job(Some("copy"), None, fault));
        snap(&cloud, "cw-one").await.unwrap();
        sleep(Duration::from_hours(2)).await;
        assert_eq!(cloud.faults().fired(rule), 1);
        let copies = cloud.inspect().serverless_snapshots().into_iter().filter(|copy| copy.region == DR);
        assert_eq!(copies.map(|copy| copy.status).next().as_deref(), status);
    }
}

#[tokio::test(start_paused = true)]
async fn recovery_points_come_each_half_hour_and_stay_a_day_here_and_there() {
    let (cloud, arn) = warehouse(Settings::default()).await;
    let list = |region: &'static str| {
        let cloud = cloud.clone();
        async move {
            let points = there(&cloud, region, "ListRecoveryPoints", json!({})).await.unwrap();
            points["recoveryPoints"].as_array().unwrap().clone()
        }
    };
    assert!(list(REGION).await.is_empty());
    sleep(Duration::from_mins(65)).await;
    let points = list(REGION).await;
    assert_eq!(points.len(), 2);
    assert!(points[0]["recoveryPointCreateTime"].as_str().unwrap().starts_with("2026-01-05T00:32:00"));
    assert_eq!(points[0]["workgroupName"], "sales-wg");
    let id = points[0]["recoveryPointId"].clone();
    cloud.inspect().write_namespace(&arn, 1 << 20);
    let convert = json!({"recoveryPointId": id, "snapshotName": "cw-converted", "retentionPeriod": 3});
    rs(&cloud, "ConvertRecoveryPointToSnapshot", convert).await.unwrap();
    copy_to_dr(&cloud, -1).await;
    sleep(Duration::from_hours(48)).await;
    assert_eq!(list(REGION).await.len(), 48);
    let copied = list(DR).await;
    assert!((46..=48).contains(&copied.len()), "{}", copied.len());
    assert_eq!(copied[0]["namespaceArn"], json!(arn));
    assert_eq!(refused(&cloud, "GetRecoveryPoint", json!({"recoveryPointId": id})).await, "ResourceNotFoundException");
    // It holds what was there at its own time.
    let [converted] = &cloud.inspect().serverless_snapshots()[..] else { panic!("more than one") };
    assert_eq!((converted.version, converted.retention), (0, Some(3)));
    sleep(Duration::from_hours(25)).await;
    assert!(cloud.inspect().serverless_snapshots().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_restore_brings_back_what_the_snapshot_holds() {
    let (cloud, arn) = warehouse(Settings::default()).await;
    cloud.inspect().write_namespace(&arn, 1);
    snap(&cloud, "cw-one").await.unwrap();
    sleep(Duration::from_mins(20)).await;
    cloud.inspect().write_namespace(&arn, 1);
    let restore = json!({"namespaceName": "sales", "workgroupName": "sales-wg", "snapshotName": "cw-one"});
    let begun = rs(&cloud, "RestoreFromSnapshot", restore.clone()).await.unwrap();
    assert_eq!(begun["namespace"]["status"], "MODIFYING");
    assert_eq!(refused(&cloud, "RestoreFromSnapshot", restore).await, "ConflictException");
    assert_eq!(snap(&cloud, "cw-two").await.unwrap_err().code, "ConflictException");
    sleep(Duration::from_mins(30)).await;
    assert_eq!(cloud.inspect().namespace_version(&arn), Some(1));
}

#[tokio::test(start_paused = true)]
async fn snapshots_outlive_their_namespace_and_recovery_points_do_not() {
    let (cloud, arn) = warehouse(Settings::default()).await;
    snap(&cloud, "cw-one").await.unwrap();
    sleep(Duration::from_hours(2)).await;
    assert_eq!(refused(&cloud, "DeleteNamespace", json!({"namespaceName": "sales"})).await, "ConflictException");
    rs(&cloud, "DeleteWorkgroup", json!({"workgroupName": "sales-wg"})).await.unwrap();
    assert_eq!(snap(&cloud, "cw-two").await.unwrap_err().code, "ValidationException");
    rs(&cloud, "DeleteNamespace", json!({"namespaceName": "sales", "finalSnapshotName": "last"})).await.unwrap();
    sleep(Duration::from_hours(1)).await;
    let points = rs(&cloud, "ListRecoveryPoints", json!({"namespaceArn": arn})).await.unwrap();
    assert_eq!(points["recoveryPoints"], json!([]));
    let names = cloud.inspect().serverless_snapshots().into_iter().map(|snapshot| (snapshot.name, snapshot.status));
    let available = |name: &str| (name.to_owned(), "AVAILABLE".to_owned());
    assert_eq!(names.collect::<Vec<_>>(), [available("cw-one"), available("last")]);
}

#[tokio::test(start_paused = true)]
async fn names_tags_retentions_and_the_quota_have_their_limits() {
    let mut settings = Settings::default();
    settings.switches.serverless.snapshot_quota = 2;
    let (cloud, _) = warehouse(settings).await;
    for (input, code) in [
        (json!({"namespaceName": "sales", "snapshotName": "Upper"}), "ValidationException"),
        (json!({"namespaceName": "sales", "snapshotName": "x".repeat(65)}), "ValidationException"),
        (json!({"namespaceName": "sales", "snapshotName": "cw-1", "retentionPeriod": 3_654}), "ValidationException"),
        (json!({"namespaceName": "none", "snapshotName": "cw-1"}), "ResourceNotFoundException"),
    ] {
        assert_eq!(refused(&cloud, "CreateSnapshot", input).await, code);
    }
    let tags: Vec<Value> = (0..51).map(|n| json!({"key": n.to_string(), "value": ""})).collect();
    let input = json!({"namespaceName": "sales", "snapshotName": "cw-1", "tags": tags});
    assert_eq!(refused(&cloud, "CreateSnapshot", input).await, "TooManyTagsException");
    let made = snap(&cloud, "cw-1").await.unwrap();
    let arn = made["snapshotArn"].clone();
    assert_eq!(
        refused(&cloud, "TagResource", json!({"resourceArn": arn, "tags": &tags[..50]})).await,
        "TooManyTagsException"
    );
    rs(&cloud, "TagResource", json!({"resourceArn": arn, "tags": [{"key": "hold", "value": "me"}]})).await.unwrap();
    rs(&cloud, "UntagResource", json!({"resourceArn": arn, "tagKeys": ["chain"]})).await.unwrap();
    let listed = rs(&cloud, "ListTagsForResource", json!({"resourceArn": arn})).await.unwrap();
    assert_eq!(listed, json!({"tags": [{"key": "hold", "value": "me"}]}));
    snap(&cloud, "cw-2").await.unwrap();
    assert_eq!(snap(&cloud, "cw-3").await.unwrap_err().code, "ServiceQuotaExceededException");
    let page = rs(&cloud, "ListSnapshots", json!({"maxResults": 1})).await.unwrap();
    let next = json!({"maxResults": 1, "nextToken": page["nextToken"]});
    assert_eq!(rs(&cloud, "ListSnapshots", next).await.unwrap()["snapshots"][0]["snapshotName"], "cw-2");
}
