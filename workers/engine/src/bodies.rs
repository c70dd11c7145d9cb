//! What a body alone decides: whether a worker with these handlers can be given it.
//!
//! Whoever shows dead letters asks here, so that the command line and the worker can never judge one body differently.

use chainwright_envelope::{Code, Envelope, QueueName};
use serde_json::{Map, Value};

use crate::{
    message::Received,
    registry::{Kind, Registry, Runnable},
    reject::{DeadLetter, dead_letter},
};

/// Why a body can never be run: the code and the reason.
pub(crate) type Fault = (Code, String);

/// The envelope and the job's own members.
pub(crate) fn open(body: &str) -> Result<(Envelope, Map<String, Value>), Fault> {
    Envelope::read(body).map_err(|error| (error.code(), error.to_string()))
}

/// The handler of the envelope's kind, given the job.
pub(crate) fn prepare<'a, C: Send + 'static>(
    registry: &'a Registry<C>,
    queue: QueueName,
    envelope: &Envelope,
    rest: Map<String, Value>,
) -> Result<(&'a Kind<C>, Runnable<C>), Fault> {
    let Some(kind) = registry.kind(&envelope.kind) else {
        return Err((Code::UNKNOWN_KIND, format!("no job is called `{}`", envelope.kind)));
    };
    if kind.queue != queue {
        return Err((Code::WRONG_QUEUE, format!("`{}` waits on the queue `{}`", envelope.kind, kind.queue)));
    }
    let runnable = (kind.prepare)(rest).map_err(|error| (error.code(), error.to_string()))?;
    Ok((kind, runnable))
}

/// A message that SQS itself gave up, which therefore carries neither code nor reason.
#[derive(Debug, Clone, Copy)]
pub struct GivenUp<'a> {
    /// Its `MessageId`.
    pub message_id: &'a str,
    /// Its body.
    pub body: &'a str,
    /// Its message attribute `traceparent`.
    pub traceparent: Option<&'a str>,
}

/// The judgement on bodies of a worker with certain handlers.
pub struct Bodies<C> {
    registry: Registry<C>,
}

impl<C: Send + 'static> Bodies<C> {
    pub(crate) fn new(registry: Registry<C>) -> Self {
        Self { registry }
    }

    /// Whether a worker would run this body from this queue. What a raw queue brings is always run.
    ///
    /// # Errors
    /// The code and the reason under which a worker rejects it.
    pub fn judge(&self, queue: QueueName, body: &str) -> Result<(), (Code, String)> {
        if self.registry.raw(queue).is_some() {
            return Ok(());
        }
        let (envelope, rest) = open(body)?;
        envelope.supported().map_err(|newer| (newer.code(), newer.to_string()))?;
        prepare(&self.registry, queue, &envelope, rest).map(|_| ())
    }

    /// Why SQS had to give a message up: too large for the worker to annotate, unreadable, or, since nothing is wrong
    /// with its body, received too often. `name` is the full name of `queue`.
    #[must_use]
    pub fn given_up(&self, queue: QueueName, name: &str, message: GivenUp<'_>) -> (Code, String) {
        let worn_out = || (Code::TOO_MANY_RECEIVES, "SQS gave it up after its largest number of receipts".to_owned());
        let (code, reason) = self.judge(queue, message.body).err().unwrap_or_else(worn_out);
        let received = Received {
            message_id: message.message_id.to_owned(),
            handle: String::new(),
            body: message.body.to_owned(),
            receive_count: 1,
            sent_at: 0,
            group: None,
            traceparent: message.traceparent.map(str::to_owned),
            not_before: None,
            attempt: None,
            first_sent_at: None,
        };
        match dead_letter(&received, self.registry.raw(queue).is_some(), name, code, &reason) {
            DeadLetter::Written(_) => (code, reason),
            DeadLetter::TooLarge => {
                let bytes = message.body.len();
                (
                    Code::TOO_LARGE_TO_ANNOTATE,
                    format!("{bytes} bytes leave no room for the reason, which is {code}: {reason}"),
                )
            }
        }
    }
}
