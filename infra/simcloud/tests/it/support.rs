//! Requests by hand: what an SDK would send, without an SDK.

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};
use simcloud::{ClientOptions, ConnectionLost, Pace, Settings, SimCloud};

/// The Region of most tests.
pub(crate) const REGION: &str = "eu-west-1";
/// The account of most tests.
pub(crate) const ACCOUNT: &str = simcloud::DEFAULT_ACCOUNT;

/// A cloud without delays of its own, that keeps a trace.
pub(crate) fn cloud() -> SimCloud {
    SimCloud::new(Settings { pace: Pace::instant(), trace: true, ..Settings::default() })
}

/// A refused call.
#[derive(Debug, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) status: u16,
}

/// A request in AWS JSON.
pub(crate) fn request(key: &str, region: &str, service: &str, operation: &str, input: &Value) -> Request<Bytes> {
    let prefix = match service {
        "sqs" => "AmazonSQS",
        "events" => "AWSEvents",
        "fsx" => "AWSSimbaAPIService_v20180301",
        "dynamodb" => "DynamoDB_20120810",
        "redshift-serverless" => "RedshiftServerless",
        _ => "TrentService",
    };
    Request::builder()
        .method("POST")
        .uri(format!("https://{service}.{region}.amazonaws.com/"))
        .header("x-amz-target", format!("{prefix}.{operation}"))
        .header("authorization", authorization(key, region, service))
        .body(Bytes::from(input.to_string()))
        .unwrap()
}

/// The header of a signature by this access key.
pub(crate) fn authorization(key: &str, region: &str, service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential={key}/20260105/{region}/{service}/aws4_request, SignedHeaders=host, Signature=0"
    )
}

/// Sends a request as the caller of this name.
pub(crate) async fn send(
    cloud: &SimCloud,
    label: &str,
    request: Request<Bytes>,
) -> Result<Response<Bytes>, ConnectionLost> {
    cloud.handle(request, &ClientOptions::labelled(label)).await
}

/// Calls an operation in the usual account and Region.
pub(crate) async fn call(cloud: &SimCloud, service: &str, operation: &str, input: Value) -> Result<Value, Refusal> {
    let response = send(cloud, "test", request(ACCOUNT, REGION, service, operation, &input)).await.unwrap();
    answer(&response)
}

/// Calls SQS in the usual account and Region.
pub(crate) async fn sqs(cloud: &SimCloud, operation: &str, input: Value) -> Result<Value, Refusal> {
    call(cloud, "sqs", operation, input).await
}

/// The output or the error in an answer in AWS JSON.
pub(crate) fn answer(response: &Response<Bytes>) -> Result<Value, Refusal> {
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    let status = response.status().as_u16();
    if status == 200 {
        return Ok(body);
    }
    let message = body.get("message").unwrap_or(&body["Message"]);
    let code = body["__type"].as_str().unwrap_or_default().rsplit('#').next().unwrap().to_owned();
    Err(Refusal { code, message: message.as_str().unwrap_or_default().to_owned(), status })
}

/// Creates a queue with these attributes and returns its URL.
pub(crate) async fn queue(cloud: &SimCloud, name: &str, attributes: Value) -> String {
    let created = sqs(cloud, "CreateQueue", json!({"QueueName": name, "Attributes": attributes})).await.unwrap();
    created["QueueUrl"].as_str().unwrap().to_owned()
}

/// Sends a message with this body.
pub(crate) async fn put(cloud: &SimCloud, url: &str, body: &str) -> Value {
    sqs(cloud, "SendMessage", json!({"QueueUrl": url, "MessageBody": body})).await.unwrap()
}

/// Receives up to ten messages, waiting so many seconds.
pub(crate) async fn take(cloud: &SimCloud, url: &str, wait: u64) -> Vec<Value> {
    let input = json!({
        "QueueUrl": url,
        "MaxNumberOfMessages": 10,
        "WaitTimeSeconds": wait,
        "MessageSystemAttributeNames": ["All"],
        "MessageAttributeNames": ["All"],
    });
    let output = sqs(cloud, "ReceiveMessage", input).await.unwrap();
    output["Messages"].as_array().cloned().unwrap_or_default()
}

/// The bodies of messages.
pub(crate) fn bodies(messages: &[Value]) -> Vec<&str> {
    messages.iter().map(|message| message["Body"].as_str().unwrap()).collect()
}

/// The ARN of a queue in the usual place.
pub(crate) fn arn(name: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}")
}
