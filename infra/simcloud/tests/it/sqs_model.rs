//! Any sequence of operations on a queue, against the simplest possible account of what must hold: no message is lost,
//! none is visible twice, none comes back after its deletion.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;
use simcloud::SimCloud;
use tokio::time::{Instant, sleep};

use crate::support::{arn, cloud, queue, sqs, take};

#[derive(Clone, Debug)]
enum Step {
    Send { delay: u64, group: u8 },
    Receive { visibility: u64, count: u64 },
    Delete { which: usize },
    Change { which: usize, visibility: u64 },
    Wait { seconds: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..20_u64, 0..3_u8).prop_map(|(delay, group)| Step::Send { delay: delay.saturating_sub(10), group }),
        4 => (0..30_u64, 1..=10_u64).prop_map(|(visibility, count)| Step::Receive { visibility, count }),
        2 => any::<usize>().prop_map(|which| Step::Delete { which }),
        1 => (any::<usize>(), 0..40_u64).prop_map(|(which, visibility)| Step::Change { which, visibility }),
        2 => (1..20_u64).prop_map(|seconds| Step::Wait { seconds }),
    ]
}

/// What a test knows about each message: until when it must not be seen.
#[derive(Default)]
struct Account {
    hidden: BTreeMap<String, Instant>,
    deleted: BTreeSet<String>,
    /// The newest handle of each message received.
    handles: BTreeMap<String, String>,
}

impl Account {
    fn pick(&self, which: usize) -> Option<(String, String)> {
        let index = which.checked_rem(self.handles.len())?;
        self.handles.iter().nth(index).map(|(id, handle)| (id.clone(), handle.clone()))
    }
}

async fn carry_out(cloud: &SimCloud, url: &str, step: Step, account: &mut Account) {
    match step {
        Step::Send { delay, group } => {
            let input = json!({"QueueUrl": url, "MessageBody": "m", "DelaySeconds": delay, "MessageGroupId": format!("g{group}")});
            let sent = sqs(cloud, "SendMessage", input).await.unwrap();
            let id = sent["MessageId"].as_str().unwrap().to_owned();
            account.hidden.insert(id, Instant::now() + Duration::from_secs(delay));
        }
        Step::Receive { visibility, count } => {
            let input = json!({"QueueUrl": url, "VisibilityTimeout": visibility, "MaxNumberOfMessages": count});
            let output = sqs(cloud, "ReceiveMessage", input).await.unwrap();
            for message in output["Messages"].as_array().into_iter().flatten() {
                let id = message["MessageId"].as_str().unwrap().to_owned();
                assert!(!account.deleted.contains(&id), "a deleted message came back");
                let hidden =
                    account.hidden.insert(id.clone(), Instant::now() + Duration::from_secs(visibility)).unwrap();
                assert!(hidden <= Instant::now(), "a hidden message was received");
                account.handles.insert(id, message["ReceiptHandle"].as_str().unwrap().to_owned());
            }
        }
        Step::Delete { which } => {
            let Some((id, handle)) = account.pick(which) else { return };
            sqs(cloud, "DeleteMessage", json!({"QueueUrl": url, "ReceiptHandle": handle})).await.unwrap();
            account.handles.remove(&id);
            account.hidden.remove(&id);
            account.deleted.insert(id);
        }
        Step::Change { which, visibility } => {
            let Some((id, handle)) = account.pick(which) else { return };
            let input = json!({"QueueUrl": url, "ReceiptHandle": handle, "VisibilityTimeout": visibility});
            let in_flight = account.hidden[&id] > Instant::now();
            let changed = sqs(cloud, "ChangeMessageVisibility", input).await;
            assert_eq!(changed.is_ok(), in_flight, "only what is in flight can be changed: {changed:?}");
            if in_flight {
                account.hidden.insert(id, Instant::now() + Duration::from_secs(visibility));
            }
        }
        Step::Wait { seconds } => sleep(Duration::from_secs(seconds)).await,
    }
}

async fn run(steps: Vec<Step>) {
    let cloud = cloud();
    let url = queue(&cloud, "jobs", json!({})).await;
    let mut account = Account::default();
    for step in steps {
        carry_out(&cloud, &url, step, &mut account).await;
        let depth = cloud.inspect().queue_depth(&arn("jobs")).unwrap();
        let now = Instant::now();
        let visible = account.hidden.values().filter(|until| **until <= now).count();
        assert_eq!((depth.visible, depth.visible + depth.in_flight + depth.delayed), (visible, account.hidden.len()));
    }
    // After the longest hiding, everything that was not deleted can be had.
    sleep(Duration::from_secs(60)).await;
    let mut left = BTreeSet::new();
    while let messages = take(&cloud, &url, 0).await
        && !messages.is_empty()
    {
        left.extend(messages.iter().map(|message| message["MessageId"].as_str().unwrap().to_owned()));
    }
    assert_eq!(left, account.hidden.into_keys().collect());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn no_message_is_lost_and_none_is_visible_twice(steps in prop::collection::vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(run(steps));
    }
}
