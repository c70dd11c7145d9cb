//! File systems and volumes of FSx restored by AWS Backup.

use std::time::Duration;

use serde_json::{Value, json};
use simcloud::{FsxSwitches, SimCloud};
use tokio::time::sleep;

use crate::backup_support::{DR, ROLE, get, label, put, rest};
use crate::fsx::{fsx, make, there, volume};
use crate::fsx_backup::{backup, copied, shared};
use crate::support::Refusal;

/// The metadata that AWS Backup offers for a point.
async fn offered(cloud: &SimCloud, point: &str) -> Value {
    let path = format!("backup-vaults/main/recovery-points/{}/restore-metadata", label(point));
    let answer = get(cloud, &path).await.unwrap();
    assert_eq!(answer["ResourceType"], "FSx");
    answer["RestoreMetadata"].clone()
}

fn ask(point: &str, metadata: &Value) -> Value {
    json!({"RecoveryPointArn": point, "IamRoleArn": ROLE, "Metadata": metadata, "ResourceType": "FSx"})
}

/// The restore job, two hours later.
async fn restored(cloud: &SimCloud, region: &str, input: Value) -> Result<Value, Refusal> {
    let started = rest(cloud, region, "PUT", "restore-jobs", input).await?;
    sleep(Duration::from_hours(2)).await;
    let path = format!("restore-jobs/{}", started["RestoreJobId"].as_str().unwrap());
    rest(cloud, region, "GET", &path, Value::Null).await
}

