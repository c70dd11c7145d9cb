//! What a handler answers, and the jobs that it asks for.

use std::{fmt, time::Duration};

use chainwright_envelope::{Code, EncodeError, Envelope, Job, QueueName, encode_rest, job_members};
use serde_json::{Map, Value};

/// How one run of a job ended. There is no error beside it: a handler says what should happen next.
#[derive(Debug)]
pub enum Outcome {
    /// The job is done; its message is deleted.
    Done,
    /// The job is done and leads to others: they are sent first, then the message is deleted.
    Continue(Vec<Outgoing>),
    /// The same job again after this time, as the same attempt. Its deadline goes on.
    Snooze(Duration),
    /// The same job again after a growing, jittered delay, as the next attempt. Its deadline goes on.
    Retry(Reason),
    /// The job can never succeed: to the dead-letter queue, with this code and reason.
    Reject(Code, String),
}

impl Outcome {
    /// A retry for this reason.
    pub fn retry(reason: impl fmt::Display) -> Self {
        Self::Retry(Reason(reason.to_string()))
    }

    /// A rejection with this code and reason.
    pub fn reject(code: Code, reason: impl fmt::Display) -> Self {
        Self::Reject(code, reason.to_string())
    }
}

/// Why a job is tried again; for logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason(pub(crate) String);

impl From<String> for Reason {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Reason {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A job to be sent. What is not set is taken over from the job that leads to it: correlation and traceparent.
#[derive(Debug)]
pub struct Outgoing {
    pub(crate) queue: QueueName,
    pub(crate) delay: Duration,
    pub(crate) group: Option<String>,
    pub(crate) traceparent: Option<String>,
    envelope: Envelope,
    members: Result<Map<String, Value>, EncodeError>,
}

impl Outgoing {
    /// This job, on its own queue, at once.
    pub fn job<J: Job>(job: &J) -> Self {
        Self {
            queue: J::QUEUE,
            delay: Duration::ZERO,
            group: None,
            traceparent: None,
            envelope: Envelope::new(J::KIND),
            members: job_members(job),
        }
    }

    /// Names the job. Without it the job is named at its first receipt, which costs one more pass through the queue.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.envelope.id = Some(id.into());
        self
    }

    /// Keeps the job back for at least so long; rounded up to whole seconds, of any length.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// The tenant for SQS's fair queues (`MessageGroupId` on a standard queue).
    #[must_use]
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.group = Some(group.into());
        self
    }

    /// Sets the correlation, in place of that of the job which leads to this one.
    #[must_use]
    pub fn correlation(mut self, correlation: impl Into<String>) -> Self {
        self.envelope.correlation = Some(correlation.into());
        self
    }

    /// Sets the W3C traceparent, in place of that of the job which leads to this one.
    #[must_use]
    pub fn traceparent(mut self, traceparent: impl Into<String>) -> Self {
        self.traceparent = Some(traceparent.into());
        self
    }

    /// The job's kind.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.envelope.kind
    }

    /// The queue to which the job goes.
    #[must_use]
    pub fn queue(&self) -> QueueName {
        self.queue
    }

    /// The body as it will be sent.
    ///
    /// # Errors
    /// When the job is not a JSON object or has a member of the envelope's.
    pub fn body(&self) -> Result<String, &EncodeError> {
        self.body_within(None)
    }

    /// The body, with the correlation of the job that leads to this one where none is set.
    pub(crate) fn body_within(&self, correlation: Option<&str>) -> Result<String, &EncodeError> {
        let members = self.members.as_ref()?;
        let mut envelope = self.envelope.clone();
        if envelope.correlation.is_none() {
            envelope.correlation = correlation.map(str::to_owned);
        }
        Ok(encode_rest(&envelope, members.clone()))
    }
}
