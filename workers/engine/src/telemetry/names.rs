//! The names under which the engine reports. Dashboards and alarms stand on them: they change with a release only.

/// Histogram, seconds: from a message's sending to the start of its first run. Messages that the engine itself sent
/// again, with a delay, are left out.
pub const PICKUP: &str = "chainwright.engine.pickup.latency";
/// Up-down counter: messages in hand, by queue.
pub const IN_FLIGHT: &str = "chainwright.engine.in_flight";
/// Counter: runs of jobs, by queue, kind and outcome.
pub const JOBS: &str = "chainwright.engine.jobs";
/// Histogram, seconds: how long a run took, by queue, kind and outcome.
pub const JOB_DURATION: &str = "chainwright.engine.job.duration";
/// Counter: messages received, repeats included.
pub const RECEIVED: &str = "chainwright.engine.received";
/// Counter: receipts of messages that had been received before.
pub const REDELIVERED: &str = "chainwright.engine.redelivered";
/// Counter: receipts of messages that were in hand already.
pub const DUPLICATES: &str = "chainwright.engine.duplicates";
/// Counter: leases lost.
pub const LEASES_LOST: &str = "chainwright.engine.leases.lost";
/// Counter: messages sent to a dead-letter queue, by code.
pub const REJECTED: &str = "chainwright.engine.rejected";
/// Counter: follow-ups sent.
pub const FOLLOW_UPS: &str = "chainwright.engine.follow_ups";
/// Counter: requests to SQS, by kind; divided by the jobs it is what a job costs.
pub const REQUESTS: &str = "chainwright.engine.requests";
/// Histogram, seconds: how long a drain took, by result.
pub const DRAIN_DURATION: &str = "chainwright.engine.drain.duration";

/// All metrics, in the order of the documentation.
pub const METRICS: [&str; 12] = [
    PICKUP,
    IN_FLIGHT,
    JOBS,
    JOB_DURATION,
    RECEIVED,
    REDELIVERED,
    DUPLICATES,
    LEASES_LOST,
    REJECTED,
    FOLLOW_UPS,
    REQUESTS,
    DRAIN_DURATION,
];

// Attributes that have a name in OpenTelemetry's conventions bear it (semantic conventions for messaging, and for SQS).
pub(crate) const SYSTEM: &str = "messaging.system";
pub(crate) const DESTINATION: &str = "messaging.destination.name";
pub(crate) const OPERATION_TYPE: &str = "messaging.operation.type";
pub(crate) const MESSAGE_ID: &str = "messaging.message.id";
pub(crate) const ERROR_TYPE: &str = "error.type";
pub(crate) const KIND: &str = "chainwright.job.kind";
pub(crate) const JOB_ID: &str = "chainwright.job.id";
pub(crate) const ATTEMPT: &str = "chainwright.job.attempt";
pub(crate) const RECEIVES: &str = "chainwright.job.receive_count";
pub(crate) const OUTCOME: &str = "chainwright.job.outcome";
pub(crate) const CODE: &str = "chainwright.code";
pub(crate) const REQUEST: &str = "chainwright.request";
pub(crate) const RESULT: &str = "chainwright.result";
