//! The events of AWS Backup, traps included.

use std::time::Duration;

use serde_json::{Value, json};
use simcloud::{BackupSwitches, Settings, SimCloud, Switches};
use tokio::time::sleep;

use crate::backup_support::{DR, backup, copy, delete, prepare, put, table_arn};
use crate::support::{ACCOUNT, REGION, answer, bodies, request, send, take};

/// Sends everything of AWS Backup in a Region to a queue here, whose URL it returns.
async fn listen(cloud: &SimCloud, region: &str) -> String {
    let in_region = async |service: &str, operation: &str, input: Value| {
        let request = request(ACCOUNT, region, service, operation, &input);
        answer(&send(cloud, "test", request).await.unwrap()).unwrap()
    };
    let made = in_region("sqs", "CreateQueue", json!({"QueueName": "events"})).await;
    let pattern = json!({"source": ["aws.backup"]}).to_string();
    in_region("events", "PutRule", json!({"Name": "backup", "EventPattern": pattern})).await;
    let queue = format!("arn:aws:sqs:{region}:{ACCOUNT}:events");
    in_region("events", "PutTargets", json!({"Rule": "backup", "Targets": [{"Id": "q", "Arn": queue}]})).await;
    made["QueueUrl"].as_str().unwrap().to_owned()
}

/// All events of one detail type so far, in no order to rely on.
async fn of_type(cloud: &SimCloud, url: &str, detail_type: &str) -> Vec<Value> {
    let mut found = Vec::new();
    loop {
        let messages = take(cloud, url, 0).await;
        if messages.is_empty() {
            break;
        }
        found.extend(bodies(&messages).iter().map(|body| serde_json::from_str::<Value>(body).unwrap()));
    }
    found.retain(|event| event["detail-type"] == detail_type);
    found
}

fn in_state<'a>(events: &'a [Value], state: &str) -> &'a Value {
    events.iter().find(|event| event["detail"]["state"] == state || event["detail"]["status"] == state).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_backup_s_events_name_its_point_only_at_the_end_and_only_as_their_resource() {
    let cloud = SimCloud::new(Settings::default());
    let url = listen(&cloud, REGION).await;
    prepare(&cloud).await;
    let arn = backup(&cloud, "t1").await;
    sleep(Duration::from_mins(6)).await;
    let events = of_type(&cloud, &url, "Backup Job State Change").await;
    assert_eq!(events.len(), 3);
    let created = in_state(&events, "CREATED");
    let members: Vec<&String> = created["detail"].as_object().unwrap().keys().collect();
    assert_eq!(members, ["backupJobId", "creationDate", "state"]);
    let running = in_state(&events, "RUNNING");
    assert_eq!(running["resources"], json!([]));
    assert!(running["detail"]["expectedCompletionDate"].as_str().unwrap().starts_with("Jan 5, 2026 12:"));
    let completed = in_state(&events, "COMPLETED");
    assert_eq!(completed["resources"], json!([arn]));
    assert!(!completed["detail"].to_string().contains(&arn));
    assert!(completed["detail"]["backupSizeInBytes"].is_string());
    assert!(completed["detail"]["completionDate"].as_str().unwrap().ends_with('Z'));
    assert!(completed["detail"].get("createdBy").is_none());
}

#[tokio::test(start_paused = true)]
async fn events_leave_together_at_marks_of_five_minutes() {
    let cloud = SimCloud::new(Settings::default());
    let url = listen(&cloud, REGION).await;
    prepare(&cloud).await;
    backup(&cloud, "t1").await;
    sleep(Duration::from_mins(6)).await;
    let events = of_type(&cloud, &url, "Backup Job State Change").await;
    for event in events {
        let time: jiff::Timestamp = event["time"].as_str().unwrap().parse().unwrap();
        assert_eq!(time.as_second() % 300, 0, "{time}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_copy_s_events_stay_at_home_unless_the_switch_says_otherwise() {
    for both in [false, true] {
        let backup_switches = BackupSwitches { copy_events_in_destination: both, ..BackupSwitches::default() };
        let switches = Switches { backup: backup_switches, ..Switches::default() };
        let cloud = SimCloud::new(Settings { switches, ..Settings::default() });
        let (here, there) = (listen(&cloud, REGION).await, listen(&cloud, DR).await);
        prepare(&cloud).await;
        let arn = backup(&cloud, "t1").await;
        put(&cloud, "copy-jobs", copy(&arn, "c1")).await.unwrap();
        sleep(Duration::from_mins(60)).await;
        let events = of_type(&cloud, &here, "Copy Job State Change").await;
        assert_eq!(events.len(), 3);
        assert!(in_state(&events, "CREATED")["detail"].get("copyJobId").is_none());
        let running = in_state(&events, "RUNNING");
        assert_eq!(running["detail"]["destinationRecoveryPointArn"], json!({}));
        assert_eq!(running["resources"], json!([arn]));
        let completed = in_state(&events, "COMPLETED");
        assert!(completed["detail"]["backupSizeInBytes"].is_number());
        let copied = completed["detail"]["destinationRecoveryPointArn"].as_str().unwrap();
        assert!(copied.contains(DR));
        // The destination hears of its new point in any case.
        let url = there.replace(REGION, DR);
        let in_dr = request(ACCOUNT, DR, "sqs", "ReceiveMessage", &json!({"QueueUrl": url, "MaxNumberOfMessages": 10}));
        let received = answer(&send(&cloud, "test", in_dr).await.unwrap()).unwrap();
        let text = received.to_string();
        assert!(text.contains("Recovery Point State Change"));
        assert_eq!(text.contains("Copy Job State Change"), both);
    }
}

#[tokio::test(start_paused = true)]
async fn a_point_that_is_deleted_is_announced_as_deleting() {
    let cloud = SimCloud::new(Settings::default());
    let url = listen(&cloud, REGION).await;
    prepare(&cloud).await;
    let arn = backup(&cloud, "t1").await;
    delete(&cloud, &arn).await.unwrap();
    sleep(Duration::from_mins(6)).await;
    let events = of_type(&cloud, &url, "Recovery Point State Change").await;
    let deleting = in_state(&events, "DELETING");
    assert_eq!(deleting["resources"], json!([arn]));
    assert_eq!(deleting["detail"]["resourceArn"], json!(table_arn()));
    assert_eq!(deleting["detail"]["isEncrypted"], "true");
}
