//! Which function runs which kind: typed where they are written, erased here.

use std::{collections::BTreeMap, future::Future, sync::Arc};

use chainwright_envelope::{DecodeError, Job, QueueName, decode_job};
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

use crate::{Outcome, timing::Problem};

/// A decoded job with its handler, waiting for its context.
pub(crate) type Runnable<C> = Box<dyn FnOnce(C) -> BoxFuture<'static, Outcome> + Send>;

type Prepare<C> = Box<dyn Fn(Map<String, Value>) -> Result<Runnable<C>, DecodeError> + Send + Sync>;
type PrepareRaw<C> = Box<dyn Fn(String) -> Runnable<C> + Send + Sync>;

/// One kind of job.
pub(crate) struct Kind<C> {
    pub(crate) queue: QueueName,
    /// Whether a message without id is sent again with one before it is run.
    pub(crate) stamped: bool,
    pub(crate) prepare: Prepare<C>,
}

/// All handlers of a worker.
pub(crate) struct Registry<C> {
    kinds: BTreeMap<&'static str, Kind<C>>,
    raw: BTreeMap<QueueName, PrepareRaw<C>>,
    problems: Vec<Problem>,
}

impl<C: Send + 'static> Registry<C> {
    pub(crate) fn new() -> Self {
        Self { kinds: BTreeMap::new(), raw: BTreeMap::new(), problems: Vec::new() }
    }

    pub(crate) fn add<J, H, F>(&mut self, handler: H, stamped: bool)
    where
        J: Job,
        H: Fn(J, C) -> F + Send + Sync + 'static,
        F: Future<Output = Outcome> + Send + 'static,
    {
        let handler = Arc::new(handler);
        let prepare: Prepare<C> = Box::new(move |rest| {
            let job = decode_job::<J>(rest)?;
            let handler = Arc::clone(&handler);
            // The call itself happens inside the future, so that a panic before the first await is caught as well.
            Ok(Box::new(move |context| Box::pin(async move { handler(job, context).await })))
        });
        if self.kinds.insert(J::KIND, Kind { queue: J::QUEUE, stamped, prepare }).is_some() {
            self.problems.push(Problem::KindTwice { kind: J::KIND });
        }
    }

    pub(crate) fn add_raw<H, F>(&mut self, queue: QueueName, handler: H)
    where
        H: Fn(String, C) -> F + Send + Sync + 'static,
        F: Future<Output = Outcome> + Send + 'static,
    {
        let handler = Arc::new(handler);
        let prepare: PrepareRaw<C> = Box::new(move |body| {
            let handler = Arc::clone(&handler);
            Box::new(move |context| Box::pin(async move { handler(body, context).await }))
        });
        if self.raw.insert(queue, prepare).is_some() {
            self.problems.push(Problem::RawTwice { queue });
        }
    }

    pub(crate) fn kind(&self, kind: &str) -> Option<&Kind<C>> {
        self.kinds.get(kind)
    }

    pub(crate) fn raw(&self, queue: QueueName) -> Option<&PrepareRaw<C>> {
        self.raw.get(&queue)
    }

    /// Every queue for which there is a handler, in alphabetical order.
    pub(crate) fn queues(&self) -> Vec<QueueName> {
        let mut queues: Vec<_> = self.kinds.values().map(|kind| kind.queue).chain(self.raw.keys().copied()).collect();
        queues.sort_unstable();
        queues.dedup();
        queues
    }

    /// What contradicts itself in the registrations.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let mixed = self.kinds.values().filter(|kind| self.raw.contains_key(&kind.queue));
        let mixed = mixed.map(|kind| Problem::JobsAmongRaw { queue: kind.queue });
        self.problems.iter().cloned().chain(mixed).collect()
    }
}
