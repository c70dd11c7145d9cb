"""File systems, volumes, backups and tags of FSx, and what AWS Backup makes of them."""

from datetime import datetime, timezone

import pytest
from conftest import ACCOUNT, DR, REGION

START = datetime(2026, 1, 5, tzinfo=timezone.utc)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/backup"
# Closed to backups on Sunday evenings alone.
OPEN = {"WeeklyMaintenanceStartTime": "7:22:00", "AutomaticBackupRetentionDays": 0}
CONFIGURATIONS = {
    "WINDOWS": {"WindowsConfiguration": {"ThroughputCapacity": 32, "Aliases": ["files.example.org"], **OPEN}},
    "LUSTRE": {"LustreConfiguration": {"DeploymentType": "PERSISTENT_2", "PerUnitStorageThroughput": 125, **OPEN}},
    "ONTAP": {"OntapConfiguration": {"DeploymentType": "SINGLE_AZ_1", "ThroughputCapacity": 128, **OPEN}},
    "OPENZFS": {"OpenZFSConfiguration": {"DeploymentType": "SINGLE_AZ_1", "ThroughputCapacity": 64, **OPEN}},
}
NONE = "00000000000000000"


@pytest.fixture
def fsx(cloud):
    return cloud.client("fsx")


def make(fsx, kind="WINDOWS", **more):
    given = {"FileSystemType": kind, "StorageCapacity": 1200, "SubnetIds": ["subnet-00000001"], **CONFIGURATIONS[kind]}
    return fsx.create_file_system(**{**given, **more})["FileSystem"]


def volume(fsx, of_type="RW"):
    of = make(fsx, "ONTAP")["FileSystemId"]
    svm = fsx.create_storage_virtual_machine(FileSystemId=of, Name="svm")["StorageVirtualMachine"]
    given = {
        "JunctionPath": "/data",
        "OntapVolumeType": of_type,
        "SizeInMegabytes": 1024,
        "StorageVirtualMachineId": svm["StorageVirtualMachineId"],
    }
    return fsx.create_volume(VolumeType="ONTAP", Name="data", OntapConfiguration=given)["Volume"]


def test_file_systems_of_every_kind_are_made_found_changed_and_deleted(fsx):
    for kind, configuration in CONFIGURATIONS.items():
        [member] = configuration
        made = make(fsx, kind, SecurityGroupIds=["sg-00000001"], Tags=[{"Key": "backup", "Value": "gold"}])
        known = fsx.describe_file_systems(FileSystemIds=[made["FileSystemId"]])["FileSystems"][0]
        assert (known["Lifecycle"], known["FileSystemType"]) == ("AVAILABLE", kind)
        assert known["CreationTime"] >= START
        assert "SecurityGroupIds" not in known
        assert known[member]["WeeklyMaintenanceStartTime"] == "7:22:00"
        which = {"FileSystemId": made["FileSystemId"]}
        changed = fsx.update_file_system(**which, **{member: {"AutomaticBackupRetentionDays": 7}})["FileSystem"]
        assert changed[member]["AutomaticBackupRetentionDays"] == 7
        assert fsx.delete_file_system(**which)["Lifecycle"] == "DELETING"
    assert fsx.describe_file_systems()["FileSystems"] == []
    left = fsx.describe_backups()["Backups"]
    assert sorted(backup["FileSystem"]["FileSystemType"] for backup in left) == ["OPENZFS", "WINDOWS"]


def test_a_secret_and_a_link_to_a_bucket_show_as_aws_shows_them(fsx):
    directory = {"DomainName": "example.org", "UserName": "join", "Password": "secret", "DnsIps": ["10.0.0.1"]}
    windows = {**CONFIGURATIONS["WINDOWS"]["WindowsConfiguration"], "SelfManagedActiveDirectoryConfiguration": directory}
    made = make(fsx, WindowsConfiguration=windows)["WindowsConfiguration"]
    assert "Password" not in made["SelfManagedActiveDirectoryConfiguration"]
    assert made["Aliases"] == [{"Name": "files.example.org", "Lifecycle": "AVAILABLE"}]
    linked = make(fsx, "LUSTRE", LustreConfiguration={"ImportPath": "s3://bucket"})
    assert linked["LustreConfiguration"]["DataRepositoryConfiguration"]["ImportPath"] == "s3://bucket"
    with pytest.raises(fsx.exceptions.UnsupportedOperation):
        fsx.create_backup(FileSystemId=linked["FileSystemId"])


def test_a_file_system_with_an_association_is_not_backed_up_until_it_is_gone(fsx):
    of = make(fsx, "LUSTRE")["FileSystemId"]
    given = {"FileSystemId": of, "FileSystemPath": "/in", "DataRepositoryPath": "s3://bucket/in"}
    made = fsx.create_data_repository_association(**given)["Association"]
    here = [{"Name": "file-system-id", "Values": [of]}]
    [known] = fsx.describe_data_repository_associations(Filters=here)["Associations"]
    assert (known["AssociationId"], known["Lifecycle"]) == (made["AssociationId"], "AVAILABLE")
    with pytest.raises(fsx.exceptions.UnsupportedOperation):
        fsx.create_backup(FileSystemId=of)
    fsx.delete_data_repository_association(AssociationId=made["AssociationId"])
    with pytest.raises(fsx.exceptions.DataRepositoryAssociationNotFound):
        fsx.describe_data_repository_associations(AssociationIds=[made["AssociationId"]])
    fsx.create_backup(FileSystemId=of)


