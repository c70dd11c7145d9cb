//! The engine seen from outside while it runs.

use std::sync::Arc;

use tokio::sync::watch;

use crate::{
    health::{Health, Monitor},
    stats::{Counters, Stats},
};

/// Asks an engine how it is, and lets it pause. Clones are cheap and outlive the engine.
#[derive(Clone)]
pub struct Handle {
    counters: Arc<Counters>,
    monitor: Arc<Monitor>,
    pub(crate) paused: Arc<watch::Sender<Option<String>>>,
}

impl Handle {
    pub(crate) fn new(counters: Arc<Counters>, monitor: Arc<Monitor>) -> Self {
        Self { counters, monitor, paused: Arc::new(watch::Sender::new(None)) }
    }

    /// What is wrong right now.
    #[must_use]
    pub fn health(&self) -> Health {
        self.monitor.health()
    }

    /// What has been counted so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.counters.read()
    }

    /// Starts no further poll until [`Handle::resume`]; what is in hand goes on. Health shows the reason.
    pub fn pause(&self, reason: impl Into<String>) {
        let reason = Some(reason.into());
        self.monitor.paused(reason.clone());
        self.paused.send_replace(reason);
    }

    /// Polls again.
    pub fn resume(&self) {
        self.monitor.paused(None);
        self.paused.send_replace(None);
    }
}
