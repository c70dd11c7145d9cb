//! Letting time run ahead.
//!
//! tokio's clock is paused and the distance slept: whenever nothing can run, the clock jumps to the next timer, so that
//! everything due on the way happens at its own instant and finds the world as it would be then. Afterwards the clock
//! runs on with the machine's. Four things would go wrong without care:
//!
//! * A second pause panics, so that jumps take turns.
//! * A caller that hangs up must neither leave time running away nor cut the jump short, since it may ask again: a jump
//!   is a task of its own, with a guard that lets the clock run on whatever happens.
//! * Timers fire on whole milliseconds since the runtime's beginning. A clock stopped in between would fire each a
//!   little late, one after another; so it is first moved on to the next whole one.
//! * Work that is due at the very end must not find the clock running again: it is given some turns before that.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Mutex, watch};
use tokio::time::{Instant, sleep_until};

use crate::SimCloud;

/// How many turns everybody gets at the end of a jump.
const LAST_TURNS: usize = 64;

/// All jumps of one server.
#[derive(Debug, Default)]
pub(super) struct Jumps {
    turn: Mutex<()>,
    begun: AtomicU64,
    running: watch::Sender<bool>,
}

/// Lets the clock run on as soon as it goes.
struct Running<'a>(&'a Jumps);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        tokio::time::resume();
        self.0.running.send_replace(false);
    }
}

impl Jumps {
    /// Lets time run ahead; returns the instant reached, or nothing when the runtime's clock cannot be paused.
    #[expect(clippy::disallowed_methods, reason = "a jump outlives the request that asked for it; it ends by itself")]
    pub(super) async fn advance(self: &Arc<Self>, cloud: SimCloud, by: Duration) -> Option<Timestamp> {
        let jumps = Arc::clone(self);
        tokio::spawn(async move { jumps.jump(&cloud, by).await }).await.ok()
    }

    async fn jump(&self, cloud: &SimCloud, by: Duration) -> Timestamp {
        let _turn = self.turn.lock().await;
        let clock = cloud.time_source();
        let until = Instant::now() + by;
        tokio::time::pause();
        self.begun.fetch_add(1, Ordering::Relaxed);
        self.running.send_replace(true);
        let running = Running(self);
        tokio::time::advance(clock.until_next_millisecond()).await;
        sleep_until(until).await;
        for _ in 0..LAST_TURNS {
            tokio::task::yield_now().await;
        }
        let reached = cloud.now();
        drop(running);
        reached
    }

    /// How many jumps have begun so far.
    pub(super) fn begun(&self) -> u64 {
        self.begun.load(Ordering::Relaxed)
    }

    /// Returns while no jump is running.
    pub(super) async fn standing(&self) {
        // The sender is borrowed here, so that the channel cannot close meanwhile.
        let _open = self.running.subscribe().wait_for(|running| !running).await.is_ok();
    }
}
