//! Rules that fire by the clock.

use std::time::Duration;

use serde_json::{Value, json};
use simcloud::SimCloud;
use tokio::time::sleep;

use crate::events::events;
use crate::support::{ACCOUNT, REGION, arn, bodies, cloud, queue, take};

async fn scheduled(cloud: &SimCloud, expression: &str, target: Value) -> String {
    let url = queue(cloud, "ticks", json!({})).await;
    events(cloud, "PutRule", json!({"Name": "tick", "ScheduleExpression": expression})).await.unwrap();
    let mut target = target;
    target["Id"] = json!("queue");
    target["Arn"] = json!(arn("ticks"));
    events(cloud, "PutTargets", json!({"Rule": "tick", "Targets": [target]})).await.unwrap();
    url
}

#[tokio::test(start_paused = true)]
async fn a_rate_fires_again_and_again_with_its_constant_input() {
    let cloud = cloud();
    let url = scheduled(&cloud, "rate(5 minutes)", json!({"Input": "{\"kind\":\"tick\"}"})).await;
    sleep(Duration::from_secs(16 * 60)).await;
    let received = take(&cloud, &url, 0).await;
    assert_eq!(bodies(&received), ["{\"kind\":\"tick\"}"; 3]);
    let sent: Vec<String> =
        cloud.inspect().queue_messages(&arn("ticks")).iter().map(|message| message.sent.to_string()).collect();
    assert_eq!(sent, ["2026-01-05T00:05:00Z", "2026-01-05T00:10:00Z", "2026-01-05T00:15:00Z"]);
}

#[tokio::test(start_paused = true)]
async fn a_cron_fires_at_its_time_with_the_scheduled_event() {
    let cloud = cloud();
    let url = scheduled(&cloud, "cron(30 6 * * ? *)", json!({})).await;
    sleep(Duration::from_secs(86_400)).await;
    let received = take(&cloud, &url, 0).await;
    let [body] = bodies(&received).try_into().unwrap();
    let mut event: Value = serde_json::from_str(body).unwrap();
    assert!(event["id"].take().is_string());
    let expected = json!({
        "version": "0", "id": null, "detail-type": "Scheduled Event", "source": "aws.events", "account": ACCOUNT,
        "time": "2026-01-05T06:30:00Z", "region": REGION,
        "resources": [format!("arn:aws:events:{REGION}:{ACCOUNT}:rule/tick")], "detail": {},
    });
    assert_eq!(event, expected);
}

#[tokio::test(start_paused = true)]
async fn a_changed_or_disabled_schedule_replaces_the_old_one() {
    let cloud = cloud();
    let url = scheduled(&cloud, "rate(1 hour)", json!({"Input": "1"})).await;
    events(&cloud, "PutRule", json!({"Name": "tick", "ScheduleExpression": "rate(2 hours)"})).await.unwrap();
    sleep(Duration::from_secs(4 * 3_600 + 60)).await;
    events(&cloud, "DisableRule", json!({"Name": "tick"})).await.unwrap();
    sleep(Duration::from_secs(8 * 3_600)).await;
    assert_eq!(take(&cloud, &url, 0).await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_expression_that_is_none_is_refused() {
    let cloud = cloud();
    for expression in ["rate(1 minutes)", "rate(2 minute)", "rate(0 minutes)", "cron(0 0 * * * *)", "every minute"] {
        let input = json!({"Name": "tick", "ScheduleExpression": expression});
        assert_eq!(events(&cloud, "PutRule", input).await.unwrap_err().code, "ValidationException", "{expression}");
    }
}
