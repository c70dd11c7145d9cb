//! File systems and volumes of FSx backed up and copied by AWS Backup.

use std::time::Duration;

use serde_json::{Value, json};
use simcloud::{FsxBackupView, FsxSwitches, Settings, SimCloud, Switches};
use tokio::time::sleep;

use crate::backup_support::{DR, ROLE, copy, copy_job, delete, get, job, label, point, put, rest};
use crate::fsx::{fsx, lustre, make, there, volume, windows};
use crate::support::{ACCOUNT, REGION, arn as queue_arn, bodies, call, queue, take};

const GIB: u64 = 1 << 30;
const KEY: &str = "arn:aws:kms:eu-central-1:111122223333:key/mrk-one";

/// The vaults `main` here and, under a key of its own, `dr` there.
async fn vaults(cloud: &SimCloud) {
    put(cloud, "backup-vaults/main", json!({})).await.unwrap();
    rest(cloud, DR, "PUT", "backup-vaults/dr", json!({"EncryptionKeyArn": KEY})).await.unwrap();
}

/// A cloud with vaults and a file system of 10 GiB that only tests change; its id and ARN.
pub(crate) async fn shared(switches: FsxSwitches) -> (SimCloud, String, String) {
    let switches = Switches { fsx: switches, ..Switches::default() };
    let cloud = SimCloud::new(Settings { switches, ..Settings::default() });
    vaults(&cloud).await;
    let (id, arn) = make(&cloud, windows()).await;
    cloud.inspect().fill_file_system(&id, 10 * GIB, 0);
    (cloud, id, arn)
}

fn ask(arn: &str, token: &str) -> Value {
    json!({
        "BackupVaultName": "main", "ResourceArn": arn, "IamRoleArn": ROLE, "IdempotencyToken": token,
        "StartWindowMinutes": 60, "RecoveryPointTags": {"chain": "ours"},
    })
}

async fn started(cloud: &SimCloud, arn: &str, token: &str) -> String {
    let started = put(cloud, "backup-jobs", ask(arn, token)).await.unwrap();
    assert!(started.get("RecoveryPointArn").is_none(), "{started}");
    started["BackupJobId"].as_str().unwrap().to_owned()
}

/// The job, an hour later.
async fn ended(cloud: &SimCloud, arn: &str, token: &str) -> Value {
    let id = started(cloud, arn, token).await;
    sleep(Duration::from_hours(1)).await;
    job(cloud, &id).await
}

/// A completed backup's ARN.
pub(crate) async fn backup(cloud: &SimCloud, arn: &str, token: &str) -> String {
    let job = ended(cloud, arn, token).await;
    assert_eq!(job["State"], "COMPLETED", "{job}");
    job["RecoveryPointArn"].as_str().unwrap().to_owned()
}

/// The copy job, an hour later.
pub(crate) async fn copied(cloud: &SimCloud, arn: &str, token: &str) -> Value {
    let started = put(cloud, "copy-jobs", copy(arn, token)).await.unwrap();
    sleep(Duration::from_hours(1)).await;
    copy_job(cloud, started["CopyJobId"].as_str().unwrap()).await
}

