"""Namespaces, workgroups, snapshots, recovery points and copy configurations of Redshift Serverless."""

from datetime import datetime, timezone

import pytest
from conftest import DR

START = datetime(2026, 1, 5, tzinfo=timezone.utc)


@pytest.fixture
def serverless(cloud):
    client = cloud.client("redshift-serverless")
    client.create_namespace(namespaceName="sales", adminUsername="boss", tags=[{"key": "backup", "value": "gold"}])
    client.create_workgroup(workgroupName="sales-wg", namespaceName="sales", baseCapacity=8, subnetIds=["subnet-1"])
    return client


def test_namespaces_and_workgroups_are_made_found_changed_and_deleted(serverless):
    namespace = serverless.get_namespace(namespaceName="sales")["namespace"]
    assert namespace["status"] == "AVAILABLE"
    assert namespace["adminUsername"] == "boss"
    assert namespace["creationDate"] >= START
    assert [each["namespaceName"] for each in serverless.list_namespaces()["namespaces"]] == ["sales"]
    serverless.update_namespace(namespaceName="sales", iamRoles=["arn:aws:iam::111122223333:role/load"])
    workgroup = serverless.get_workgroup(workgroupName="sales-wg")["workgroup"]
    assert (workgroup["namespaceName"], workgroup["baseCapacity"]) == ("sales", 8)
    assert [each["workgroupName"] for each in serverless.list_workgroups()["workgroups"]] == ["sales-wg"]
    with pytest.raises(serverless.exceptions.ConflictException):
        serverless.delete_namespace(namespaceName="sales")
    assert serverless.delete_workgroup(workgroupName="sales-wg")["workgroup"]["status"] == "DELETING"
    assert serverless.delete_namespace(namespaceName="sales")["namespace"]["status"] == "DELETING"
    with pytest.raises(serverless.exceptions.ResourceNotFoundException) as missing:
        serverless.get_namespace(namespaceName="sales")
    assert missing.value.response["resourceName"] == "sales"


def test_a_snapshot_is_made_found_kept_longer_and_deleted(serverless):
    tags = [{"key": "chain", "value": "ours"}]
    made = serverless.create_snapshot(namespaceName="sales", snapshotName="cw-one", retentionPeriod=5, tags=tags)["snapshot"]
    assert serverless.list_tags_for_resource(resourceArn=made["snapshotArn"])["tags"] == tags
    serverless.tag_resource(resourceArn=made["snapshotArn"], tags=[{"key": "hold", "value": "x"}])
    serverless.untag_resource(resourceArn=made["snapshotArn"], tagKeys=["chain"])
    found = serverless.get_snapshot(snapshotArn=made["snapshotArn"])["snapshot"]
    assert (found["status"], found["snapshotRemainingDays"]) == ("AVAILABLE", 5)
    assert found["snapshotCreateTime"] >= START
    assert serverless.update_snapshot(snapshotName="cw-one", retentionPeriod=-1)["snapshot"]["snapshotRetentionPeriod"] == -1
    inside = serverless.list_snapshots(namespaceName="sales", startTime=START)["snapshots"]
    assert [each["snapshotName"] for each in inside] == ["cw-one"]
    assert serverless.list_snapshots(endTime=START.replace(year=2025))["snapshots"] == []
    assert serverless.delete_snapshot(snapshotName="cw-one")["snapshot"]["status"] == "DELETED"
    with pytest.raises(serverless.exceptions.ResourceNotFoundException):
        serverless.get_snapshot(snapshotName="cw-one")


def test_recovery_points_are_listed_converted_and_restored_from(cloud, serverless):
    cloud.advance("61m")
    points = serverless.list_recovery_points(namespaceName="sales", startTime=START)["recoveryPoints"]
    assert len(points) == 2
    one = points[0]["recoveryPointId"]
    assert serverless.get_recovery_point(recoveryPointId=one)["recoveryPoint"] == points[0]
    snapshot = serverless.convert_recovery_point_to_snapshot(recoveryPointId=one, snapshotName="cw-converted")["snapshot"]
    assert snapshot["namespaceName"] == "sales"
    into = {"namespaceName": "sales", "workgroupName": "sales-wg"}
    assert serverless.restore_from_recovery_point(recoveryPointId=one, **into)["recoveryPointId"] == one
    assert serverless.restore_from_snapshot(snapshotName="cw-converted", **into)["snapshotName"] == "cw-converted"


def test_a_standing_configuration_copies_to_one_other_region(cloud, serverless):
    made = serverless.create_snapshot_copy_configuration(
        namespaceName="sales", destinationRegion=DR, snapshotRetentionPeriod=7
    )["snapshotCopyConfiguration"]
    with pytest.raises(serverless.exceptions.ConflictException):
        serverless.create_snapshot_copy_configuration(namespaceName="sales", destinationRegion="us-east-1")
    assert serverless.list_snapshot_copy_configurations(namespaceName="sales")["snapshotCopyConfigurations"] == [made]
    serverless.create_snapshot(namespaceName="sales", snapshotName="cw-one")
    [copy] = cloud.client("redshift-serverless", DR).list_snapshots()["snapshots"]
    assert (copy["snapshotName"], copy["snapshotRetentionPeriod"]) == ("cw-one", 7)
    which = {"snapshotCopyConfigurationId": made["snapshotCopyConfigurationId"]}
    changed = serverless.update_snapshot_copy_configuration(snapshotRetentionPeriod=30, **which)
    assert changed["snapshotCopyConfiguration"]["snapshotRetentionPeriod"] == 30
    serverless.delete_snapshot_copy_configuration(**which)
    assert serverless.list_snapshot_copy_configurations()["snapshotCopyConfigurations"] == []


def test_what_is_refused_arrives_by_its_name(serverless):
    raised = serverless.exceptions
    with pytest.raises(raised.ValidationException):
        serverless.create_snapshot(namespaceName="sales", snapshotName="Not Allowed")
    many = [{"key": str(number), "value": ""} for number in range(51)]
    with pytest.raises(raised.TooManyTagsException) as refused:
        serverless.create_snapshot(namespaceName="sales", snapshotName="cw-one", tags=many)
    assert refused.value.response["resourceName"] == "cw-one"
    serverless.create_snapshot(namespaceName="sales", snapshotName="cw-one")
    with pytest.raises(raised.ConflictException):
        serverless.create_snapshot(namespaceName="sales", snapshotName="cw-one")
    for number in range(699):
        serverless.create_snapshot(namespaceName="sales", snapshotName=f"cw-{number:03}")
    with pytest.raises(raised.ServiceQuotaExceededException):
        serverless.create_snapshot(namespaceName="sales", snapshotName="cw-700")
    pages = serverless.get_paginator("list_snapshots").paginate(PaginationConfig={"PageSize": 100})
    assert [len(page["snapshots"]) for page in pages] == [100] * 7
