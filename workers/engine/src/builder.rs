//! From handlers and settings to an engine.

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_sdk_sqs::Client;
use aws_smithy_async::time::SharedTimeSource;
use chainwright_envelope::{Job, QueueName};
use tokio::sync::watch;

use crate::{
    Bodies, Context, Engine, Handle, Outcome, Settings, StartError, Telemetry,
    calls::{limited, single},
    health::Monitor,
    registry::Registry,
    retry::{Backoff, Jitter},
    run::Shared,
    sends::Sends,
    start::Survey,
    stats::Counters,
    supervisor::Tasks,
    timing::{Problem, check_settings},
};

/// The first and the longest delay after a call that failed.
const TROUBLE: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));

/// Gathers what an engine needs.
pub struct Builder<C> {
    client: Client,
    context: C,
    clock: SharedTimeSource,
    prefix: String,
    queues: Option<Vec<QueueName>>,
    settings: Settings,
    telemetry: Telemetry,
    registry: Registry<C>,
}

impl<C: Context> Builder<C> {
    pub(crate) fn new(client: Client, context: C, clock: SharedTimeSource) -> Self {
        Self {
            client,
            context,
            clock,
            prefix: "chainwright-".to_owned(),
            queues: None,
            settings: Settings::default(),
            telemetry: Telemetry::default(),
            registry: Registry::new(),
        }
    }

    /// What stands before every queue's name; `chainwright-` by default.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// The queues to serve; by default all for which there is a handler. Handlers of others may be registered too:
    /// their queues count as destinations.
    #[must_use]
    pub fn queues(mut self, queues: impl IntoIterator<Item = QueueName>) -> Self {
        let mut queues: Vec<_> = queues.into_iter().collect();
        queues.sort_unstable();
        queues.dedup();
        self.queues = Some(queues);
        self
    }

    /// The settings, in place of the defaults.
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Where the engine reports to; nowhere by default.
    #[must_use]
    pub fn telemetry(mut self, telemetry: Telemetry) -> Self {
        self.telemetry = telemetry;
        self
    }

    /// Registers the handler of one kind of job; the job's type gives kind and queue.
    #[must_use]
    pub fn on<J, H, F>(mut self, handler: H) -> Self
    where
        J: Job,
        H: Fn(J, C) -> F + Send + Sync + 'static,
        F: Future<Output = Outcome> + Send + 'static,
    {
        self.registry.add(handler, true);
        self
    }

    /// As [`Builder::on`], for a kind whose messages are run as they come, also without id: those that something
    /// else sends at intervals, and that mean nothing later.
    #[must_use]
    pub fn on_unstamped<J, H, F>(mut self, handler: H) -> Self
    where
        J: Job,
        H: Fn(J, C) -> F + Send + Sync + 'static,
        F: Future<Output = Outcome> + Send + 'static,
    {
        self.registry.add(handler, false);
        self
    }

    /// Registers the handler of a queue whose messages are not jobs; it is given each body as it is.
    #[must_use]
    pub fn on_raw<H, F>(mut self, queue: QueueName, handler: H) -> Self
    where
        H: Fn(String, C) -> F + Send + Sync + 'static,
        F: Future<Output = Outcome> + Send + 'static,
    {
        self.registry.add_raw(queue, handler);
        self
    }

    /// Only the judgement that a worker with these handlers has on bodies.
    #[must_use]
    pub fn bodies(self) -> Bodies<C> {
        Bodies::new(self.registry)
    }

    /// Looks at every queue and at the timing chain, and makes the engine. Nothing is received yet.
    ///
    /// # Errors
    /// [`StartError`] with everything that is missing or contradicts itself.
    pub async fn build(self) -> Result<Engine<C>, StartError> {
        let served = self.queues.clone().unwrap_or_else(|| self.registry.queues());
        let counters = Arc::new(Counters::default());
        let urls = self.survey(&served, &counters).await?;
        let Self { client, context, clock, prefix, settings, telemetry, registry, .. } = self;
        telemetry.observe(&counters);
        let monitor = Arc::new(Monitor::new(settings.receive_timeout * 2 + TROUBLE.1));
        let jitter = Jitter::new(settings.rng.clone());
        let trouble = Backoff::new(TROUBLE.0, TROUBLE.1, jitter.clone());
        let services = Tasks::new();
        let sends = Sends {
            client: single(&client, settings.call_timeout),
            linger: settings.linger,
            counters: Arc::clone(&counters),
            monitor: Arc::clone(&monitor),
            trouble: trouble.clone(),
            tasks: Arc::clone(&services),
            urls,
            batchers: Mutex::default(),
        };
        let retry = Backoff::new(settings.retry_base, settings.retry_cap, jitter.clone());
        let handle = Handle::new(Arc::clone(&counters), Arc::clone(&monitor));
        let cancel = watch::Sender::new(false);
        let shared =
            Shared { registry, context, clock, settings, telemetry, prefix, counters, sends, retry, trouble, cancel };
        let shared = Arc::new(shared);
        Ok(Engine { client, shared, handle, monitor, jitter, services, served })
    }

    async fn survey(&self, served: &[QueueName], counters: &Counters) -> Result<BTreeMap<String, String>, StartError> {
        let mut problems = check_settings(&self.settings);
        problems.extend(self.registry.problems());
        let handled = self.registry.queues();
        let idle = served.iter().filter(|queue| !handled.contains(queue));
        problems.extend(idle.map(|queue| Problem::NoHandler { queue: *queue }));
        let client = limited(&self.client, self.settings.call_timeout);
        let mut survey =
            Survey { client: &client, counters, settings: &self.settings, urls: BTreeMap::new(), problems };
        for queue in served {
            survey.served(&format!("{}{queue}", self.prefix)).await;
        }
        for queue in handled.iter().filter(|queue| !served.contains(queue)) {
            survey.destination(&format!("{}{queue}", self.prefix)).await;
        }
        let Survey { urls, problems, .. } = survey;
        if problems.is_empty() { Ok(urls) } else { Err(StartError { problems }) }
    }
}
