//! A cloud that was saved and resumed goes on as if nothing had happened.

use std::time::Duration;

use serde_json::{Value, json};
use simcloud::faults::{CallFault, CallMatcher, EventFault, FaultRule};
use simcloud::{SavedError, Service, Settings, SimCloud, Switches};
use tokio::time::sleep;

use crate::backup_support::{DR, backup, copy, label, prepare, put, request, rest, start};
use crate::dynamodb::db;
use crate::support::{REGION as HERE, arn, call, queue, sqs};

fn settings() -> Settings {
    // Lags and late deletions, so that much is on its way at any instant.
    let mut switches = Switches::draw(7);
    switches.dynamodb.index_lag = Duration::from_secs(3);
    switches.backup.deleted_still_listed = Duration::from_mins(1);
    switches.backup.tag_limit = 50;
    Settings { seed: 7, trace: true, switches, ..Settings::default() }
}

/// A cloud in the middle of everything: a copy and a backup under way, a deletion, a point with an end, messages
/// delayed, hidden, grouped and on their way out of a dead-letter queue, rules by schedule and by pattern, an event that
/// is held up, an index that lags, a rule of the fault plan half used up.
async fn busy() -> SimCloud {
    let cloud = SimCloud::new(settings());
    let dead = queue(&cloud, "dead", json!({})).await;
    let redrive = json!({"deadLetterTargetArn": arn("dead"), "maxReceiveCount": 1}).to_string();
    let jobs = queue(&cloud, "jobs", json!({"RedrivePolicy": redrive, "VisibilityTimeout": "300"})).await;
    queue(&cloud, "events", json!({})).await;
    for (name, rule) in [
        ("tick", json!({"Name": "tick", "ScheduleExpression": "rate(7 minutes)"})),
        ("backup", json!({"Name": "backup", "EventPattern": "{\"source\":[{\"prefix\":\"aws.b\"}]}"})),
        ("noon", json!({"Name": "noon", "ScheduleExpression": "cron(0 12 ? * MON-FRI *)"})),
    ] {
        call(&cloud, "events", "PutRule", rule).await.unwrap();
        let target = json!({"Id": "queue", "Arn": arn("events")});
        call(&cloud, "events", "PutTargets", json!({"Rule": name, "Targets": [target]})).await.unwrap();
    }
    prepare(&cloud).await;
    call(&cloud, "kms", "CreateKey", json!({"MultiRegion": true})).await.unwrap();
    let late = FaultRule::event(Some("Backup Job State Change"), EventFault::Delay(Duration::from_hours(2)));
    cloud.faults().add(late.with_probability(0.5));
    let deletes = CallMatcher::operation(Service::Sqs, "DeleteMessage");
    cloud.faults().add(FaultRule::call(deletes, CallFault::Throttle).times(2));
    let made = backup(&cloud, "t1").await;
    let doomed = backup(&cloud, "t2").await;
    let mut short = request("t3");
    short["Lifecycle"] = json!({"DeleteAfterDays": 2});
    put(&cloud, "backup-jobs", short).await.unwrap();
    sleep(Duration::from_hours(1)).await;
    put(&cloud, "copy-jobs", copy(&made, "c1")).await.unwrap();
    let restore = json!({
        "RecoveryPointArn": made, "IamRoleArn": crate::backup_support::ROLE,
        "Metadata": {"targetTableName": "restored", "encryptionType": "Default"}, "ResourceType": "DynamoDB",
    });
    put(&cloud, "restore-jobs", restore).await.unwrap();
    rest(&cloud, HERE, "DELETE", &format!("backup-vaults/main/recovery-points/{}", label(&doomed)), Value::Null)
        .await
        .unwrap();
    sqs(&cloud, "SendMessage", json!({"QueueUrl": jobs, "MessageBody": "dies"})).await.unwrap();
    sqs(&cloud, "ReceiveMessage", json!({"QueueUrl": jobs, "VisibilityTimeout": 0})).await.unwrap();
    sqs(&cloud, "ReceiveMessage", json!({"QueueUrl": jobs})).await.unwrap();
    for n in 0..6 {
        let message = json!({"QueueUrl": jobs, "MessageBody": n.to_string(), "DelaySeconds": n * 90,
            "MessageGroupId": (n % 2).to_string(), "MessageAttributes": {"b": {"DataType": "Binary", "BinaryValue": "AP8="}}});
        sqs(&cloud, "SendMessage", message).await.unwrap();
    }
    sqs(&cloud, "SendMessage", json!({"QueueUrl": dead, "MessageBody": "dead"})).await.unwrap();
    let task = json!({"SourceArn": arn("dead"), "DestinationArn": arn("events"), "MaxNumberOfMessagesPerSecond": 1});
    sqs(&cloud, "StartMessageMoveTask", task).await.unwrap();
    sqs(&cloud, "ReceiveMessage", json!({"QueueUrl": jobs, "MaxNumberOfMessages": 1})).await.unwrap();
    start(&cloud, "t4").await;
    let item = json!({"p": {"S": "a"}, "s": {"N": "2"}, "o": {"S": "me"}, "d": {"N": "1.5"}, "b": {"B": "AP8="}});
    db(&cloud, "PutItem", json!({"TableName": "orders", "Item": item})).await.unwrap();
    cloud
}

