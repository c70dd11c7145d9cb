//! Batches: what fails as a whole, what fails alone.

use serde_json::{Value, json};
use simcloud::faults::{FaultRule, QueueFault};

use crate::support::{arn, cloud, put, queue, sqs, take};

fn entry(id: &str, body: &str) -> Value {
    json!({"Id": id, "MessageBody": body})
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_is_wrong_as_a_whole_sends_nothing() {
    let cloud = cloud();
    let url = queue(&cloud, "jobs", json!({})).await;
    let many: Vec<Value> = (0..11).map(|n| entry(&n.to_string(), "m")).collect();
    let half = "x".repeat(600_000);
    let cases = [
        (json!([]), "EmptyBatchRequest"),
        (json!(many), "TooManyEntriesInBatchRequest"),
        (json!([entry("a", "m"), entry("a", "m")]), "BatchEntryIdsNotDistinct"),
        (json!([entry("a b", "m")]), "InvalidBatchEntryId"),
        (json!([entry("a", &half), entry("b", &half)]), "BatchRequestTooLong"),
    ];
    for (entries, code) in cases {
        let refused = sqs(&cloud, "SendMessageBatch", json!({"QueueUrl": url, "Entries": entries})).await.unwrap_err();
        assert_eq!(refused.code, code);
    }
    assert!(cloud.inspect().queue_messages(&arn("jobs")).is_empty());
}

#[tokio::test(start_paused = true)]
async fn one_bad_entry_does_not_hinder_the_others() {
    let cloud = cloud();
    let url = queue(&cloud, "jobs", json!({})).await;
    let bad = json!({"Id": "bad", "MessageBody": "m", "DelaySeconds": 901});
    let entries = json!([entry("good", "hello"), bad, entry("empty", "")]);
    let output = sqs(&cloud, "SendMessageBatch", json!({"QueueUrl": url, "Entries": entries})).await.unwrap();
    assert_eq!(output["Successful"][0]["Id"], "good");
    assert_eq!(output["Successful"][0]["MD5OfMessageBody"], "5d41402abc4b2a76b9719d911017c592");
    let failed: Vec<_> =
        output["Failed"].as_array().unwrap().iter().map(|entry| (&entry["Id"], &entry["Code"])).collect();
    assert_eq!(
        failed,
        [(&json!("bad"), &json!("InvalidParameterValue")), (&json!("empty"), &json!("MissingParameter"))]
    );
    assert!(output["Failed"][0]["SenderFault"].as_bool().unwrap());
    assert_eq!(cloud.inspect().queue_messages(&arn("jobs")).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn deletes_and_changes_of_visibility_go_in_batches_too() {
    let cloud = cloud();
    let url = queue(&cloud, "jobs", json!({})).await;
    put(&cloud, &url, "one").await;
    put(&cloud, &url, "two").await;
    let received = take(&cloud, &url, 0).await;
    let change =
        |n: usize| json!({"Id": n.to_string(), "ReceiptHandle": received[n]["ReceiptHandle"], "VisibilityTimeout": 0});
    let input = json!({"QueueUrl": url, "Entries": [change(0), change(1)]});
    let output = sqs(&cloud, "ChangeMessageVisibilityBatch", input).await.unwrap();
    assert_eq!(output, json!({"Successful": [{"Id": "0"}, {"Id": "1"}]}));
    let received = take(&cloud, &url, 0).await;
    let good = json!({"Id": "good", "ReceiptHandle": received[0]["ReceiptHandle"]});
    let bad = json!({"Id": "bad", "ReceiptHandle": "nonsense"});
    let input = json!({"QueueUrl": url, "Entries": [good, bad]});
    let output = sqs(&cloud, "DeleteMessageBatch", input).await.unwrap();
    assert_eq!(output["Successful"], json!([{"Id": "good"}]));
    assert_eq!(output["Failed"][0]["Code"], "ReceiptHandleIsInvalid");
    assert_eq!(cloud.inspect().queue_messages(&arn("jobs")).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fault_of_the_service_fails_one_entry_alone() {
    let cloud = cloud();
    let url = queue(&cloud, "jobs", json!({})).await;
    let rule = cloud.faults().add(FaultRule::queue(Some("jobs"), QueueFault::FailBatchEntry).nth(2));
    let entries = json!([entry("a", "m"), entry("b", "m"), entry("c", "m")]);
    let output = sqs(&cloud, "SendMessageBatch", json!({"QueueUrl": url, "Entries": entries})).await.unwrap();
    assert_eq!(output["Failed"][0]["Id"], "b");
    assert_eq!(output["Failed"][0]["SenderFault"], false);
    assert_eq!(output["Successful"].as_array().unwrap().len(), 2);
    assert_eq!(cloud.faults().fired(rule), 1);
}
