"""Buses, rules, targets and events."""

import json

import pytest
from conftest import ACCOUNT, REGION

QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:events"


@pytest.fixture
def events(cloud):
    return cloud.client("events")


def received(cloud, url):
    answer = cloud.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


def test_an_event_passes_a_rule_of_a_bus_into_a_queue(cloud, events):
    url = cloud.client("sqs").create_queue(QueueName="events")["QueueUrl"]
    events.create_event_bus(Name="ours")
    pattern = json.dumps({"source": ["chainwright"], "detail": {"side": [{"prefix": "copy:"}]}})
    events.put_rule(Name="copies", EventBusName="ours", EventPattern=pattern)
    target = {"Id": "queue", "Arn": QUEUE}
    assert events.put_targets(Rule="copies", EventBusName="ours", Targets=[target])["FailedEntryCount"] == 0
    entry = {"Source": "chainwright", "DetailType": "Copy Available", "EventBusName": "ours"}
    put = events.put_events(
        Entries=[entry | {"Detail": json.dumps({"side": side})} for side in ("regular", "copy:eu-central-1")]
        + [entry | {"Detail": "no object"}]
    )
    assert put["FailedEntryCount"] == 1
    assert put["Entries"][2]["ErrorCode"] == "MalformedDetail"
    [event] = received(cloud, url)
    assert event["detail"] == {"side": "copy:eu-central-1"}
    assert event["id"] == put["Entries"][1]["EventId"]
    events.disable_rule(Name="copies", EventBusName="ours")
    assert events.describe_rule(Name="copies", EventBusName="ours")["State"] == "DISABLED"
    events.enable_rule(Name="copies", EventBusName="ours")
    assert events.list_rule_names_by_target(TargetArn=QUEUE, EventBusName="ours")["RuleNames"] == ["copies"]
    [listed] = events.list_targets_by_rule(Rule="copies", EventBusName="ours")["Targets"]
    assert listed == target
    events.remove_targets(Rule="copies", EventBusName="ours", Ids=["queue"])
    events.delete_rule(Name="copies", EventBusName="ours")
    assert events.list_rules(EventBusName="ours")["Rules"] == []
    assert events.describe_event_bus(Name="ours")["Name"] == "ours"
    events.delete_event_bus(Name="ours")
    assert [bus["Name"] for bus in events.list_event_buses()["EventBuses"]] == ["default"]


def test_a_schedule_fires_while_time_runs_ahead(cloud, events):
    url = cloud.client("sqs").create_queue(QueueName="events")["QueueUrl"]
    events.put_rule(Name="tick", ScheduleExpression="rate(1 hour)")
    events.put_targets(Rule="tick", Targets=[{"Id": "queue", "Arn": QUEUE, "Input": '{"kind":"tick"}'}])
    cloud.advance("3h")
    assert received(cloud, url) == [{"kind": "tick"}] * 3
    [rule] = events.list_rules()["Rules"]
    assert rule["ScheduleExpression"] == "rate(1 hour)"


def test_a_pattern_is_tried_without_a_rule(events):
    event = {"id": "1", "source": "a", "detail-type": "b", "account": ACCOUNT, "time": "2026-01-05T00:00:00Z"}
    event = json.dumps(event | {"region": REGION, "resources": [], "detail": {"n": 5}})
    pattern = json.dumps({"detail": {"n": [{"numeric": [">", 4]}]}})
    assert events.test_event_pattern(EventPattern=pattern, Event=event)["Result"] is True


def test_what_is_refused_arrives_by_its_name(events):
    with pytest.raises(events.exceptions.ResourceNotFoundException):
        events.describe_rule(Name="nobody")
    with pytest.raises(events.exceptions.InvalidEventPatternException):
        events.put_rule(Name="r", EventPattern='{"source": "no list"}')
    events.create_event_bus(Name="ours")
    with pytest.raises(events.exceptions.ResourceAlreadyExistsException):
        events.create_event_bus(Name="ours")
    events.put_rule(Name="r", ScheduleExpression="rate(1 day)")
    with pytest.raises(events.exceptions.LimitExceededException):
        events.put_targets(Rule="r", Targets=[{"Id": str(n), "Arn": QUEUE} for n in range(6)])
