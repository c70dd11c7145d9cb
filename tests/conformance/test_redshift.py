"""Clusters, snapshots, standing copies, grants, tags and event subscriptions of Redshift."""

import json
from datetime import datetime, timedelta, timezone

import pytest
from conftest import DR

START = datetime(2026, 1, 5, tzinfo=timezone.utc)
SALES = {"ClusterIdentifier": "sales"}
TOPIC = "arn:aws:sns:eu-west-1:111122223333:warehouse"


@pytest.fixture
def redshift(cloud):
    client = cloud.client("redshift")
    client.create_cluster(
        NodeType="ra3.xlplus",
        NumberOfNodes=2,
        MasterUsername="boss",
        MasterUserPassword="Secret123",
        IamRoles=["arn:aws:iam::111122223333:role/load"],
        VpcSecurityGroupIds=["sg-1"],
        PubliclyAccessible=False,
        Tags=[{"Key": "backup", "Value": "gold"}],
        **SALES,
    )
    return client


def snap(redshift, name, **more):
    return redshift.create_cluster_snapshot(SnapshotIdentifier=name, **SALES, **more)["Snapshot"]


def code(refused):
    return refused.value.response["Error"]["Code"]


def test_a_cluster_is_made_found_changed_and_deleted(redshift):
    [cluster] = redshift.describe_clusters(TagKeys=["backup"], TagValues=["gold"])["Clusters"]
    assert (cluster["ClusterStatus"], cluster["NumberOfNodes"]) == ("available", 2)
    assert cluster["ClusterCreateTime"] >= START
    assert cluster["IamRoles"] == [{"IamRoleArn": "arn:aws:iam::111122223333:role/load", "ApplyStatus": "in-sync"}]
    assert cluster["VpcSecurityGroups"] == [{"VpcSecurityGroupId": "sg-1", "Status": "active"}]
    changed = redshift.modify_cluster(AutomatedSnapshotRetentionPeriod=35, PubliclyAccessible=True, **SALES)["Cluster"]
    assert (changed["AutomatedSnapshotRetentionPeriod"], changed["PubliclyAccessible"]) == (35, True)
    with pytest.raises(redshift.exceptions.ClusterAlreadyExistsFault):
        redshift.create_cluster(NodeType="ra3.xlplus", MasterUsername="boss", **SALES)
    with pytest.raises(redshift.exceptions.UnsupportedOperationFault):
        redshift.modify_cluster(NewClusterIdentifier="other", **SALES)
    with pytest.raises(redshift.exceptions.NumberOfNodesPerClusterLimitExceededFault):
        redshift.modify_cluster(NumberOfNodes=101, **SALES)
    with pytest.raises(redshift.exceptions.InvalidRetentionPeriodFault):
        redshift.modify_cluster(AutomatedSnapshotRetentionPeriod=36, **SALES)
    redshift.delete_cluster(FinalClusterSnapshotIdentifier="last", **SALES)
    with pytest.raises(redshift.exceptions.ClusterNotFoundFault):
        redshift.describe_clusters(**SALES)
    assert [each["SnapshotIdentifier"] for each in redshift.describe_cluster_snapshots()["Snapshots"]] == ["last"]


def test_a_snapshot_is_made_found_kept_longer_and_deleted(redshift):
    tags = [{"Key": "chain", "Value": "ours"}]
    made = snap(redshift, "cw-one", ManualSnapshotRetentionPeriod=5, Tags=tags)
    [found] = redshift.describe_cluster_snapshots(TagKeys=["chain"], StartTime=START)["Snapshots"]
    assert (made["Status"], found["Status"]) == ("creating", "available")
    assert (found["Tags"], found["ManualSnapshotRemainingDays"]) == (tags, 5)
    assert found["SnapshotCreateTime"] >= START
    kept = redshift.modify_cluster_snapshot(SnapshotIdentifier="cw-one", ManualSnapshotRetentionPeriod=-1)["Snapshot"]
    assert kept["ManualSnapshotRetentionPeriod"] == -1
    with pytest.raises(redshift.exceptions.ClusterSnapshotAlreadyExistsFault):
        snap(redshift, "CW-one")
    assert redshift.delete_cluster_snapshot(SnapshotIdentifier="cw-one")["Snapshot"]["Status"] == "deleted"
    with pytest.raises(redshift.exceptions.ClusterSnapshotNotFoundFault):
        redshift.delete_cluster_snapshot(SnapshotIdentifier="cw-one")
    assert redshift.describe_cluster_snapshots(EndTime=START)["Snapshots"] == []


