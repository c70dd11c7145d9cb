//! A message as it came and a message as it goes.

use std::time::Duration;

use aws_sdk_sqs::{
    error::BuildError,
    types::{Message, MessageAttributeValue, MessageSystemAttributeName},
};

/// The longest delay that SQS takes with a message (SQS developer guide, delay queues).
pub(crate) const MAX_DELAY: Duration = Duration::from_secs(900);

/// The W3C trace context, from the sender to whoever follows.
pub(crate) const TRACEPARENT: &str = "traceparent";
/// Milliseconds since 1970 before which a job must not run: a delay longer than SQS's own goes in hops.
pub(crate) const NOT_BEFORE: &str = "not_before";
/// Which run this is, of a foreign event, whose body is not ours to write in.
pub(crate) const ATTEMPT: &str = "attempt";
/// When a foreign event was first sent, once it has been sent again.
pub(crate) const FIRST_SENT_AT: &str = "first_sent_at";
/// The attributes that the engine reads.
pub(crate) const READ: [&str; 4] = [TRACEPARENT, NOT_BEFORE, ATTEMPT, FIRST_SENT_AT];

/// One receipt of one message. Times are milliseconds since 1970 UTC.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) message_id: String,
    pub(crate) handle: String,
    pub(crate) body: String,
    pub(crate) receive_count: u32,
    pub(crate) sent_at: i64,
    pub(crate) group: Option<String>,
    pub(crate) traceparent: Option<String>,
    pub(crate) not_before: Option<i64>,
    pub(crate) attempt: Option<u32>,
    pub(crate) first_sent_at: Option<i64>,
}

impl Received {
    /// Reads what SQS hands out. `None` when it lacks its id or its handle: it could be neither leased nor deleted.
    pub(crate) fn read(message: Message, now: i64) -> Option<Self> {
        let own = |name: &str| message.message_attributes()?.get(name)?.string_value().map(str::to_owned);
        let system = |name| message.attributes()?.get(&name).map(String::as_str);
        Some(Self {
            receive_count: system(MessageSystemAttributeName::ApproximateReceiveCount)
                .and_then(|count| count.parse().ok())
                .unwrap_or(1),
            sent_at: system(MessageSystemAttributeName::SentTimestamp).and_then(|at| at.parse().ok()).unwrap_or(now),
            group: system(MessageSystemAttributeName::MessageGroupId).map(str::to_owned),
            traceparent: own(TRACEPARENT),
            not_before: own(NOT_BEFORE).and_then(|at| at.parse().ok()),
            attempt: own(ATTEMPT).and_then(|attempt| attempt.parse().ok()),
            first_sent_at: own(FIRST_SENT_AT).and_then(|at| at.parse().ok()),
            message_id: message.message_id?,
            handle: message.receipt_handle?,
            body: message.body.unwrap_or_default(),
        })
    }
}

/// A message to be sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sending {
    pub(crate) body: String,
    pub(crate) delay_seconds: i32,
    pub(crate) group: Option<String>,
    pub(crate) attributes: Vec<(&'static str, String)>,
}

impl Sending {
    /// Delays the message: by SQS's own means up to 15 minutes, beyond that in hops towards `not_before`.
    pub(crate) fn delayed(mut self, delay: Duration, now: i64) -> Self {
        let hop = delay.min(MAX_DELAY);
        let seconds = hop.as_secs() + u64::from(hop.subsec_nanos() > 0);
        self.delay_seconds = i32::try_from(seconds).unwrap_or(900);
        if delay > MAX_DELAY {
            let length = i64::try_from(delay.as_millis()).unwrap_or(i64::MAX);
            self.attributes.push((NOT_BEFORE, now.saturating_add(length).to_string()));
        }
        self
    }

    pub(crate) fn attribute(mut self, name: &'static str, value: Option<impl ToString>) -> Self {
        self.attributes.extend(value.map(|value| (name, value.to_string())));
        self
    }

    /// What SQS counts towards 1 MiB: the body and every attribute's name, type and value.
    pub(crate) fn size(&self) -> usize {
        let attributes: usize = self.attributes.iter().map(|(name, value)| name.len() + TYPE.len() + value.len()).sum();
        self.body.len() + attributes
    }
}

const TYPE: &str = "String";

/// An attribute's value as the SDK wants it.
pub(crate) fn attribute_value(value: &str) -> Result<MessageAttributeValue, BuildError> {
    MessageAttributeValue::builder().data_type(TYPE).string_value(value).build()
}
