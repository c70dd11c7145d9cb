//! Time limits on callers, which time that was let run ahead does not use up.
//!
//! During a jump a caller in another process has no chance to keep a limit that is measured in virtual time. A limit
//! that a jump has run into therefore begins anew after it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};

use super::jump::Jumps;

/// Measures limits for one server.
#[derive(Clone, Debug)]
pub(super) struct Patience {
    jumps: Arc<Jumps>,
}

impl Patience {
    pub(super) fn new(jumps: Arc<Jumps>) -> Self {
        Self { jumps }
    }

    /// Returns when a caller has had so much time, without any jump in it.
    pub(super) async fn exhausted(self, limit: Duration) {
        loop {
            self.jumps.standing().await;
            let jumps = self.jumps.begun();
            tokio::time::sleep(limit).await;
            if self.jumps.begun() == jumps {
                return;
            }
        }
    }
}

/// The limits that hyper keeps by itself: on the time until a request's head is there.
impl Timer for Patience {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        Box::pin(Limit(Box::pin(self.clone().exhausted(duration))))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        self.sleep(deadline.saturating_duration_since(self.now()))
    }

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }
}

struct Limit(Pin<Box<dyn Future<Output = ()> + Send + Sync>>);

impl Future for Limit {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.0.as_mut().poll(context)
    }
}

impl Sleep for Limit {}
