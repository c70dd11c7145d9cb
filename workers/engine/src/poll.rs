//! The poll loops of one queue: one always, further ones while polls come back full.

use std::sync::Arc;

use aws_sdk_sqs::types::Message;
use tokio::{
    sync::{OwnedSemaphorePermit, watch},
    time::sleep,
};

use crate::{
    Context, batch::MAX_ENTRIES, failure::Failure, health::Monitor, message::Received, run::Lane, supervisor::Tasks,
};

/// What a poller looks at.
pub(crate) struct Poller<C> {
    pub(crate) lane: Arc<Lane<C>>,
    /// The tasks in which messages live.
    pub(crate) messages: Arc<Tasks>,
    pub(crate) monitor: Arc<Monitor>,
    pub(crate) stop: watch::Receiver<bool>,
    pub(crate) paused: watch::Receiver<Option<String>>,
    /// Whether this poller rests while polls do not come back full.
    pub(crate) auxiliary: bool,
}

impl<C: Context> Poller<C> {
    /// Polls until told to stop. A poll in flight is then awaited, and what it brings is given back.
    pub(crate) async fn run(mut self) {
        let mut failures = 0;
        while let Some(permits) = self.ready().await {
            self.monitor.poll_started(&self.lane.name);
            let lane = Arc::clone(&self.lane);
            let receive = lane.receiver.receive(permits.num_permits());
            tokio::pin!(receive);
            let answered = tokio::select! {
                biased;
                () = stopped(&mut self.stop) => None,
                result = &mut receive => Some(result),
            };
            let stopping = answered.is_none();
            let result = match answered {
                Some(result) => result,
                None => receive.await,
            };
            self.monitor.poll_ended(&self.lane.name, result.as_ref().err());
            match result {
                Ok(messages) if stopping => self.give_back(messages),
                Ok(messages) => {
                    failures = 0;
                    self.accept(messages, permits);
                }
                Err(failure) => {
                    drop(permits);
                    failures += 1;
                    self.wait_after(&failure, failures).await;
                }
            }
        }
    }

    /// Waits until a poll is wanted and has its permits. `None` once the engine stops.
    async fn ready(&mut self) -> Option<OwnedSemaphorePermit> {
        let (lane, auxiliary) = (Arc::clone(&self.lane), self.auxiliary);
        let mut full = lane.full.subscribe();
        let paused = &mut self.paused;
        let wanted = async {
            if auxiliary {
                let _ = full.wait_for(|full| *full).await;
            }
            let _ = paused.wait_for(Option::is_none).await;
            lane.permits.for_poll().await
        };
        tokio::select! {
            biased;
            () = stopped(&mut self.stop) => None,
            permits = wanted => permits,
        }
    }

    async fn wait_after(&mut self, failure: &Failure, failures: u32) {
        tracing::warn!(queue = self.lane.name, reason = failure.reason(), failures, "a receive failed");
        tokio::select! {
            biased;
            () = stopped(&mut self.stop) => {}
            () = sleep(self.lane.shared.trouble.delay(failures)) => {}
        }
    }

    fn accept(&self, messages: Vec<Message>, mut permits: OwnedSemaphorePermit) {
        let lane = &self.lane;
        lane.full.send_if_modified(|full| {
            let now_full = messages.len() >= MAX_ENTRIES;
            std::mem::replace(full, now_full) != now_full
        });
        let counters = &lane.shared.counters;
        for message in messages {
            counters.received.up();
            let Some(received) = Received::read(message, lane.shared.now()) else { continue };
            if received.receive_count > 1 {
                counters.redelivered.up();
            }
            let Some(lease) = lane.leases.take(&received.message_id, &received.handle) else {
                counters.duplicates.up();
                continue;
            };
            // SQS never hands out more than was asked for; if it did, the message would come again.
            let Some(permit) = permits.split(1) else {
                lane.leases.forget(&lease);
                continue;
            };
            self.messages.spawn(Arc::clone(lane).live(received, lease, permit));
        }
    }

    fn give_back(&self, messages: Vec<Message>) {
        let lane = &self.lane;
        let received = messages.into_iter().filter_map(|message| Received::read(message, lane.shared.now()));
        for lease in received.filter_map(|received| lane.leases.take(&received.message_id, &received.handle)) {
            let lane = Arc::clone(lane);
            self.messages.spawn(async move {
                lane.give_back(&lease).await;
                lane.leases.forget(&lease);
            });
        }
    }
}

/// Waits for the word to stop; a word that can no longer come is one.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
