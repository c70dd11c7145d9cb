//! How many messages a queue may have in hand, and when the next poll is worth its request.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::batch::MAX_ENTRIES;

/// After the first permit became free, so long for nine others to follow.
const PATIENCE: Duration = Duration::from_millis(50);

/// The permits of one queue.
pub(crate) struct Permits {
    semaphore: Arc<Semaphore>,
    batch: u32,
}

impl Permits {
    pub(crate) fn new(concurrency: usize) -> Self {
        let batch = u32::try_from(concurrency.min(MAX_ENTRIES)).unwrap_or(1);
        Self { semaphore: Arc::new(Semaphore::new(concurrency)), batch }
    }

    /// Waits for permits for one poll: a batch of them, or what is free 50 ms after the first became free. Never for
    /// a full batch: one long job must not keep the others waiting. `None` when the permits are closed.
    pub(crate) async fn for_poll(&self) -> Option<OwnedSemaphorePermit> {
        let semaphore = || Arc::clone(&self.semaphore);
        let mut permits = semaphore().acquire_owned().await.ok()?;
        let missing = self.batch.saturating_sub(1);
        match timeout(PATIENCE, semaphore().acquire_many_owned(missing)).await {
            Ok(others) => permits.merge(others.ok()?),
            Err(_) => {
                for _ in 0..missing {
                    let Ok(another) = semaphore().try_acquire_owned() else { break };
                    permits.merge(another);
                }
            }
        }
        Some(permits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_poll_gets_a_full_batch_at_once_when_enough_is_free() {
        let permits = Permits::new(25);
        let started = tokio::time::Instant::now();
        assert_eq!(permits.for_poll().await.unwrap().num_permits(), 10);
        assert_eq!(started.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_poll_makes_do_with_what_is_free_after_fifty_milliseconds() {
        let permits = Permits::new(13);
        let started = tokio::time::Instant::now();
        let _running = permits.for_poll().await;
        assert_eq!(permits.for_poll().await.unwrap().num_permits(), 3);
        assert_eq!(started.elapsed(), PATIENCE);
    }
}
