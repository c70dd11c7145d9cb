//! Dead letters on their way back.

use std::time::Duration;

use serde_json::json;
use simcloud::SimCloud;
use tokio::time::sleep;

use crate::support::{arn, cloud, put, queue, sqs, take};

/// A queue whose dead-letter queue holds so many messages that it gave up, and the URL of the latter.
async fn with_dead_letters(cloud: &SimCloud, count: usize) -> String {
    let dead = queue(cloud, "jobs-dlq", json!({})).await;
    let policy = json!({"deadLetterTargetArn": arn("jobs-dlq"), "maxReceiveCount": 1}).to_string();
    let url = queue(cloud, "jobs", json!({"RedrivePolicy": policy, "VisibilityTimeout": "1"})).await;
    for n in 0..count {
        put(cloud, &url, &n.to_string()).await;
    }
    while cloud.inspect().queue_depth(&arn("jobs-dlq")).unwrap().visible < count {
        take(cloud, &url, 1).await;
        sleep(Duration::from_secs(1)).await;
    }
    dead
}

#[tokio::test(start_paused = true)]
async fn a_move_task_returns_dead_letters_to_where_they_died() {
    let cloud = cloud();
    let dead = with_dead_letters(&cloud, 3).await;
    let before = cloud.inspect().queue_messages(&arn("jobs-dlq"));
    let started = sqs(&cloud, "StartMessageMoveTask", json!({"SourceArn": arn("jobs-dlq")})).await.unwrap();
    assert!(started["TaskHandle"].is_string());
    sleep(Duration::from_secs(3)).await;
    assert!(take(&cloud, &dead, 0).await.is_empty());
    let after = cloud.inspect().queue_messages(&arn("jobs"));
    assert_eq!(after.iter().map(|m| &m.body).collect::<Vec<_>>(), ["0", "1", "2"]);
    assert!(after.iter().all(|m| m.receives == 0 && before.iter().all(|old| old.id != m.id && old.sent < m.sent)));
    let tasks = sqs(&cloud, "ListMessageMoveTasks", json!({"SourceArn": arn("jobs-dlq")})).await.unwrap();
    assert_eq!(tasks["Results"][0]["Status"], "COMPLETED");
    assert_eq!(tasks["Results"][0]["ApproximateNumberOfMessagesMoved"], 3);
}

#[tokio::test(start_paused = true)]
async fn a_slow_move_can_be_cancelled_and_leaves_the_rest() {
    let cloud = cloud();
    with_dead_letters(&cloud, 5).await;
    let input = json!({"SourceArn": arn("jobs-dlq"), "MaxNumberOfMessagesPerSecond": 1});
    let started = sqs(&cloud, "StartMessageMoveTask", input.clone()).await.unwrap();
    let refused = sqs(&cloud, "StartMessageMoveTask", input).await.unwrap_err();
    assert_eq!(refused.code, "InvalidParameterValue");
    sleep(Duration::from_millis(2_500)).await;
    let cancelled = sqs(&cloud, "CancelMessageMoveTask", started).await.unwrap();
    assert_eq!(cancelled, json!({"ApproximateNumberOfMessagesMoved": 2}));
    sleep(Duration::from_secs(10)).await;
    assert_eq!(cloud.inspect().queue_depth(&arn("jobs-dlq")).unwrap().visible, 3);
}

#[tokio::test(start_paused = true)]
async fn only_a_dead_letter_queue_can_be_moved_from() {
    let cloud = cloud();
    queue(&cloud, "plain", json!({})).await;
    let refused = sqs(&cloud, "StartMessageMoveTask", json!({"SourceArn": arn("plain")})).await.unwrap_err();
    assert_eq!(refused.code, "InvalidParameterValue");
    let refused = sqs(&cloud, "StartMessageMoveTask", json!({"SourceArn": arn("none")})).await.unwrap_err();
    assert_eq!(refused.code, "ResourceNotFoundException");
}
