//! The wire: headers, forms of errors, routes.

use bytes::Bytes;
use http::{Request, Response};
use serde_json::Value;
use simcloud::SimCloud;

use crate::support::{ACCOUNT, REGION, authorization, cloud, request, send};

async fn raw(cloud: &SimCloud, service: &str, method: &str, path: &str, body: &str) -> Response<Bytes> {
    let request = Request::builder()
        .method(method)
        .uri(format!("http://127.0.0.1:4566{path}"))
        .header("authorization", authorization(ACCOUNT, REGION, service))
        .body(Bytes::from(body.to_owned()))
        .unwrap();
    send(cloud, "test", request).await.unwrap()
}

/// The operation and input of the last call, from the trace.
fn last(cloud: &SimCloud) -> (String, Value) {
    let line = cloud.trace().pop().unwrap();
    (line.operation, serde_json::from_str(&line.input).unwrap())
}

#[tokio::test(start_paused = true)]
async fn every_answer_carries_the_virtual_date_and_a_request_id() {
    let cloud = cloud();
    let response = send(&cloud, "test", request(ACCOUNT, REGION, "sqs", "ListQueues", &Value::Null)).await.unwrap();
    assert_eq!(response.headers()["date"], "Mon, 05 Jan 2026 00:00:00 GMT");
    assert_eq!(response.headers()["content-type"], "application/x-amz-json-1.0");
    assert_eq!(response.headers()["x-amzn-requestid"].len(), 36);
}

#[tokio::test(start_paused = true)]
async fn paths_labels_and_queries_become_the_input() {
    let cloud = cloud();
    let point = "arn%3Aaws%3Abackup%3Aeu-west-1%3A111122223333%3Arecovery-point%3A1%2F2";
    let decoded = "arn:aws:backup:eu-west-1:111122223333:recovery-point:1/2";
    for slash in ["", "/"] {
        raw(&cloud, "backup", "GET", &format!("/backup-vaults/v/recovery-points/{point}{slash}"), "").await;
        let (operation, input) = last(&cloud);
        assert_eq!(operation, "DescribeRecoveryPoint");
        assert_eq!(input, serde_json::json!({"BackupVaultName": "v", "RecoveryPointArn": decoded}));
        let query = "maxResults=5&nextToken=a%20b&state=RUNNING&createdAfter=2026-01-01T00%3A00%3A00Z";
        raw(&cloud, "backup", "GET", &format!("/backup-jobs{slash}?{query}"), "").await;
        let (operation, input) = last(&cloud);
        assert_eq!(operation, "ListBackupJobs");
        let expected = serde_json::json!({
            "MaxResults": 5, "NextToken": "a b", "ByState": "RUNNING", "ByCreatedAfter": "2026-01-01T00:00:00Z",
        });
        assert_eq!(input, expected);
    }
    raw(&cloud, "backup", "POST", &format!("/tags/{point}"), "{\"Tags\":{\"a\":\"b\"}}").await;
    let (operation, input) = last(&cloud);
    assert_eq!(operation, "TagResource");
    assert_eq!(input, serde_json::json!({"ResourceArn": decoded, "Tags": {"a": "b"}}));
}

#[tokio::test(start_paused = true)]
async fn a_rest_error_names_its_type_in_a_header() {
    let cloud = cloud();
    let response = raw(&cloud, "backup", "GET", "/flights", "").await;
    assert_eq!(response.headers()["x-amzn-errortype"], "UnknownOperationException");
    let response = raw(&cloud, "backup", "PUT", "/backup-jobs", "not json").await;
    assert_eq!(response.headers()["x-amzn-errortype"], "SerializationException");
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    assert!(body["Message"].is_string());
}

#[tokio::test(start_paused = true)]
async fn the_query_protocol_answers_in_xml() {
    let cloud = cloud();
    let response = raw(&cloud, "sts", "POST", "/", "Action=FlyToTheMoon&Version=2011-06-15").await;
    let body = std::str::from_utf8(response.body()).unwrap();
    assert!(body.contains("<Code>InvalidAction</Code>"), "{body}");
    assert_eq!(response.status(), 400);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_not_simulated_is_refused() {
    let cloud = cloud();
    let response = raw(&cloud, "s3", "GET", "/", "").await;
    assert_eq!(response.status(), 400);
    assert!(String::from_utf8_lossy(response.body()).contains("UnknownService"));
}
