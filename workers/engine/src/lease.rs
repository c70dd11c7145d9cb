//! Which messages this worker holds, until when, and by which receipt handle.
//!
//! One table per queue. A lease starts at the receipt and ends before the deletion, with a renewal in flight awaited.
//! Expiry is reckoned on this side, and earlier than SQS's: nothing is acknowledged on a lease that may be over.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    sync::{Notify, watch},
    time::Instant,
};

use crate::{retry::Jitter, supervisor::lock};

/// A lease older than this is given up: SQS keeps no receipt beyond 12 hours (ChangeMessageVisibility).
pub(crate) const MAX_AGE: Duration = Duration::from_secs(11 * 60 * 60);

/// The hold on one message.
#[derive(Debug)]
pub(crate) struct Lease {
    pub(crate) message_id: String,
    started: Instant,
    state: watch::Sender<State>,
}

#[derive(Clone, Debug)]
struct State {
    handle: String,
    expires: Instant,
    /// When the renewal is due: the lease's place in the table, none while it is not to be renewed.
    due: Option<Instant>,
    renewing: bool,
    lost: bool,
}

impl Lease {
    /// The newest receipt handle.
    pub(crate) fn handle(&self) -> String {
        self.state.borrow().handle.clone()
    }

    /// Whether this is still the newest handle.
    pub(crate) fn has_handle(&self, handle: &str) -> bool {
        self.state.borrow().handle == handle
    }

    /// Waits until the lease is lost; for ever while it is not.
    pub(crate) async fn lost(&self) {
        let mut state = self.state.subscribe();
        // The sender lives as long as this lease; an error cannot come.
        let _ = state.wait_for(|state| state.lost).await;
    }

    /// How long the lease still has.
    pub(crate) fn remaining(&self) -> Duration {
        self.state.borrow().expires.saturating_duration_since(Instant::now())
    }

    async fn not_renewing(&self) {
        let mut state = self.state.subscribe();
        let _ = state.wait_for(|state| !state.renewing).await;
    }
}

/// The leases of one queue.
pub(crate) struct Leases {
    visibility: Duration,
    jitter: Jitter,
    table: Mutex<Table>,
    /// Wakes the renewal when the first due time may have changed.
    pub(crate) changed: Notify,
}

#[derive(Default)]
struct Table {
    held: BTreeMap<String, Arc<Lease>>,
    due: BTreeMap<(Instant, String), Arc<Lease>>,
}

impl Leases {
    pub(crate) fn new(visibility: Duration, jitter: Jitter) -> Self {
        Self { visibility, jitter, table: Mutex::default(), changed: Notify::new() }
    }

    /// Enters a receipt. `None` when the message is in hand already: then only its handle and expiry are replaced.
    pub(crate) fn take(&self, message_id: &str, handle: &str) -> Option<Arc<Lease>> {
        let now = Instant::now();
        let expires = self.expiry(now);
        let mut table = lock(&self.table);
        if let Some(lease) = table.held.get(message_id) {
            lease.state.send_modify(|state| {
                handle.clone_into(&mut state.handle);
                state.expires = expires;
            });
            return None;
        }
        let state = State { handle: handle.to_owned(), expires, due: None, renewing: false, lost: false };
        let lease =
            Arc::new(Lease { message_id: message_id.to_owned(), started: now, state: watch::Sender::new(state) });
        table.held.insert(message_id.to_owned(), Arc::clone(&lease));
        self.schedule(&mut table, &lease, now + self.half_life());
        Some(lease)
    }

    /// Takes the lease out of the table: its message is deleted, given back, or left.
    pub(crate) fn forget(&self, lease: &Lease) {
        let mut table = lock(&self.table);
        unschedule(&mut table, lease);
        table.held.remove(&lease.message_id);
    }

    /// Ends the renewals, before the deletion, and waits for one in flight.
    pub(crate) async fn end(&self, lease: &Lease) {
        loop {
            lease.not_renewing().await;
            let mut table = lock(&self.table);
            // Another renewal may have begun between the wake-up and the lock.
            if !lease.state.borrow().renewing {
                unschedule(&mut table, lease);
                return;
            }
        }
    }

