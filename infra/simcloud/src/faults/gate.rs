//! Gates: a test holds one call at a known place while it does something else.

use tokio::sync::watch;

use std::sync::Arc;

/// Where a gate stops its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatePoint {
    /// Before the service sees the call.
    BeforeEffect,
    /// After the call's effect, before its answer leaves.
    AfterEffect,
}

/// A gate for the next call that fits. Dropping it lets the call pass.
#[derive(Debug)]
pub struct Gate {
    state: Arc<State>,
}

/// The cloud's side of a gate.
#[derive(Debug)]
pub(crate) struct GateHandle {
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    reached: watch::Sender<bool>,
    released: watch::Sender<bool>,
}

impl Gate {
    pub(crate) fn pair() -> (Self, GateHandle) {
        let state = Arc::new(State::default());
        (Self { state: Arc::clone(&state) }, GateHandle { state })
    }

    /// Returns once a call stands at the gate; at once when one has been there already.
    pub async fn reached(&self) {
        wait(&self.state.reached).await;
    }

    /// Lets the call go on, or never stop at all.
    pub fn release(&self) {
        self.state.released.send_replace(true);
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.release();
    }
}

impl GateHandle {
    /// Whether nobody can wait at this gate any more.
    pub(crate) fn is_dropped(&self) -> bool {
        Arc::strong_count(&self.state) == 1
    }

    /// Stands at the gate until it is released.
    pub(crate) async fn pass(&self) {
        self.state.reached.send_replace(true);
        wait(&self.state.released).await;
    }
}

async fn wait(signal: &watch::Sender<bool>) {
    // The sender is borrowed here, so that the channel cannot close meanwhile.
    let _open = signal.subscribe().wait_for(|set| *set).await.is_ok();
}