/// The last part of an ARN.
fn id(arn: &Value) -> &str {
    arn.as_str().unwrap().rsplit('/').next().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_file_system_comes_back_with_its_data_and_with_what_the_metadata_change() {
    let (cloud, of, arn) = shared(FsxSwitches::default()).await;
    cloud.inspect().write_file_system(&of, 1);
    let made = backup(&cloud, &arn, "t1").await;
    cloud.inspect().write_file_system(&of, 1);
    let mut metadata = offered(&cloud, &made).await;
    assert_eq!(
        (&metadata["StorageCapacity"], &metadata["SubnetIds"]),
        (&json!("300"), &json!("[\"subnet-00000001\"]"))
    );
    metadata["WindowsConfiguration"] = json!("{\"ThroughputCapacity\":\"64\",\"DeploymentType\":\"SINGLE_AZ_2\"}");
    metadata["SecurityGroupIds"] = json!("[\"sg-00000001\"]");
    let job = restored(&cloud, "eu-west-1", ask(&made, &metadata)).await.unwrap();
    assert_eq!(job["Status"], "COMPLETED", "{job}");
    let new = id(&job["CreatedResourceArn"]);
    assert_ne!(new, of);
    let found = fsx(&cloud, "DescribeFileSystems", json!({"FileSystemIds": [new]})).await.unwrap();
    let known = &found["FileSystems"][0];
    assert_eq!((&known["Lifecycle"], &known["StorageCapacity"]), (&json!("AVAILABLE"), &json!(300)));
    let settings = &known["WindowsConfiguration"];
    assert_eq!((&settings["ThroughputCapacity"], &settings["DeploymentType"]), (&json!(64), &json!("SINGLE_AZ_2")));
    assert_eq!(settings["WeeklyMaintenanceStartTime"], "7:22:00");
    assert_eq!(
        (cloud.inspect().file_system_version(new), cloud.inspect().file_system_version(&of)),
        (Some(1), Some(2))
    );
}

#[tokio::test(start_paused = true)]
async fn a_copy_comes_back_in_its_own_region() {
    let (cloud, of, arn) = shared(FsxSwitches::default()).await;
    cloud.inspect().write_file_system(&of, 1);
    let made = backup(&cloud, &arn, "t1").await;
    let copy = copied(&cloud, &made, "c1").await["DestinationRecoveryPointArn"].as_str().unwrap().to_owned();
    let metadata = json!({"SubnetIds": "[\"subnet-00000009\"]"});
    let job = restored(&cloud, DR, ask(&copy, &metadata)).await.unwrap();
    let new = id(&job["CreatedResourceArn"]);
    let found = there(&cloud, DR, "DescribeFileSystems", json!({"FileSystemIds": [new]})).await.unwrap();
    assert_eq!(found["FileSystems"][0]["SubnetIds"], json!(["subnet-00000009"]));
    assert_eq!(cloud.inspect().file_system_version(new), Some(1));
}

#[tokio::test(start_paused = true)]
async fn a_volume_comes_back_in_a_storage_virtual_machine_that_is_there() {
    let (cloud, ..) = shared(FsxSwitches::default()).await;
    let (of, arn) = volume(&cloud, "RW").await;
    let made = backup(&cloud, &arn, "t1").await;
    let known = fsx(&cloud, "DescribeVolumes", json!({"VolumeIds": [of]})).await.unwrap()["Volumes"][0].clone();
    let svm = known["OntapConfiguration"]["StorageVirtualMachineId"].as_str().unwrap();
    let configuration = json!({"storageVirtualMachineId": svm, "sizeInMegabytes": "2048"}).to_string();
    let metadata = json!({"Name": "again", "OntapConfiguration": configuration});
    let job = restored(&cloud, "eu-west-1", ask(&made, &metadata)).await.unwrap();
    assert_eq!(job["Status"], "COMPLETED", "{job}");
    let new = id(&job["CreatedResourceArn"]);
    let found = fsx(&cloud, "DescribeVolumes", json!({"VolumeIds": [new]})).await.unwrap()["Volumes"][0].clone();
    assert_eq!((&found["Name"], &found["Lifecycle"]), (&json!("again"), &json!("CREATED")));
    assert_eq!(found["OntapConfiguration"]["SizeInMegabytes"], 2048);
    let bare = json!({"Name": "again", "OntapConfiguration": "{}"});
    let refused = restored(&cloud, "eu-west-1", ask(&made, &bare)).await.unwrap_err();
    assert_eq!(refused.code, "InvalidParameterValueException");
}

#[tokio::test(start_paused = true)]
async fn a_restore_that_cannot_be_is_refused_or_fails() {
    let (cloud, _, arn) = shared(FsxSwitches::default()).await;
    let made = backup(&cloud, &arn, "t1").await;
    let subnets = "[\"subnet-00000001\"]";
    for metadata in [json!({}), json!({"SubnetIds": subnets, "WindowsConfiguration": "no object"})] {
        let refused = put(&cloud, "restore-jobs", ask(&made, &metadata)).await.unwrap_err();
        assert_eq!(refused.code, "InvalidParameterValueException");
    }
    let times = "{\"WeeklyMaintenanceStartTime\":\"9:00:00\"}";
    let wrong = json!({"SubnetIds": subnets, "WindowsConfiguration": times});
    let job = restored(&cloud, "eu-west-1", ask(&made, &wrong)).await.unwrap();
    assert_eq!(job["Status"], "FAILED");
    assert!(job["StatusMessage"].as_str().unwrap().contains("WeeklyMaintenanceStartTime"), "{job}");
    let multi = json!({
        "FileSystemType": "OPENZFS", "StorageCapacity": 64, "SubnetIds": ["subnet-00000001", "subnet-00000002"],
        "OpenZFSConfiguration": {
            "DeploymentType": "MULTI_AZ_1", "ThroughputCapacity": 160, "WeeklyMaintenanceStartTime": "7:22:00",
            "AutomaticBackupRetentionDays": 0,
        },
    });
    let (_, multi) = make(&cloud, multi).await;
    let made = backup(&cloud, &multi, "t2").await;
    let refused = put(&cloud, "restore-jobs", ask(&made, &json!({"SubnetIds": subnets}))).await.unwrap_err();
    assert_eq!(refused.code, "InvalidParameterValueException");
}

#[tokio::test(start_paused = true)]
async fn a_backup_that_is_being_restored_is_busy() {
    let (cloud, _, arn) = shared(FsxSwitches::default()).await;
    let made = backup(&cloud, &arn, "t1").await;
    put(&cloud, "restore-jobs", ask(&made, &json!({"SubnetIds": "[\"subnet-00000001\"]"}))).await.unwrap();
    let input = json!({"BackupId": id(&json!(made))});
    assert_eq!(fsx(&cloud, "DeleteBackup", input.clone()).await.unwrap_err().code, "BackupRestoring");
    sleep(Duration::from_hours(2)).await;
    assert_eq!(fsx(&cloud, "DeleteBackup", input).await.unwrap_err().code, "BadRequest");
}
