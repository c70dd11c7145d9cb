//! The fault plan: every kind of fault, when it fires, and that it is counted.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use simcloud::faults::{CallFault, CallMatcher, FaultRule, GatePoint, QueueFault};
use simcloud::{ConnectionLost, Service, SimCloud};
use tokio::time::{Instant, sleep, timeout};

use crate::support::{ACCOUNT, REGION, answer, arn, bodies, cloud, put, queue, request, send, sqs, take};

fn sends() -> CallMatcher {
    CallMatcher::operation(Service::Sqs, "SendMessage")
}

/// Sends one message and returns the HTTP status, unless the connection breaks.
async fn try_put(cloud: &SimCloud, label: &str) -> Result<u16, ConnectionLost> {
    let input = json!({"QueueUrl": format!("http://x/{ACCOUNT}/jobs"), "MessageBody": "m"});
    let response = send(cloud, label, request(ACCOUNT, REGION, "sqs", "SendMessage", &input)).await?;
    Ok(response.status().as_u16())
}

fn queued(cloud: &SimCloud) -> usize {
    cloud.inspect().queue_messages(&arn("jobs")).len()
}

#[tokio::test(start_paused = true)]
async fn a_connection_lost_before_the_effect_has_none_and_after_it_has_one() {
    let cloud = cloud();
    queue(&cloud, "jobs", json!({})).await;
    let before = cloud.faults().add(FaultRule::call(sends(), CallFault::LoseBefore).nth(1));
    assert_eq!(try_put(&cloud, "w").await, Err(ConnectionLost));
    assert_eq!(queued(&cloud), 0);
    let after = cloud.faults().add(FaultRule::call(sends(), CallFault::LoseAfter).nth(1));
    assert_eq!(try_put(&cloud, "w").await, Err(ConnectionLost));
    assert_eq!(queued(&cloud), 1);
    assert_eq!((cloud.faults().fired(before), cloud.faults().fired(after)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn refusals_have_the_codes_of_the_service_and_no_effect() {
    let cloud = cloud();
    let url = queue(&cloud, "jobs", json!({})).await;
    let quota = CallFault::Error { code: "OverLimit".to_owned(), message: "too many".to_owned(), status: 403 };
    let cases = [
        (CallFault::Throttle, "RequestThrottled", 403),
        (CallFault::ServerError(500), "InternalFailure", 500),
        (CallFault::ServerError(503), "ServiceUnavailable", 503),
        (CallFault::ExpiredCredentials, "ExpiredToken", 403),
        (quota, "OverLimit", 403),
    ];
    for (fault, code, status) in cases {
        let rule = cloud.faults().add(FaultRule::call(sends(), fault));
        let refused = sqs(&cloud, "SendMessage", json!({"QueueUrl": url, "MessageBody": "m"})).await.unwrap_err();
        assert_eq!((refused.code.as_str(), refused.status), (code, status));
        cloud.faults().remove(rule);
        assert_eq!(cloud.faults().fired(rule), 1);
    }
    assert_eq!(queued(&cloud), 0);
}

#[tokio::test(start_paused = true)]
async fn a_black_hole_never_answers() {
    let cloud = cloud();
    queue(&cloud, "jobs", json!({})).await;
    cloud.faults().add(FaultRule::call(sends(), CallFault::BlackHole).times(1));
    assert!(timeout(Duration::from_secs(86_400), try_put(&cloud, "w")).await.is_err());
    assert_eq!((try_put(&cloud, "w").await, queued(&cloud)), (Ok(200), 1));
}

#[tokio::test(start_paused = true)]
async fn latencies_add_up_and_the_effect_lies_in_the_middle() {
    let cloud = cloud();
    queue(&cloud, "jobs", json!({})).await;
    for _ in 0..2 {
        cloud.faults().add(FaultRule::call(sends(), CallFault::Latency(Duration::from_secs(2))));
    }
    let start = Instant::now();
    assert_eq!(try_put(&cloud, "w").await, Ok(200));
    assert_eq!(start.elapsed(), Duration::from_secs(4));
    let sent = cloud.inspect().queue_messages(&arn("jobs"))[0].sent;
    assert_eq!(sent.to_string(), "2026-01-05T00:00:02Z");
}

#[tokio::test(start_paused = true)]
async fn a_rule_fires_when_it_says_and_at_whom_it_says() {
    let cloud = cloud();
    queue(&cloud, "jobs", json!({})).await;
    let at = |second: i64| Timestamp::from_second(cloud.now().as_second() + second).unwrap();
    let fault = CallFault::ServerError(500);
    let plan = cloud.faults();
    let second = plan.add(FaultRule::call(sends().from_label("w1"), fault.clone()).nth(2));
    let window = plan.add(FaultRule::call(sends().from_label("w2"), fault.clone()).between(at(10), at(20)));
    let elsewhere = plan.add(FaultRule::call(sends().in_region("us-east-1"), fault.clone()));
    let never = plan.add(FaultRule::call(sends(), fault).with_probability(0.0));
    let mut failed = Vec::new();
    for round in 0..4 {
        for label in ["w1", "w2"] {
            if try_put(&cloud, label).await == Ok(500) {
                failed.push((round, label));
            }
        }
        sleep(Duration::from_secs(7)).await;
    }
    assert_eq!(failed, [(1, "w1"), (2, "w2")]);
    assert_eq!([second, window, elsewhere, never].map(|rule| plan.fired(rule)), [1, 1, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn chances_come_from_the_seed() {
    let outcomes = async || {
        let cloud = cloud();
        queue(&cloud, "jobs", json!({})).await;
        cloud.faults().add(FaultRule::call(sends(), CallFault::ServerError(503)).with_probability(0.5));
        let mut outcomes = Vec::new();
        for _ in 0..32 {
            outcomes.push(try_put(&cloud, "w").await.unwrap());
        }
        outcomes
    };
    let first = outcomes().await;
    assert!(first.contains(&200) && first.contains(&503));
    assert_eq!(outcomes().await, first);
}

#[tokio::test(start_paused = true)]
async fn a_duplicated_message_is_delivered_twice_at_once() {
    let cloud = cloud();
    let url = queue(&cloud, "jobs", json!({})).await;
    put(&cloud, &url, "m").await;
    let rule = cloud.faults().add(FaultRule::queue(None, QueueFault::DuplicateDelivery).times(1));
    let (first, second) = (take(&cloud, &url, 0).await, take(&cloud, &url, 0).await);
    assert_eq!((first.len(), second.len()), (1, 1));
    assert_eq!(first[0]["MessageId"], second[0]["MessageId"]);
    assert_eq!(cloud.faults().fired(rule), 1);
}

#[tokio::test(start_paused = true)]
async fn a_late_message_is_overtaken() {
    let cloud = cloud();
    let url = queue(&cloud, "jobs", json!({})).await;
    let late = FaultRule::queue(Some("jobs"), QueueFault::Late(Duration::from_secs(3))).nth(1);
    let rule = cloud.faults().add(late);
    put(&cloud, &url, "first").await;
    put(&cloud, &url, "second").await;
    assert_eq!(bodies(&take(&cloud, &url, 20).await), ["second"]);
    assert_eq!(bodies(&take(&cloud, &url, 20).await), ["first"]);
    assert_eq!(cloud.faults().fired(rule), 1);
}

#[tokio::test(start_paused = true)]
async fn jitter_lies_below_its_limit_and_comes_from_the_seed() {
    let cloud = cloud();
    queue(&cloud, "jobs", json!({})).await;
    let most = Duration::from_secs(10);
    cloud.faults().add(FaultRule::call(sends(), CallFault::Jitter(most)));
    let mut times = Vec::new();
    for _ in 0..8 {
        let start = Instant::now();
        assert_eq!(try_put(&cloud, "w").await, Ok(200));
        times.push(start.elapsed());
    }
    assert!(times.iter().all(|time| *time <= most + Duration::from_millis(2)), "{times:?}");
    assert!(times.iter().any(|time| *time != times[0]), "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn a_rule_can_be_written_as_json() {
    let on = json!({"service": "sqs", "operation": "SendMessage"});
    let rule = |fault| json!({"fault": {"call": {"on": on, "fault": fault}}, "when": {"limit": 2}});
    let read = |json| serde_json::from_value::<FaultRule>(json).unwrap();
    assert_eq!(read(rule(json!("lose_before"))), FaultRule::call(sends(), CallFault::LoseBefore).times(2));
    let latency = CallFault::Latency(Duration::from_millis(2_500));
    assert_eq!(read(rule(json!({"latency": "2s 500ms"}))), FaultRule::call(sends(), latency).times(2));
    let late = json!({"fault": {"queue": {"fault": {"late": "3s"}}}});
    assert_eq!(read(late), FaultRule::queue(None, QueueFault::Late(Duration::from_secs(3))));
}

#[tokio::test(start_paused = true)]
async fn a_reset_leaves_nothing_but_the_time() {
    let cloud = cloud();
    let url = queue(&cloud, "jobs", json!({})).await;
    let rule = cloud.faults().add(FaultRule::call(sends(), CallFault::Throttle));
    sleep(Duration::from_secs(60)).await;
    let waiting = sqs(&cloud, "ReceiveMessage", json!({"QueueUrl": url, "WaitTimeSeconds": 20}));
    let resetting = async {
        sleep(Duration::from_secs(1)).await;
        cloud.reset();
    };
    let (received, ()) = tokio::join!(waiting, resetting);
    assert_eq!(received.unwrap_err().code, "QueueDoesNotExist");
    assert_eq!((cloud.inspect().queues(), cloud.stats().total), (Vec::new(), 0));
    assert_eq!((cloud.now().to_string().as_str(), cloud.faults().fired(rule)), ("2026-01-05T00:01:01Z", 0));
}

#[tokio::test(start_paused = true)]
async fn a_gate_holds_a_call_before_or_after_its_effect() {
    for (point, effect) in [(GatePoint::BeforeEffect, 0), (GatePoint::AfterEffect, 1)] {
        let cloud = cloud();
        queue(&cloud, "jobs", json!({})).await;
        let gate = cloud.gate(sends().containing("\"m\""), point);
        let meanwhile = async {
            gate.reached().await;
            sleep(Duration::from_secs(60)).await;
            let seen = queued(&cloud);
            gate.release();
            seen
        };
        let (sent, seen) = tokio::join!(try_put(&cloud, "w"), meanwhile);
        assert_eq!((sent, seen, queued(&cloud)), (Ok(200), effect, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_dropped_gate_stops_nobody() {
    let cloud = cloud();
    queue(&cloud, "jobs", json!({})).await;
    drop(cloud.gate(sends(), GatePoint::BeforeEffect));
    assert_eq!(try_put(&cloud, "w").await, Ok(200));
}

#[tokio::test(start_paused = true)]
async fn what_a_lost_receive_took_comes_back_after_its_visibility() {
    let cloud = cloud();
    let url = queue(&cloud, "jobs", json!({"VisibilityTimeout": "30"})).await;
    put(&cloud, &url, "m").await;
    let receives = CallMatcher::operation(Service::Sqs, "ReceiveMessage");
    cloud.faults().add(FaultRule::call(receives, CallFault::LoseAfter).times(1));
    let input = json!({"QueueUrl": url, "WaitTimeSeconds": 20});
    let lost = send(&cloud, "w", request(ACCOUNT, REGION, "sqs", "ReceiveMessage", &input)).await;
    assert!(lost.is_err());
    let empty = send(&cloud, "w", request(ACCOUNT, REGION, "sqs", "ReceiveMessage", &input)).await.unwrap();
    assert_eq!(answer(&empty).unwrap(), json!({}));
    assert_eq!(take(&cloud, &url, 20).await.len(), 1);
}
