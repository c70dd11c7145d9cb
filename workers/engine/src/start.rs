//! Looks at everything that must be there before the first poll, and names all that is missing at once.

use std::{collections::BTreeMap, fmt, time::Duration};

use aws_sdk_sqs::{Client, types::QueueAttributeName};
use serde_json::Value;

use crate::{
    Settings,
    calls::look_up,
    failure::Failure,
    stats::Counters,
    timing::{Problem, QueueFacts, check_queue},
};

/// The engine cannot start. Every reason is named, so that one look mends them all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct StartError {
    /// All that keeps it from starting.
    pub problems: Vec<Problem>,
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the engine cannot start:")?;
        self.problems.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

/// Looks queues up and gathers what is wrong with them.
pub(crate) struct Survey<'a> {
    pub(crate) client: &'a Client,
    pub(crate) counters: &'a Counters,
    pub(crate) settings: &'a Settings,
    /// The addresses found, by full name.
    pub(crate) urls: BTreeMap<String, String>,
    pub(crate) problems: Vec<Problem>,
}

impl Survey<'_> {
    /// A queue to which jobs may be sent.
    pub(crate) async fn destination(&mut self, name: &str) {
        if !self.urls.contains_key(name) {
            self.locate(name).await;
        }
    }

    /// A queue that is to be served, with its dead-letter queue.
    pub(crate) async fn served(&mut self, name: &str) {
        let queue = self.facts(name).await;
        let dlq = self.facts(&format!("{name}-dlq")).await;
        if let (Some(queue), Some(dlq)) = (queue, dlq) {
            self.problems.extend(check_queue(self.settings, &queue, &dlq));
        }
    }

    async fn locate(&mut self, name: &str) -> Option<String> {
        match look_up(self.client, name, self.counters).await {
            Ok(url) => {
                self.urls.insert(name.to_owned(), url.clone());
                Some(url)
            }
            Err(failure) => {
                self.problems.push(problem(name, failure));
                None
            }
        }
    }

    async fn facts(&mut self, name: &str) -> Option<QueueFacts> {
        let url = self.locate(name).await?;
        self.counters.lookup.up();
        let call = self.client.get_queue_attributes().queue_url(url).attribute_names(QueueAttributeName::All);
        let answer = match call.send().await {
            Ok(answer) => answer,
            Err(error) => {
                self.problems.push(problem(name, Failure::of_call(&error)));
                return None;
            }
        };
        let attribute = |name| answer.attributes().and_then(|all| all.get(&name)).map(String::as_str);
        let redrive =
            attribute(QueueAttributeName::RedrivePolicy).and_then(|text| serde_json::from_str::<Value>(text).ok());
        let redrive = |member| redrive.as_ref().and_then(|policy| policy.get(member)).cloned();
        let retention = attribute(QueueAttributeName::MessageRetentionPeriod).and_then(|seconds| seconds.parse().ok());
        Some(QueueFacts {
            name: name.to_owned(),
            arn: attribute(QueueAttributeName::QueueArn).unwrap_or_default().to_owned(),
            retention: retention.map(Duration::from_secs),
            redrive_to: redrive("deadLetterTargetArn").and_then(|arn| arn.as_str().map(str::to_owned)),
            max_receive_count: redrive("maxReceiveCount").and_then(|count| whole(&count)),
        })
    }
}

/// SQS writes maxReceiveCount as a number or as a string, as it was set.
fn whole(value: &Value) -> Option<u32> {
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
    u32::try_from(number).ok()
}

fn problem(name: &str, failure: Failure) -> Problem {
    let queue = name.to_owned();
    match failure {
        Failure::QueueGone(_) => Problem::NoQueue { queue },
        Failure::Transient(reason) | Failure::Permanent(reason) => Problem::Unreachable { queue, reason },
    }
}
