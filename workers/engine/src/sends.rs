//! Sends to any queue, in batches per queue.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_sdk_sqs::Client;
use tokio::{sync::OnceCell, time::sleep};

use crate::{
    batch::Batcher,
    calls::SendCall,
    failure::Failure,
    health::Monitor,
    message::Sending,
    retry::Backoff,
    stats::Counters,
    supervisor::{Tasks, lock},
};

/// The engine's outgoing side.
pub(crate) struct Sends {
    pub(crate) client: Client,
    pub(crate) linger: Duration,
    pub(crate) counters: Arc<Counters>,
    pub(crate) monitor: Arc<Monitor>,
    pub(crate) trouble: Backoff,
    pub(crate) tasks: Arc<Tasks>,
    /// Addresses found at the start, by full name; others are looked up when first needed.
    pub(crate) urls: BTreeMap<String, String>,
    pub(crate) batchers: Mutex<BTreeMap<String, Batcher<Sending>>>,
}

/// SQS refuses the message for what it is.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) String);

impl Sends {
    /// Sends until it has succeeded. What fails for now is tried again, alone, for as long as the caller waits: the
    /// lease on the message that this leads back to bounds that.
    pub(crate) async fn send(&self, queue: &str, message: Sending) -> Result<(), Refused> {
        let batcher = self.batcher(queue);
        let mut failures = 0;
        loop {
            match batcher.submit(message.clone()).await {
                Ok(()) => return Ok(()),
                Err(Failure::Permanent(reason)) => return Err(Refused(reason)),
                Err(failure) => {
                    failures += 1;
                    tracing::warn!(queue, reason = failure.reason(), failures, "a message could not be sent yet");
                    sleep(self.trouble.delay(failures)).await;
                }
            }
        }
    }

    /// Lets the batchers end once they have sent what they hold.
    pub(crate) fn close(&self) {
        lock(&self.batchers).clear();
    }

    fn batcher(&self, queue: &str) -> Batcher<Sending> {
        let mut batchers = lock(&self.batchers);
        if let Some(batcher) = batchers.get(queue) {
            return batcher.clone();
        }
        let call = SendCall {
            client: self.client.clone(),
            name: queue.to_owned(),
            url: OnceCell::new_with(self.urls.get(queue).cloned()),
            counters: Arc::clone(&self.counters),
            monitor: Arc::clone(&self.monitor),
        };
        let batcher = Batcher::start(call, self.linger, &self.tasks);
        batchers.insert(queue.to_owned(), batcher.clone());
        batcher
    }
}
