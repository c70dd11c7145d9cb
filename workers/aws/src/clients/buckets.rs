//! Token buckets: what AWS limits per second and account waits here for its turn, one bucket per account and API.
//!
//! A turn comes at even distances, and none is saved up: a burst would be throttled however low the average. The bucket
//! keeps a little below the limit, since calls do not arrive as evenly as they are made. Callers get their turns in the
//! order in which they came, and none waits longer than [`PATIENCE`]: whoever would is told so, and its job comes again by
//! its queue. A job that asks a handful of times stays so within its own time limit, however many others wait.
//!
//! Several workers share an account and know nothing of each other. Each takes a throttling answer as word of the others:
//! it pauses, ever longer while such answers follow one another, lowers its rate by a quarter, and raises it again
//! little by little with every good answer, up to the limit and never beyond. So they come to share the limit about
//! evenly, at the price of a few throttled calls in a hundred. One throttled API slows nothing but its own callers.
//!
//! An attempt is a turn. The SDK would repeat a call without asking for another one, so it must not, and what is worth
//! another attempt is repeated here, as often as the SDK would.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use chainwright_contracts::names::AccountId;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::{ATTEMPTS, locked};
use crate::error::{Class, SourceError};

/// How long a caller waits for its turn.
const PATIENCE: Duration = Duration::from_secs(40);
/// The share of a limit that one worker makes use of at most.
const SHARE: f64 = 0.95;
/// What a throttling answer leaves of the rate.
const LOWER: f64 = 0.75;
/// By how many calls per second the rate rises in a second of good answers.
const RISE: f64 = 0.1;
/// The lowest rate, in calls per second: it must find out when there is room again.
const LEAST: f64 = 0.5;
/// The longest pause after the first throttling answer; it doubles with every further one.
const PAUSE: Duration = Duration::from_millis(250);
/// The longest pause of all.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// An API with a limit of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Api {
    /// DynamoDB's `ListTagsOfResource`.
    ListTagsOfResource,
}

impl Api {
    /// The service and operation.
    pub(crate) const fn operation(self) -> &'static str {
        match self {
            Self::ListTagsOfResource => "dynamodb:ListTagsOfResource",
        }
    }

    /// Calls per second and account.
    const fn per_second(self) -> f64 {
        match self {
            // DynamoDB API reference, ListTagsOfResource.
            Self::ListTagsOfResource => 10.0,
        }
    }
}

/// All buckets of one worker, made when first needed.
#[derive(Debug)]
pub(super) struct Buckets {
    made: Mutex<BTreeMap<(AccountId, Api), Arc<Bucket>>>,
    rng: Mutex<fastrand::Rng>,
}

impl Buckets {
    /// Buckets whose pauses are drawn from this source.
    pub(super) fn new(rng: fastrand::Rng) -> Self {
        Self { made: Mutex::default(), rng: Mutex::new(rng) }
    }

    /// The bucket of an account and API.
    pub(super) fn of(&self, account: &AccountId, api: Api) -> Arc<Bucket> {
        let mut made = locked(&self.made);
        let bucket = made.entry((account.clone(), api)).or_insert_with(|| {
            let rng = locked(&self.rng).fork();
            Arc::new(Bucket::new(api, rng))
        });
        Arc::clone(bucket)
    }
}

/// The turns of one account and API.
#[derive(Debug)]
pub(crate) struct Bucket {
    api: Api,
    /// Held by whoever is next, and handed on in the order in which it was asked for.
    line: tokio::sync::Mutex<()>,
    pace: Mutex<Pace>,
}

#[derive(Debug)]
struct Pace {
    /// Calls per second.
    rate: f64,
    /// No turn before this.
    next: Instant,
    /// When the rate was last lowered: what was sent before says nothing new.
    lowered: Option<Instant>,
    /// Throttling answers without a good one in between.
    throttled: u32,
    rng: fastrand::Rng,
}

impl Bucket {
    fn new(api: Api, rng: fastrand::Rng) -> Self {
        let rate = api.per_second() * SHARE;
        let pace = Pace { rate, next: Instant::now(), lowered: None, throttled: 0, rng };
        Self { api, line: tokio::sync::Mutex::default(), pace: Mutex::new(pace) }
    }

    /// Makes a call whose every attempt waits for its turn; the attempts are not to be repeated by the SDK.
    ///
    /// # Errors
    /// With what the last attempt ended with, or with [`Class::Transient`] where no turn came in time.
    pub(crate) async fn call<T, F>(&self, attempt: impl Fn() -> F) -> Result<T, SourceError>
    where
        F: Future<Output = Result<T, SourceError>>,
    {
        let mut attempts = 1;
        loop {
            let sent = self.turn().await?;
            let answer = attempt().await;
            match &answer {
                Ok(_) => {
                    self.speed_up();
                    return answer;
                }
                Err(error) if error.is_throttling() => self.slow_down(sent),
                Err(error) if error.class == Class::Transient => {}
                Err(_) => return answer,
            }
            if attempts >= ATTEMPTS {
                return answer;
            }
            let pause = locked(&self.pace).pause(attempts);
            sleep(pause).await;
            attempts += 1;
        }
    }

    /// Waits for a turn, and takes it. Whoever stops waiting takes none.
    async fn turn(&self) -> Result<Instant, SourceError> {
        let turn = async {
            let _first = self.line.lock().await;
            loop {
                let next = match locked(&self.pace).take() {
                    Ok(now) => return now,
                    Err(next) => next,
                };
                sleep_until(next).await;
            }
        };
        timeout(PATIENCE, turn).await.map_err(|_| {
            let message = format!("no turn came within {} s: too many calls wait for theirs", PATIENCE.as_secs());
            SourceError::new(Class::Transient, self.api.operation(), "Rate", message)
        })
    }

    fn slow_down(&self, sent: Instant) {
        let mut pace = locked(&self.pace);
        if pace.lowered.is_some_and(|lowered| sent <= lowered) {
            return;
        }
        let now = Instant::now();
        pace.throttled = pace.throttled.saturating_add(1);
        pace.rate = (pace.rate * LOWER).max(LEAST);
        pace.lowered = Some(now);
        let failures = pace.throttled;
        let pause = pace.pause(failures);
        pace.next = pace.next.max(now + pause);
    }

    fn speed_up(&self) {
        let mut pace = locked(&self.pace);
        pace.throttled = 0;
        pace.rate = (pace.rate + RISE / pace.rate).min(self.api.per_second() * SHARE);
    }
}

impl Pace {
    /// Takes the turn, or says when to ask again.
    fn take(&mut self) -> Result<Instant, Instant> {
        let now = Instant::now();
        if self.next > now {
            return Err(self.next);
        }
        self.next = now + Duration::from_secs_f64(self.rate.recip());
        Ok(now)
    }

    /// A pause after so many failures in a row: up to a limit that doubles, the whole of it drawn.
    fn pause(&mut self, failures: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
        let limit = PAUSE.saturating_mul(doubled).min(LONGEST_PAUSE);
        limit.mul_f64(self.rng.f64())
    }
}

#[cfg(test)]
mod tests;
