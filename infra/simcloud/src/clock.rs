//! Virtual time: a start, plus what tokio's clock has run since.
//!
//! While that clock is paused it jumps from timer to timer, and the whole cloud with it; while it runs, so does the
//! cloud. Nothing here reads the machine's own time.

use std::time::{Duration, SystemTime};

use aws_smithy_async::time::TimeSource;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// The cloud's clock. Cheap to copy; also the time source of the SDK's clients.
#[derive(Clone, Copy, Debug)]
pub struct SimClock {
    start: Timestamp,
    origin: Instant,
}

impl SimClock {
    pub(crate) fn starting_at(start: Timestamp) -> Self {
        Self { start, origin: Instant::now() }
    }

    /// The instant it is now in the cloud.
    #[must_use]
    pub fn timestamp(&self) -> Timestamp {
        after(self.start, self.origin.elapsed())
    }

    /// What is missing to the next whole millisecond since this clock began; nothing on one.
    pub(crate) fn until_next_millisecond(&self) -> Duration {
        const MILLISECOND: u32 = 1_000_000;
        let beyond = self.origin.elapsed().subsec_nanos() % MILLISECOND;
        Duration::from_nanos(u64::from((MILLISECOND - beyond) % MILLISECOND))
    }

    /// The instant of tokio's clock at which the cloud's time is `at`; for one that has passed, the origin or later.
    pub(crate) fn instant(&self, at: Timestamp) -> Instant {
        let since_start = Duration::try_from(at.duration_since(self.start)).unwrap_or_default();
        self.origin.checked_add(since_start).unwrap_or_else(|| self.origin + Duration::from_secs(FAR_AWAY))
    }
}

/// Thirty years in seconds: tokio's own way to say never.
const FAR_AWAY: u64 = 86_400 * 365 * 30;

impl TimeSource for SimClock {
    fn now(&self) -> SystemTime {
        self.timestamp().into()
    }
}

/// The instant `wait` after `at`, at most the end of representable time.
pub(crate) fn after(at: Timestamp, wait: Duration) -> Timestamp {
    SignedDuration::try_from(wait).ok().and_then(|wait| at.checked_add(wait).ok()).unwrap_or(Timestamp::MAX)
}
