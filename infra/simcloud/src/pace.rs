//! How long the cloud takes for what it does.

use std::time::Duration;

use crate::backup::BackupPace;
use crate::dynamodb::DynamoDbPace;

/// A duration that is drawn anew each time, evenly between two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The shortest.
    pub least: Duration,
    /// The longest.
    pub most: Duration,
}

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self::new(Duration::ZERO, Duration::ZERO);

    /// From the shortest to the longest.
    #[must_use]
    pub const fn new(least: Duration, most: Duration) -> Self {
        Self { least, most }
    }

    /// One duration; draws nothing where there is nothing to choose.
    pub(crate) fn draw(self, rng: &mut fastrand::Rng) -> Duration {
        let width = self.most.saturating_sub(self.least).as_millis();
        if width == 0 {
            return self.least;
        }
        self.least + Duration::from_millis(rng.u64(0..=u64::try_from(width).unwrap_or(u64::MAX)))
    }
}

/// The usual durations, in virtual time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    /// From a request to its answer, apart from what a receive waits for messages.
    pub call: Duration,
    /// From an event on a bus to the message in its target.
    pub event_delivery: Duration,
    /// Tables, and what DynamoDB does to them by itself.
    pub dynamodb: DynamoDbPace,
    /// Jobs, deletions and events of AWS Backup.
    pub backup: BackupPace,
}

impl Default for Pace {
    /// About as AWS: 5 ms per call; half a second for an event, as EventBridge states for its typical latency.
    fn default() -> Self {
        Self {
            call: Duration::from_millis(5),
            event_delivery: Duration::from_millis(500),
            dynamodb: DynamoDbPace::default(),
            backup: BackupPace::default(),
        }
    }
}

impl Pace {
    /// Everything at once, for tests that are not about time.
    #[must_use]
    pub fn instant() -> Self {
        Self {
            call: Duration::ZERO,
            event_delivery: Duration::ZERO,
            dynamodb: DynamoDbPace::instant(),
            backup: BackupPace::instant(),
        }
    }
}