fn view(cloud: &SimCloud, arn: &str) -> FsxBackupView {
    cloud.inspect().fsx_backups().into_iter().find(|view| view.arn == arn).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_point_is_a_backup_that_fsx_shows_and_tags_and_will_not_delete() {
    let (cloud, id, arn) = shared(FsxSwitches::default()).await;
    let made = backup(&cloud, &arn, "t1").await;
    let prefix = format!("arn:aws:fsx:{REGION}:{ACCOUNT}:backup/backup-");
    assert_eq!(made.strip_prefix(&prefix).map(str::len), Some(17), "{made}");
    let shown = fsx(&cloud, "DescribeBackups", json!({})).await.unwrap()["Backups"][0].clone();
    assert_eq!((&shown["Type"], &shown["Lifecycle"]), (&json!("AWS_BACKUP"), &json!("AVAILABLE")));
    assert_eq!((&shown["ResourceARN"], &shown["FileSystem"]["FileSystemId"]), (&json!(made), &json!(id)));
    // Its own tags and the file system's, and FSx alone reads and changes them.
    let tags = json!([{"Key": "backup", "Value": "gold"}, {"Key": "chain", "Value": "ours"}]);
    let of = json!({"ResourceARN": made});
    assert_eq!(fsx(&cloud, "ListTagsForResource", of.clone()).await.unwrap()["Tags"], tags);
    let hold = json!({"ResourceARN": made, "Tags": [{"Key": "hold", "Value": "me"}]});
    fsx(&cloud, "TagResource", hold).await.unwrap();
    fsx(&cloud, "UntagResource", json!({"ResourceARN": made, "TagKeys": ["backup"]})).await.unwrap();
    let [held] = &cloud.inspect().points()[..] else { panic!("more than one") };
    assert_eq!(held.tags.keys().collect::<Vec<_>>(), ["chain", "hold"]);
    let path = format!("tags/{}", label(&made));
    assert_eq!(get(&cloud, &path).await.unwrap_err().code, "InvalidParameterValueException");
    let change = json!({"Tags": {"a": "b"}});
    let refused = rest(&cloud, REGION, "POST", &path, change).await.unwrap_err();
    assert_eq!(refused.code, "InvalidParameterValueException");
    let untag = json!({"TagKeyList": ["chain"]});
    let refused = rest(&cloud, REGION, "POST", &format!("untag/{}", label(&made)), untag).await.unwrap_err();
    assert_eq!(refused.code, "InvalidParameterValueException");
    let delete_there = json!({"BackupId": shown["BackupId"]});
    assert_eq!(fsx(&cloud, "DeleteBackup", delete_there).await.unwrap_err().code, "BadRequest");
    delete(&cloud, &made).await.unwrap();
    sleep(Duration::from_mins(30)).await;
    assert_eq!(fsx(&cloud, "ListTagsForResource", of).await.unwrap_err().code, "ResourceNotFound");
    assert!(cloud.inspect().fsx_backups().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_first_backup_is_full_and_later_ones_are_what_changed_since_the_newest_that_is_left() {
    let (cloud, id, arn) = shared(FsxSwitches::default()).await;
    let first = ended(&cloud, &arn, "t1").await;
    assert_eq!((&first["State"], &first["BytesTransferred"]), (&json!("COMPLETED"), &json!(10 * GIB)));
    assert!(first.get("BackupSizeInBytes").is_none(), "{first}");
    cloud.inspect().write_file_system(&id, GIB);
    let second = backup(&cloud, &arn, "t2").await;
    cloud.inspect().write_file_system(&id, 2 * GIB);
    let shown = point(&cloud, REGION, "main", &second).await.unwrap();
    assert_eq!((&shown["BackupSizeInBytes"], &shown["IsEncrypted"]), (&json!(GIB), &json!(true)));
    assert!(!view(&cloud, &second).full);
    // Its predecessor is the first again.
    delete(&cloud, &second).await.unwrap();
    sleep(Duration::from_mins(30)).await;
    let third = backup(&cloud, &arn, "t3").await;
    assert_eq!((view(&cloud, &third).full, view(&cloud, &third).added), (false, 3 * GIB));
    for gone in [first["RecoveryPointArn"].as_str().unwrap(), &third] {
        delete(&cloud, gone).await.unwrap();
    }
    sleep(Duration::from_mins(30)).await;
    let fourth = backup(&cloud, &arn, "t4").await;
    assert_eq!((view(&cloud, &fourth).full, view(&cloud, &fourth).added), (true, 10 * GIB));
}

#[tokio::test(start_paused = true)]
async fn sizes_are_told_either_way() {
    let told = FsxSwitches { jobs_tell_size: true, points_tell_whole: true, ..FsxSwitches::default() };
    let (cloud, id, arn) = shared(told).await;
    backup(&cloud, &arn, "t1").await;
    cloud.inspect().write_file_system(&id, GIB);
    let second = ended(&cloud, &arn, "t2").await;
    assert_eq!((&second["BytesTransferred"], &second["BackupSizeInBytes"]), (&json!(GIB), &json!(10 * GIB)));
    let made = second["RecoveryPointArn"].as_str().unwrap();
    assert_eq!(point(&cloud, REGION, "main", made).await.unwrap()["BackupSizeInBytes"], json!(10 * GIB));
}

#[tokio::test(start_paused = true)]
async fn copies_keep_tags_and_date_and_are_incremental_under_the_same_key() {
    let (cloud, id, arn) = shared(FsxSwitches::default()).await;
    let first = backup(&cloud, &arn, "t1").await;
    cloud.inspect().write_file_system(&id, GIB);
    let second = backup(&cloud, &arn, "t2").await;
    let one = copied(&cloud, &first, "c1").await;
    let two = copied(&cloud, &second, "c2").await;
    assert_eq!((&one["State"], &one["BackupSizeInBytes"]), (&json!("COMPLETED"), &json!(10 * GIB)));
    assert_eq!((&two["State"], &two["BackupSizeInBytes"]), (&json!("COMPLETED"), &json!(GIB)));
    let landed = two["DestinationRecoveryPointArn"].as_str().unwrap();
    assert!(landed.starts_with(&format!("arn:aws:fsx:{DR}:{ACCOUNT}:backup/backup-")), "{landed}");
    let described = point(&cloud, DR, "dr", landed).await.unwrap();
    assert_eq!(described["CreationDate"], point(&cloud, REGION, "main", &second).await.unwrap()["CreationDate"]);
    assert_eq!(described["EncryptionKeyArn"], KEY);
    let tags = there(&cloud, DR, "ListTagsForResource", json!({"ResourceARN": landed})).await.unwrap();
    assert_eq!(tags["Tags"][1], json!({"Key": "chain", "Value": "ours"}));
    let backups = there(&cloud, DR, "DescribeBackups", json!({})).await.unwrap();
    let shown = backups["Backups"].as_array().unwrap().iter().find(|shown| shown["ResourceARN"] == landed).unwrap();
    assert_eq!((&shown["SourceBackupRegion"], &shown["KmsKeyId"]), (&json!(REGION), &json!(KEY)));
    assert!(second.ends_with(shown["SourceBackupId"].as_str().unwrap()));
    // Another key begins anew.
    let other = json!({"EncryptionKeyArn": "arn:aws:kms:eu-central-1:111122223333:key/mrk-other"});
    rest(&cloud, DR, "PUT", "backup-vaults/other", other).await.unwrap();
    let mut elsewhere = copy(&second, "c3");
    elsewhere["DestinationBackupVaultArn"] = json!(format!("arn:aws:backup:{DR}:{ACCOUNT}:backup-vault:other"));
    put(&cloud, "copy-jobs", elsewhere).await.unwrap();
    sleep(Duration::from_hours(1)).await;
    let full: Vec<bool> =
        cloud.inspect().fsx_backups().iter().filter(|view| view.is_copy).map(|view| view.full).collect();
    assert_eq!(full.iter().filter(|full| **full).count(), 2);
    assert_eq!(full.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_backup_in_or_before_a_window_fails() {
    let (cloud, id, arn) = shared(FsxSwitches::default()).await;
    let update = |times: Value| json!({"FileSystemId": id, "WindowsConfiguration": times});
    for (times, window) in [
        (json!({"WeeklyMaintenanceStartTime": "1:04:00"}), "weekly maintenance"),
        (
            json!({"WeeklyMaintenanceStartTime": "7:22:00", "DailyAutomaticBackupStartTime": "05:00",
                "AutomaticBackupRetentionDays": 7}),
            "automatic backup",
        ),
    ] {
        fsx(&cloud, "UpdateFileSystem", update(times)).await.unwrap();
        let job = ended(&cloud, &arn, window).await;
        assert_eq!(job["State"], "FAILED");
        assert!(job["StatusMessage"].as_str().unwrap().contains(window), "{job}");
    }
    sleep(Duration::from_hours(4)).await;
    backup(&cloud, &arn, "after it").await;
}

#[tokio::test(start_paused = true)]
async fn a_backup_waits_while_its_file_system_is_updating_or_backed_up_and_gives_up_at_last() {
    let (cloud, id, arn) = shared(FsxSwitches::default()).await;
    let faster = json!({"FileSystemId": id, "WindowsConfiguration": {"ThroughputCapacity": 64}});
    fsx(&cloud, "UpdateFileSystem", faster).await.unwrap();
    let waiting = started(&cloud, &arn, "t1").await;
    sleep(Duration::from_mins(25)).await;
    assert_eq!(job(&cloud, &waiting).await["State"], "CREATED");
    sleep(Duration::from_mins(35)).await;
    assert_eq!(job(&cloud, &waiting).await["State"], "COMPLETED");
    let mut settings = cloud.pace();
    settings.fsx.update = Duration::from_hours(5);
    cloud.set_pace(settings);
    fsx(&cloud, "UpdateFileSystem", json!({"FileSystemId": id, "StorageCapacity": 600})).await.unwrap();
    let given_up = started(&cloud, &arn, "t2").await;
    sleep(Duration::from_hours(2)).await;
    let job = job(&cloud, &given_up).await;
    assert_eq!(job["State"], "EXPIRED");
    assert!(job["StatusMessage"].as_str().unwrap().contains("UPDATING"), "{job}");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_backed_up_is_refused_or_fails() {
    for refused_at_start in [true, false] {
        let (cloud, ..) = shared(FsxSwitches { refused_at_start, ..FsxSwitches::default() }).await;
        let (_, scratch) = make(&cloud, lustre(json!({"DeploymentType": "SCRATCH_2"}))).await;
        let (_, mirror) = volume(&cloud, "DP").await;
        for arn in [&scratch, &mirror] {
            if refused_at_start {
                let refused = put(&cloud, "backup-jobs", ask(arn, arn)).await.unwrap_err();
                assert_eq!(refused.code, "InvalidRequestException");
            } else {
                let job = ended(&cloud, arn, arn).await;
                assert_eq!(job["State"], "FAILED");
                assert!(job["StatusMessage"].as_str().unwrap().contains("not supported"), "{job}");
            }
        }
        let gone = format!("arn:aws:fsx:{REGION}:{ACCOUNT}:file-system/fs-00000000000000000");
        let missing = put(&cloud, "backup-jobs", ask(&gone, "gone")).await.unwrap_err();
        assert_eq!(missing.code, "ResourceNotFoundException");
    }
}

#[tokio::test(start_paused = true)]
async fn volumes_tiering_opt_in_regions_and_the_key_of_aws_backup_are_not_copied() {
    for refused_at_start in [true, false] {
        let (cloud, _, arn) = shared(FsxSwitches { refused_at_start, ..FsxSwitches::default() }).await;
        rest(&cloud, DR, "PUT", "backup-vaults/plain", json!({})).await.unwrap();
        rest(&cloud, "eu-south-1", "PUT", "backup-vaults/milan", json!({"EncryptionKeyArn": KEY})).await.unwrap();
        let (_, volume) = volume(&cloud, "RW").await;
        let mut tiered = lustre(json!({"DeploymentType": "PERSISTENT_2", "WeeklyMaintenanceStartTime": "7:22:00"}));
        tiered["StorageType"] = json!("INTELLIGENT_TIERING");
        let (_, tiered) = make(&cloud, tiered).await;
        let regular = backup(&cloud, &arn, "regular").await;
        for (source, vault) in [
            (backup(&cloud, &volume, "volume").await, (DR, "dr")),
            (backup(&cloud, &tiered, "tiered").await, (DR, "dr")),
            (regular.clone(), (DR, "plain")),
            (regular, ("eu-south-1", "milan")),
        ] {
            let mut input = copy(&source, &format!("{source} {vault:?}"));
            input["DestinationBackupVaultArn"] =
                json!(format!("arn:aws:backup:{}:{ACCOUNT}:backup-vault:{}", vault.0, vault.1));
            let answer = put(&cloud, "copy-jobs", input).await;
            if refused_at_start {
                assert_eq!(answer.unwrap_err().code, "InvalidRequestException", "{source} {vault:?}");
            } else {
                sleep(Duration::from_hours(1)).await;
                let job = copy_job(&cloud, answer.unwrap()["CopyJobId"].as_str().unwrap()).await;
                assert_eq!(job["State"], "FAILED", "{job}");
            }
        }
        assert!(!cloud.inspect().fsx_backups().iter().any(|view| view.is_copy));
    }
}

#[tokio::test(start_paused = true)]
async fn a_sixth_copy_to_a_region_is_refused_or_waits() {
    for copies_wait in [true, false] {
        let (cloud, ..) = shared(FsxSwitches { copies_wait, ..FsxSwitches::default() }).await;
        let mut points = Vec::new();
        for number in 0..6 {
            let (_, arn) = make(&cloud, windows()).await;
            points.push(backup(&cloud, &arn, &format!("t{number}")).await);
        }
        let mut answers = Vec::new();
        for made in &points {
            answers.push(put(&cloud, "copy-jobs", copy(made, made)).await);
        }
        let last = answers.pop().unwrap();
        assert!(answers.iter().all(Result::is_ok));
        if copies_wait {
            let id = last.unwrap()["CopyJobId"].as_str().unwrap().to_owned();
            sleep(Duration::from_mins(3)).await;
            assert_eq!(copy_job(&cloud, &id).await["State"], "CREATED");
            sleep(Duration::from_hours(2)).await;
            assert_eq!(copy_job(&cloud, &id).await["State"], "COMPLETED");
        } else {
            assert_eq!(last.unwrap_err().code, "LimitExceededException");
            sleep(Duration::from_hours(1)).await;
            assert_eq!(copied(&cloud, &points[5], "again").await["State"], "COMPLETED");
        }
        let landed = cloud.inspect().fsx_backups().into_iter().filter(|view| view.is_copy).count();
        assert_eq!(landed, 6);
    }
}

#[tokio::test(start_paused = true)]
async fn cold_storage_is_ignored_and_jobs_cannot_be_stopped() {
    let (cloud, id, arn) = shared(FsxSwitches::default()).await;
    let mut input = ask(&arn, "t1");
    input["Lifecycle"] = json!({"MoveToColdStorageAfterDays": 1, "DeleteAfterDays": 100});
    let started = put(&cloud, "backup-jobs", input).await.unwrap();
    let path = format!("backup-jobs/{}", started["BackupJobId"].as_str().unwrap());
    let stopped = rest(&cloud, REGION, "POST", &path, Value::Null).await.unwrap_err();
    assert_eq!(stopped.code, "InvalidRequestException");
    sleep(Duration::from_mins(3)).await;
    // The file system is in use meanwhile, on either side.
    assert_eq!(fsx(&cloud, "CreateBackup", json!({"FileSystemId": id})).await.unwrap_err().code, "BackupInProgress");
    assert_eq!(fsx(&cloud, "DeleteFileSystem", json!({"FileSystemId": id})).await.unwrap_err().code, "BadRequest");
    sleep(Duration::from_hours(24 * 10)).await;
    let [held] = &cloud.inspect().points()[..] else { panic!("more than one") };
    assert!(!held.cold && held.delete_at.is_some());
    sleep(Duration::from_hours(24 * 91)).await;
    assert!(cloud.inspect().fsx_backups().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_backup_that_is_being_copied_is_busy() {
    let (cloud, _, arn) = shared(FsxSwitches::default()).await;
    let made = backup(&cloud, &arn, "t1").await;
    put(&cloud, "copy-jobs", copy(&made, "c1")).await.unwrap();
    sleep(Duration::from_mins(3)).await;
    let id = made.rsplit('/').next().unwrap();
    assert_eq!(fsx(&cloud, "DeleteBackup", json!({"BackupId": id})).await.unwrap_err().code, "BackupBeingCopied");
    assert_eq!(delete(&cloud, &made).await.unwrap_err().code, "InvalidResourceStateException");
}

#[tokio::test(start_paused = true)]
async fn jobs_are_announced_as_those_of_tables_are() {
    let (cloud, _, arn) = shared(FsxSwitches::default()).await;
    let url = queue(&cloud, "events", json!({})).await;
    let pattern = json!({"source": ["aws.backup"], "detail": {"resourceType": ["FSx"]}}).to_string();
    call(&cloud, "events", "PutRule", json!({"Name": "r", "EventPattern": pattern})).await.unwrap();
    let targets = json!({"Rule": "r", "Targets": [{"Id": "q", "Arn": queue_arn("events")}]});
    call(&cloud, "events", "PutTargets", targets).await.unwrap();
    let made = backup(&cloud, &arn, "t1").await;
    copied(&cloud, &made, "c1").await;
    let messages = take(&cloud, &url, 0).await;
    let events = bodies(&messages).into_iter().map(|body| serde_json::from_str::<Value>(body).unwrap());
    let ended = events.filter(|event| event["detail"]["state"] == "COMPLETED");
    let mut told: Vec<_> = ended.map(|event| (event["detail-type"].clone(), event["resources"][0].clone())).collect();
    told.sort_by_key(|(detail_type, _)| detail_type.to_string());
    let expected = ["Backup Job State Change", "Copy Job State Change"].map(|kind| (json!(kind), json!(made)));
    assert_eq!(told, expected);
}

#[tokio::test(start_paused = true)]
async fn a_saved_cloud_goes_on_in_the_middle_of_a_copy() {
    let (cloud, id, arn) = shared(FsxSwitches::default()).await;
    let made = backup(&cloud, &arn, "t1").await;
    cloud.inspect().write_file_system(&id, GIB);
    fsx(&cloud, "CreateBackup", json!({"FileSystemId": id})).await.unwrap();
    put(&cloud, "copy-jobs", copy(&made, "c1")).await.unwrap();
    sleep(Duration::from_mins(3)).await;
    let saved = cloud.save().unwrap();
    let resumed = SimCloud::resume(&saved, Settings::default()).unwrap();
    assert!(resumed.save().unwrap() == saved, "something was lost between reading and writing");
    sleep(Duration::from_hours(2)).await;
    let views = resumed.inspect().fsx_backups();
    assert_eq!(views, cloud.inspect().fsx_backups());
    assert_eq!(views.len(), 3);
    assert!(views.iter().all(|view| view.lifecycle == "AVAILABLE"));
}
