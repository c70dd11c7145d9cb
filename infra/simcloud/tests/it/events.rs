//! EventBridge: from a bus through rules into queues.

use std::time::Duration;

use serde_json::{Value, json};
use simcloud::faults::{EventFault, FaultRule};
use simcloud::{EventCounts, Pace, Settings, SimCloud};
use tokio::time::{Instant, sleep};

use crate::support::{ACCOUNT, REGION, Refusal, answer, arn, bodies, call, cloud, queue, request, send, sqs, take};

pub(crate) async fn events(cloud: &SimCloud, operation: &str, input: Value) -> Result<Value, Refusal> {
    call(cloud, "events", operation, input).await
}

/// A rule of this name with these members, leading to the queue of the same name. Returns the queue's URL.
async fn rule_to_queue(cloud: &SimCloud, name: &str, pattern: Value, target: Value) -> String {
    let url = queue(cloud, name, json!({})).await;
    events(cloud, "PutRule", json!({"Name": name, "EventPattern": pattern.to_string()})).await.unwrap();
    let mut target = target;
    target["Id"] = json!("queue");
    target["Arn"] = json!(arn(name));
    let put = events(cloud, "PutTargets", json!({"Rule": name, "Targets": [target]})).await.unwrap();
    assert_eq!(put["FailedEntryCount"], 0);
    url
}

fn entry(detail_type: &str, detail: &Value) -> Value {
    json!({"Source": "shop", "DetailType": detail_type, "Detail": detail.to_string(), "Resources": ["arn:a"]})
}

