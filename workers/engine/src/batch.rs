//! Collects single requests into batch calls: up to ten entries and 1 MiB, or as many as come within a short linger.
//!
//! Each entry learns its own result. An entry that fails alone is its owner's to send again; a call that is refused as
//! a whole is made again entry by entry, so that one bad entry cannot hurt its neighbours.

use std::{mem, sync::Arc, time::Duration};

use futures_util::{
    future::BoxFuture,
    stream::{FuturesUnordered, StreamExt},
};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep_until},
};

use crate::{failure::Failure, supervisor::Tasks};

/// SQS takes ten entries per batch call.
pub(crate) const MAX_ENTRIES: usize = 10;
/// A message, and a batch of them, may be 1 MiB with all attributes (SQS API reference, CreateQueue).
pub(crate) const MAX_BYTES: usize = 1_048_576;
/// Calls of one batcher in flight; what comes meanwhile waits and fills the next batch.
const CALLS_IN_FLIGHT: usize = 8;

/// One kind of batch call.
pub(crate) trait Call: Send + Sync + 'static {
    type Entry: Send + Sync + 'static;
    /// What the entry counts towards 1 MiB.
    fn size(&self, entry: &Self::Entry) -> usize;
    /// Makes the call; names the entries that failed alone by their position.
    fn call<'a>(&'a self, entries: &'a [Self::Entry]) -> BoxFuture<'a, Result<Vec<(usize, Failure)>, Failure>>;
}

/// The way into a batch. When the last copy is dropped, what was submitted is still called, then the task ends.
pub(crate) struct Batcher<E>(mpsc::UnboundedSender<Item<E>>);

impl<E> Clone for Batcher<E> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

struct Item<E> {
    entry: E,
    done: oneshot::Sender<Result<(), Failure>>,
}

impl<E: Send + Sync + 'static> Batcher<E> {
    pub(crate) fn start<C: Call<Entry = E>>(call: C, linger: Duration, tasks: &Tasks) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        tasks.spawn(collect(Arc::new(call), receiver, linger));
        Self(sender)
    }

    /// Hands in an entry and waits for its own result. Dropping the future does not take the entry back.
    pub(crate) async fn submit(&self, entry: E) -> Result<(), Failure> {
        let (done, result) = oneshot::channel();
        let ended = || Failure::Transient("the engine is stopping".to_owned());
        self.0.send(Item { entry, done }).map_err(|_| ended())?;
        result.await.unwrap_or_else(|_| Err(ended()))
    }
}

/// The batch being filled.
struct Filling<E> {
    items: Vec<Item<E>>,
    bytes: usize,
    flush_at: Option<Instant>,
}

async fn collect<C: Call>(call: Arc<C>, mut queue: mpsc::UnboundedReceiver<Item<C::Entry>>, linger: Duration) {
    let mut calls = FuturesUnordered::new();
    let mut filling = Filling { items: Vec::new(), bytes: 0, flush_at: None };
    let mut open = true;
    while open || !calls.is_empty() || !filling.items.is_empty() {
        let due = filling.flush_at.unwrap_or_else(Instant::now);
        let free = calls.len() < CALLS_IN_FLIGHT;
        tokio::select! {
            biased;
            Some(()) = calls.next(), if !calls.is_empty() => {}
            item = queue.recv(), if open && free => match item {
                None => open = false,
                Some(item) => {
                    let bytes = call.size(&item.entry);
                    if filling.bytes + bytes > MAX_BYTES && !filling.items.is_empty() {
                        calls.push(make(Arc::clone(&call), filling.take()));
                    }
                    filling.add(item, bytes, linger);
                    if filling.items.len() >= MAX_ENTRIES {
                        calls.push(make(Arc::clone(&call), filling.take()));
                    }
                }
            },
            () = sleep_until(due), if free && !filling.items.is_empty() => {
                calls.push(make(Arc::clone(&call), filling.take()));
            }
        }
    }
}

impl<E> Filling<E> {
    fn add(&mut self, item: Item<E>, bytes: usize, linger: Duration) {
        self.items.push(item);
        self.bytes += bytes;
        self.flush_at.get_or_insert_with(|| Instant::now() + linger);
    }

    fn take(&mut self) -> Vec<Item<E>> {
        self.bytes = 0;
        self.flush_at = None;
        mem::take(&mut self.items)
    }
}

async fn make<C: Call>(call: Arc<C>, items: Vec<Item<C::Entry>>) {
    let (entries, waiting): (Vec<_>, Vec<_>) = items.into_iter().map(|item| (item.entry, item.done)).unzip();
    let results = match call.call(&entries).await {
        Ok(failures) => by_position(entries.len(), failures),
        Err(Failure::Permanent(_)) if entries.len() > 1 => one_by_one(&*call, &entries).await,
        Err(failure) => vec![Err(failure); entries.len()],
    };
    for (done, result) in waiting.into_iter().zip(results) {
        // Nobody waits any more when the lease was lost meanwhile.
        let _ = done.send(result);
    }
}

async fn one_by_one<C: Call>(call: &C, entries: &[C::Entry]) -> Vec<Result<(), Failure>> {
    let mut results = Vec::with_capacity(entries.len());
    for entry in entries {
        let result = call.call(std::slice::from_ref(entry)).await;
        results
            .push(result.and_then(|failures| failures.into_iter().next().map_or(Ok(()), |(_, failure)| Err(failure))));
    }
    results
}

fn by_position(count: usize, failures: Vec<(usize, Failure)>) -> Vec<Result<(), Failure>> {
    let mut results = vec![Ok(()); count];
    for (position, failure) in failures {
        if let Some(result) = results.get_mut(position) {
            *result = Err(failure);
        }
    }
    results
}
