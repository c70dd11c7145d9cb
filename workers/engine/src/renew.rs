//! Renews the leases of one queue, many in one call, and ends them in good order.

use std::{sync::Arc, time::Duration};

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use crate::{
    batch::Batcher,
    calls::{Visibility, seconds},
    failure::Failure,
    lease::{Lease, Leases},
};

/// Renews until told to stop. A failed renewal is an event of its lease, never a reason to end.
pub(crate) async fn renew(
    leases: Arc<Leases>,
    calls: Batcher<Visibility>,
    visibility: Duration,
    mut stop: watch::Receiver<bool>,
) {
    let mut renewals = FuturesUnordered::new();
    loop {
        let due = leases.next_due();
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => return,
            Some(()) = renewals.next(), if !renewals.is_empty() => {}
            () = leases.changed.notified() => {}
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                renewals.extend(leases.take_due().into_iter().map(|lease| one(&leases, &calls, visibility, lease)));
            }
        }
    }
}

async fn one(leases: &Leases, calls: &Batcher<Visibility>, visibility: Duration, lease: Arc<Lease>) {
    let asked = Instant::now();
    let handle = lease.handle();
    match calls.submit(Visibility { handle: handle.clone(), seconds: seconds(visibility) }).await {
        Ok(()) => leases.renewed(&lease, asked),
        Err(Failure::Permanent(reason)) => {
            tracing::warn!(message_id = lease.message_id, reason, "the renewal of a lease was refused");
            leases.refused(&lease, &handle);
        }
        // A queue that is gone may come back, and its messages with it, while the lease lasts.
        Err(failure) => {
            tracing::warn!(message_id = lease.message_id, reason = failure.reason(), "a lease could not be renewed");
            leases.not_renewed(&lease);
        }
    }
}

/// Ends a lease before its message joins a batch of deletions: a renewal in flight is awaited, and where little is
/// left one more is made, so that the message cannot become visible while its deletion waits for company.
pub(crate) async fn end(leases: &Leases, calls: &Batcher<Visibility>, visibility: Duration, lease: &Arc<Lease>) {
    leases.end(lease).await;
    if lease.remaining() < visibility / 4 {
        one(leases, calls, visibility, Arc::clone(lease)).await;
        leases.end(lease).await;
    }
}
