"""Queues as boto3 uses them."""

import hashlib
import json

import pytest
from conftest import REGION, ACCOUNT


@pytest.fixture
def sqs(cloud):
    return cloud.client("sqs")


def make(sqs, name="jobs", **attributes):
    return sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]


def arn(name):
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


def test_a_queue_is_made_found_described_changed_and_deleted(cloud, sqs):
    url = make(sqs, VisibilityTimeout="45")
    assert url == f"{cloud.endpoint}/{ACCOUNT}/jobs"
    assert sqs.get_queue_url(QueueName="jobs")["QueueUrl"] == url
    assert sqs.list_queues()["QueueUrls"] == [url]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "5"})
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (attributes["VisibilityTimeout"], attributes["DelaySeconds"]) == ("45", "5")
    sqs.tag_queue(QueueUrl=url, Tags={"team": "data"})
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"team": "data"}
    sqs.untag_queue(QueueUrl=url, TagKeys=["team"])
    assert not sqs.list_queue_tags(QueueUrl=url).get("Tags")
    sqs.delete_queue(QueueUrl=url)
    assert not sqs.list_queues().get("QueueUrls")
    with pytest.raises(sqs.exceptions.QueueDeletedRecently):
        make(sqs)


def test_a_message_is_sent_received_hidden_and_deleted(sqs):
    url = make(sqs)
    attributes = {
        "code": {"DataType": "String", "StringValue": "CW0101"},
        "blob": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    sent = sqs.send_message(QueueUrl=url, MessageBody="hello", MessageAttributes=attributes)
    assert sent["MD5OfMessageBody"] == hashlib.md5(b"hello").hexdigest()
    names = {"MessageAttributeNames": ["All"], "MessageSystemAttributeNames": ["All"]}
    [message] = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1, **names)["Messages"]
    assert message["MessageAttributes"] == attributes
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert "Messages" not in sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)


def test_batches_tell_of_each_entry(sqs):
    url = make(sqs)
    entries = [{"Id": str(n), "MessageBody": f"m{n}"} for n in range(3)]
    assert len(sqs.send_message_batch(QueueUrl=url, Entries=entries)["Successful"]) == 3
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    handles = [{"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]} for n, message in enumerate(messages)]
    changes = [handle | {"VisibilityTimeout": 60} for handle in handles]
    assert len(sqs.change_message_visibility_batch(QueueUrl=url, Entries=changes)["Successful"]) == 3
    bad = {"Id": "bad", "ReceiptHandle": "nonsense"}
    deleted = sqs.delete_message_batch(QueueUrl=url, Entries=[*handles, bad])
    assert len(deleted["Successful"]) == 3
    [failed] = deleted["Failed"]
    assert (failed["Id"], failed["Code"], failed["SenderFault"]) == ("bad", "ReceiptHandleIsInvalid", True)


def test_dead_letters_move_back(cloud, sqs):
    dead = make(sqs, "jobs-dlq")
    policy = json.dumps({"deadLetterTargetArn": arn("jobs-dlq"), "maxReceiveCount": 1})
    url = make(sqs, RedrivePolicy=policy, VisibilityTimeout="0")
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [url]
    sqs.send_message(QueueUrl=url, MessageBody="m")
    sqs.receive_message(QueueUrl=url)
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    task = sqs.start_message_move_task(SourceArn=arn("jobs-dlq"), MaxNumberOfMessagesPerSecond=1)["TaskHandle"]
    [running] = sqs.list_message_move_tasks(SourceArn=arn("jobs-dlq"))["Results"]
    assert (running["Status"], running["TaskHandle"]) == ("RUNNING", task)
    cloud.advance("10s")
    [done] = sqs.list_message_move_tasks(SourceArn=arn("jobs-dlq"))["Results"]
    assert (done["Status"], done["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 1)
    sqs.send_message(QueueUrl=dead, MessageBody="another")
    task = sqs.start_message_move_task(SourceArn=arn("jobs-dlq"))["TaskHandle"]
    assert sqs.cancel_message_move_task(TaskHandle=task)["ApproximateNumberOfMessagesMoved"] == 0
    with pytest.raises(sqs.exceptions.ResourceNotFoundException):
        sqs.cancel_message_move_task(TaskHandle=task)


def test_a_long_poll_waits_for_its_message_in_virtual_time(cloud, sqs):
    url = make(sqs)
    sqs.send_message(QueueUrl=url, MessageBody="late", DelaySeconds=1)
    [message] = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    assert message["Body"] == "late"


def test_what_is_refused_arrives_by_its_name(sqs):
    url = make(sqs)
    raises = pytest.raises
    with raises(sqs.exceptions.QueueDoesNotExist) as refused:
        sqs.get_queue_url(QueueName="nowhere")
    assert refused.value.response["Error"]["Code"] == "AWS.SimpleQueueService.NonExistentQueue"
    with raises(sqs.exceptions.QueueNameExists):
        make(sqs, VisibilityTimeout="31")
    with raises(sqs.exceptions.UnsupportedOperation):
        make(sqs, "jobs.fifo")
    with raises(sqs.exceptions.InvalidAttributeName):
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Colour": "red"})
    with raises(sqs.exceptions.InvalidAttributeValue):
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "-1"})
    with raises(sqs.exceptions.InvalidMessageContents):
        sqs.send_message(QueueUrl=url, MessageBody="\x01")
    with raises(sqs.exceptions.EmptyBatchRequest):
        sqs.send_message_batch(QueueUrl=url, Entries=[])
    entry = {"Id": "a", "MessageBody": "m"}
    with raises(sqs.exceptions.BatchEntryIdsNotDistinct):
        sqs.send_message_batch(QueueUrl=url, Entries=[entry, entry])
    with raises(sqs.exceptions.TooManyEntriesInBatchRequest):
        sqs.send_message_batch(QueueUrl=url, Entries=[entry | {"Id": str(n)} for n in range(11)])
    with raises(sqs.exceptions.InvalidBatchEntryId):
        sqs.send_message_batch(QueueUrl=url, Entries=[entry | {"Id": "a b"}])
    half = [{"Id": str(n), "MessageBody": "x" * 600_000} for n in range(2)]
    with raises(sqs.exceptions.BatchRequestTooLong):
        sqs.send_message_batch(QueueUrl=url, Entries=half)
    with raises(sqs.exceptions.ReceiptHandleIsInvalid):
        sqs.delete_message(QueueUrl=url, ReceiptHandle="nonsense")
    sqs.send_message(QueueUrl=url, MessageBody="m")
    [message] = sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)["Messages"]
    with raises(sqs.exceptions.MessageNotInflight):
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=9)
    sqs.purge_queue(QueueUrl=url)
    with raises(sqs.exceptions.PurgeQueueInProgress):
        sqs.purge_queue(QueueUrl=url)


def test_throttling_arrives_by_its_name(cloud, sqs):
    rule = {"service": "sqs", "operation": "SendMessage"}
    throttle = {"fault": {"call": {"on": rule, "fault": "throttle"}}, "when": {"limit": 1}}
    url = make(sqs)
    cloud.control("POST", "faults", [throttle])
    with pytest.raises(sqs.exceptions.RequestThrottled):
        sqs.send_message(QueueUrl=url, MessageBody="m")
    [rule] = cloud.control("GET", "faults")
    assert rule["fired"] == 1
