//! The calls that the engine makes to SQS.
//!
//! The engine tries again by itself, by one rule, so the SDK's own retries are off here; and every call has a limit,
//! since the SDK sets none and a lost answer would otherwise be waited for without end.

use std::{sync::Arc, time::Duration};

use aws_sdk_sqs::{
    Client,
    config::{StalledStreamProtectionConfig, retry::RetryConfig, timeout::TimeoutConfig},
    error::BuildError,
    types::{
        BatchResultErrorEntry, ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry, Message,
        MessageSystemAttributeName, SendMessageBatchRequestEntry,
    },
};
use futures_util::future::BoxFuture;
use tokio::sync::OnceCell;

use crate::{
    batch::Call,
    failure::Failure,
    health::Monitor,
    lease::Lease,
    message::{READ, Sending, attribute_value},
    stats::Counters,
};

/// The given client, with this limit on every attempt. The limit makes the SDK's own guard against stalled streams
/// superfluous, which otherwise wakes every long poll several times a second.
pub(crate) fn limited(client: &Client, attempt: Duration) -> Client {
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(attempt).build();
    let config = client.config().to_builder().timeout_config(timeouts);
    Client::from_conf(config.stalled_stream_protection(StalledStreamProtectionConfig::disabled()).build())
}

/// The same, without the SDK's own retries.
pub(crate) fn single(client: &Client, attempt: Duration) -> Client {
    let config = limited(client, attempt).config().to_builder().retry_config(RetryConfig::disabled()).build();
    Client::from_conf(config)
}

/// Whole seconds, as SQS counts visibility and waiting.
pub(crate) fn seconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_secs()).unwrap_or(i32::MAX)
}

/// Receives from one queue.
pub(crate) struct Receiver {
    pub(crate) client: Client,
    pub(crate) url: String,
    pub(crate) long_poll: Duration,
    pub(crate) visibility: Duration,
    pub(crate) counters: Arc<Counters>,
}

impl Receiver {
    pub(crate) async fn receive(&self, at_most: usize) -> Result<Vec<Message>, Failure> {
        self.counters.receive.up();
        let answer = self
            .client
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(i32::try_from(at_most).unwrap_or(1))
            .wait_time_seconds(seconds(self.long_poll))
            .visibility_timeout(seconds(self.visibility))
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .message_system_attribute_names(MessageSystemAttributeName::MessageGroupId)
            .set_message_attribute_names(Some(READ.map(str::to_owned).to_vec()))
            .send()
            .await;
        answer.map(|answer| answer.messages.unwrap_or_default()).map_err(|error| Failure::of_call(&error))
    }
}

/// Sends to one queue, whose address is looked up once.
pub(crate) struct SendCall {
    pub(crate) client: Client,
    pub(crate) name: String,
    pub(crate) url: OnceCell<String>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) monitor: Arc<Monitor>,
}

impl SendCall {
    async fn send(&self, messages: &[Sending]) -> Result<Vec<(usize, Failure)>, Failure> {
        let url = self.url.get_or_try_init(|| look_up(&self.client, &self.name, &self.counters)).await?;
        self.counters.send.up();
        let entries = messages.iter().enumerate().map(|(position, message)| send_entry(position, message));
        let entries = entries.collect::<Result<_, _>>()?;
        let answer = self.client.send_message_batch().queue_url(url).set_entries(Some(entries)).send().await;
        answer.map(|answer| failed(answer.failed())).map_err(|error| Failure::of_call(&error))
    }
}

impl Call for SendCall {
    type Entry = Sending;

    fn size(&self, message: &Sending) -> usize {
        message.size()
    }

    fn call<'a>(&'a self, messages: &'a [Sending]) -> BoxFuture<'a, Result<Vec<(usize, Failure)>, Failure>> {
        Box::pin(async move {
            let result = self.send(messages).await;
            match &result {
                // A message that is refused for what it is says nothing about the queue.
                Ok(_) | Err(Failure::Permanent(_)) => self.monitor.send_ended(&self.name, None),
                Err(failure) => self.monitor.send_ended(&self.name, Some(failure)),
            }
            result
        })
    }
}

