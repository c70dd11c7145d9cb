//! Ids of spans and traces: random, but for the first span of a point's trace in a run, whose trace is given.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, ThreadId},
};

use chainwright_jobs::telemetry::Roots;
use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};

/// Makes the ids.
#[derive(Debug, Default)]
pub(super) struct Ids {
    random: RandomIdGenerator,
    /// The generator of a simulation, so that its ids repeat.
    seeded: Option<Mutex<fastrand::Rng>>,
    /// The trace of the next span without parent that a thread begins.
    next: Mutex<Option<(ThreadId, TraceId)>>,
    /// One given trace at a time.
    turn: Mutex<()>,
}

impl Ids {
    pub(super) fn seeded(seed: u64) -> Self {
        Self { seeded: Some(Mutex::new(fastrand::Rng::with_seed(seed))), ..Self::default() }
    }

    pub(super) fn shared(ids: &Arc<Self>) -> Shared {
        Shared(Arc::clone(ids))
    }

    /// A name for this process among its like.
    pub(super) fn instance(&self) -> String {
        self.random.new_trace_id().to_string()
    }

    fn seeded_id(&self) -> Option<u64> {
        // Zero is no id.
        self.seeded.as_ref().map(|rng| locked(rng).u64(1..))
    }
}

impl Roots for Ids {
    fn within(&self, trace: TraceId, begin: &mut dyn FnMut()) {
        let _turn = locked(&self.turn);
        *locked(&self.next) = Some((thread::current().id(), trace));
        begin();
        *locked(&self.next) = None;
    }
}

/// The same, as the SDK takes it.
pub(super) struct Shared(Arc<Ids>);

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ids")
    }
}

impl IdGenerator for Shared {
    fn new_trace_id(&self) -> TraceId {
        let mut next = locked(&self.0.next);
        if let Some((_, trace)) = next.take_if(|(thread, _)| *thread == thread::current().id()) {
            return trace;
        }
        drop(next);
        match self.0.seeded_id().zip(self.0.seeded_id()) {
            Some((high, low)) => TraceId::from(u128::from(high) << 64 | u128::from(low)),
            None => self.0.random.new_trace_id(),
        }
    }

    fn new_span_id(&self) -> SpanId {
        self.0.seeded_id().map_or_else(|| self.0.random.new_span_id(), SpanId::from)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_thread_that_was_given_a_trace_begins_one_in_it() {
        let ids = Arc::new(Ids::default());
        let generator = Ids::shared(&ids);
        let given = TraceId::from(7);
        let mut seen = Vec::new();
        ids.within(given, &mut || {
            thread::scope(|scope| {
                scope.spawn(|| assert_ne!(generator.new_trace_id(), given));
            });
            seen.push(generator.new_trace_id());
            seen.push(generator.new_trace_id());
        });
        assert_eq!(seen.first(), Some(&given));
        assert_ne!(seen.get(1), Some(&given), "one span, one given trace");
        ids.within(given, &mut || {});
        assert_ne!(generator.new_trace_id(), given, "what was not taken up lapses");
    }
}
