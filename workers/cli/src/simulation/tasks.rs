//! The one place of the simulation that spawns: each worker is a task that can be stopped or killed.

use tokio::{sync::oneshot, task::JoinHandle};

/// A worker's task.
pub(super) struct Task {
    stop: oneshot::Sender<()>,
    handle: JoinHandle<Result<(), String>>,
}

impl Task {
    /// Runs `work`, which ends soon after the future that it is given.
    pub(super) fn spawn<W, F>(work: W) -> Self
    where
        W: FnOnce(Stop) -> F,
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        let (stop, stopped) = oneshot::channel();
        let work = work(Box::pin(async move {
            // A supervisor that is gone stops its workers, too.
            let _gone = stopped.await;
        }));
        #[expect(
            clippy::disallowed_methods,
            reason = "the simulation's supervisor: it stops, kills and waits for its tasks"
        )]
        let handle = tokio::spawn(work);
        Self { stop, handle }
    }

    /// Stops it and waits for its end.
    pub(super) async fn stop(self) -> Result<(), String> {
        // Where it has ended already there is nobody to tell.
        let _ended = self.stop.send(());
        self.handle.await.map_err(|error| error.to_string())?
    }

    /// Ends it where it stands.
    pub(super) fn kill(self) {
        self.handle.abort();
    }
}

/// Resolves when the task is to end.
pub(super) type Stop = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;
