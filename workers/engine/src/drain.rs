//! From the shutdown signal to the end: a protocol of its own, with a deadline for each step.
//!
//! 1. No further poll starts; what polls in flight bring is given back. Running handlers go on.
//! 2. At seven tenths of the time, handlers still running are cancelled and their messages given back.
//! 3. At nine tenths, whatever is still in hand (a send or a deletion that does not succeed) is given back.
//! 4. At the deadline everything ends where it stands.
//!
//! Each step ends early when nothing is left for it.

use std::{future::Future, sync::Arc, time::Duration};

use futures_util::future::join_all;
use tokio::{
    sync::watch,
    time::{Instant, timeout_at},
};

use crate::{
    Context,
    calls::Visibility,
    run::{Lane, Shared},
    supervisor::Tasks,
};

/// How a drain ended well: no message is left invisible without an owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drained {
    /// From the signal to the end.
    pub took: Duration,
    /// Receives that were not answered in time; what they took, if anything, returns after its visibility timeout.
    pub unanswered_polls: usize,
}

/// The deadline passed first.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{messages} messages had no end within {deadline:?}; they return after their visibility timeout")]
pub struct DrainError {
    /// Messages still in hand that could not be given back.
    pub messages: usize,
    /// The time that the drain had.
    pub deadline: Duration,
}

/// What is to be drained.
pub(crate) struct Drain<C> {
    pub(crate) lanes: Vec<Arc<Lane<C>>>,
    pub(crate) pollers: Arc<Tasks>,
    pub(crate) messages: Arc<Tasks>,
    pub(crate) services: Arc<Tasks>,
    pub(crate) renewals: watch::Sender<bool>,
}

impl<C: Context> Drain<C> {
    pub(crate) async fn run(self, shared: &Shared<C>, started: Instant) -> Result<Drained, DrainError> {
        let deadline = shared.settings.drain;
        let at = |tenths: u32| started + deadline * tenths / 10;
        // Messages first: handlers must not run on because an idle poll is still in flight, nor the other way round.
        if !by(at(7), self.messages.idle()).await {
            shared.cancel.send_replace(true);
        }
        by(at(9), self.idle()).await;
        let unanswered_polls = self.pollers.live();
        self.pollers.abort();
        let left = if by(at(9), self.messages.idle()).await { 0 } else { self.give_up(at(10)).await };
        self.renewals.send_replace(true);
        shared.sends.close();
        drop(self.lanes);
        by(at(10), self.services.idle()).await;
        let took = started.elapsed();
        shared.telemetry.drained(took, left == 0);
        tracing::info!(?took, unanswered_polls, left, "drained");
        if left == 0 { Ok(Drained { took, unanswered_polls }) } else { Err(DrainError { messages: left, deadline }) }
    }

    /// Waits until no poll is in flight and no message in hand; in this order, since a poll may bring messages.
    async fn idle(&self) {
        self.pollers.idle().await;
        self.messages.idle().await;
    }

    /// Ends all work and gives back what is in hand. Returns how many messages could not be given back.
    async fn give_up(&self, deadline: Instant) -> usize {
        self.messages.abort();
        let releases = self.lanes.iter().flat_map(|lane| {
            lane.leases.all().into_iter().map(move |lease| async move {
                lane.leases.end(&lease).await;
                lane.visibilities.submit(Visibility { handle: lease.handle(), seconds: 0 }).await.is_ok()
            })
        });
        let releases: Vec<_> = releases.map(|release| timeout_at(deadline, release)).collect();
        join_all(releases).await.into_iter().filter(|given_back| !matches!(given_back, Ok(true))).count()
    }
}

/// Whether the work ended before the instant.
async fn by(deadline: Instant, work: impl Future<Output = ()>) -> bool {
    timeout_at(deadline, work).await.is_ok()
}
