//! How long to wait before trying again: exponential, with full jitter.
//!
//! The `backoff` crate supplies the growth; it stands in this module alone, so that it can be replaced. The jitter is
//! ours, from the seeded generator: the whole delay is drawn between nothing and the grown limit, which spreads the
//! retries of many jobs that failed together over the whole window.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use backoff::{ExponentialBackoff, ExponentialBackoffBuilder, backoff::Backoff as _};

use crate::supervisor::lock;

/// The engine's only source of chance.
#[derive(Clone)]
pub(crate) struct Jitter(Arc<Mutex<fastrand::Rng>>);

impl Jitter {
    pub(crate) fn new(rng: fastrand::Rng) -> Self {
        Self(Arc::new(Mutex::new(rng)))
    }

    /// A duration between nothing and `limit`, to the millisecond.
    pub(crate) fn up_to(&self, limit: Duration) -> Duration {
        let limit = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(lock(&self.0).u64(0..=limit))
    }
}

/// A growing delay.
#[derive(Clone)]
pub(crate) struct Backoff {
    base: Duration,
    cap: Duration,
    jitter: Jitter,
}

impl Backoff {
    pub(crate) fn new(base: Duration, cap: Duration, jitter: Jitter) -> Self {
        Self { base, cap, jitter }
    }

    /// The delay after this many failures in a row, counted from 1.
    pub(crate) fn delay(&self, failures: u32) -> Duration {
        self.jitter.up_to(self.limit(failures))
    }

    /// The longest delay after this many failures in a row.
    fn limit(&self, failures: u32) -> Duration {
        let mut growth: ExponentialBackoff = ExponentialBackoffBuilder::new()
            .with_initial_interval(self.base)
            .with_multiplier(2.0)
            .with_randomization_factor(0.0)
            .with_max_interval(self.cap)
            .with_max_elapsed_time(None)
            .build();
        // Beyond 64 doublings any base has met any cap.
        (0..failures.clamp(1, 64)).filter_map(|_| growth.next_backoff()).last().unwrap_or(self.cap).min(self.cap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backoff() -> Backoff {
        let jitter = Jitter::new(fastrand::Rng::with_seed(7));
        Backoff::new(Duration::from_secs(2), Duration::from_secs(900), jitter)
    }

    #[test]
    fn the_limit_doubles_up_to_the_cap() {
        let limits: Vec<_> = [1, 2, 3, 9, 10, 1000].map(|n| backoff().limit(n).as_secs()).into();
        assert_eq!(limits, [2, 4, 8, 512, 900, 900]);
    }

    #[test]
    fn the_delay_is_drawn_from_the_whole_window() {
        let backoff = backoff();
        let delays: Vec<_> = (0..1000).map(|_| backoff.delay(3).as_millis()).collect();
        assert!(delays.iter().all(|delay| *delay <= 8000));
        assert!(delays.iter().any(|delay| *delay < 500) && delays.iter().any(|delay| *delay > 7500));
    }

    #[test]
    fn one_seed_gives_one_row_of_delays() {
        let row = |backoff: Backoff| (1..50).map(|n| backoff.delay(n)).collect::<Vec<_>>();
        assert_eq!(row(backoff()), row(backoff()));
    }
}
