//! The one place that spawns: every task of the engine belongs to a group that can be awaited and ended.

use std::{
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{sync::watch, task::JoinSet};

/// Takes a lock whatever happened to its last holder: no code of the engine panics while it holds one.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A group of tasks.
pub(crate) struct Tasks {
    set: Mutex<JoinSet<()>>,
    live: Arc<watch::Sender<usize>>,
}

impl Tasks {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { set: Mutex::new(JoinSet::new()), live: Arc::new(watch::Sender::new(0)) })
    }

    /// Starts a task in this group.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.live.send_modify(|live| *live += 1);
        let guard = Live(Arc::clone(&self.live));
        let mut set = lock(&self.set);
        set.spawn(async move {
            let _guard = guard;
            work.await;
        });
        // Reaped here, so that the set holds no more than what is running.
        while set.try_join_next().is_some() {}
    }

    /// How many tasks are running.
    pub(crate) fn live(&self) -> usize {
        *self.live.borrow()
    }

    /// Waits until none is running.
    pub(crate) async fn idle(&self) {
        let mut live = self.live.subscribe();
        // The sender lives as long as this group; an error cannot come.
        let _ = live.wait_for(|live| *live == 0).await;
    }

    /// Ends all of them where they stand.
    pub(crate) fn abort(&self) {
        lock(&self.set).abort_all();
    }
}

/// Counts its task as running until it is dropped, however the task ends.
struct Live(Arc<watch::Sender<usize>>);

impl Drop for Live {
    fn drop(&mut self) {
        self.0.send_modify(|live| *live -= 1);
    }
}

/// Ends its groups when it is dropped, as when the future of `run` is dropped before its end.
pub(crate) struct AbortOnDrop(pub(crate) Vec<Arc<Tasks>>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.iter().for_each(|tasks| tasks.abort());
    }
}