async fn emit(cloud: &SimCloud, detail_type: &str, detail: Value) -> String {
    let output = events(cloud, "PutEvents", json!({"Entries": [entry(detail_type, &detail)]})).await.unwrap();
    output["Entries"][0]["EventId"].as_str().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn an_event_reaches_the_queue_in_its_full_envelope() {
    let cloud = SimCloud::new(Settings::default());
    let url = rule_to_queue(
        &cloud,
        "orders",
        json!({"source": ["shop"], "detail": {"n": [{"numeric": [">", 1]}]}}),
        json!({}),
    )
    .await;
    let start = Instant::now();
    emit(&cloud, "Order", json!({"n": 1})).await;
    let id = emit(&cloud, "Order", json!({"n": 2})).await;
    let received = take(&cloud, &url, 20).await;
    assert!(start.elapsed() >= Pace::default().event_delivery);
    let [body] = bodies(&received).try_into().unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    let expected = json!({
        "version": "0", "id": id, "detail-type": "Order", "source": "shop", "account": ACCOUNT,
        "time": "2026-01-05T00:00:00Z", "region": REGION, "resources": ["arn:a"], "detail": {"n": 2},
    });
    assert_eq!(body, expected);
}

#[tokio::test(start_paused = true)]
async fn entries_fail_alone() {
    let cloud = cloud();
    let entries = json!([
        entry("Order", &json!({})),
        {"Source": "aws.backup", "DetailType": "d", "Detail": "{}"},
        {"Source": "shop", "DetailType": "d", "Detail": "[]"},
        {"Source": "shop", "DetailType": "d"},
        {"Source": "shop", "DetailType": "d", "Detail": "{}", "EventBusName": "none"},
    ]);
    let output = events(&cloud, "PutEvents", json!({"Entries": entries})).await.unwrap();
    assert_eq!(output["FailedEntryCount"], 4);
    let codes: Vec<_> = output["Entries"].as_array().unwrap().iter().map(|entry| entry["ErrorCode"].as_str()).collect();
    let expected = [
        None,
        Some("NotAuthorizedForSourceException"),
        Some("MalformedDetail"),
        Some("InvalidArgument"),
        Some("ResourceNotFoundException"),
    ];
    assert_eq!(codes, expected);
}

#[tokio::test(start_paused = true)]
async fn a_disabled_rule_and_a_removed_target_get_nothing() {
    let cloud = cloud();
    let url = rule_to_queue(&cloud, "orders", json!({"source": ["shop"]}), json!({})).await;
    events(&cloud, "DisableRule", json!({"Name": "orders"})).await.unwrap();
    emit(&cloud, "Order", json!({"n": 1})).await;
    events(&cloud, "EnableRule", json!({"Name": "orders"})).await.unwrap();
    emit(&cloud, "Order", json!({"n": 2})).await;
    let refused = events(&cloud, "DeleteRule", json!({"Name": "orders"})).await.unwrap_err();
    assert_eq!(refused.code, "ValidationException");
    let removed = events(&cloud, "RemoveTargets", json!({"Rule": "orders", "Ids": ["queue", "other"]})).await.unwrap();
    assert_eq!(removed["FailedEntryCount"], 1);
    emit(&cloud, "Order", json!({"n": 3})).await;
    events(&cloud, "DeleteRule", json!({"Name": "orders"})).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    let received = take(&cloud, &url, 0).await;
    let numbers: Vec<Value> =
        bodies(&received).iter().map(|b| serde_json::from_str::<Value>(b).unwrap()["detail"]["n"].clone()).collect();
    assert_eq!(numbers, [2]);
}

#[tokio::test(start_paused = true)]
async fn a_target_receives_the_part_or_the_text_that_it_asks_for() {
    let cloud = cloud();
    let pattern = json!({"source": ["shop"]});
    let constant = rule_to_queue(&cloud, "constant", pattern.clone(), json!({"Input": "{\"kind\":\"tick\"}"})).await;
    let part = rule_to_queue(&cloud, "part", pattern.clone(), json!({"InputPath": "$.detail"})).await;
    let transformer = json!({"InputPathsMap": {"n": "$.detail.n"}, "InputTemplate": "{\"number\": <n>}"});
    let made = rule_to_queue(&cloud, "made", pattern, json!({"InputTransformer": transformer})).await;
    emit(&cloud, "Order", json!({"n": 7})).await;
    for (url, body) in [(constant, "{\"kind\":\"tick\"}"), (part, "{\"n\":7}"), (made, "{\"number\": 7}")] {
        assert_eq!(bodies(&take(&cloud, &url, 20).await), [body]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_target_that_is_gone_goes_to_its_dead_letters() {
    let cloud = cloud();
    let dead = queue(&cloud, "dead", json!({})).await;
    let config = json!({"DeadLetterConfig": {"Arn": arn("dead")}, "RetryPolicy": {"MaximumRetryAttempts": 3}});
    let url = rule_to_queue(&cloud, "orders", json!({"source": ["shop"]}), config).await;
    sqs(&cloud, "DeleteQueue", json!({"QueueUrl": url})).await.unwrap();
    emit(&cloud, "Order", json!({})).await;
    let [message] = take(&cloud, &dead, 20).await.try_into().unwrap();
    assert_eq!(message["MessageAttributes"]["TARGET_ARN"]["StringValue"], arn("orders"));
    let expected = EventCounts { put: 1, delivered: 0, dead_lettered: 1, lost: 0 };
    assert_eq!(cloud.inspect().events(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_bus_in_another_region_passes_events_on_once() {
    let cloud = cloud();
    let url = queue(&cloud, "hub", json!({})).await;
    let pattern = json!({"source": ["shop"]}).to_string();
    events(&cloud, "CreateEventBus", json!({"Name": "hub"})).await.unwrap();
    events(&cloud, "PutRule", json!({"Name": "all", "EventBusName": "hub", "EventPattern": pattern})).await.unwrap();
    let to_queue = json!([{"Id": "queue", "Arn": arn("hub")}]);
    events(&cloud, "PutTargets", json!({"Rule": "all", "EventBusName": "hub", "Targets": to_queue})).await.unwrap();
    let hub = format!("arn:aws:events:{REGION}:{ACCOUNT}:event-bus/hub");
    let member = "444455556666";
    let in_member = async |operation: &str, input: Value| {
        let response =
            send(&cloud, "test", request(member, "eu-central-1", "events", operation, &input)).await.unwrap();
        answer(&response).unwrap()
    };
    in_member("PutRule", json!({"Name": "forward", "EventPattern": pattern})).await;
    in_member("PutTargets", json!({"Rule": "forward", "Targets": [{"Id": "hub", "Arn": hub}]})).await;
    in_member("PutEvents", json!({"Entries": [entry("Order", &json!({}))]})).await;
    let [body] = bodies(&take(&cloud, &url, 20).await).try_into().map(|[body]: [&str; 1]| [body.to_owned()]).unwrap();
    let event: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((&event["account"], &event["region"]), (&json!(member), &json!("eu-central-1")));
}

#[tokio::test(start_paused = true)]
async fn events_are_dropped_doubled_and_delayed_by_the_fault_plan() {
    let cloud = cloud();
    let url = rule_to_queue(&cloud, "orders", json!({"source": ["shop"]}), json!({"InputPath": "$.detail-type"})).await;
    let plan = cloud.faults();
    let dropped = plan.add(FaultRule::event(Some("Lost"), EventFault::Drop));
    let doubled = plan.add(FaultRule::event(Some("Twice"), EventFault::Duplicate));
    let delayed = plan.add(FaultRule::event(Some("Late"), EventFault::Delay(Duration::from_secs(60))));
    for detail_type in ["Late", "Lost", "Twice", "Plain"] {
        emit(&cloud, detail_type, json!({})).await;
    }
    sleep(Duration::from_secs(61)).await;
    let received = take(&cloud, &url, 0).await;
    assert_eq!(bodies(&received), ["\"Twice\"", "\"Twice\"", "\"Plain\"", "\"Late\""]);
    assert_eq!([dropped, doubled, delayed].map(|rule| plan.fired(rule)), [1, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn rules_are_described_and_listed() {
    let cloud = cloud();
    rule_to_queue(&cloud, "orders", json!({"source": ["shop"]}), json!({})).await;
    let rule = events(&cloud, "DescribeRule", json!({"Name": "orders"})).await.unwrap();
    assert_eq!(rule["Arn"], format!("arn:aws:events:{REGION}:{ACCOUNT}:rule/orders"));
    assert_eq!(rule["State"], "ENABLED");
    assert_eq!(rule["EventPattern"], "{\"source\":[\"shop\"]}");
    let listed = events(&cloud, "ListRules", json!({"NamePrefix": "ord"})).await.unwrap();
    assert_eq!(listed["Rules"], json!([rule]));
    let names = events(&cloud, "ListRuleNamesByTarget", json!({"TargetArn": arn("orders")})).await.unwrap();
    assert_eq!(names["RuleNames"], json!(["orders"]));
    let targets = events(&cloud, "ListTargetsByRule", json!({"Rule": "orders"})).await.unwrap();
    assert_eq!(targets["Targets"], json!([{"Id": "queue", "Arn": arn("orders")}]));
    let missing = events(&cloud, "DescribeRule", json!({"Name": "none"})).await.unwrap_err();
    assert_eq!(missing.code, "ResourceNotFoundException");
    let buses = events(&cloud, "ListEventBuses", json!({})).await.unwrap();
    assert_eq!(buses["EventBuses"][0]["Name"], "default");
}

#[tokio::test(start_paused = true)]
async fn a_pattern_can_be_tried() {
    let cloud = cloud();
    let event = json!({
        "version": "0", "id": "1", "account": ACCOUNT, "source": "shop", "time": "2026-01-05T00:00:00Z",
        "region": REGION, "resources": [], "detail-type": "Order", "detail": {},
    });
    let test = |pattern: &str| json!({"EventPattern": pattern, "Event": event.to_string()});
    let output = events(&cloud, "TestEventPattern", test("{\"source\": [{\"prefix\": \"sh\"}]}")).await.unwrap();
    assert_eq!(output, json!({"Result": true}));
    let output = events(&cloud, "TestEventPattern", test("{\"source\": [\"other\"]}")).await.unwrap();
    assert_eq!(output, json!({"Result": false}));
    let refused = events(&cloud, "TestEventPattern", test("{\"source\": \"shop\"}")).await.unwrap_err();
    assert_eq!(refused.code, "InvalidEventPatternException");
}
