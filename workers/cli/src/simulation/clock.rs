//! A clock that goes wrong.

use std::time::{Duration, SystemTime};

use aws_smithy_async::time::TimeSource;
use jiff::SignedDuration;
use simcloud::SimClock;

/// The cloud's clock, set ahead or back.
#[derive(Debug, Clone)]
pub struct Ahead {
    clock: SimClock,
    by: SignedDuration,
}

impl Ahead {
    /// Ahead of `clock` by so much; behind it where negative.
    #[must_use]
    pub fn of(clock: SimClock, by: SignedDuration) -> Self {
        Self { clock, by }
    }
}

impl TimeSource for Ahead {
    fn now(&self) -> SystemTime {
        let now = self.clock.now();
        let by: Duration = self.by.unsigned_abs();
        if self.by.is_negative() { now - by } else { now + by }
    }
}
