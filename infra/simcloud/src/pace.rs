//! How long the cloud takes for what it does.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::backup::BackupPace;
use crate::dynamodb::DynamoDbPace;
use crate::fsx::FsxPace;
use crate::warehouse::WarehousePace;

/// A duration that is drawn anew each time, evenly between two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(from = "Written")]
pub struct Span {
    /// The shortest.
    #[serde(with = "crate::pace::text")]
    pub least: Duration,
    /// The longest.
    #[serde(with = "crate::pace::text")]
    pub most: Duration,
}

/// A span as it may be written: one duration, or two ends.
#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields, expecting = "a span is one duration, or an object of `least` and `most`")]
enum Written {
    One(#[serde(with = "text")] Duration),
    Two {
        #[serde(with = "text")]
        least: Duration,
        #[serde(with = "text")]
        most: Duration,
    },
}

impl From<Written> for Span {
    fn from(written: Written) -> Self {
        match written {
            Written::One(always) => Self::new(always, always),
            Written::Two { least, most } => Self::new(least, most),
        }
    }
}

/// Durations as text such as `2m 30s`.
pub(crate) use jiff::fmt::serde::unsigned_duration::friendly::compact::required as text;

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
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Pace {
    /// From a request to its answer, apart from what a receive waits for messages.
    #[serde(with = "crate::pace::text")]
    pub call: Duration,
    /// From an event on a bus to the message in its target.
    #[serde(with = "crate::pace::text")]
    pub event_delivery: Duration,
    /// Tables, and what DynamoDB does to them by itself.
    pub dynamodb: DynamoDbPace,
    /// Jobs, deletions and events of AWS Backup.
    pub backup: BackupPace,
    /// File systems, and the backups that FSx is asked for.
    pub fsx: FsxPace,
    /// Clusters, snapshots and copies of Redshift.
    pub redshift: WarehousePace,
    /// Snapshots and copies of Redshift Serverless.
    pub serverless: WarehousePace,
}

impl Default for Pace {
    /// About as AWS: 5 ms per call; half a second for an event, as EventBridge states for its typical latency.
    fn default() -> Self {
        Self {
            call: Duration::from_millis(5),
            event_delivery: Duration::from_millis(500),
            dynamodb: DynamoDbPace::default(),
            backup: BackupPace::default(),
            redshift: WarehousePace::default(),
            serverless: WarehousePace::default(),
            fsx: FsxPace::default(),
        }
    }
}

impl Pace {
    /// Seconds or less for everything, in the order in which AWS would do it: for processes on the real clock.
    #[must_use]
    pub fn fast() -> Self {
        Self {
            call: Duration::ZERO,
            event_delivery: Duration::from_millis(100),
            dynamodb: DynamoDbPace::fast(),
            backup: BackupPace::fast(),
            redshift: WarehousePace::fast(),
            serverless: WarehousePace::fast(),
            fsx: FsxPace::fast(),
        }
    }

    /// Everything at once, for tests that are not about time.
    #[must_use]
    pub fn instant() -> Self {
        Self {
            call: Duration::ZERO,
            event_delivery: Duration::ZERO,
            dynamodb: DynamoDbPace::instant(),
            backup: BackupPace::instant(),
            redshift: WarehousePace::instant(),
            serverless: WarehousePace::instant(),
            fsx: FsxPace::instant(),
        }
    }
}