def test_automated_snapshots_become_manual_ones_and_are_not_deleted(cloud, redshift):
    cloud.advance("9h")
    asked = {"SnapshotType": "automated", "ClusterExists": True}
    [automated] = redshift.describe_cluster_snapshots(**asked, **SALES)["Snapshots"]
    made, name = automated["SnapshotCreateTime"], automated["SnapshotIdentifier"]
    assert name == made.strftime("rs:sales-%Y-%m-%d-%H-%M-%S")
    assert timedelta(hours=8) <= made - automated["ClusterCreateTime"] < timedelta(hours=8, minutes=1)
    redshift.copy_cluster_snapshot(SourceSnapshotIdentifier=name, TargetSnapshotIdentifier="kept")
    with pytest.raises(redshift.exceptions.InvalidClusterSnapshotStateFault):
        redshift.delete_cluster_snapshot(SnapshotIdentifier=name)
    newest = [{"Attribute": "CREATE_TIME", "SortOrder": "DESC"}, {"Attribute": "SOURCE_TYPE"}]
    listed = redshift.describe_cluster_snapshots(SortingEntities=newest)["Snapshots"]
    assert [each["SnapshotType"] for each in listed] == ["automated", "manual"]


def test_a_batch_says_of_each_what_became_of_it(redshift):
    snap(redshift, "cw-one")
    one, none = {"SnapshotIdentifier": "cw-one"}, {"SnapshotIdentifier": "none", "SnapshotClusterIdentifier": "sales"}
    answer = redshift.batch_delete_cluster_snapshots(Identifiers=[one, none])
    assert answer["Resources"] == ["cw-one"]
    [error] = answer["Errors"]
    assert (error["SnapshotClusterIdentifier"], error["FailureCode"]) == ("sales", "ClusterSnapshotNotFound")
    with pytest.raises(redshift.exceptions.BatchDeleteRequestSizeExceededFault):
        redshift.batch_delete_cluster_snapshots(Identifiers=[none] * 101)


def test_a_standing_copy_has_one_destination(cloud, redshift):
    there = cloud.client("redshift", DR)
    with pytest.raises(redshift.exceptions.UnknownSnapshotCopyRegionFault):
        redshift.enable_snapshot_copy(DestinationRegion="mars", **SALES)
    with pytest.raises(redshift.exceptions.SnapshotCopyDisabledFault):
        redshift.modify_snapshot_copy_retention_period(RetentionPeriod=2, **SALES)
    enabled = redshift.enable_snapshot_copy(DestinationRegion=DR, ManualSnapshotRetentionPeriod=7, **SALES)["Cluster"]
    status = {"DestinationRegion": DR, "RetentionPeriod": 7, "ManualSnapshotRetentionPeriod": 7}
    assert enabled["ClusterSnapshotCopyStatus"] == status
    with pytest.raises(redshift.exceptions.SnapshotCopyAlreadyEnabledFault):
        redshift.enable_snapshot_copy(DestinationRegion="us-east-1", **SALES)
    made = snap(redshift, "cw-one")
    [copy] = there.describe_cluster_snapshots()["Snapshots"]
    assert (copy["SnapshotIdentifier"], copy["SourceRegion"]) == ("cw-one", "eu-west-1")
    assert (copy["ManualSnapshotRetentionPeriod"], copy["SnapshotCreateTime"]) == (7, made["SnapshotCreateTime"])
    changed = redshift.modify_snapshot_copy_retention_period(RetentionPeriod=30, Manual=True, **SALES)["Cluster"]
    assert changed["ClusterSnapshotCopyStatus"]["ManualSnapshotRetentionPeriod"] == 30
    assert "ClusterSnapshotCopyStatus" not in redshift.disable_snapshot_copy(**SALES)["Cluster"]
    with pytest.raises(redshift.exceptions.SnapshotCopyAlreadyDisabledFault):
        redshift.disable_snapshot_copy(**SALES)


