//! What can be set, with the defaults of production.

use std::time::Duration;

/// The engine's settings. `build` refuses those that contradict each other.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Jobs in hand at once, per queue.
    pub concurrency: usize,
    /// For how long a receipt or a renewal keeps a message from other workers; whole seconds.
    pub visibility: Duration,
    /// How long one run of a handler may take. A handler starts things and returns; it does not wait for them.
    pub job_limit: Duration,
    /// How long after it was first sent a job may still run.
    pub deadline: Duration,
    /// For how long a message of a newer version is kept for a newer worker.
    pub newer_wait: Duration,
    /// The receipt at which a message is rejected before it runs.
    pub max_receives: u32,
    /// SQS's `WaitTimeSeconds`; 20 at most on AWS, more in a simulation.
    pub long_poll: Duration,
    /// How long an answer to a receive may take; longer than the long poll. The SDK has no such limit by default.
    pub receive_timeout: Duration,
    /// How long an answer to any other call may take.
    pub call_timeout: Duration,
    /// How long a send or a deletion waits for others to share its call.
    pub linger: Duration,
    /// How many receives per queue may be in flight while they come back full.
    pub receives: usize,
    /// From the shutdown signal to the end of `run`.
    pub drain: Duration,
    /// The first retry's longest delay; it doubles with every attempt.
    pub retry_base: Duration,
    /// The longest delay of any retry.
    pub retry_cap: Duration,
    /// The source of all jitter. Seed it from the system in production, from the run's seed in a simulation.
    pub rng: fastrand::Rng,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            concurrency: 100,
            visibility: Duration::from_secs(60),
            job_limit: Duration::from_secs(5 * 60),
            deadline: Duration::from_secs(24 * 60 * 60),
            newer_wait: Duration::from_secs(24 * 60 * 60),
            max_receives: 5,
            long_poll: Duration::from_secs(20),
            receive_timeout: Duration::from_secs(30),
            call_timeout: Duration::from_secs(10),
            linger: Duration::from_millis(20),
            receives: 2,
            drain: Duration::from_secs(50),
            retry_base: Duration::from_secs(2),
            retry_cap: Duration::from_secs(15 * 60),
            rng: fastrand::Rng::with_seed(0),
        }
    }
}
