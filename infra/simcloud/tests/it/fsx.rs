//! FSx: file systems of its kinds, ONTAP's volumes, backups that FSx is asked for, tags.

use std::time::Duration;

use serde_json::{Value, json};
use simcloud::faults::{FaultRule, JobFault};
use simcloud::{Settings, SimCloud};
use tokio::time::sleep;

use crate::support::{ACCOUNT, REGION, Refusal, answer, request, send};

pub(crate) async fn fsx(cloud: &SimCloud, operation: &str, input: Value) -> Result<Value, Refusal> {
    there(cloud, REGION, operation, input).await
}

pub(crate) async fn there(cloud: &SimCloud, region: &str, operation: &str, input: Value) -> Result<Value, Refusal> {
    answer(&send(cloud, "test", request(ACCOUNT, region, "fsx", operation, &input)).await.unwrap())
}

async fn refused(cloud: &SimCloud, operation: &str, input: Value) -> String {
    fsx(cloud, operation, input).await.unwrap_err().code
}

/// What creates a file system for Windows that is closed to backups on Sunday evenings alone.
pub(crate) fn windows() -> Value {
    json!({
        "FileSystemType": "WINDOWS", "StorageCapacity": 300, "SubnetIds": ["subnet-00000001"],
        "SecurityGroupIds": ["sg-00000001"], "Tags": [{"Key": "backup", "Value": "gold"}],
        "WindowsConfiguration": {
            "ThroughputCapacity": 32, "WeeklyMaintenanceStartTime": "7:22:00", "AutomaticBackupRetentionDays": 0,
            "SelfManagedActiveDirectoryConfiguration": {
                "DomainName": "example.org", "UserName": "join", "Password": "secret", "DnsIps": ["10.0.0.1"],
            },
            "Aliases": ["files.example.org"],
        },
    })
}

pub(crate) fn lustre(configuration: Value) -> Value {
    json!({
        "FileSystemType": "LUSTRE", "StorageCapacity": 1200, "SubnetIds": ["subnet-00000001"],
        "LustreConfiguration": configuration,
    })
}

/// Makes a file system and waits until it is there; its id and ARN.
pub(crate) async fn make(cloud: &SimCloud, input: Value) -> (String, String) {
    let made = fsx(cloud, "CreateFileSystem", input).await.unwrap()["FileSystem"].clone();
    sleep(Duration::from_mins(20)).await;
    let text = |member: &str| made[member].as_str().unwrap().to_owned();
    (text("FileSystemId"), text("ResourceARN"))
}

/// An ONTAP file system with a volume of a type; the volume's id and ARN.
pub(crate) async fn volume(cloud: &SimCloud, of_type: &str) -> (String, String) {
    let (id, _) = make(
        cloud,
        json!({
            "FileSystemType": "ONTAP", "StorageCapacity": 1024, "SubnetIds": ["subnet-00000001", "subnet-00000002"],
            "OntapConfiguration": {
                "DeploymentType": "SINGLE_AZ_1", "ThroughputCapacity": 128, "FsxAdminPassword": "secret",
                "WeeklyMaintenanceStartTime": "7:22:00", "AutomaticBackupRetentionDays": 0,
            },
        }),
    )
    .await;
    let svm = fsx(cloud, "CreateStorageVirtualMachine", json!({"FileSystemId": id, "Name": "svm"})).await.unwrap();
    let svm = svm["StorageVirtualMachine"]["StorageVirtualMachineId"].clone();
    let configuration = json!({"StorageVirtualMachineId": svm, "SizeInMegabytes": 1024, "OntapVolumeType": of_type});
    let input = json!({"VolumeType": "ONTAP", "Name": "data", "OntapConfiguration": configuration});
    let made = fsx(cloud, "CreateVolume", input).await.unwrap()["Volume"].clone();
    sleep(Duration::from_mins(20)).await;
    let text = |member: &str| made[member].as_str().unwrap().to_owned();
    (text("VolumeId"), text("ResourceARN"))
}

async fn described(cloud: &SimCloud, id: &str) -> Value {
    let input = json!({"FileSystemIds": [id]});
    fsx(cloud, "DescribeFileSystems", input).await.unwrap()["FileSystems"][0].clone()
}