def test_encrypted_clusters_need_a_grant_where_copies_go(cloud, redshift):
    there, grant = cloud.client("redshift", DR), {"SnapshotCopyGrantName": "copies"}
    key = cloud.client("kms", DR).create_key()["KeyMetadata"]["Arn"]
    vault = {"ClusterIdentifier": "vault", "NodeType": "ra3.xlplus", "MasterUsername": "boss"}
    redshift.create_cluster(Encrypted=True, **vault)
    enable = {"ClusterIdentifier": "vault", "DestinationRegion": DR}
    with pytest.raises(redshift.exceptions.SnapshotCopyGrantNotFoundFault):
        redshift.enable_snapshot_copy(**enable, **grant)
    made = there.create_snapshot_copy_grant(KmsKeyId=key, Tags=[{"Key": "a", "Value": "b"}], **grant)["SnapshotCopyGrant"]
    assert there.describe_snapshot_copy_grants(**grant)["SnapshotCopyGrants"] == [made]
    with pytest.raises(redshift.exceptions.SnapshotCopyGrantAlreadyExistsFault):
        there.create_snapshot_copy_grant(**grant)
    redshift.enable_snapshot_copy(**enable, **grant)
    with pytest.raises(redshift.exceptions.InvalidSnapshotCopyGrantStateFault):
        there.delete_snapshot_copy_grant(**grant)
    redshift.disable_snapshot_copy(ClusterIdentifier="vault")
    there.delete_snapshot_copy_grant(**grant)
    assert there.describe_snapshot_copy_grants()["SnapshotCopyGrants"] == []


def test_clusters_and_tables_are_restored(redshift):
    arn = snap(redshift, "cw-one")["SnapshotArn"]
    restored = redshift.restore_from_cluster_snapshot(ClusterIdentifier="again", SnapshotArn=arn)["Cluster"]
    assert (restored["NodeType"], restored["RestoreStatus"]["Status"]) == ("ra3.xlplus", "restoring")
    again = redshift.describe_clusters(ClusterIdentifier="again")["Clusters"][0]
    assert (again["ClusterStatus"], again["RestoreStatus"]["Status"]) == ("available", "completed")
    table = {"SnapshotIdentifier": "cw-one", "SourceDatabaseName": "dev", "SourceTableName": "orders"}
    begun = redshift.restore_table_from_cluster_snapshot(NewTableName="more", **table, **SALES)["TableRestoreStatus"]
    which = {"TableRestoreRequestId": begun["TableRestoreRequestId"]}
    [done] = redshift.describe_table_restore_status(**which)["TableRestoreStatusDetails"]
    assert (done["Status"], done["NewTableName"]) == ("SUCCEEDED", "more")
    with pytest.raises(redshift.exceptions.InvalidTableRestoreArgumentFault):
        redshift.restore_table_from_cluster_snapshot(NewTableName="orders", **table, **SALES)
    with pytest.raises(redshift.exceptions.TableRestoreNotFoundFault):
        redshift.describe_table_restore_status(TableRestoreRequestId="none")


