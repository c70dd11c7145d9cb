//! AWS Backup: jobs, copies, deletions, and what is in the way of them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use simcloud::faults::{Fault, FaultRule, JobFault, When};
use simcloud::{BackupSwitches, ForeignPoint, LockedDelete, Settings, SimCloud, Switches};
use tokio::time::sleep;

use crate::backup_support::{
    DR, ROLE, backup, copy, copy_job, delete, get, job, label, point, prepare, put, request, rest, start, table_arn,
};
use crate::dynamodb::db;
use crate::support::{ACCOUNT, REGION};

fn cloud() -> SimCloud {
    SimCloud::new(Settings::default())
}

fn cloud_with(backup: BackupSwitches) -> SimCloud {
    SimCloud::new(Settings { switches: Switches { backup, ..Switches::default() }, ..Settings::default() })
}

fn fail_jobs(cloud: &SimCloud, kind: &str, fault: JobFault) {
    let fault = Fault::Job { kind: Some(kind.to_owned()), resource: None, fault };
    cloud.faults().add(FaultRule { fault, when: When { limit: Some(1), ..When::default() } });
}

#[tokio::test(start_paused = true)]
async fn a_backup_runs_and_carries_its_resource_s_tags_beneath_its_own() {
    let cloud = cloud();
    prepare(&cloud).await;
    let started = put(&cloud, "backup-jobs", request("t1")).await.unwrap();
    let (id, arn) = (started["BackupJobId"].as_str().unwrap(), started["RecoveryPointArn"].as_str().unwrap());
    assert_eq!(job(&cloud, id).await["State"], "CREATED");
    sleep(Duration::from_mins(3)).await;
    assert_eq!(job(&cloud, id).await["State"], "RUNNING");
    assert_eq!(point(&cloud, REGION, "main", arn).await.unwrap()["Status"], "CREATING");
    sleep(Duration::from_mins(30)).await;
    let done = job(&cloud, id).await;
    assert_eq!((&done["State"], &done["PercentDone"]), (&json!("COMPLETED"), &json!("100.0")));
    let made = point(&cloud, REGION, "main", arn).await.unwrap();
    assert_eq!((&made["Status"], &made["ResourceArn"]), (&json!("COMPLETED"), &json!(table_arn())));
    assert_eq!(made["CreationDate"], done["CreationDate"]);
    let tags = get(&cloud, &format!("tags/{}", label(arn))).await.unwrap();
    assert_eq!(tags["Tags"], json!({"chain": "ours", "team": "red"}));
}

#[tokio::test(start_paused = true)]
async fn the_same_token_is_the_same_job_as_long_as_it_is_remembered() {
    let cloud = cloud_with(BackupSwitches { token_lifetime: Duration::from_hours(2), ..BackupSwitches::default() });
    prepare(&cloud).await;
    let first = start(&cloud, "t1").await;
    assert_eq!(start(&cloud, "t1").await, first);
    sleep(Duration::from_mins(100)).await;
    assert_eq!(start(&cloud, "t1").await, first);
    let counts = BTreeMap::from([((table_arn(), "t1".to_owned()), 1)]);
    assert_eq!(cloud.inspect().backups_by_token(), counts);
    sleep(Duration::from_mins(30)).await;
    assert_ne!(start(&cloud, "t1").await, first);
}

