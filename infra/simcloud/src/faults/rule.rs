//! The rules of the fault plan. They are read from and written as JSON, with names in lower case and durations such as `"2s 500ms"`.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::call::{Call, Service};

/// Which calls are meant; an absent member fits every call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct CallMatcher {
    /// The service called.
    pub service: Option<Service>,
    /// The operation's name.
    pub operation: Option<String>,
    /// The caller's label.
    pub label: Option<String>,
    /// The Region called.
    pub region: Option<String>,
    /// Text that the input contains, as JSON without spaces.
    pub containing: Option<String>,
}

impl CallMatcher {
    /// Every call of one operation.
    #[must_use]
    pub fn operation(service: Service, operation: impl Into<String>) -> Self {
        Self { service: Some(service), operation: Some(operation.into()), ..Self::default() }
    }

    /// Every call of one service.
    #[must_use]
    pub fn service(service: Service) -> Self {
        Self { service: Some(service), ..Self::default() }
    }

    /// Of these, the calls of one caller.
    #[must_use]
    pub fn from_label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Of these, the calls in one Region.
    #[must_use]
    pub fn in_region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Of these, the calls whose input contains this text.
    #[must_use]
    pub fn containing(mut self, text: impl Into<String>) -> Self {
        self.containing = Some(text.into());
        self
    }

    pub(crate) fn matches(&self, call: &Call, label: &str) -> bool {
        self.service.is_none_or(|service| service == call.service)
            && self.operation.as_ref().is_none_or(|operation| *operation == call.operation)
            && self.label.as_ref().is_none_or(|of| of == label)
            && self.region.as_ref().is_none_or(|region| *region == call.region)
            && self.containing.as_ref().is_none_or(|text| call.input.to_string().contains(text))
    }
}

/// What can happen to a call.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum CallFault {
    /// The answer takes so much longer. The effect comes before the second half of it.
    Latency(#[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")] Duration),
    /// As `Latency`, drawn evenly from zero up to so long: what reorders answers.
    Jitter(#[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")] Duration),
    /// Refused by the service's own throttling error, without effect.
    Throttle,
    /// Answered 500 or 503, without effect.
    ServerError(u16),
    /// Answered with this error, without effect.
    Error {
        /// The error's code, such as `LimitExceededException`.
        code: String,
        /// Its text.
        message: String,
        /// The HTTP status.
        status: u16,
    },
    /// The connection breaks before the effect.
    LoseBefore,
    /// The connection breaks after the effect: the answer is lost.
    LoseAfter,
    /// No effect and never an answer.
    BlackHole,
    /// Refused because the caller's session has expired, without effect.
    ExpiredCredentials,
}

/// What can happen to an event between its source and a bus.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EventFault {
    /// It never arrives.
    Drop,
    /// It arrives twice, under one id.
    Duplicate,
    /// It arrives so much later, and so possibly after its successors.
    Delay(#[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")] Duration),
}

/// What can happen to a job that a service does.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum JobFault {
    /// It ends as failed with this text.
    Fails(String),
    /// It runs and never ends.
    Stalls,
    /// It ends as aborted.
    Aborts,
    /// It ends as expired. A deletion so refused is answered 200, and the point turns EXPIRED.
    Expires,
    /// It ends as partial.
    EndsPartial,
    /// It completes with this text as its status message ("completed with issues").
    CompletesWith(String),
    /// It is answered as accepted, and nothing happens.
    Ignored,
}

/// What can happen in a queue.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum QueueFault {
    /// A message that is received stays visible as well.
    DuplicateDelivery,
    /// One entry of a batch fails by the service's fault, alone.
    FailBatchEntry,
    /// A message that is sent becomes visible so much later, and so possibly after its successors.
    Late(#[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")] Duration),
}

/// A fault and whom it meets.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// Calls.
    Call {
        /// Which calls.
        on: CallMatcher,
        /// What happens.
        fault: CallFault,
    },
    /// Events that services emit or callers put.
    Event {
        /// The event's detail type; any when absent.
        detail_type: Option<String>,
        /// The Region of the bus; any when absent.
        region: Option<String>,
        /// What happens.
        fault: EventFault,
    },
    /// Jobs, as the service's model starts them.
    Job {
        /// The kind of job, such as `backup` or `copy`; any when absent.
        kind: Option<String>,
        /// A part of the resource's ARN; any when absent.
        resource: Option<String>,
        /// What happens.
        fault: JobFault,
    },
    /// Messages in queues.
    Queue {
        /// The queue's name; any when absent.
        queue: Option<String>,
        /// What happens.
        fault: QueueFault,
    },
}

/// On which of its occasions a rule fires.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct When {
    /// The chance at each occasion, 1 for certain.
    pub probability: f64,
    /// So many occasions pass unharmed first.
    pub skip: u64,
    /// It fires so often at most.
    pub limit: Option<u64>,
    /// Not before this instant.
    pub from: Option<Timestamp>,
    /// Not at or after this instant.
    pub until: Option<Timestamp>,
}

impl Default for When {
    fn default() -> Self {
        Self { probability: 1.0, skip: 0, limit: None, from: None, until: None }
    }
}

/// One line of the fault plan.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// What happens to whom.
    pub fault: Fault,
    /// How often.
    #[serde(default)]
    pub when: When,
}

impl FaultRule {
    /// Calls fail, every time.
    #[must_use]
    pub fn call(on: CallMatcher, fault: CallFault) -> Self {
        Self::every_time(Fault::Call { on, fault })
    }

    /// Events of a detail type suffer, every time.
    #[must_use]
    pub fn event(detail_type: Option<&str>, fault: EventFault) -> Self {
        Self::every_time(Fault::Event { detail_type: detail_type.map(str::to_owned), region: None, fault })
    }

    /// Jobs of a kind on a resource suffer, every time.
    #[must_use]
    pub fn job(kind: Option<&str>, resource: Option<&str>, fault: JobFault) -> Self {
        let (kind, resource) = (kind.map(str::to_owned), resource.map(str::to_owned));
        Self::every_time(Fault::Job { kind, resource, fault })
    }

    /// Messages of a queue suffer, every time.
    #[must_use]
    pub fn queue(queue: Option<&str>, fault: QueueFault) -> Self {
        Self::every_time(Fault::Queue { queue: queue.map(str::to_owned), fault })
    }

    fn every_time(fault: Fault) -> Self {
        Self { fault, when: When::default() }
    }

    /// Only at the `nth` occasion, counted from 1.
    #[must_use]
    pub fn nth(mut self, nth: u64) -> Self {
        self.when.skip = nth.saturating_sub(1);
        self.when.limit = Some(1);
        self
    }

    /// At most so many times.
    #[must_use]
    pub fn times(mut self, limit: u64) -> Self {
        self.when.limit = Some(limit);
        self
    }

    /// With this chance at each occasion.
    #[must_use]
    pub fn with_probability(mut self, probability: f64) -> Self {
        self.when.probability = probability;
        self
    }

    /// Only from `from` until just before `until`.
    #[must_use]
    pub fn between(mut self, from: Timestamp, until: Timestamp) -> Self {
        self.when.from = Some(from);
        self.when.until = Some(until);
        self
    }
}