def test_file_systems_and_backups_come_in_pages(fsx):
    made = {make(fsx)["FileSystemId"] for _ in range(5)}
    pages = list(fsx.get_paginator("describe_file_systems").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["FileSystems"]) for page in pages] == [2, 2, 1]
    assert {each["FileSystemId"] for page in pages for each in page["FileSystems"]} == made
    for one in made:
        fsx.create_backup(FileSystemId=one)
    pages = fsx.get_paginator("describe_backups").paginate(PaginationConfig={"PageSize": 4})
    assert [len(page["Backups"]) for page in pages] == [4, 1]


def test_volumes_and_their_machines_are_made_found_backed_up_and_deleted(fsx):
    made = volume(fsx)
    of = made["FileSystemId"]
    here = [{"Name": "file-system-id", "Values": [of]}]
    [svm] = fsx.describe_storage_virtual_machines(Filters=here)["StorageVirtualMachines"]
    assert (svm["Lifecycle"], svm["Name"]) == ("CREATED", "svm")
    [known] = fsx.describe_volumes(Filters=here)["Volumes"]
    assert (known["VolumeId"], known["Lifecycle"]) == (made["VolumeId"], "CREATED")
    backup = fsx.create_backup(VolumeId=made["VolumeId"])["Backup"]
    assert (backup["ResourceType"], backup["Volume"]["Name"]) == ("VOLUME", "data")
    deleted = fsx.delete_volume(VolumeId=made["VolumeId"], OntapConfiguration={"FinalBackupTags": [{"Key": "k", "Value": "v"}]})
    assert deleted["OntapResponse"]["FinalBackupTags"] == [{"Key": "k", "Value": "v"}]
    fsx.delete_storage_virtual_machine(StorageVirtualMachineId=svm["StorageVirtualMachineId"])
    fsx.delete_file_system(FileSystemId=of)
    assert len(fsx.describe_backups(Filters=here)["Backups"]) == 2


def test_a_backup_is_made_tagged_and_deleted(fsx):
    of = make(fsx)["FileSystemId"]
    made = fsx.create_backup(FileSystemId=of, ClientRequestToken="once")["Backup"]
    assert fsx.create_backup(FileSystemId=of, ClientRequestToken="once")["Backup"]["BackupId"] == made["BackupId"]
    which = {"ResourceARN": made["ResourceARN"]}
    fsx.tag_resource(Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}], **which)
    fsx.untag_resource(TagKeys=["a"], **which)
    assert fsx.list_tags_for_resource(**which)["Tags"] == [{"Key": "b", "Value": "2"}]
    [known] = fsx.describe_backups(BackupIds=[made["BackupId"]])["Backups"]
    assert (known["Lifecycle"], known["Type"]) == ("AVAILABLE", "USER_INITIATED")
    assert fsx.delete_backup(BackupId=made["BackupId"])["Lifecycle"] == "DELETED"


