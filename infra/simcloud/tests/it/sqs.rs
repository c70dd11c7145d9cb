//! Messages: sent, received, hidden, shown again, given up.

use std::time::Duration;

use serde_json::{Value, json};
use simcloud::{Pace, QueueDepth, Settings, SimCloud, Switches};
use tokio::time::{Instant, sleep};

use crate::support::{arn, bodies, cloud, put, queue, sqs, take};

fn handle(message: &Value) -> &str {
    message["ReceiptHandle"].as_str().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_message_comes_back_with_everything_it_was_sent_with() {
    let cloud = cloud();
    let url = queue(&cloud, "jobs", json!({})).await;
    let input = json!({
        "QueueUrl": url,
        "MessageBody": "hello",
        "MessageGroupId": "444455556666",
        "MessageAttributes": {"age": {"DataType": "Number", "StringValue": "30"}},
        "MessageSystemAttributes": {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1"}},
    });
    let sent = sqs(&cloud, "SendMessage", input).await.unwrap();
    let [message] = take(&cloud, &url, 0).await.try_into().unwrap();
    assert_eq!(message["Body"], "hello");
    assert_eq!(message["MessageId"], sent["MessageId"]);
    assert_eq!(message["MD5OfBody"], "5d41402abc4b2a76b9719d911017c592");
    assert_eq!(message["MD5OfMessageAttributes"], sent["MD5OfMessageAttributes"]);
    assert_eq!(message["MessageAttributes"]["age"], json!({"DataType": "Number", "StringValue": "30"}));
    assert_eq!(message["Attributes"]["MessageGroupId"], "444455556666");
    assert_eq!(message["Attributes"]["AWSTraceHeader"], "Root=1");
    assert_eq!(message["Attributes"]["ApproximateReceiveCount"], "1");
    assert_eq!(message["Attributes"]["SentTimestamp"], "1767571200000");
}

#[tokio::test(start_paused = true)]
async fn only_the_attributes_asked_for_are_given() {
    let cloud = cloud();
    let url = queue(&cloud, "jobs", json!({})).await;
    let attribute = json!({"DataType": "String", "StringValue": "x"});
    let attributes = json!({"a.one": attribute, "a.two": attribute, "b": attribute});
    sqs(&cloud, "SendMessage", json!({"QueueUrl": url, "MessageBody": "m", "MessageAttributes": attributes}))
        .await
        .unwrap();
    let input = json!({"QueueUrl": url, "MessageAttributeNames": ["a.*"], "AttributeNames": ["SentTimestamp"]});
    let output = sqs(&cloud, "ReceiveMessage", input).await.unwrap();
    let message = &output["Messages"][0];
    assert_eq!(message["MessageAttributes"], json!({"a.one": attribute, "a.two": attribute}));
    assert_eq!(message["Attributes"].as_object().unwrap().keys().collect::<Vec<_>>(), ["SentTimestamp"]);
}

#[tokio::test(start_paused = true)]
async fn a_received_message_is_hidden_until_its_visibility_ends() {
    let cloud = cloud();
    let url = queue(&cloud, "jobs", json!({"VisibilityTimeout": "45"})).await;
    put(&cloud, &url, "m").await;
    let first = take(&cloud, &url, 0).await;
    assert_eq!(take(&cloud, &url, 0).await, Vec::<Value>::new());
    assert_eq!(cloud.inspect().queue_depth(&arn("jobs")).unwrap().in_flight, 1);
    let waited = Instant::now();
    let again = [take(&cloud, &url, 20).await, take(&cloud, &url, 20).await, take(&cloud, &url, 20).await].concat();
    assert_eq!(waited.elapsed(), Duration::from_secs(60 + 5 - 20));
    assert_eq!(again[0]["MessageId"], first[0]["MessageId"]);
    assert_ne!(handle(&again[0]), handle(&first[0]));
    assert_eq!(again[0]["Attributes"]["ApproximateReceiveCount"], "2");
}

#[tokio::test(start_paused = true)]
async fn a_waiting_receive_is_woken_by_the_message() {
    let cloud = cloud();
    let url = queue(&cloud, "jobs", json!({})).await;
    let sender = async {
        sleep(Duration::from_secs(7)).await;
        put(&cloud, &url, "m").await;
        Instant::now()
    };
    let start = Instant::now();
    let (received, sent) = tokio::join!(take(&cloud, &url, 20), sender);
    assert_eq!(bodies(&received), ["m"]);
    assert_eq!((sent - start, start.elapsed()), (Duration::from_secs(7), Duration::from_secs(7)));
}

#[tokio::test(start_paused = true)]
async fn a_second_receiver_gets_what_the_first_let_go() {
    let cloud = cloud();
    let url = queue(&cloud, "jobs", json!({"VisibilityTimeout": "5"})).await;
    let sender = async {
        sleep(Duration::from_secs(1)).await;
        put(&cloud, &url, "m").await;
    };
    let (first, second, ()) = tokio::join!(take(&cloud, &url, 20), take(&cloud, &url, 20), sender);
    let mut counts = [&first, &second].map(|received| received[0]["Attributes"]["ApproximateReceiveCount"].to_string());
    counts.sort();
    assert_eq!(counts, ["\"1\"", "\"2\""]);
}

#[tokio::test(start_paused = true)]
async fn the_longest_wait_is_stretched_to_the_setting() {
    let settings = Settings { max_wait: Duration::from_secs(3_600), pace: Pace::instant(), ..Settings::default() };
    let cloud = SimCloud::new(settings);
    let url = queue(&cloud, "jobs", json!({})).await;
    let start = Instant::now();
    assert!(take(&cloud, &url, 20).await.is_empty());
    assert_eq!(start.elapsed(), Duration::from_secs(3_600));
    assert!(take(&cloud, &url, 19).await.is_empty());
    assert_eq!(start.elapsed(), Duration::from_secs(3_619));
}

#[tokio::test(start_paused = true)]
async fn a_delayed_message_appears_when_its_delay_ends() {
    let cloud = cloud();
    let url = queue(&cloud, "jobs", json!({})).await;
    let input = json!({"QueueUrl": url, "MessageBody": "later", "DelaySeconds": 15});
    sqs(&cloud, "SendMessage", input).await.unwrap();
    let depth = cloud.inspect().queue_depth(&arn("jobs")).unwrap();
    assert_eq!(depth, QueueDepth { visible: 0, in_flight: 0, delayed: 1 });
    let start = Instant::now();
    assert_eq!(bodies(&take(&cloud, &url, 20).await), ["later"]);
    assert_eq!(start.elapsed(), Duration::from_secs(15));
}

#[tokio::test(start_paused = true)]
async fn a_message_received_too_often_goes_to_the_dead_letters_with_its_send_time() {
    let cloud = cloud();
    let dead = queue(&cloud, "jobs-dlq", json!({})).await;
    let policy = json!({"deadLetterTargetArn": arn("jobs-dlq"), "maxReceiveCount": "2"}).to_string();
    let url = queue(&cloud, "jobs", json!({"RedrivePolicy": policy, "VisibilityTimeout": "1"})).await;
    let sent = put(&cloud, &url, "poison").await;
    for _ in 0..2 {
        assert_eq!(take(&cloud, &url, 20).await.len(), 1);
    }
    assert!(take(&cloud, &url, 20).await.is_empty());
    let [message] = take(&cloud, &dead, 0).await.try_into().unwrap();
    assert_eq!(message["MessageId"], sent["MessageId"]);
    assert_eq!(message["Attributes"]["DeadLetterQueueSourceArn"], arn("jobs"));
    assert_eq!(message["Attributes"]["SentTimestamp"], "1767571200000");
    let sources = sqs(&cloud, "ListDeadLetterSourceQueues", json!({"QueueUrl": dead})).await.unwrap();
    assert_eq!(sources, json!({"queueUrls": [url]}));
}

#[tokio::test(start_paused = true)]
async fn messages_leave_at_the_end_of_the_retention_period() {
    let cloud = cloud();
    let url = queue(&cloud, "jobs", json!({"MessageRetentionPeriod": "60"})).await;
    put(&cloud, &url, "old").await;
    sleep(Duration::from_secs(30)).await;
    put(&cloud, &url, "new").await;
    sleep(Duration::from_secs(30)).await;
    assert_eq!(bodies(&take(&cloud, &url, 0).await), ["new"]);
}

#[tokio::test(start_paused = true)]
async fn a_switch_decides_what_an_old_handle_deletes() {
    for stale_handle_deletes in [false, true] {
        let switches = Switches { stale_handle_deletes, ..Switches::default() };
        let cloud = SimCloud::new(Settings { switches, pace: Pace::instant(), ..Settings::default() });
        let url = queue(&cloud, "jobs", json!({"VisibilityTimeout": "1"})).await;
        put(&cloud, &url, "m").await;
        let old = take(&cloud, &url, 0).await;
        assert_eq!(take(&cloud, &url, 20).await.len(), 1);
        let input = json!({"QueueUrl": url, "ReceiptHandle": handle(&old[0])});
        sqs(&cloud, "DeleteMessage", input).await.unwrap();
        let left = cloud.inspect().queue_messages(&arn("jobs")).len();
        assert_eq!(left, usize::from(!stale_handle_deletes));
    }
}

#[tokio::test(start_paused = true)]
async fn a_deleted_message_is_gone_and_its_deletion_can_be_repeated() {
    let cloud = cloud();
    let url = queue(&cloud, "jobs", json!({})).await;
    put(&cloud, &url, "m").await;
    let received = take(&cloud, &url, 0).await;
    let input = json!({"QueueUrl": url, "ReceiptHandle": handle(&received[0])});
    for _ in 0..2 {
        sqs(&cloud, "DeleteMessage", input.clone()).await.unwrap();
    }
    assert_eq!(cloud.inspect().queue_depth(&arn("jobs")), Some(QueueDepth::default()));
}

#[tokio::test(start_paused = true)]
async fn visibility_can_be_changed_while_in_flight_and_up_to_twelve_hours() {
    let cloud = cloud();
    let url = queue(&cloud, "jobs", json!({})).await;
    put(&cloud, &url, "m").await;
    let received = take(&cloud, &url, 0).await;
    let change =
        |seconds: u64| json!({"QueueUrl": url, "ReceiptHandle": handle(&received[0]), "VisibilityTimeout": seconds});
    sleep(Duration::from_secs(10)).await;
    let refused = sqs(&cloud, "ChangeMessageVisibility", change(43_200)).await.unwrap_err();
    assert_eq!(refused.code, "InvalidParameterValue");
    sqs(&cloud, "ChangeMessageVisibility", change(43_190)).await.unwrap();
    let hidden = cloud.inspect().queue_messages(&arn("jobs"))[0].hidden_until.unwrap();
    assert_eq!(hidden.to_string(), "2026-01-05T12:00:00Z");
    sqs(&cloud, "ChangeMessageVisibility", change(0)).await.unwrap();
    let refused = sqs(&cloud, "ChangeMessageVisibility", change(10)).await.unwrap_err();
    assert_eq!(refused.code, "MessageNotInflight");
    assert_eq!(bodies(&take(&cloud, &url, 0).await), ["m"]);
}

#[tokio::test(start_paused = true)]
async fn a_quiet_group_does_not_wait_behind_a_noisy_one() {
    let cloud = cloud();
    let url = queue(&cloud, "jobs", json!({})).await;
    for n in 0..50 {
        let input = json!({"QueueUrl": url, "MessageBody": format!("noisy {n}"), "MessageGroupId": "noisy"});
        sqs(&cloud, "SendMessage", input).await.unwrap();
    }
    sqs(&cloud, "SendMessage", json!({"QueueUrl": url, "MessageBody": "quiet", "MessageGroupId": "quiet"}))
        .await
        .unwrap();
    let first = take(&cloud, &url, 0).await;
    assert!(bodies(&first).contains(&"quiet"), "{:?}", bodies(&first));
}