/// What callers would see of a cloud over two virtual days.
async fn two_days(cloud: &SimCloud) -> Vec<String> {
    let url = |name: &str| format!("http://sqs.{HERE}.localhost/111122223333/{name}");
    for _ in 0..16 {
        for name in ["jobs", "events", "dead"] {
            let receive =
                json!({"QueueUrl": url(name), "MaxNumberOfMessages": 10, "MessageSystemAttributeNames": ["All"]});
            let received = sqs(cloud, "ReceiveMessage", receive).await.unwrap();
            for message in received["Messages"].as_array().into_iter().flatten() {
                let delete = json!({"QueueUrl": url(name), "ReceiptHandle": message["ReceiptHandle"]});
                let _throttled_twice = sqs(cloud, "DeleteMessage", delete).await;
            }
        }
        for region in [HERE, DR] {
            for path in ["backup-jobs", "copy-jobs", "restore-jobs", "backup-vaults/main/recovery-points"] {
                let _elsewhere = rest(cloud, region, "GET", path, Value::Null).await;
            }
        }
        let index = json!({"TableName": "orders", "IndexName": "by-owner", "KeyConditionExpression": "o = :o",
            "ExpressionAttributeValues": {":o": {"S": "me"}}});
        db(cloud, "Query", index).await.unwrap();
        db(cloud, "ListTables", json!({})).await.unwrap();
        sleep(Duration::from_hours(3)).await;
    }
    let state = [format!("{:?}", cloud.inspect().points()), format!("{:?}", cloud.inspect().backup_jobs())];
    cloud.trace().iter().map(ToString::to_string).chain(state).collect()
}

#[tokio::test(start_paused = true)]
async fn what_is_saved_and_resumed_is_the_same_to_the_byte() {
    let cloud = busy().await;
    let saved = cloud.save().unwrap();
    let resumed = SimCloud::resume(&saved, settings()).unwrap();
    assert_eq!(resumed.now(), cloud.now());
    assert!(resumed.save().unwrap() == saved, "something was lost between reading and writing");
    assert_eq!(resumed.stats(), cloud.stats());
}

#[tokio::test(start_paused = true)]
async fn a_resumed_cloud_answers_as_the_uninterrupted_one() {
    let cloud = busy().await;
    let resumed = SimCloud::resume(&cloud.save().unwrap(), settings()).unwrap();
    let (uninterrupted, after_a_break) = tokio::join!(two_days(&cloud), two_days(&resumed));
    assert_eq!(after_a_break, uninterrupted);
    // Everything that was on its way has come to its end meanwhile.
    assert!(cloud.inspect().backup_jobs().iter().all(|job| job.state == "COMPLETED"), "a job did not end");
    assert!(cloud.inspect().copy_jobs().iter().all(|job| job.state == "COMPLETED"));
    assert_eq!(cloud.inspect().restore_jobs()[0].state, "COMPLETED");
    assert!(cloud.inspect().events().delivered > 400);
    let throttled = uninterrupted.iter().filter(|line| line.ends_with(" RequestThrottled")).count();
    assert_eq!(throttled, 2);
}

#[tokio::test(start_paused = true)]
async fn what_fell_due_before_a_later_start_has_happened_in_its_order() {
    let cloud = busy().await;
    let saved = cloud.save().unwrap();
    sleep(Duration::from_hours(72)).await;
    let late = SimCloud::resume(&saved, Settings { start: cloud.now(), ..settings() }).unwrap();
    assert_eq!(late.now(), cloud.now());
    assert!(late.save().unwrap() == cloud.save().unwrap(), "three days at once are not three days");
    assert_ne!(cloud.save().unwrap(), saved);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_saved_cloud_is_refused() {
    let saved = busy().await.save().unwrap();
    for length in (0..saved.len()).step_by(997) {
        let error = SimCloud::resume(&saved[..length], settings()).unwrap_err();
        assert!(matches!(error, SavedError::Read(_)), "{length}: {error}");
    }
    assert!(SimCloud::resume(b"{\"version\":1}", settings()).is_err());
    // The version is the first thing in it, a number of one byte.
    let mut newer = saved;
    let at = newer.windows(7).position(|name| name == b"version").unwrap() + 7;
    newer[at] = 99;
    let error = SimCloud::resume(&newer, settings()).unwrap_err();
    assert!(matches!(error, SavedError::Version { found: 99 }), "{error}");
}
