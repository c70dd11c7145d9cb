//! Interleavings: one piece of work held at each of its calls in turn, while another runs from its beginning to its end.
//!
//! The work makes its calls one after the other, so that standing before a call's effect is the same as standing behind
//! the effect of the one before it. The first call to the one beyond the last are thus all the places where another's
//! work can come between.

use std::pin::pin;

use chainwright_engine::Outcome;
use simcloud::{
    SimCloud,
    faults::{CallMatcher, GatePoint},
};

/// Lets `work` make `calls` calls, all of them under this label, holds it before the next one while `meanwhile` runs,
/// and lets it go on. None where it ends before that call; `meanwhile` has not run then.
pub async fn between<T, M>(
    cloud: &SimCloud,
    label: &str,
    calls: usize,
    work: impl Future<Output = T>,
    meanwhile: impl Future<Output = M>,
) -> Option<(T, M)> {
    let gate = || cloud.gate(CallMatcher::default().from_label(label), GatePoint::BeforeEffect);
    let mut first = gate();
    let mut work = pin!(work);
    let held = async {
        for _ in 0..calls {
            first.reached().await;
            let next = gate();
            first.release();
            first = next;
        }
        first.reached().await;
        let seen = meanwhile.await;
        first.release();
        seen
    };
    let mut held = pin!(held);
    let seen = tokio::select! {
        biased;
        seen = &mut held => seen,
        _ended = &mut work => return None,
    };
    Some((work.await, seen))
}

/// Runs a job as often as it asks for another attempt, and tells how it ended.
pub async fn to_its_end<F: Future<Output = Outcome>>(run: impl Fn() -> F) -> Outcome {
    loop {
        match run().await {
            Outcome::Retry(_) => {}
            ended => return ended,
        }
    }
}
