//! Queues themselves: creation, attributes, tags, and what is refused.

use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;

use crate::support::{ACCOUNT, REGION, arn, cloud, put, queue, request, send, sqs, take};

#[tokio::test(start_paused = true)]
async fn creating_a_queue_again_is_fine_unless_its_attributes_differ() {
    let cloud = cloud();
    let url = queue(&cloud, "jobs", json!({"VisibilityTimeout": "60"})).await;
    assert_eq!(queue(&cloud, "jobs", json!({"VisibilityTimeout": "60"})).await, url);
    assert_eq!(queue(&cloud, "jobs", json!({})).await, url);
    let input = json!({"QueueName": "jobs", "Attributes": {"VisibilityTimeout": "61"}});
    assert_eq!(sqs(&cloud, "CreateQueue", input).await.unwrap_err().code, "QueueNameExists");
    assert_eq!(sqs(&cloud, "GetQueueUrl", json!({"QueueName": "jobs"})).await.unwrap(), json!({"QueueUrl": url}));
}

#[tokio::test(start_paused = true)]
async fn an_unknown_queue_is_named_as_older_clients_expect() {
    let cloud = cloud();
    let input = json!({"QueueName": "none"});
    let response = send(&cloud, "test", request(ACCOUNT, REGION, "sqs", "GetQueueUrl", &input)).await.unwrap();
    let header = response.headers()["x-amzn-query-error"].to_str().unwrap();
    assert_eq!(header, "AWS.SimpleQueueService.NonExistentQueue;Sender");
    assert_eq!(response.status(), 400);
}

