//! The engine: its parts put together, started, and stopped in order.

use std::{future::Future, sync::Arc};

use aws_sdk_sqs::Client;
use aws_smithy_async::time::SharedTimeSource;
use chainwright_envelope::QueueName;
use tokio::{sync::watch, time::Instant};

use crate::{
    Builder, Context, DrainError, Drained, Handle, Health, Stats,
    batch::Batcher,
    calls::{DeleteCall, Receiver, VisibilityCall, single},
    drain::Drain,
    health::Monitor,
    lease::Leases,
    permits::Permits,
    poll::Poller,
    renew::renew,
    retry::Jitter,
    run::{Lane, Shared},
    supervisor::{AbortOnDrop, Tasks},
};

/// An engine that has found everything it needs.
pub struct Engine<C> {
    pub(crate) client: Client,
    pub(crate) shared: Arc<Shared<C>>,
    pub(crate) handle: Handle,
    pub(crate) monitor: Arc<Monitor>,
    pub(crate) jitter: Jitter,
    /// Batchers and renewals: what must outlive the messages.
    pub(crate) services: Arc<Tasks>,
    pub(crate) served: Vec<QueueName>,
}

impl<C: Context> Engine<C> {
    /// Begins an engine over this client. `clock` says what time it is; it must go with tokio's.
    pub fn builder(client: Client, context: C, clock: SharedTimeSource) -> Builder<C> {
        Builder::new(client, context, clock)
    }

    /// The engine seen from outside; usable while `run` has it.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// What is wrong right now.
    #[must_use]
    pub fn health(&self) -> Health {
        self.handle.health()
    }

    /// What has been counted so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.handle.stats()
    }

    /// Works until `shutdown` resolves, then drains within the settings' deadline. Signals after the first change
    /// nothing. When this future is dropped, everything stops where it stands, as in a crash.
    ///
    /// # Errors
    /// [`DrainError`] when the deadline passed before every message had an end.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Result<Drained, DrainError> {
        let (pollers, messages) = (Tasks::new(), Tasks::new());
        let groups = vec![Arc::clone(&pollers), Arc::clone(&messages), Arc::clone(&self.services)];
        let _abort = AbortOnDrop(groups);
        let (stop, renewals) = (watch::Sender::new(false), watch::Sender::new(false));
        let lanes: Vec<_> = self.served.iter().filter_map(|queue| self.lane(*queue, &renewals)).collect();
        for lane in &lanes {
            self.start_pollers(lane, &pollers, &messages, &stop);
        }
        shutdown.await;
        tracing::info!(messages = messages.live(), "draining");
        stop.send_replace(true);
        let drain = Drain { lanes, pollers, messages, services: Arc::clone(&self.services), renewals };
        drain.run(&self.shared, Instant::now()).await
    }

    fn lane(&self, queue: QueueName, stop_renewals: &watch::Sender<bool>) -> Option<Arc<Lane<C>>> {
        let Shared { settings, counters, .. } = &*self.shared;
        let name = self.shared.full_name(queue);
        let url = self.shared.sends.urls.get(&name)?.clone();
        let client = single(&self.client, settings.call_timeout);
        let leases = Arc::new(Leases::new(settings.visibility, self.jitter.clone()));
        let counters = || Arc::clone(counters);
        let deletes = DeleteCall { client: client.clone(), url: url.clone(), counters: counters() };
        let visibilities = VisibilityCall { client, url: url.clone(), counters: counters() };
        let visibilities = Batcher::start(visibilities, settings.linger, &self.services);
        let stop = stop_renewals.subscribe();
        self.services.spawn(renew(Arc::clone(&leases), visibilities.clone(), settings.visibility, stop));
        Some(Arc::new(Lane {
            shared: Arc::clone(&self.shared),
            queue,
            name,
            receiver: Receiver {
                client: single(&self.client, settings.receive_timeout),
                url,
                long_poll: settings.long_poll,
                visibility: settings.visibility,
                counters: counters(),
            },
            permits: Permits::new(settings.concurrency),
            leases,
            deletes: Batcher::start(deletes, settings.linger, &self.services),
            visibilities,
            full: watch::Sender::new(false),
        }))
    }

    fn start_pollers(&self, lane: &Arc<Lane<C>>, pollers: &Tasks, messages: &Arc<Tasks>, stop: &watch::Sender<bool>) {
        for number in 0..self.shared.settings.receives {
            let poller = Poller {
                lane: Arc::clone(lane),
                messages: Arc::clone(messages),
                monitor: Arc::clone(&self.monitor),
                stop: stop.subscribe(),
                paused: self.handle.paused.subscribe(),
                auxiliary: number > 0,
            };
            pollers.spawn(poller.run());
        }
    }
}