/// Finds a queue's address by its full name.
pub(crate) async fn look_up(client: &Client, name: &str, counters: &Counters) -> Result<String, Failure> {
    counters.lookup.up();
    let answer = client.get_queue_url().queue_name(name).send().await.map_err(|error| Failure::of_call(&error))?;
    answer.queue_url.ok_or_else(|| Failure::Transient("GetQueueUrl answered without a URL".to_owned()))
}

/// Deletes from one queue, by the newest receipt handle of each lease.
pub(crate) struct DeleteCall {
    pub(crate) client: Client,
    pub(crate) url: String,
    pub(crate) counters: Arc<Counters>,
}

impl Call for DeleteCall {
    type Entry = Arc<Lease>;

    fn size(&self, _: &Arc<Lease>) -> usize {
        0
    }

    fn call<'a>(&'a self, leases: &'a [Arc<Lease>]) -> BoxFuture<'a, Result<Vec<(usize, Failure)>, Failure>> {
        Box::pin(async move {
            self.counters.delete.up();
            let entries = leases.iter().enumerate().map(|(position, lease)| delete_entry(position, lease));
            let entries = entries.collect::<Result<_, _>>()?;
            let answer =
                self.client.delete_message_batch().queue_url(&self.url).set_entries(Some(entries)).send().await;
            answer.map(|answer| failed(answer.failed())).map_err(|error| Failure::of_call(&error))
        })
    }
}

/// For how long a receipt is to keep its message: the visibility to renew it, zero to give it back.
#[derive(Debug)]
pub(crate) struct Visibility {
    pub(crate) handle: String,
    pub(crate) seconds: i32,
}

/// Changes visibility on one queue.
pub(crate) struct VisibilityCall {
    pub(crate) client: Client,
    pub(crate) url: String,
    pub(crate) counters: Arc<Counters>,
}

impl Call for VisibilityCall {
    type Entry = Visibility;

    fn size(&self, _: &Visibility) -> usize {
        0
    }

    fn call<'a>(&'a self, changes: &'a [Visibility]) -> BoxFuture<'a, Result<Vec<(usize, Failure)>, Failure>> {
        Box::pin(async move {
            self.counters.visibility.up();
            let entries = changes.iter().enumerate().map(|(position, change)| visibility_entry(position, change));
            let entries = entries.collect::<Result<_, _>>()?;
            let call = self.client.change_message_visibility_batch().queue_url(&self.url).set_entries(Some(entries));
            call.send().await.map(|answer| failed(answer.failed())).map_err(|error| Failure::of_call(&error))
        })
    }
}

// An entry's id is its position: ids must differ within a call, and message ids need not after a redelivery.

fn send_entry(position: usize, message: &Sending) -> Result<SendMessageBatchRequestEntry, Failure> {
    let attributes = message.attributes.iter().map(|(name, value)| Ok(((*name).to_owned(), attribute_value(value)?)));
    let attributes = attributes.collect::<Result<_, _>>().map_err(unbuilt)?;
    SendMessageBatchRequestEntry::builder()
        .id(position.to_string())
        .message_body(&message.body)
        .set_delay_seconds((message.delay_seconds > 0).then_some(message.delay_seconds))
        .set_message_group_id(message.group.clone())
        .set_message_attributes((!message.attributes.is_empty()).then_some(attributes))
        .build()
        .map_err(unbuilt)
}

fn delete_entry(position: usize, lease: &Lease) -> Result<DeleteMessageBatchRequestEntry, Failure> {
    DeleteMessageBatchRequestEntry::builder()
        .id(position.to_string())
        .receipt_handle(lease.handle())
        .build()
        .map_err(unbuilt)
}

fn visibility_entry(position: usize, change: &Visibility) -> Result<ChangeMessageVisibilityBatchRequestEntry, Failure> {
    ChangeMessageVisibilityBatchRequestEntry::builder()
        .id(position.to_string())
        .receipt_handle(&change.handle)
        .visibility_timeout(change.seconds)
        .build()
        .map_err(unbuilt)
}

fn unbuilt(error: BuildError) -> Failure {
    Failure::Permanent(error.to_string())
}

fn failed(entries: &[BatchResultErrorEntry]) -> Vec<(usize, Failure)> {
    entries.iter().filter_map(|entry| Some((entry.id().parse().ok()?, Failure::of_entry(entry)))).collect()
}