#[tokio::test(start_paused = true)]
async fn queues_of_other_accounts_and_regions_are_other_queues() {
    let cloud = cloud();
    let url = queue(&cloud, "jobs", json!({})).await;
    let input = json!({"QueueName": "jobs"});
    for (key, region) in [("444455556666", REGION), (ACCOUNT, "eu-central-1")] {
        let refused = send(&cloud, "test", request(key, region, "sqs", "GetQueueUrl", &input)).await.unwrap();
        assert_eq!(refused.status(), 400);
    }
    // A queue's URL says where it is, whoever asks.
    let input = json!({"QueueUrl": url, "MessageBody": "from elsewhere"});
    let sent = send(&cloud, "test", request("444455556666", REGION, "sqs", "SendMessage", &input)).await.unwrap();
    assert_eq!(sent.status(), 200);
    assert_eq!(cloud.inspect().queue_messages(&arn("jobs")).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn attributes_are_shown_as_text_and_counted() {
    let cloud = cloud();
    let url = queue(&cloud, "jobs", json!({"DelaySeconds": "0", "Policy": "{}"})).await;
    put(&cloud, &url, "one").await;
    put(&cloud, &url, "two").await;
    let received = sqs(&cloud, "ReceiveMessage", json!({"QueueUrl": url})).await.unwrap();
    assert_eq!(received["Messages"].as_array().unwrap().len(), 1);
    let input = json!({"QueueUrl": url, "AttributeNames": ["All"]});
    let all = sqs(&cloud, "GetQueueAttributes", input).await.unwrap()["Attributes"].clone();
    assert_eq!(all["ApproximateNumberOfMessages"], "1");
    assert_eq!(all["ApproximateNumberOfMessagesNotVisible"], "1");
    assert_eq!(all["QueueArn"], arn("jobs"));
    assert_eq!(all["VisibilityTimeout"], "30");
    assert_eq!(all["Policy"], "{}");
    assert_eq!(all["CreatedTimestamp"], "1767571200");
    let set = json!({"QueueUrl": url, "Attributes": {"VisibilityTimeout": "90", "Policy": ""}});
    sqs(&cloud, "SetQueueAttributes", set).await.unwrap();
    let input = json!({"QueueUrl": url, "AttributeNames": ["VisibilityTimeout", "Policy"]});
    let some = sqs(&cloud, "GetQueueAttributes", input).await.unwrap();
    assert_eq!(some, json!({"Attributes": {"VisibilityTimeout": "90"}}));
}

#[tokio::test(start_paused = true)]
async fn values_out_of_range_are_refused() {
    let cloud = cloud();
    let url = queue(&cloud, "jobs", json!({"MaximumMessageSize": "1024"})).await;
    let create = |attributes| json!({"QueueName": "other", "Attributes": attributes});
    let message = |body: &str| json!({"QueueUrl": url, "MessageBody": body});
    let receive =
        |count: u64, wait: u64| json!({"QueueUrl": url, "MaxNumberOfMessages": count, "WaitTimeSeconds": wait});
    let attribute = |name: &str| json!({"QueueUrl": url, "MessageBody": "m", "MessageAttributes": {name: {"DataType": "String", "StringValue": "x"}}});
    let cases = [
        ("CreateQueue", create(json!({"VisibilityTimeout": "43201"})), "InvalidAttributeValue"),
        ("CreateQueue", create(json!({"Colour": "red"})), "InvalidAttributeName"),
        ("CreateQueue", create(json!({"FifoQueue": "true"})), "UnsupportedOperation"),
        ("CreateQueue", json!({"QueueName": "no spaces"}), "InvalidParameterValue"),
        ("SendMessage", message(&"x".repeat(1_025)), "InvalidParameterValue"),
        ("SendMessage", message("\u{0}"), "InvalidMessageContents"),
        ("SendMessage", message(""), "MissingParameter"),
        ("SendMessage", attribute("AWS.mine"), "InvalidParameterValue"),
        ("SendMessage", attribute("a b"), "InvalidParameterValue"),
        ("ReceiveMessage", receive(11, 0), "InvalidParameterValue"),
        ("ReceiveMessage", receive(1, 21), "InvalidParameterValue"),
        ("DeleteMessage", json!({"QueueUrl": url, "ReceiptHandle": "x"}), "ReceiptHandleIsInvalid"),
        ("SendMessage", json!({"QueueUrl": "http://x/111122223333/none", "MessageBody": "m"}), "QueueDoesNotExist"),
        ("FlyToTheMoon", json!({}), "UnknownOperationException"),
    ];
    for (operation, input, code) in cases {
        let refused = sqs(&cloud, operation, input.clone()).await.unwrap_err();
        assert_eq!(refused.code, code, "{operation} {input}");
    }
    assert!(cloud.inspect().queue_messages(&arn("jobs")).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_deleted_queue_keeps_its_name_for_a_minute_and_ends_waiting_receives() {
    let cloud = cloud();
    let url = queue(&cloud, "jobs", json!({})).await;
    let waiting = sqs(&cloud, "ReceiveMessage", json!({"QueueUrl": url, "WaitTimeSeconds": 20}));
    let deleting = async {
        sleep(Duration::from_secs(5)).await;
        sqs(&cloud, "DeleteQueue", json!({"QueueUrl": url})).await.unwrap();
    };
    let (received, ()) = tokio::join!(waiting, deleting);
    assert_eq!(received.unwrap_err().code, "QueueDoesNotExist");
    let again = json!({"QueueName": "jobs"});
    assert_eq!(sqs(&cloud, "CreateQueue", again.clone()).await.unwrap_err().code, "QueueDeletedRecently");
    sleep(Duration::from_secs(60)).await;
    assert!(sqs(&cloud, "CreateQueue", again).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_purge_empties_the_queue_once_a_minute() {
    let cloud = cloud();
    let url = queue(&cloud, "jobs", json!({})).await;
    put(&cloud, &url, "visible").await;
    put(&cloud, &url, "in flight").await;
    assert_eq!(take(&cloud, &url, 0).await.len(), 2);
    put(&cloud, &url, "visible").await;
    sqs(&cloud, "PurgeQueue", json!({"QueueUrl": url})).await.unwrap();
    assert!(cloud.inspect().queue_messages(&arn("jobs")).is_empty());
    let refused = sqs(&cloud, "PurgeQueue", json!({"QueueUrl": url})).await.unwrap_err();
    assert_eq!(refused.code, "PurgeQueueInProgress");
}

#[tokio::test(start_paused = true)]
async fn queues_are_listed_by_prefix_and_page() {
    let cloud = cloud();
    for name in ["a-1", "a-2", "a-3", "b-1"] {
        queue(&cloud, name, json!({})).await;
    }
    let first = sqs(&cloud, "ListQueues", json!({"QueueNamePrefix": "a-", "MaxResults": 2})).await.unwrap();
    assert_eq!(first["QueueUrls"].as_array().unwrap().len(), 2);
    let input = json!({"QueueNamePrefix": "a-", "MaxResults": 2, "NextToken": first["NextToken"]});
    let last = sqs(&cloud, "ListQueues", input).await.unwrap();
    assert!(last["QueueUrls"][0].as_str().unwrap().ends_with("/a-3"));
    assert_eq!(last.get("NextToken"), None);
}

#[tokio::test(start_paused = true)]
async fn tags_are_added_and_removed() {
    let cloud = cloud();
    let url = queue(&cloud, "jobs", json!({})).await;
    sqs(&cloud, "TagQueue", json!({"QueueUrl": url, "Tags": {"a": "1", "b": "2"}})).await.unwrap();
    sqs(&cloud, "UntagQueue", json!({"QueueUrl": url, "TagKeys": ["a"]})).await.unwrap();
    let tags = sqs(&cloud, "ListQueueTags", json!({"QueueUrl": url})).await.unwrap();
    assert_eq!(tags, json!({"Tags": {"b": "2"}}));
}