def test_tags_are_put_on_everything_that_has_an_arn(redshift):
    arn = snap(redshift, "cw-one")["SnapshotArn"]
    redshift.create_tags(ResourceName=arn, Tags=[{"Key": "hold", "Value": "x"}, {"Key": "chain", "Value": "ours"}])
    redshift.delete_tags(ResourceName=arn, TagKeys=["hold"])
    [tag] = redshift.describe_tags(ResourceType="snapshot")["TaggedResources"]
    assert tag == {"Tag": {"Key": "chain", "Value": "ours"}, "ResourceName": arn, "ResourceType": "snapshot"}
    with pytest.raises(redshift.exceptions.TagLimitExceededFault):
        redshift.create_tags(ResourceName=arn, Tags=[{"Key": str(number), "Value": ""} for number in range(51)])
    with pytest.raises(redshift.exceptions.InvalidTagFault):
        redshift.create_tags(ResourceName=arn, Tags=[{"Key": "aws:x", "Value": ""}])
    with pytest.raises(redshift.exceptions.ResourceNotFoundFault):
        redshift.describe_tags(ResourceName=arn + "-2")


def test_events_are_kept_and_go_to_whoever_subscribed(cloud, redshift):
    raised, subscription = redshift.exceptions, {"SubscriptionName": "all", "SnsTopicArn": TOPIC}
    with pytest.raises(raised.SNSTopicArnNotFoundFault):
        redshift.create_event_subscription(**subscription)
    queue = cloud.client("sqs").create_queue(QueueName="warehouse")["QueueUrl"]
    wrong = [
        (raised.SNSInvalidTopicFault, {"SnsTopicArn": "warehouse"}),
        (raised.SubscriptionCategoryNotFoundFault, {"EventCategories": ["weather"]}),
        (raised.SubscriptionSeverityNotFoundFault, {"Severity": "MILD"}),
    ]
    for error, with_it in wrong:
        with pytest.raises(error):
            redshift.create_event_subscription(**(subscription | with_it))
    asked = {"SourceType": "cluster-snapshot", "SourceIds": ["cw-one"], "EventCategories": ["management"]}
    made = redshift.create_event_subscription(Severity="INFO", **asked, **subscription)["EventSubscription"]
    assert redshift.describe_event_subscriptions()["EventSubscriptionsList"] == [made]
    with pytest.raises(raised.SubscriptionAlreadyExistFault):
        redshift.create_event_subscription(**subscription)
    snap(redshift, "cw-one")
    messages = cloud.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    notified = [json.loads(json.loads(message["Body"])["Message"]) for message in messages]
    assert [each["About this Event"].rsplit("-", 1)[-1] for each in notified] == ["2009", "3004"]
    events = redshift.describe_events(SourceType="cluster-snapshot", StartTime=START)["Events"]
    assert [each["EventId"] for each in events] == ["REDSHIFT-EVENT-2009", "REDSHIFT-EVENT-3004"]
    redshift.delete_event_subscription(SubscriptionName="all")
    with pytest.raises(raised.SubscriptionNotFoundFault):
        redshift.describe_event_subscriptions(SubscriptionName="all")
    for number in range(20):
        redshift.create_event_subscription(SubscriptionName=f"s-{number}", SnsTopicArn=TOPIC)
    with pytest.raises(raised.EventSubscriptionQuotaExceededFault):
        redshift.create_event_subscription(**subscription)


def test_there_is_room_for_so_many_snapshots_and_they_come_in_pages(cloud, redshift):
    for number in range(700):
        snap(redshift, f"cw-{number:03}")
    with pytest.raises(redshift.exceptions.ClusterSnapshotQuotaExceededFault):
        snap(redshift, "cw-700")
    pages = redshift.get_paginator("describe_cluster_snapshots").paginate(PaginationConfig={"PageSize": 100})
    assert [len(page["Snapshots"]) for page in pages] == [100] * 7
    cloud.control("POST", "pace", {"redshift": {"change": "1h"}})
    redshift.modify_cluster(NumberOfNodes=3, **SALES)
    with pytest.raises(redshift.exceptions.InvalidClusterStateFault) as refused:
        redshift.delete_cluster(SkipFinalClusterSnapshot=True, **SALES)
    assert code(refused) == "InvalidClusterState"
