//! The signals that end a process that runs until told.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Caught from here on; further ones change nothing, since the end is under way.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Catches SIGTERM, which ECS sends, and SIGINT, which a terminal sends.
    pub(crate) fn catch() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Resolves at the first of them.
    pub(crate) async fn received(&mut self) {
        tokio::select! {
            biased;
            // A stream of signals never ends.
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
