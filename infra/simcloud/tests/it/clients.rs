//! Clients: who they are, how they die, what is recorded of them.

use std::time::Duration;

use aws_smithy_async::time::TimeSource;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};
use simcloud::{ClientOptions, Pace, Service, Settings, SimClient, SimCloud};
use tokio::time::{sleep, timeout};

use crate::support::{ACCOUNT, REGION, arn, cloud, put, queue, request, take};

async fn exchange(client: &SimClient, operation: &str, input: &Value) -> Result<HttpResponse, ConnectorError> {
    let request = request(ACCOUNT, REGION, "sqs", operation, input).map(SdkBody::from);
    client.call(HttpRequest::try_from(request).unwrap()).await
}

#[tokio::test(start_paused = true)]
async fn the_sdk_s_own_interface_leads_into_the_cloud() {
    let cloud = cloud();
    let client = cloud.http_client(ClientOptions::labelled("worker-1"));
    let response = exchange(&client, "CreateQueue", &json!({"QueueName": "jobs"})).await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    let body: Value = serde_json::from_slice(response.body().bytes().unwrap()).unwrap();
    assert!(body["QueueUrl"].as_str().unwrap().ends_with("/111122223333/jobs"));
    assert_eq!(cloud.stats().labels["worker-1"][&(Service::Sqs, "CreateQueue".to_owned())], 1);
}

#[tokio::test(start_paused = true)]
async fn a_killed_client_never_gets_its_answer_and_makes_no_further_call() {
    let cloud = cloud();
    let url = queue(&cloud, "jobs", json!({})).await;
    let client = cloud.http_client(ClientOptions::labelled("worker-1"));
    let receive = json!({"QueueUrl": url, "WaitTimeSeconds": 20});
    let waiting = timeout(Duration::from_secs(3_600), exchange(&client, "ReceiveMessage", &receive));
    let killer = async {
        sleep(Duration::from_secs(1)).await;
        client.clone().kill();
        put(&cloud, &url, "m").await;
    };
    let (received, ()) = tokio::join!(waiting, killer);
    assert!(received.is_err(), "a dead worker got an answer");
    assert!(exchange(&client, "ReceiveMessage", &receive).await.unwrap_err().is_io());
    assert_eq!(cloud.stats().labels["worker-1"].values().sum::<u64>(), 1);
    // The dead worker's receive took nothing with it.
    assert_eq!(take(&cloud, &url, 0).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_caller_s_account_is_its_client_s_unless_the_key_names_one() {
    let cloud = cloud();
    let options = ClientOptions { account: Some("777788889999".to_owned()), label: "w".to_owned() };
    for (key, account) in
        [("AKIDEXAMPLE", "777788889999"), ("444455556666", "444455556666"), ("ASIA222233334444XYZ", "222233334444")]
    {
        let input = json!({"QueueName": "jobs"});
        cloud.handle(request(key, REGION, "sqs", "CreateQueue", &input), &options).await.unwrap();
        assert!(cloud.inspect().queues().contains(&format!("arn:aws:sqs:{REGION}:{account}:jobs")));
    }
}

#[tokio::test(start_paused = true)]
async fn the_clock_is_virtual_and_the_same_for_all() {
    let cloud = SimCloud::new(Settings::default());
    assert_eq!(cloud.now().to_string(), "2026-01-05T00:00:00Z");
    sleep(Duration::from_secs(72 * 3_600)).await;
    assert_eq!(cloud.now().to_string(), "2026-01-08T00:00:00Z");
    assert_eq!(cloud.time_source().now(), std::time::SystemTime::from(cloud.now()));
}

/// Two workers, some faults, an hour of messages; returns the trace.
async fn busy_hour(seed: u64) -> Vec<String> {
    use simcloud::faults::{CallFault, CallMatcher, FaultRule};
    let cloud = SimCloud::new(Settings { seed, trace: true, pace: Pace::default(), ..Settings::default() });
    let url = queue(&cloud, "jobs", json!({"VisibilityTimeout": "5"})).await;
    let deletes = CallMatcher::operation(Service::Sqs, "DeleteMessage");
    cloud.faults().add(FaultRule::call(deletes, CallFault::ServerError(500)).with_probability(0.3));
    let worker = async |label: &str| {
        let client = cloud.http_client(ClientOptions::labelled(label));
        for _ in 0..40 {
            let receive = json!({"QueueUrl": url, "WaitTimeSeconds": 20, "MaxNumberOfMessages": 3});
            let response = exchange(&client, "ReceiveMessage", &receive).await.unwrap();
            let body: Value = serde_json::from_slice(response.body().bytes().unwrap()).unwrap();
            for message in body["Messages"].as_array().into_iter().flatten() {
                let delete = json!({"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]});
                exchange(&client, "DeleteMessage", &delete).await.unwrap();
            }
        }
    };
    let sender = async {
        for n in 0..30 {
            put(&cloud, &url, &n.to_string()).await;
            sleep(Duration::from_secs(7)).await;
        }
    };
    tokio::join!(worker("w1"), worker("w2"), sender);
    assert!(cloud.inspect().queue_messages(&arn("jobs")).is_empty());
    cloud.trace().iter().map(ToString::to_string).collect()
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_trace_to_the_byte() {
    let first = busy_hour(7).await;
    assert!(first.iter().any(|line| line.ends_with(" InternalFailure")));
    assert_eq!(busy_hour(7).await, first);
    assert_ne!(busy_hour(8).await, first);
}

#[tokio::test(start_paused = true)]
async fn a_client_killed_after_the_effect_leaves_the_effect_behind() {
    use simcloud::faults::{CallMatcher, GatePoint};
    let cloud = cloud();
    let url = queue(&cloud, "jobs", json!({})).await;
    let client = cloud.http_client(ClientOptions::labelled("worker-1"));
    let gate = cloud.gate(CallMatcher::default().from_label("worker-1"), GatePoint::AfterEffect);
    let message = json!({"QueueUrl": url, "MessageBody": "m"});
    let sending = timeout(Duration::from_secs(3_600), exchange(&client, "SendMessage", &message));
    let killer = async {
        gate.reached().await;
        client.kill();
        gate.release();
    };
    let (sent, ()) = tokio::join!(sending, killer);
    assert!(sent.is_err(), "a dead worker got an answer");
    assert_eq!(cloud.inspect().queue_messages(&arn("jobs")).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_cloud_s_own_task_ends_with_its_last_handle() {
    let alive = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let cloud = cloud();
    let client = cloud.http_client(ClientOptions::default());
    queue(&cloud, "jobs", json!({})).await;
    assert_eq!(alive(), 1);
    drop(cloud);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(alive(), 1, "the client is a handle too");
    drop(client);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(alive(), 0);
}
