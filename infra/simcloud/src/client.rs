//! Who calls: a worker's connection to the cloud, which can die with it.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use tokio::sync::watch;

use crate::{ConnectionLost, SimCloud};

/// How the cloud tells callers apart.
#[derive(Clone, Debug, Default)]
pub struct ClientOptions {
    /// The account of the caller when its access key names none; [`crate::DEFAULT_ACCOUNT`] when absent.
    pub account: Option<String>,
    /// The name under which its calls are counted and traced, such as the worker's.
    pub label: String,
}

impl ClientOptions {
    /// A caller of this name in the default account.
    #[must_use]
    pub fn labelled(label: impl Into<String>) -> Self {
        Self { account: None, label: label.into() }
    }
}

/// The SDK's HTTP client into the cloud. Clones share the connection, and its death.
#[derive(Clone, Debug)]
pub struct SimClient {
    cloud: SimCloud,
    options: Arc<ClientOptions>,
    killed: Arc<watch::Sender<bool>>,
}

impl SimClient {
    pub(crate) fn new(cloud: SimCloud, options: ClientOptions) -> Self {
        Self { cloud, options: Arc::new(options), killed: Arc::new(watch::Sender::new(false)) }
    }

    /// Ends the worker behind this client as SIGKILL would: calls in flight stop where they are and never answer,
    /// further ones fail as connection errors. There is no way back; a restarted worker gets a new client.
    pub fn kill(&self) {
        self.killed.send_replace(true);
    }

    pub(crate) async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ConnectionLost> {
        if *self.killed.borrow() {
            return Err(ConnectionLost);
        }
        let mut killed = self.killed.subscribe();
        tokio::select! {
            biased;
            // The sender lives as long as this client, so that waiting cannot fail.
            _ = killed.wait_for(|killed| *killed) => {}
            answer = self.cloud.handle(request, &self.options) => return answer,
        }
        std::future::pending().await
    }
}