def test_what_is_refused_arrives_by_its_name(cloud, fsx):
    raised = fsx.exceptions
    with pytest.raises(raised.BadRequest):
        make(fsx, StorageCapacity=0)
    with pytest.raises(raised.MissingFileSystemConfiguration):
        fsx.create_file_system(FileSystemType="WINDOWS", StorageCapacity=300, SubnetIds=["subnet-00000001"])
    with pytest.raises(raised.FileSystemNotFound):
        fsx.describe_file_systems(FileSystemIds=[f"fs-{NONE}"])
    with pytest.raises(raised.VolumeNotFound):
        fsx.describe_volumes(VolumeIds=[f"fsvol-{NONE}"])
    with pytest.raises(raised.StorageVirtualMachineNotFound):
        fsx.describe_storage_virtual_machines(StorageVirtualMachineIds=[f"svm-{NONE}"])
    with pytest.raises(raised.BackupNotFound):
        fsx.delete_backup(BackupId=f"backup-{NONE}")
    with pytest.raises(raised.MissingVolumeConfiguration):
        fsx.create_volume(VolumeType="ONTAP", Name="data")
    with pytest.raises(raised.NotServiceResourceError) as refused:
        fsx.list_tags_for_resource(ResourceARN=f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:main")
    assert refused.value.response["ResourceARN"].endswith("main")
    with pytest.raises(raised.ResourceNotFound):
        fsx.list_tags_for_resource(ResourceARN=f"arn:aws:fsx:{REGION}:{ACCOUNT}:backup/backup-{NONE}")
    of = make(fsx, ClientRequestToken="once")["FileSystemId"]
    with pytest.raises(raised.IncompatibleParameterError) as refused:
        make(fsx, ClientRequestToken="once", StorageCapacity=2400)
    assert refused.value.response["Parameter"] == "StorageCapacity"
    cloud.control("POST", "pace", {"fsx": {"backup": "1h"}})
    fsx.create_backup(FileSystemId=of)
    with pytest.raises(raised.BackupInProgress):
        fsx.create_backup(FileSystemId=of)


@pytest.fixture
def backup(cloud):
    client = cloud.client("backup")
    client.create_backup_vault(BackupVaultName="main")
    key = f"arn:aws:kms:{DR}:{ACCOUNT}:key/mrk-one"
    cloud.client("backup", DR).create_backup_vault(BackupVaultName="dr", EncryptionKeyArn=key)
    return client


def point(cloud, backup, arn):
    started = backup.start_backup_job(
        BackupVaultName="main", ResourceArn=arn, IamRoleArn=ROLE, RecoveryPointTags={"chain": "ours"}
    )
    assert "RecoveryPointArn" not in started
    # The weekday is the clock's, which runs on from test to test; no window is near whenever this is.
    cloud.advance("1m")
    job = backup.describe_backup_job(BackupJobId=started["BackupJobId"])
    assert (job["State"], job["ResourceType"]) == ("COMPLETED", "FSx"), job
    return job["RecoveryPointArn"]


def away_from_the_window(cloud, fsx, of):
    """Puts the weekly window of a file system three days from now."""
    now = datetime.fromisoformat(cloud.control("GET", "clock")["now"].replace("Z", "+00:00"))
    day = (now.weekday() + 3) % 7 + 1
    fsx.update_file_system(FileSystemId=of, WindowsConfiguration={"WeeklyMaintenanceStartTime": f"{day}:12:00"})


def test_a_point_of_aws_backup_is_a_backup_of_fsx(cloud, fsx, backup):
    made = make(fsx)
    away_from_the_window(cloud, fsx, made["FileSystemId"])
    arn = point(cloud, backup, made["ResourceARN"])
    described = backup.describe_recovery_point(BackupVaultName="main", RecoveryPointArn=arn)
    assert (described["Status"], described["BackupSizeInBytes"]) == ("COMPLETED", 20 << 30)
    [shown] = fsx.describe_backups(Filters=[{"Name": "backup-type", "Values": ["AWS_BACKUP"]}])["Backups"]
    assert (shown["ResourceARN"], shown["Lifecycle"]) == (arn, "AVAILABLE")
    assert fsx.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "chain", "Value": "ours"}]
    for call in (
        lambda: backup.list_tags(ResourceArn=arn),
        lambda: backup.tag_resource(ResourceArn=arn, Tags={"a": "b"}),
        lambda: backup.untag_resource(ResourceArn=arn, TagKeyList=["chain"]),
    ):
        with pytest.raises(backup.exceptions.InvalidParameterValueException):
            call()
    with pytest.raises(fsx.exceptions.BadRequest):
        fsx.delete_backup(BackupId=shown["BackupId"])
    cloud.control("POST", "pace", {"backup": {"copy": "1h"}})
    copy = backup.start_copy_job(
        RecoveryPointArn=arn,
        SourceBackupVaultName="main",
        DestinationBackupVaultArn=f"arn:aws:backup:{DR}:{ACCOUNT}:backup-vault:dr",
        IamRoleArn=ROLE,
    )["CopyJobId"]
    cloud.advance("1m")
    with pytest.raises(fsx.exceptions.BackupBeingCopied) as refused:
        fsx.delete_backup(BackupId=shown["BackupId"])
    assert refused.value.response["BackupId"] == shown["BackupId"]
    cloud.advance("2h")
    assert backup.describe_copy_job(CopyJobId=copy)["CopyJob"]["State"] == "COMPLETED"
    [landed] = cloud.client("fsx", DR).describe_backups()["Backups"]
    assert (landed["SourceBackupId"], landed["SourceBackupRegion"]) == (shown["BackupId"], REGION)


def test_a_point_is_restored_and_busy_meanwhile(cloud, fsx, backup):
    made = make(fsx)
    away_from_the_window(cloud, fsx, made["FileSystemId"])
    arn = point(cloud, backup, made["ResourceARN"])
    which = {"BackupVaultName": "main", "RecoveryPointArn": arn}
    metadata = backup.get_recovery_point_restore_metadata(**which)["RestoreMetadata"]
    assert metadata["SubnetIds"] == '["subnet-00000001"]'
    cloud.control("POST", "pace", {"backup": {"restore": "1h"}})
    job = backup.start_restore_job(RecoveryPointArn=arn, IamRoleArn=ROLE, Metadata=metadata, ResourceType="FSx")["RestoreJobId"]
    with pytest.raises(fsx.exceptions.BackupRestoring):
        fsx.delete_backup(BackupId=arn.rsplit("/", 1)[-1])
    cloud.advance("2h")
    done = backup.describe_restore_job(RestoreJobId=job)
    assert done["Status"] == "COMPLETED", done
    [again] = fsx.describe_file_systems(FileSystemIds=[done["CreatedResourceArn"].rsplit("/", 1)[-1]])["FileSystems"]
    assert again["WindowsConfiguration"]["ThroughputCapacity"] == 32
