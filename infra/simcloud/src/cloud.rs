//! The handle to the simulated cloud.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use jiff::Timestamp;
use tokio::sync::Notify;

use crate::clock::SimClock;
use crate::faults::{CallMatcher, FaultPlan, Gate, GatePoint};
use crate::inspect::Inspect;
use crate::saved::{self, SavedError};
use crate::stats::{Stats, TraceLine};
use crate::switches::Switches;
use crate::world::World;
use crate::{ClientOptions, Pace, SimClient, dispatch, driver};

/// How a cloud begins.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The virtual instant of its creation.
    pub start: Timestamp,
    /// The seed of everything random in it.
    pub seed: u64,
    /// What a receive that asks for the 20 seconds that AWS allows waits at most. Twenty seconds as in AWS; longer so
    /// that idle polling does not dominate a run over virtual weeks.
    pub max_wait: Duration,
    /// How it behaves where AWS's documentation is silent.
    pub switches: Switches,
    /// How long things take.
    pub pace: Pace,
    /// Whether every call is kept as a line of the trace.
    pub trace: bool,
}

impl Default for Settings {
    /// Monday, 5 January 2026, midnight UTC; seed 0; AWS's own pace and limits; no trace.
    fn default() -> Self {
        Self {
            start: Timestamp::constant(1_767_571_200, 0),
            seed: 0,
            max_wait: Duration::from_secs(20),
            switches: Switches::default(),
            pace: Pace::default(),
            trace: false,
        }
    }
}

/// The connection broke: the caller does not know whether the call took effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the connection was lost before an answer came")]
pub struct ConnectionLost;

/// All accounts and Regions of one simulated AWS. Clones are handles to the same cloud.
#[derive(Clone)]
pub struct SimCloud {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    clock: SimClock,
    settings: Settings,
    world: Mutex<World>,
    wake: Arc<Notify>,
    driven: AtomicBool,
    emptied: Notify,
}

impl Inner {
    /// The world as it is now: whatever was due has happened.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        // A poisoned lock means that a test failed elsewhere; its own panic says more than another one here.
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.catch_up(self.clock.timestamp());
        world
    }

    pub(crate) fn clock(&self) -> SimClock {
        self.clock
    }

    /// What a receive may wait that asks for `seconds`; AWS's maximum stands for this cloud's.
    pub(crate) fn receive_wait(&self, seconds: u64) -> Duration {
        if seconds >= 20 { self.settings.max_wait } else { Duration::from_secs(seconds) }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.wake.notify_one();
    }
}

impl SimCloud {
    /// An empty cloud whose clock starts now.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let clock = SimClock::starting_at(settings.start);
        let wake = Arc::new(Notify::new());
        let world = Mutex::new(World::new(settings.start, &settings, Arc::clone(&wake)));
        Self {
            inner: Arc::new(Inner {
                clock,
                settings,
                world,
                wake,
                driven: AtomicBool::new(false),
                emptied: Notify::new(),
            }),
        }
    }

    /// Everything in the cloud as bytes, for [`SimCloud::resume`]: also what is on its way to happen, the fault plan and
    /// the counts, but no calls that wait for their answers.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn save(&self) -> Result<Vec<u8>, SavedError> {
        saved::write(&self.inner.world())
    }

    /// A cloud as it was saved. Its clock goes on from that instant or, where it is later, from `settings.start`: then
    /// what fell due in between happens at once, in its order and each at its own instant. Pace, switches and chance are
    /// the saved ones; `settings` has the longest wait of a receive, and what a reset begins with.
    ///
    /// # Errors
    ///
    /// When the bytes are no saved cloud, or one of another form.
    pub fn resume(bytes: &[u8], settings: Settings) -> Result<Self, SavedError> {
        let wake = Arc::new(Notify::new());
        let world = saved::read(bytes, Arc::clone(&wake))?;
        let clock = SimClock::starting_at(world.now().max(settings.start));
        let inner = Inner {
            clock,
            settings,
            world: Mutex::new(world),
            wake,
            driven: AtomicBool::new(false),
            emptied: Notify::new(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Empties the cloud: everything in it is gone, faults, counts and trace included; only the clock runs on.
    pub fn reset(&self) {
        let mut world = self.inner.world();
        world.sqs.wake_all();
        *world = World::new(world.now(), &self.inner.settings, Arc::clone(&self.inner.wake));
        drop(world);
        self.inner.emptied.notify_one();
    }

    /// Waits until the cloud has been emptied, for whoever made something in it. One waiter at a time.
    pub async fn emptied(&self) {
        self.inner.emptied.notified().await;
    }

    /// The virtual instant it is now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.inner.clock.timestamp()
    }

    /// The clock, for the SDK's `time_source` and for whoever waits for virtual instants.
    #[must_use]
    pub fn time_source(&self) -> SimClock {
        self.inner.clock
    }

    /// An HTTP client for the SDK, which leads here instead of to AWS.
    #[must_use]
    pub fn http_client(&self, options: ClientOptions) -> SimClient {
        SimClient::new(self.clone(), options)
    }

    /// Answers one request as AWS would, after as long as AWS would take. Must run within a tokio runtime with time.
    ///
    /// # Errors
    ///
    /// When the fault plan breaks the connection. A black hole never answers at all.
    pub async fn handle(
        &self,
        request: Request<Bytes>,
        options: &ClientOptions,
    ) -> Result<Response<Bytes>, ConnectionLost> {
        self.drive();
        dispatch::handle(&self.inner, request, options).await
    }

    /// Sees to it that what is on the agenda happens also when nobody calls.
    pub(crate) fn drive(&self) {
        if !self.inner.driven.swap(true, Ordering::Relaxed) {
            driver::start(Arc::downgrade(&self.inner), Arc::clone(&self.inner.wake));
        }
    }

    /// The plan of what goes wrong, and the gates.
    #[must_use]
    pub fn faults(&self) -> FaultPlan {
        FaultPlan::new(Arc::clone(&self.inner))
    }

    /// Stops the next call that fits, before or after its effect, until the gate is released.
    #[must_use]
    pub fn gate(&self, on: CallMatcher, point: GatePoint) -> Gate {
        self.faults().gate(on, point)
    }

    /// Reading access to the model itself, for assertions.
    #[must_use]
    pub fn inspect(&self) -> Inspect {
        Inspect::new(Arc::clone(&self.inner))
    }

    /// How many calls there have been, of which kinds, from whom.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.inner.world().record.stats()
    }

    /// One line per call so far; empty unless [`Settings::trace`] asked for it.
    #[must_use]
    pub fn trace(&self) -> Vec<TraceLine> {
        self.inner.world().record.lines()
    }

    /// How long things take now.
    #[must_use]
    pub fn pace(&self) -> Pace {
        self.inner.world().pace.clone()
    }

    /// Changes how long things take from now on.
    pub fn set_pace(&self, pace: Pace) {
        self.inner.world().pace = pace;
    }
}

impl std::fmt::Debug for SimCloud {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SimCloud").finish_non_exhaustive()
    }
}
