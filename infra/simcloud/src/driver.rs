//! The one task that lets the agenda happen when nobody calls.
//!
//! It sleeps until the first entry is due and is woken when an earlier one is scheduled. It holds the cloud only
//! weakly: when the last handle goes, it is woken once more, finds nothing, and ends.

use std::sync::{Arc, Weak};

use tokio::sync::Notify;
use tokio::time::sleep_until;

use crate::cloud::Inner;

/// Starts the driver. Must be called within a runtime.
#[expect(clippy::disallowed_methods, reason = "the simulation's one background task; it ends with the cloud")]
pub(crate) fn start(cloud: Weak<Inner>, wake: Arc<Notify>) {
    tokio::spawn(drive(cloud, wake));
}

async fn drive(cloud: Weak<Inner>, wake: Arc<Notify>) {
    loop {
        // The strong handle must not live across the await, or the cloud would never end.
        let next = match cloud.upgrade() {
            None => return,
            Some(cloud) => {
                let due = cloud.world().next_due();
                due.map(|at| cloud.clock().instant(at))
            }
        };
        let due = async {
            match next {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = wake.notified() => {}
            () = due => {}
        }
    }
}