    /// Takes up the renewals again, after a deletion that failed.
    pub(crate) fn resume(&self, lease: &Arc<Lease>) {
        let due = Instant::now() + lease.remaining() / 2;
        self.schedule(&mut lock(&self.table), lease, due);
    }

    /// When the next renewal is due.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        lock(&self.table).due.first_key_value().map(|((due, _), _)| *due)
    }

    /// Takes out what is due now, and with it what is due soon, to share its call. What is over is lost instead.
    pub(crate) fn take_due(&self) -> Vec<Arc<Lease>> {
        let now = Instant::now();
        let soon = now + self.visibility / 10;
        let mut table = lock(&self.table);
        if table.due.first_key_value().is_none_or(|((due, _), _)| *due > now) {
            return Vec::new();
        }
        let mut due = Vec::new();
        while let Some(first) = table.due.first_entry().filter(|first| first.key().0 <= soon) {
            let lease = first.remove();
            let over = now >= lease.state.borrow().expires || now >= lease.started + MAX_AGE;
            lease.state.send_modify(|state| {
                state.due = None;
                state.lost = over;
                state.renewing = !over;
            });
            if !over {
                due.push(lease);
            }
        }
        due
    }

    /// The renewal of `handle` that was asked for at `asked` succeeded.
    pub(crate) fn renewed(&self, lease: &Arc<Lease>, asked: Instant) {
        self.renewal_over(lease, asked + self.half_life(), |state| state.expires = self.expiry(asked));
    }

    /// The renewal failed for now: again soon, until the lease is over.
    pub(crate) fn not_renewed(&self, lease: &Arc<Lease>) {
        let soon = Instant::now() + self.visibility / 20 + self.jitter.up_to(self.visibility / 20);
        let expires = lease.state.borrow().expires;
        self.renewal_over(lease, soon.min(expires), |_| {});
    }

    /// The renewal of `handle` was refused. Unless a newer receipt has come meanwhile, the lease is lost.
    pub(crate) fn refused(&self, lease: &Arc<Lease>, handle: &str) {
        if lease.has_handle(handle) {
            lease.state.send_modify(|state| {
                state.renewing = false;
                state.lost = true;
            });
        } else {
            self.not_renewed(lease);
        }
    }

    /// All leases, for a shutdown that cannot wait any longer.
    pub(crate) fn all(&self) -> Vec<Arc<Lease>> {
        lock(&self.table).held.values().cloned().collect()
    }

    fn renewal_over(&self, lease: &Arc<Lease>, due: Instant, change: impl FnOnce(&mut State)) {
        let mut table = lock(&self.table);
        if table.held.contains_key(&lease.message_id) {
            self.schedule(&mut table, lease, due);
        }
        lease.state.send_modify(|state| {
            change(state);
            state.renewing = false;
        });
    }

    fn schedule(&self, table: &mut Table, lease: &Arc<Lease>, due: Instant) {
        unschedule(table, lease);
        let first = table.due.first_key_value().is_none_or(|((first, _), _)| due < *first);
        table.due.insert((due, lease.message_id.clone()), Arc::clone(lease));
        lease.state.send_modify(|state| state.due = Some(due));
        if first {
            self.changed.notify_one();
        }
    }

    /// Half the visibility, less up to a tenth of it, so that leases taken together do not stay in step.
    fn half_life(&self) -> Duration {
        self.visibility / 2 - self.jitter.up_to(self.visibility / 10)
    }

    /// A tenth earlier than SQS's own, for the time that the answer took.
    fn expiry(&self, from: Instant) -> Instant {
        from + self.visibility - self.visibility / 10
    }
}

fn unschedule(table: &mut Table, lease: &Lease) {
    let due = lease.state.borrow().due;
    if let Some(due) = due {
        table.due.remove(&(due, lease.message_id.clone()));
        lease.state.send_modify(|state| state.due = None);
    }
}
