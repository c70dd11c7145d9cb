"""Vaults, points and jobs of AWS Backup."""

import pytest
from conftest import ACCOUNT, DR, REGION

ROLE = f"arn:aws:iam::{ACCOUNT}:role/backup"
TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/orders"


@pytest.fixture
def backup(cloud):
    client = cloud.client("backup")
    preference = {"DynamoDB": True}
    for region in (REGION, DR):
        settings = cloud.client("backup", region)
        settings.update_region_settings(ResourceTypeManagementPreference=preference)
    client.create_backup_vault(BackupVaultName="main", BackupVaultTags={"team": "data"})
    cloud.client("backup", DR).create_backup_vault(BackupVaultName="dr")
    cloud.client("dynamodb").create_table(
        TableName="orders",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return client


def start(backup, **more):
    return backup.start_backup_job(BackupVaultName="main", ResourceArn=TABLE, IamRoleArn=ROLE, **more)


def point(cloud, backup, **more):
    arn = start(backup, **more)["RecoveryPointArn"]
    cloud.advance("1m")
    return arn


def copy(backup, arn, vault="dr"):
    to = f"arn:aws:backup:{DR}:{ACCOUNT}:backup-vault:{vault}"
    return backup.start_copy_job(
        RecoveryPointArn=arn, SourceBackupVaultName="main", DestinationBackupVaultArn=to, IamRoleArn=ROLE
    )["CopyJobId"]


def test_a_backup_is_made_seen_tagged_copied_restored_and_deleted(cloud, backup):
    cloud.control("POST", "pace", {"backup": {"start": "10s"}})
    started = start(backup, IdempotencyToken="t1", RecoveryPointTags={"chain": "ours"}, Lifecycle={"DeleteAfterDays": 9})
    assert backup.describe_backup_job(BackupJobId=started["BackupJobId"])["State"] == "CREATED"
    cloud.advance("1m")
    job = backup.describe_backup_job(BackupJobId=started["BackupJobId"])
    assert (job["State"], job["RecoveryPointArn"]) == ("COMPLETED", started["RecoveryPointArn"])
    assert len(backup.list_backup_jobs(ByState="COMPLETED", ByResourceArn=TABLE)["BackupJobs"]) == 1
    arn = job["RecoveryPointArn"]
    made = backup.describe_recovery_point(BackupVaultName="main", RecoveryPointArn=arn)
    assert (made["Status"], made["CreationDate"]) == ("COMPLETED", job["CreationDate"])
    assert backup.list_tags(ResourceArn=arn)["Tags"] == {"chain": "ours"}
    backup.tag_resource(ResourceArn=arn, Tags={"hold": "yes"})
    backup.untag_resource(ResourceArn=arn, TagKeyList=["hold"])
    backup.update_recovery_point_lifecycle(BackupVaultName="main", RecoveryPointArn=arn, Lifecycle={"DeleteAfterDays": 30})
    [listed] = backup.list_recovery_points_by_backup_vault(BackupVaultName="main")["RecoveryPoints"]
    assert listed["Lifecycle"]["DeleteAfterDays"] == 30
    assert len(backup.list_recovery_points_by_resource(ResourceArn=TABLE)["RecoveryPoints"]) == 1
    assert backup.list_protected_resources()["Results"][0]["ResourceArn"] == TABLE
    assert backup.describe_protected_resource(ResourceArn=TABLE)["ResourceType"] == "DynamoDB"

    copied = copy(backup, arn)
    cloud.advance("1m")
    landed = backup.describe_copy_job(CopyJobId=copied)["CopyJob"]
    assert landed["State"] == "COMPLETED"
    assert len(backup.list_copy_jobs(ByState="COMPLETED")["CopyJobs"]) == 1
    there = cloud.client("backup", DR)
    there.describe_recovery_point(BackupVaultName="dr", RecoveryPointArn=landed["DestinationRecoveryPointArn"])

    metadata = backup.get_recovery_point_restore_metadata(BackupVaultName="main", RecoveryPointArn=arn)["RestoreMetadata"]
    assert metadata
    restored = backup.start_restore_job(
        RecoveryPointArn=arn, IamRoleArn=ROLE, Metadata={"targetTableName": "orders-restored"}, ResourceType="DynamoDB"
    )["RestoreJobId"]
    cloud.advance("1m")
    assert backup.describe_restore_job(RestoreJobId=restored)["Status"] == "COMPLETED"
    assert len(backup.list_restore_jobs()["RestoreJobs"]) == 1

    backup.delete_recovery_point(BackupVaultName="main", RecoveryPointArn=arn)
    cloud.advance("1m")
    with pytest.raises(backup.exceptions.ResourceNotFoundException):
        backup.describe_recovery_point(BackupVaultName="main", RecoveryPointArn=arn)


def test_a_running_backup_of_a_table_cannot_be_stopped(cloud, backup):
    cloud.control("POST", "pace", {"backup": {"backup": "1h"}})
    job = start(backup)["BackupJobId"]
    cloud.advance("1m")
    assert backup.describe_backup_job(BackupJobId=job)["State"] == "RUNNING"
    with pytest.raises(backup.exceptions.InvalidRequestException):
        backup.stop_backup_job(BackupJobId=job)
    cloud.advance("2h")
    assert backup.describe_backup_job(BackupJobId=job)["State"] == "COMPLETED"


def test_vaults_locks_holds_and_settings(cloud, backup):
    described = backup.describe_backup_vault(BackupVaultName="main")
    assert described["NumberOfRecoveryPoints"] == 0
    assert [vault["BackupVaultName"] for vault in backup.list_backup_vaults()["BackupVaultList"]] == ["main"]
    arn = point(cloud, backup)
    backup.put_backup_vault_lock_configuration(BackupVaultName="main", MaxRetentionDays=30, MinRetentionDays=1)
    with pytest.raises(backup.exceptions.InvalidRequestException):
        backup.delete_recovery_point(BackupVaultName="main", RecoveryPointArn=arn)
    backup.delete_backup_vault_lock_configuration(BackupVaultName="main")
    selection = {"ResourceIdentifiers": [TABLE], "VaultNames": ["main"]}
    hold = backup.create_legal_hold(Title="case", Description="a case", RecoveryPointSelection=selection)["LegalHoldId"]
    assert backup.get_legal_hold(LegalHoldId=hold)["Status"] == "ACTIVE"
    assert len(backup.list_legal_holds()["LegalHolds"]) == 1
    [held] = backup.list_recovery_points_by_legal_hold(LegalHoldId=hold)["RecoveryPoints"]
    assert held["RecoveryPointArn"] == arn
    backup.cancel_legal_hold(LegalHoldId=hold, CancelDescription="over")
    assert "DynamoDB" in backup.get_supported_resource_types()["ResourceTypes"]
    assert backup.describe_region_settings()["ResourceTypeManagementPreference"]["DynamoDB"] is True
    with pytest.raises(backup.exceptions.InvalidRequestException):
        backup.delete_backup_vault(BackupVaultName="main")
    backup.delete_recovery_point(BackupVaultName="main", RecoveryPointArn=arn)
    cloud.advance("1m")
    backup.delete_backup_vault(BackupVaultName="main")
    assert backup.list_backup_vaults()["BackupVaultList"] == []


def test_what_is_refused_arrives_by_its_name(cloud, backup):
    raises = pytest.raises
    with raises(backup.exceptions.ResourceNotFoundException):
        backup.describe_backup_vault(BackupVaultName="nowhere")
    with raises(backup.exceptions.AlreadyExistsException):
        backup.create_backup_vault(BackupVaultName="main")
    with raises(backup.exceptions.InvalidParameterValueException):
        start(backup, StartWindowMinutes=1)
    with raises(backup.exceptions.MissingParameterValueException):
        backup.create_legal_hold(Title="case", Description="", RecoveryPointSelection={})
    arn = point(cloud, backup)
    cloud.control("POST", "pace", {"backup": {"copy": "1h"}})
    copy(backup, arn)
    cloud.advance("1m")
    with raises(backup.exceptions.InvalidResourceStateException):
        backup.delete_recovery_point(BackupVaultName="main", RecoveryPointArn=arn)
    with raises(backup.exceptions.LimitExceededException):
        for _ in range(51):
            backup.create_legal_hold(Title="case", Description="a case", RecoveryPointSelection={})
