"""Tables, items, transactions, and what of a table's configuration a backup captures."""

import pytest
from conftest import ACCOUNT, REGION

STREAM = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/changes"
ARN = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/orders"


def create(dynamodb, name="orders"):
    dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk", "due")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "due",
                "KeySchema": [{"AttributeName": "due", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
        Tags=[{"Key": "backup", "Value": "gold"}],
    )


@pytest.fixture
def dynamodb(cloud):
    client = cloud.client("dynamodb")
    create(client)
    return client


def key(pk="a", sk="1"):
    return {"pk": {"S": pk}, "sk": {"S": sk}}


ITEM = key() | {
    "due": {"S": "d"},
    "n": {"N": "1.5"},
    "b": {"B": b"\x00\xff"},
    "l": {"L": [{"BOOL": True}, {"NULL": True}]},
    "m": {"M": {"x": {"SS": ["a", "b"]}, "y": {"NS": ["1", "2"]}, "z": {"BS": [b"q"]}}},
}


def test_items_are_written_read_and_found(dynamodb):
    dynamodb.put_item(TableName="orders", Item=ITEM, ReturnConsumedCapacity="INDEXES")
    assert dynamodb.get_item(TableName="orders", Key=key(), ConsistentRead=True)["Item"] == ITEM
    updated = dynamodb.update_item(
        TableName="orders",
        Key=key(),
        UpdateExpression="SET n = n + :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
        ReturnValues="UPDATED_NEW",
    )
    assert updated["Attributes"] == {"n": {"N": "2.5"}}
    values = {":due": {"S": "d"}}
    found = dynamodb.query(
        TableName="orders", IndexName="due", KeyConditionExpression="due = :due", ExpressionAttributeValues=values
    )
    assert (found["Count"], found["Items"][0]["n"]) == (1, {"N": "2.5"})
    batch = {"orders": [{"PutRequest": {"Item": key(sk=str(n))}} for n in range(2, 9)]}
    assert dynamodb.batch_write_item(RequestItems=batch)["UnprocessedItems"] == {}
    got = dynamodb.batch_get_item(RequestItems={"orders": {"Keys": [key(sk="2"), key(sk="3")]}})
    assert len(got["Responses"]["orders"]) == 2
    pages = dynamodb.get_paginator("scan").paginate(TableName="orders", PaginationConfig={"PageSize": 3})
    assert sum(page["Count"] for page in pages) == 8
    deleted = dynamodb.delete_item(TableName="orders", Key=key(), ReturnValues="ALL_OLD")
    assert deleted["Attributes"]["b"] == {"B": b"\x00\xff"}
    assert "Item" not in dynamodb.get_item(TableName="orders", Key=key())


def test_transactions_and_conditions(dynamodb):
    put = {"Put": {"TableName": "orders", "Item": ITEM, "ConditionExpression": "attribute_not_exists(pk)"}}
    dynamodb.transact_write_items(TransactItems=[put], ClientRequestToken="once")
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as cancelled:
        dynamodb.transact_write_items(TransactItems=[put], ClientRequestToken="twice")
    assert cancelled.value.response["CancellationReasons"][0]["Code"] == "ConditionalCheckFailed"
    with pytest.raises(dynamodb.exceptions.IdempotentParameterMismatchException):
        other = {"Delete": {"TableName": "orders", "Key": key()}}
        dynamodb.transact_write_items(TransactItems=[other], ClientRequestToken="once")
    got = dynamodb.transact_get_items(TransactItems=[{"Get": {"TableName": "orders", "Key": key()}}])
    assert got["Responses"] == [{"Item": ITEM}]
    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException) as refused:
        dynamodb.put_item(
            TableName="orders",
            Item=ITEM,
            ConditionExpression="attribute_not_exists(pk)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    assert refused.value.response["Item"] == ITEM


def test_a_table_s_configuration_is_set_and_described(cloud, dynamodb):
    table = dynamodb.describe_table(TableName="orders")["Table"]
    assert (table["TableStatus"], table["TableArn"]) == ("ACTIVE", ARN)
    assert dynamodb.list_tables()["TableNames"] == ["orders"]
    dynamodb.update_table(TableName="orders", DeletionProtectionEnabled=True)
    with pytest.raises(dynamodb.exceptions.ClientError) as refused:
        dynamodb.delete_table(TableName="orders")
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    dynamodb.update_table(TableName="orders", DeletionProtectionEnabled=False)
    ttl = {"AttributeName": "ttl", "Enabled": True}
    assert dynamodb.update_time_to_live(TableName="orders", TimeToLiveSpecification=ttl)["TimeToLiveSpecification"] == ttl
    status = dynamodb.describe_time_to_live(TableName="orders")["TimeToLiveDescription"]
    assert status == {"AttributeName": "ttl", "TimeToLiveStatus": "ENABLED"}
    pitr = {"PointInTimeRecoveryEnabled": True}
    dynamodb.update_continuous_backups(TableName="orders", PointInTimeRecoverySpecification=pitr)
    backups = dynamodb.describe_continuous_backups(TableName="orders")["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    with pytest.raises(dynamodb.exceptions.PolicyNotFoundException):
        dynamodb.get_resource_policy(ResourceArn=ARN)
    dynamodb.put_resource_policy(ResourceArn=ARN, Policy='{"Version":"2012-10-17","Statement":[]}')
    assert "2012-10-17" in dynamodb.get_resource_policy(ResourceArn=ARN)["Policy"]
    dynamodb.delete_resource_policy(ResourceArn=ARN)
    dynamodb.enable_kinesis_streaming_destination(TableName="orders", StreamArn=STREAM)
    destinations = dynamodb.describe_kinesis_streaming_destination(TableName="orders")
    assert destinations["KinesisDataStreamDestinations"][0]["StreamArn"] == STREAM
    dynamodb.update_contributor_insights(TableName="orders", ContributorInsightsAction="ENABLE")
    insights = dynamodb.describe_contributor_insights(TableName="orders")
    assert insights["ContributorInsightsStatus"] in ("ENABLING", "ENABLED")
    dynamodb.tag_resource(ResourceArn=ARN, Tags=[{"Key": "team", "Value": "data"}])
    dynamodb.untag_resource(ResourceArn=ARN, TagKeys=["backup"])
    assert dynamodb.list_tags_of_resource(ResourceArn=ARN)["Tags"] == [{"Key": "team", "Value": "data"}]
    assert dynamodb.describe_endpoints()["Endpoints"]
    dynamodb.delete_table(TableName="orders")
    with pytest.raises(dynamodb.exceptions.ResourceNotFoundException):
        dynamodb.describe_table(TableName="orders")


def test_what_is_refused_arrives_by_its_name(cloud, dynamodb):
    with pytest.raises(dynamodb.exceptions.ResourceInUseException):
        create(dynamodb)
    with pytest.raises(dynamodb.exceptions.TableNotFoundException):
        dynamodb.describe_continuous_backups(TableName="nowhere")
