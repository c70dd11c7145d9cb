//! How long the cloud takes for what it does.

use std::time::Duration;

/// The usual durations, in virtual time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    /// From a request to its answer, apart from what a receive waits for messages.
    pub call: Duration,
    /// From an event on a bus to the message in its target.
    pub event_delivery: Duration,
}

impl Default for Pace {
    /// About as AWS: 5 ms per call; half a second for an event, as EventBridge states for its typical latency.
    fn default() -> Self {
        Self { call: Duration::from_millis(5), event_delivery: Duration::from_millis(500) }
    }
}

impl Pace {
    /// Everything at once, for tests that are not about time.
    #[must_use]
    pub fn instant() -> Self {
        Self { call: Duration::ZERO, event_delivery: Duration::ZERO }
    }
}