async fn backups(cloud: &SimCloud) -> Vec<Value> {
    fsx(cloud, "DescribeBackups", json!({})).await.unwrap()["Backups"].as_array().unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn a_file_system_is_creating_then_available_and_tells_neither_secrets_nor_security_groups() {
    let cloud = SimCloud::new(Settings::default());
    let mut input = windows();
    input["ClientRequestToken"] = json!("once");
    let made = fsx(&cloud, "CreateFileSystem", input.clone()).await.unwrap()["FileSystem"].clone();
    assert_eq!(made["Lifecycle"], "CREATING");
    assert_eq!(fsx(&cloud, "CreateFileSystem", input.clone()).await.unwrap()["FileSystem"], made);
    input["StorageCapacity"] = json!(400);
    assert_eq!(refused(&cloud, "CreateFileSystem", input).await, "IncompatibleParameterError");
    sleep(Duration::from_mins(20)).await;
    let id = made["FileSystemId"].as_str().unwrap();
    let known = described(&cloud, id).await;
    assert_eq!((&known["Lifecycle"], &known["StorageType"]), (&json!("AVAILABLE"), &json!("SSD")));
    let text = known.to_string();
    assert!(!text.contains("secret") && !text.contains("sg-0000"), "{text}");
    let settings = &known["WindowsConfiguration"];
    assert_eq!(settings["SelfManagedActiveDirectoryConfiguration"]["UserName"], "join");
    assert_eq!(settings["Aliases"], json!([{"Name": "files.example.org", "Lifecycle": "AVAILABLE"}]));
    assert_eq!(fsx(&cloud, "DescribeFileSystems", json!({})).await.unwrap()["FileSystems"], json!([known]));
}

#[tokio::test(start_paused = true)]
async fn windows_change_at_once_and_hardware_takes_a_while() {
    let cloud = SimCloud::new(Settings::default());
    let (id, _) = make(&cloud, windows()).await;
    let update = |configuration: Value| json!({"FileSystemId": id, "WindowsConfiguration": configuration});
    let times = json!({"WeeklyMaintenanceStartTime": "3:05:30", "AutomaticBackupRetentionDays": 7});
    let changed = fsx(&cloud, "UpdateFileSystem", update(times)).await.unwrap()["FileSystem"].clone();
    assert_eq!(changed["Lifecycle"], "AVAILABLE");
    assert_eq!(changed["WindowsConfiguration"]["WeeklyMaintenanceStartTime"], "3:05:30");
    let wrong = json!({"WeeklyMaintenanceStartTime": "8:05:30"});
    assert_eq!(refused(&cloud, "UpdateFileSystem", update(wrong)).await, "BadRequest");
    let faster = update(json!({"ThroughputCapacity": 64}));
    let changed = fsx(&cloud, "UpdateFileSystem", faster.clone()).await.unwrap()["FileSystem"].clone();
    assert_eq!(changed["Lifecycle"], "UPDATING");
    assert_eq!(refused(&cloud, "UpdateFileSystem", faster).await, "BadRequest");
    sleep(Duration::from_mins(30)).await;
    let known = described(&cloud, &id).await;
    assert_eq!(
        (&known["Lifecycle"], &known["WindowsConfiguration"]["ThroughputCapacity"]),
        (&json!("AVAILABLE"), &json!(64))
    );
    assert_eq!(
        refused(&cloud, "UpdateFileSystem", json!({"FileSystemId": id, "StorageCapacity": 299})).await,
        "BadRequest"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_no_file_system_is_refused_by_name() {
    let cloud = SimCloud::new(Settings::default());
    let with = |change: &dyn Fn(&mut Value)| {
        let mut input = windows();
        change(&mut input);
        input
    };
    for (input, code) in [
        (with(&|input| input["FileSystemType"] = json!("FAT")), "BadRequest"),
        (with(&|input| input["SubnetIds"] = json!([])), "BadRequest"),
        (with(&|input| input["StorageCapacity"] = json!(0)), "BadRequest"),
        (with(&|input| input["KmsKeyId"] = json!("alias/none")), "BadRequest"),
        (with(&|input| input["Tags"] = json!([{"Key": "aws:x", "Value": ""}])), "BadRequest"),
        (with(&|input| input["WindowsConfiguration"] = json!({})), "BadRequest"),
        (with(&|input| input["FileSystemType"] = json!("ONTAP")), "MissingFileSystemConfiguration"),
    ] {
        assert_eq!(refused(&cloud, "CreateFileSystem", input.clone()).await, code, "{input}");
    }
    let none = "fs-00000000000000000";
    assert_eq!(refused(&cloud, "DescribeFileSystems", json!({"FileSystemIds": [none]})).await, "FileSystemNotFound");
    assert_eq!(refused(&cloud, "CreateBackup", json!({"FileSystemId": none})).await, "FileSystemNotFound");
    assert_eq!(
        refused(&cloud, "DeleteBackup", json!({"BackupId": "backup-00000000000000000"})).await,
        "BackupNotFound"
    );
}

#[tokio::test(start_paused = true)]
async fn one_backup_at_a_time_and_only_the_first_is_full() {
    let cloud = SimCloud::new(Settings::default());
    let (id, _) = make(&cloud, windows()).await;
    cloud.inspect().fill_file_system(&id, 10 << 30, 0);
    let first = fsx(&cloud, "CreateBackup", json!({"FileSystemId": id})).await.unwrap()["Backup"].clone();
    assert_eq!((&first["Lifecycle"], &first["Type"]), (&json!("CREATING"), &json!("USER_INITIATED")));
    assert_eq!(refused(&cloud, "CreateBackup", json!({"FileSystemId": id})).await, "BackupInProgress");
    assert_eq!(refused(&cloud, "DeleteBackup", json!({"BackupId": first["BackupId"]})).await, "BackupInProgress");
    sleep(Duration::from_mins(30)).await;
    cloud.inspect().write_file_system(&id, 1 << 30);
    let tagged = json!({"FileSystemId": id, "Tags": [{"Key": "own", "Value": "x"}]});
    let second = fsx(&cloud, "CreateBackup", tagged).await.unwrap()["Backup"].clone();
    sleep(Duration::from_mins(30)).await;
    let views = cloud.inspect().fsx_backups();
    let of = |backup: &Value| views.iter().find(|view| view.arn == backup["ResourceARN"].as_str().unwrap()).unwrap();
    assert_eq!((of(&first).full, of(&first).added, of(&first).version), (true, 10 << 30, 0));
    assert_eq!((of(&second).full, of(&second).added, of(&second).version), (false, 1 << 30, 1));
    assert_eq!(second["SizeInBytes"], json!(10_u64 << 30));
    // Without a predecessor the next one is full again; what is left is whole.
    for backup in [&first, &second] {
        fsx(&cloud, "DeleteBackup", json!({"BackupId": backup["BackupId"]})).await.unwrap();
    }
    fsx(&cloud, "CreateBackup", json!({"FileSystemId": id})).await.unwrap();
    let [third] = &cloud.inspect().fsx_backups()[..] else { panic!("more than one") };
    assert_eq!((third.full, third.added, third.version), (true, 10 << 30, 1));
}

#[tokio::test(start_paused = true)]
async fn tags_of_the_file_system_go_to_backups_that_are_given_none_where_that_is_set() {
    let cloud = SimCloud::new(Settings::default());
    let mut input = windows();
    input["WindowsConfiguration"]["CopyTagsToBackups"] = json!(true);
    let (id, _) = make(&cloud, input).await;
    let own = json!([{"Key": "own", "Value": "x"}]);
    for (tags, expected) in [(json!([]), json!([{"Key": "backup", "Value": "gold"}])), (own.clone(), own)] {
        let made = fsx(&cloud, "CreateBackup", json!({"FileSystemId": id, "Tags": tags})).await.unwrap();
        assert_eq!(made["Backup"]["Tags"], expected);
        sleep(Duration::from_mins(30)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn backups_fail_and_are_found_by_filters_and_pages() {
    let cloud = SimCloud::new(Settings::default());
    let (one, _) = make(&cloud, windows()).await;
    let (other, _) = make(&cloud, lustre(json!({"DeploymentType": "PERSISTENT_2"}))).await;
    let fault = cloud.faults().add(FaultRule::job(Some("backup"), None, JobFault::Fails("no".into())).times(1));
    let failed = fsx(&cloud, "CreateBackup", json!({"FileSystemId": one})).await.unwrap()["Backup"].clone();
    sleep(Duration::from_mins(30)).await;
    assert_eq!(cloud.faults().fired(fault), 1);
    let found = fsx(&cloud, "DescribeBackups", json!({"BackupIds": [failed["BackupId"]]})).await.unwrap();
    assert_eq!(found["Backups"][0]["Lifecycle"], "FAILED");
    assert_eq!(found["Backups"][0]["FailureDetails"], json!({"Message": "no"}));
    for id in [&one, &other] {
        fsx(&cloud, "CreateBackup", json!({"FileSystemId": id})).await.unwrap();
        sleep(Duration::from_mins(30)).await;
    }
    let count = async |name: &str, value: &str| {
        let filter = json!({"Filters": [{"Name": name, "Values": [value]}]});
        fsx(&cloud, "DescribeBackups", filter).await.unwrap()["Backups"].as_array().unwrap().len()
    };
    assert_eq!(count("file-system-id", &one).await, 2);
    assert_eq!(count("file-system-type", "LUSTRE").await, 1);
    assert_eq!(count("backup-type", "USER_INITIATED").await, 3);
    assert_eq!(count("backup-type", "AWS_BACKUP").await, 0);
    let mut seen = 0;
    let mut page = json!({"MaxResults": 2});
    loop {
        let answer = fsx(&cloud, "DescribeBackups", page.clone()).await.unwrap();
        seen += answer["Backups"].as_array().unwrap().len();
        match answer.get("NextToken") {
            Some(next) => page["NextToken"] = next.clone(),
            None => break,
        }
    }
    assert_eq!(seen, 3);
    let none = json!({"Filters": [{"Name": "file-system-id", "Values": ["fs-00000000000000000"]}]});
    assert_eq!(refused(&cloud, "DescribeBackups", none).await, "FileSystemNotFound");
}

#[tokio::test(start_paused = true)]
async fn a_deleted_file_system_leaves_a_last_backup_unless_that_is_declined() {
    let cloud = SimCloud::new(Settings::default());
    let (kept, _) = make(&cloud, windows()).await;
    let (gone, _) = make(&cloud, windows()).await;
    let deleted = fsx(&cloud, "DeleteFileSystem", json!({"FileSystemId": kept})).await.unwrap();
    assert_eq!(deleted["Lifecycle"], "DELETING");
    let skip = json!({"FileSystemId": gone, "WindowsConfiguration": {"SkipFinalBackup": true}});
    fsx(&cloud, "DeleteFileSystem", skip).await.unwrap();
    assert_eq!(refused(&cloud, "DeleteFileSystem", json!({"FileSystemId": kept})).await, "BadRequest");
    sleep(Duration::from_hours(1)).await;
    assert_eq!(fsx(&cloud, "DescribeFileSystems", json!({})).await.unwrap()["FileSystems"], json!([]));
    let left = backups(&cloud).await;
    assert_eq!(left.len(), 1);
    assert_eq!(
        (&left[0]["BackupId"], &left[0]["Lifecycle"]),
        (&deleted["WindowsResponse"]["FinalBackupId"], &json!("AVAILABLE"))
    );
    // What it was made of is still told.
    assert_eq!(left[0]["FileSystem"]["FileSystemId"], json!(kept));
    assert_eq!(left[0]["FileSystem"]["WindowsConfiguration"]["ThroughputCapacity"], 32);
}

#[tokio::test(start_paused = true)]
async fn volumes_of_ontap_are_backed_up_and_their_file_system_is_not() {
    let cloud = SimCloud::new(Settings::default());
    let (id, arn) = volume(&cloud, "RW").await;
    let known = fsx(&cloud, "DescribeVolumes", json!({"VolumeIds": [id]})).await.unwrap()["Volumes"][0].clone();
    assert_eq!((&known["Lifecycle"], &known["ResourceARN"]), (&json!("CREATED"), &json!(arn)));
    let file_system = known["FileSystemId"].clone();
    assert_eq!(refused(&cloud, "CreateBackup", json!({"FileSystemId": file_system})).await, "UnsupportedOperation");
    assert_eq!(refused(&cloud, "DeleteFileSystem", json!({"FileSystemId": file_system})).await, "BadRequest");
    let made = fsx(&cloud, "CreateBackup", json!({"VolumeId": id})).await.unwrap()["Backup"].clone();
    assert_eq!((&made["ResourceType"], &made["Volume"]["VolumeId"]), (&json!("VOLUME"), &json!(id)));
    sleep(Duration::from_mins(30)).await;
    let skip = json!({"VolumeId": id, "OntapConfiguration": {"SkipFinalBackup": true}});
    assert_eq!(fsx(&cloud, "DeleteVolume", skip).await.unwrap()["Lifecycle"], "DELETING");
    sleep(Duration::from_mins(10)).await;
    assert_eq!(refused(&cloud, "DescribeVolumes", json!({"VolumeIds": [id]})).await, "VolumeNotFound");
    let filter = json!({"Filters": [{"Name": "file-system-id", "Values": [file_system]}]});
    let svms = fsx(&cloud, "DescribeStorageVirtualMachines", filter).await.unwrap();
    let svm = svms["StorageVirtualMachines"][0]["StorageVirtualMachineId"].clone();
    fsx(&cloud, "DeleteStorageVirtualMachine", json!({"StorageVirtualMachineId": svm})).await.unwrap();
    sleep(Duration::from_mins(10)).await;
    fsx(&cloud, "DeleteFileSystem", json!({"FileSystemId": file_system})).await.unwrap();
    assert_eq!(backups(&cloud).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn scratch_and_linked_file_systems_and_mirrors_have_no_backups() {
    let cloud = SimCloud::new(Settings::default());
    for configuration in [json!({}), json!({"DeploymentType": "PERSISTENT_1", "ImportPath": "s3://bucket"})] {
        let (id, _) = make(&cloud, lustre(configuration)).await;
        assert_eq!(refused(&cloud, "CreateBackup", json!({"FileSystemId": id})).await, "UnsupportedOperation");
    }
    let (id, _) = volume(&cloud, "DP").await;
    assert_eq!(refused(&cloud, "CreateBackup", json!({"VolumeId": id})).await, "UnsupportedOperation");
}

#[tokio::test(start_paused = true)]
async fn an_association_links_a_file_system_of_which_its_description_says_nothing() {
    let cloud = SimCloud::new(Settings::default());
    let (id, _) = make(&cloud, lustre(json!({"DeploymentType": "PERSISTENT_2"}))).await;
    let link = json!({"FileSystemId": id, "FileSystemPath": "/in", "DataRepositoryPath": "s3://bucket/in"});
    let made = fsx(&cloud, "CreateDataRepositoryAssociation", link).await.unwrap()["Association"].clone();
    let here = json!({"Filters": [{"Name": "file-system-id", "Values": [id]}]});
    let known = fsx(&cloud, "DescribeDataRepositoryAssociations", here).await.unwrap()["Associations"].clone();
    assert_eq!(known, json!([made]));
    let shown = fsx(&cloud, "DescribeFileSystems", json!({"FileSystemIds": [id]})).await.unwrap();
    assert!(shown["FileSystems"][0]["LustreConfiguration"].get("DataRepositoryConfiguration").is_none(), "{shown}");
    assert_eq!(refused(&cloud, "CreateBackup", json!({"FileSystemId": id})).await, "UnsupportedOperation");
    let it = json!({"AssociationId": made["AssociationId"]});
    fsx(&cloud, "DeleteDataRepositoryAssociation", it.clone()).await.unwrap();
    assert_eq!(refused(&cloud, "DeleteDataRepositoryAssociation", it).await, "DataRepositoryAssociationNotFound");
    fsx(&cloud, "CreateBackup", json!({"FileSystemId": id})).await.unwrap();
    let (other, _) = make(&cloud, windows()).await;
    let link = json!({"FileSystemId": other, "DataRepositoryPath": "s3://bucket"});
    assert_eq!(refused(&cloud, "CreateDataRepositoryAssociation", link).await, "BadRequest");
}

#[tokio::test(start_paused = true)]
async fn file_systems_and_backups_are_tagged_and_nothing_else_is() {
    let cloud = SimCloud::new(Settings::default());
    let (id, arn) = make(&cloud, windows()).await;
    let made = fsx(&cloud, "CreateBackup", json!({"FileSystemId": id})).await.unwrap()["Backup"].clone();
    for (arn, expected) in [
        (json!(arn), json!([{"Key": "new", "Value": "x"}])),
        (made["ResourceARN"].clone(), json!([{"Key": "new", "Value": "x"}])),
    ] {
        let tags = json!([{"Key": "new", "Value": "x"}]);
        fsx(&cloud, "TagResource", json!({"ResourceARN": arn, "Tags": tags})).await.unwrap();
        fsx(&cloud, "UntagResource", json!({"ResourceARN": arn, "TagKeys": ["backup"]})).await.unwrap();
        let listed = fsx(&cloud, "ListTagsForResource", json!({"ResourceARN": arn})).await.unwrap();
        assert_eq!(listed, json!({"Tags": expected}));
    }
    let many: Vec<Value> = (0..50).map(|n| json!({"Key": n.to_string(), "Value": ""})).collect();
    assert_eq!(refused(&cloud, "TagResource", json!({"ResourceARN": arn, "Tags": many})).await, "BadRequest");
    for (arn, code) in [
        ("arn:aws:backup:eu-west-1:111122223333:backup-vault:main", "NotServiceResourceError"),
        ("arn:aws:fsx:eu-west-1:111122223333:backup/backup-00000000000000000", "ResourceNotFound"),
        ("backup-00000000000000000", "BadRequest"),
    ] {
        assert_eq!(refused(&cloud, "ListTagsForResource", json!({"ResourceARN": arn})).await, code);
    }
}