#[tokio::test(start_paused = true)]
async fn a_token_with_other_parameters_is_refused_or_answered_as_the_switch_says() {
    for refused in [false, true] {
        let cloud = cloud_with(BackupSwitches { token_mismatch_refused: refused, ..BackupSwitches::default() });
        prepare(&cloud).await;
        let first = start(&cloud, "t1").await;
        let mut other = request("t1");
        other["RecoveryPointTags"] = json!({"chain": "changed"});
        match put(&cloud, "backup-jobs", other).await {
            Ok(answer) => assert!(!refused && answer["BackupJobId"] == first),
            Err(refusal) => assert!(refused && refusal.code == "InvalidParameterValueException"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_job_on_a_resource_waits_and_expires_with_its_start_window() {
    let cloud = cloud();
    prepare(&cloud).await;
    fail_jobs(&cloud, "backup", JobFault::Stalls);
    let first = start(&cloud, "t1").await;
    sleep(Duration::from_mins(5)).await;
    let second = start(&cloud, "t2").await;
    sleep(Duration::from_mins(50)).await;
    assert_eq!(job(&cloud, &second).await["State"], "CREATED");
    sleep(Duration::from_mins(11)).await;
    let expired = job(&cloud, &second).await;
    assert_eq!(expired["State"], "EXPIRED");
    assert!(expired["StatusMessage"].as_str().unwrap().contains("running job for the same resource"));
    assert_eq!(job(&cloud, &first).await["State"], "RUNNING");
}

#[tokio::test(start_paused = true)]
async fn a_waiting_job_runs_when_the_resource_is_free() {
    let cloud = cloud();
    prepare(&cloud).await;
    start(&cloud, "t1").await;
    sleep(Duration::from_mins(3)).await;
    let second = start(&cloud, "t2").await;
    sleep(Duration::from_mins(60)).await;
    assert_eq!(job(&cloud, &second).await["State"], "COMPLETED");
    assert_eq!(cloud.inspect().points().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn job_faults_end_jobs_as_they_say() {
    for (fault, state, points) in [
        (JobFault::Fails("no luck".to_owned()), "FAILED", 0),
        (JobFault::Aborts, "ABORTED", 0),
        (JobFault::Expires, "EXPIRED", 0),
        (JobFault::EndsPartial, "PARTIAL", 1),
        (JobFault::CompletesWith("with issues".to_owned()), "COMPLETED", 1),
    ] {
        let cloud = cloud();
        prepare(&cloud).await;
        fail_jobs(&cloud, "backup", fault);
        let id = start(&cloud, "t1").await;
        sleep(Duration::from_mins(30)).await;
        let ended = job(&cloud, &id).await;
        assert_eq!(ended["State"], state);
        assert!(ended["StatusMessage"].is_string());
        assert_eq!(cloud.inspect().points().len(), points, "{state}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_cannot_be_met_is_refused_by_name() {
    let cloud = cloud();
    prepare(&cloud).await;
    let with = |member: &str, value: Value| {
        let mut request = request("t1");
        request[member] = value;
        request
    };
    let elsewhere = table_arn().replace(REGION, DR);
    for (request, code) in [
        (with("BackupVaultName", json!("none")), "ResourceNotFoundException"),
        (with("BackupVaultName", Value::Null), "MissingParameterValueException"),
        (with("ResourceArn", json!(format!("{}x", table_arn()))), "ResourceNotFoundException"),
        (with("ResourceArn", json!(elsewhere)), "InvalidParameterValueException"),
        (with("IamRoleArn", json!("backup")), "InvalidParameterValueException"),
        (with("StartWindowMinutes", json!(59)), "InvalidParameterValueException"),
        (
            with("Lifecycle", json!({"MoveToColdStorageAfterDays": 30, "DeleteAfterDays": 100})),
            "InvalidParameterValueException",
        ),
    ] {
        let refusal = put(&cloud, "backup-jobs", request).await.unwrap_err();
        assert_eq!((refusal.code.as_str(), refusal.status), (code, 400), "{}", refusal.message);
    }
    assert!(cloud.inspect().backup_jobs().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_table_stays_while_it_is_backed_up() {
    let cloud = cloud();
    prepare(&cloud).await;
    start(&cloud, "t1").await;
    sleep(Duration::from_mins(3)).await;
    let refusal = db(&cloud, "DeleteTable", json!({"TableName": "orders"})).await.unwrap_err();
    assert_eq!(refusal.code, "ResourceInUseException");
    sleep(Duration::from_mins(30)).await;
    db(&cloud, "DeleteTable", json!({"TableName": "orders"})).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_copy_keeps_its_source_s_creation_date_and_tags() {
    let cloud = cloud();
    prepare(&cloud).await;
    let arn = backup(&cloud, "t1").await;
    sleep(Duration::from_hours(5)).await;
    let started = put(&cloud, "copy-jobs", copy(&arn, "c1")).await.unwrap();
    let id = started["CopyJobId"].as_str().unwrap();
    assert_eq!(put(&cloud, "copy-jobs", copy(&arn, "c1")).await.unwrap()["CopyJobId"], id);
    sleep(Duration::from_mins(60)).await;
    let done = copy_job(&cloud, id).await;
    assert_eq!(done["State"], "COMPLETED");
    let copied = done["DestinationRecoveryPointArn"].as_str().unwrap();
    let (source, copied_point) =
        (point(&cloud, REGION, "main", &arn).await.unwrap(), point(&cloud, DR, "dr", copied).await.unwrap());
    assert_eq!(copied_point["CreationDate"], source["CreationDate"]);
    let tags = rest(&cloud, DR, "GET", &format!("tags/{}", label(copied)), Value::Null).await.unwrap();
    assert_eq!(tags["Tags"], json!({"chain": "ours", "team": "red"}));
    let filter = format!("copy-jobs?sourceRecoveryPointArn={}", label(&arn));
    let listed = get(&cloud, &filter).await.unwrap();
    assert_eq!(listed["CopyJobs"].as_array().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_copied_is_refused() {
    let cloud = cloud();
    prepare(&cloud).await;
    let arn = backup(&cloud, "t1").await;
    let mut nowhere = copy(&arn, "c1");
    nowhere["DestinationBackupVaultArn"] = json!(format!("arn:aws:backup:{DR}:{ACCOUNT}:backup-vault:none"));
    let refusal = put(&cloud, "copy-jobs", nowhere).await.unwrap_err();
    assert_eq!(refusal.code, "ResourceNotFoundException");
    let settings = json!({"ResourceTypeManagementPreference": {"DynamoDB": false}});
    put(&cloud, "account-settings", settings).await.unwrap();
    let plain = backup(&cloud, "t2").await;
    assert!(plain.starts_with(&format!("{}/backup/", table_arn())));
    assert_eq!(put(&cloud, "copy-jobs", copy(&plain, "c2")).await.unwrap_err().code, "InvalidRequestException");
    let refusal = get(&cloud, &format!("tags/{}", label(&plain))).await.unwrap_err();
    assert_eq!(refusal.code, "InvalidParameterValueException");
}

#[tokio::test(start_paused = true)]
async fn a_hundred_copies_may_be_on_their_way_to_a_region_and_five_more_to_a_vault() {
    let cloud = cloud();
    prepare(&cloud).await;
    let mut arns = Vec::new();
    for n in 0..106 {
        let foreign = ForeignPoint {
            account: ACCOUNT.to_owned(),
            region: REGION.to_owned(),
            vault: "main".to_owned(),
            resource: format!("{}{n}", table_arn()),
            tags: BTreeMap::new(),
            created: cloud.now(),
            status: "COMPLETED".to_owned(),
        };
        arns.push(cloud.inspect().put_point(foreign).unwrap());
    }
    for (n, arn) in arns.iter().enumerate() {
        match put(&cloud, "copy-jobs", copy(arn, &format!("c{n}"))).await {
            Ok(_) => assert!(n < 105),
            Err(refusal) => assert!(n == 105 && refusal.code == "LimitExceededException"),
        }
    }
    sleep(Duration::from_hours(2)).await;
    put(&cloud, "copy-jobs", copy(&arns[105], "c105")).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_deletion_takes_its_time() {
    let cloud = cloud();
    prepare(&cloud).await;
    let arn = backup(&cloud, "t1").await;
    delete(&cloud, &arn).await.unwrap();
    assert_eq!(point(&cloud, REGION, "main", &arn).await.unwrap()["Status"], "DELETING");
    sleep(Duration::from_mins(31)).await;
    assert_eq!(point(&cloud, REGION, "main", &arn).await.unwrap_err().code, "ResourceNotFoundException");
    assert_eq!(delete(&cloud, &arn).await.unwrap_err().code, "ResourceNotFoundException");
}

#[tokio::test(start_paused = true)]
async fn a_deletion_may_be_answered_200_and_not_happen() {
    for (fault, status) in
        [(JobFault::Expires, "EXPIRED"), (JobFault::Ignored, "COMPLETED"), (JobFault::Stalls, "DELETING")]
    {
        let cloud = cloud();
        prepare(&cloud).await;
        let arn = backup(&cloud, "t1").await;
        fail_jobs(&cloud, "delete", fault);
        delete(&cloud, &arn).await.unwrap();
        sleep(Duration::from_hours(48)).await;
        assert_eq!(point(&cloud, REGION, "main", &arn).await.unwrap()["Status"], status);
    }
}

#[tokio::test(start_paused = true)]
async fn a_point_being_copied_is_not_deleted() {
    let cloud = cloud();
    prepare(&cloud).await;
    let arn = backup(&cloud, "t1").await;
    put(&cloud, "copy-jobs", copy(&arn, "c1")).await.unwrap();
    sleep(Duration::from_mins(3)).await;
    assert_eq!(delete(&cloud, &arn).await.unwrap_err().code, "InvalidResourceStateException");
    sleep(Duration::from_mins(60)).await;
    delete(&cloud, &arn).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_locked_vault_keeps_its_points_and_takes_none_it_could_not_keep() {
    for (locked_delete, code, status) in [
        (LockedDelete::InvalidRequest, "InvalidRequestException", 400),
        (LockedDelete::AccessDenied, "AccessDeniedException", 403),
    ] {
        let cloud = cloud_with(BackupSwitches { locked_delete, ..BackupSwitches::default() });
        prepare(&cloud).await;
        let arn = backup(&cloud, "t1").await;
        put(&cloud, "backup-vaults/main/vault-lock", json!({"MaxRetentionDays": 30})).await.unwrap();
        let refusal = delete(&cloud, &arn).await.unwrap_err();
        assert_eq!((refusal.code.as_str(), refusal.status), (code, status));
        let id = start(&cloud, "t2").await;
        sleep(Duration::from_mins(30)).await;
        assert_eq!(job(&cloud, &id).await["State"], "FAILED");
        rest(&cloud, REGION, "DELETE", "backup-vaults/main/vault-lock", Value::Null).await.unwrap();
        delete(&cloud, &arn).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_legal_hold_keeps_points_until_it_is_cancelled() {
    let cloud = cloud();
    prepare(&cloud).await;
    let arn = backup(&cloud, "t1").await;
    let hold = json!({
        "Title": "case", "Description": "a case", "RecoveryPointSelection": {"ResourceIdentifiers": [table_arn()]},
    });
    let made = rest(&cloud, REGION, "POST", "legal-holds", hold).await.unwrap();
    assert_eq!(delete(&cloud, &arn).await.unwrap_err().code, "InvalidRequestException");
    let id = made["LegalHoldId"].as_str().unwrap();
    let cancel = format!("legal-holds/{id}?cancelDescription=over");
    rest(&cloud, REGION, "DELETE", &cancel, Value::Null).await.unwrap();
    delete(&cloud, &arn).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_service_deletes_what_its_lifecycle_ends_within_eight_hours() {
    let cloud = cloud();
    prepare(&cloud).await;
    let mut request = request("t1");
    request["Lifecycle"] = json!({"DeleteAfterDays": 1});
    let arn = put(&cloud, "backup-jobs", request).await.unwrap()["RecoveryPointArn"].as_str().unwrap().to_owned();
    sleep(Duration::from_hours(23)).await;
    let kept = point(&cloud, REGION, "main", &arn).await.unwrap();
    assert_eq!(kept["Lifecycle"], json!({"DeleteAfterDays": 1}));
    sleep(Duration::from_hours(11)).await;
    assert_eq!(point(&cloud, REGION, "main", &arn).await.unwrap_err().code, "ResourceNotFoundException");
}

#[tokio::test(start_paused = true)]
async fn a_restore_brings_the_items_and_not_the_settings() {
    let cloud = cloud();
    prepare(&cloud).await;
    let ttl = json!({"TableName": "orders", "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": true}});
    db(&cloud, "UpdateTimeToLive", ttl).await.unwrap();
    let recovery =
        json!({"TableName": "orders", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}});
    db(&cloud, "UpdateContinuousBackups", recovery).await.unwrap();
    let arn = backup(&cloud, "t1").await;
    let before = cloud.inspect().items(ACCOUNT, REGION, "orders");
    db(&cloud, "DeleteItem", json!({"TableName": "orders", "Key": {"p": {"S": "a"}, "s": {"N": "1"}}})).await.unwrap();
    let path = format!("backup-vaults/main/recovery-points/{}/restore-metadata", label(&arn));
    let mut metadata = get(&cloud, &path).await.unwrap()["RestoreMetadata"].clone();
    metadata["targetTableName"] = json!("restored");
    let wanted = json!({"RecoveryPointArn": arn, "Metadata": metadata, "IamRoleArn": ROLE, "IdempotencyToken": "r1"});
    let id = put(&cloud, "restore-jobs", wanted).await.unwrap()["RestoreJobId"].as_str().unwrap().to_owned();
    sleep(Duration::from_mins(65)).await;
    let done = get(&cloud, &format!("restore-jobs/{id}")).await.unwrap();
    assert_eq!(done["Status"], "COMPLETED", "{done}");
    assert!(done["CreatedResourceArn"].as_str().unwrap().ends_with("table/restored"));
    assert_eq!(cloud.inspect().items(ACCOUNT, REGION, "restored"), before);
    let tables = cloud.inspect().tables(ACCOUNT, REGION);
    let restored = &tables["restored"];
    assert_eq!(restored.status, "ACTIVE");
    assert!(restored.tags.is_empty() && restored.ttl_attribute.is_none() && !restored.point_in_time_recovery);
    let original = &tables["orders"];
    assert!(original.ttl_attribute.is_some() && original.point_in_time_recovery);
    assert_ne!(original.id, restored.id);
}

#[tokio::test(start_paused = true)]
async fn lists_come_in_pages_and_can_show_what_is_gone() {
    let switches = BackupSwitches { deleted_still_listed: Duration::from_mins(10), ..BackupSwitches::default() };
    let cloud = cloud_with(switches);
    prepare(&cloud).await;
    let mut arns = Vec::new();
    for n in 0..5 {
        arns.push(backup(&cloud, &format!("t{n}")).await);
    }
    let listed = async || {
        let (mut found, mut path) = (Vec::new(), "backup-vaults/main/recovery-points/?maxResults=2".to_owned());
        loop {
            let page = get(&cloud, &path).await.unwrap();
            let points = page["RecoveryPoints"].as_array().unwrap();
            assert!(points.len() <= 2);
            found.extend(points.iter().map(|point| point["RecoveryPointArn"].as_str().unwrap().to_owned()));
            let Some(next) = page["NextToken"].as_str() else { break };
            path = format!("backup-vaults/main/recovery-points/?maxResults=2&nextToken={next}");
        }
        found.sort();
        found
    };
    arns.sort();
    assert_eq!(listed().await, arns);
    let jobs = get(&cloud, "backup-jobs?maxResults=3&state=COMPLETED").await.unwrap();
    assert_eq!(jobs["BackupJobs"].as_array().unwrap().len(), 3);
    let next = jobs["NextToken"].as_str().unwrap();
    let jobs = get(&cloud, &format!("backup-jobs?maxResults=3&state=COMPLETED&nextToken={next}")).await.unwrap();
    assert_eq!(jobs["BackupJobs"].as_array().unwrap().len(), 2);
    delete(&cloud, &arns[0]).await.unwrap();
    while point(&cloud, REGION, "main", &arns[0]).await.is_ok() {
        sleep(Duration::from_mins(1)).await;
    }
    assert_eq!(listed().await, arns);
    sleep(Duration::from_mins(10)).await;
    assert_eq!(listed().await, arns[1..]);
}

#[tokio::test(start_paused = true)]
async fn a_point_can_change_behind_everybody_s_back() {
    let cloud = cloud();
    prepare(&cloud).await;
    let arn = backup(&cloud, "t1").await;
    let tags = BTreeMap::from([("chain".to_owned(), "forged".to_owned())]);
    assert!(cloud.inspect().set_point_tags(&arn, tags.clone()));
    assert_eq!(cloud.inspect().points()[0].tags, tags);
    assert!(cloud.inspect().remove_point(&arn));
    assert_eq!(point(&cloud, REGION, "main", &arn).await.unwrap_err().code, "ResourceNotFoundException");
    assert!(!cloud.inspect().remove_point(&arn));
}
