//! The cloud over HTTP/1.1, for AWS clients in other processes.
//!
//! Every request but those below `/_sim` is AWS's: read whole, within limits of size and time, and answered by
//! [`SimCloud::handle`]. Service, Region and account come from the signature, which is not verified. A fault that
//! breaks the connection does break it; a black hole keeps it open and never answers. What one caller does to its own
//! connection costs nobody else anything: a connection is a task, a request that waits is a few hundred bytes, and no
//! thread belongs to either.
//!
//! # Control
//!
//! | request | answer |
//! |---|---|
//! | `GET /_sim/clock` | `{"now":"2026-01-05T00:00:00Z"}` |
//! | `POST /_sim/clock` `{"advance":"72h"}` | lets time run ahead, as in [`jump`], and answers the new now once it is reached |
//! | `GET /_sim/stats` | calls by service and operation, in all and by caller; what became of events |
//! | `GET /_sim/operations` | the operations of every service |
//! | `GET /_sim/faults` | every rule with its id and how often it fired |
//! | `POST /_sim/faults` | adds a list of rules ([`FaultRule`](crate::faults::FaultRule)) behind the others |
//! | `DELETE /_sim/faults` | ends all rules; their counts stay |
//! | `GET /_sim/pace` | how long things take |
//! | `POST /_sim/pace` | `"aws"`, `"fast"` or `"instant"`, or an object of the parts to change |
//! | `POST /_sim/reset` | empties the cloud; the clock runs on |
//!
//! What cannot be understood is answered 400 and `{"error": …}`, which says what is allowed. A caller's label, by which
//! fault rules and stats tell callers apart, is the application id in its User-Agent (`AWS_SDK_UA_APP_ID`).
//!
//! # Time
//!
//! The cloud's clock is tokio's. [`in_real_time`] makes a runtime on which it runs as the machine's does and can be let
//! run ahead. Everything that the cloud does meanwhile happens at its right instant; what callers in other processes do
//! takes no virtual time, so that to them their visibility timeouts pass at once.

mod body;
mod connection;
mod control;
mod error;
mod jump;
mod patience;
mod runtime;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::JoinSet;

use crate::SimCloud;
use connection::Front;

pub use error::ServeError;
pub use runtime::in_real_time;

/// How long answers under way may take after the server was told to end; then their connections are closed.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// How long the server waits before it accepts again when the machine has no room for another connection.
const OUT_OF_ROOM: Duration = Duration::from_millis(50);

/// A cloud on a port of this machine.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    front: Arc<Front>,
}

impl Server {
    /// Takes the port; 0 takes a free one. Callers can connect from now on and are served by [`Server::run`].
    ///
    /// # Errors
    ///
    /// When the address is not on the loopback interface, the port is taken or cannot be had, or the runtime has more
    /// than one thread, so that its clock cannot be let run ahead.
    pub async fn bind(cloud: SimCloud, address: SocketAddr) -> Result<Self, ServeError> {
        if !address.ip().is_loopback() {
            return Err(ServeError::NotLoopback { address });
        }
        if Handle::current().runtime_flavor() != RuntimeFlavor::CurrentThread {
            return Err(ServeError::ManyThreads);
        }
        let refused = |source| ServeError::from_bind(address, source);
        let listener = TcpListener::bind(address).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        // What is on its way in a cloud that was resumed happens also when nobody calls.
        cloud.drive();
        Ok(Self { listener, address, front: Arc::new(Front::new(cloud)) })
    }

    /// The address with the port that was taken.
    #[must_use]
    pub fn local_address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown` is over. Then no more connections are accepted, answers under way get a second to
    /// leave, and what still waits is hung up on.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        tokio::pin!(shutdown);
        let mut connections = JoinSet::new();
        let (ending, told) = tokio::sync::watch::channel(());
        loop {
            let accepted = tokio::select! {
                biased;
                () = &mut shutdown => break,
                Some(_) = connections.join_next() => continue,
                accepted = self.listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) => {
                    // Answers are small and whole: waiting to fill a packet only delays them.
                    let _best_effort = stream.set_nodelay(true);
                    connections.spawn(connection::serve(Arc::clone(&self.front), stream, told.clone()));
                }
                // One connection that broke before it was taken, or no room for now; either way others may follow.
                Err(_) => tokio::time::sleep(OUT_OF_ROOM).await,
            }
        }
        drop(self.listener);
        drop(ending);
        let all = async { while connections.join_next().await.is_some() {} };
        // Whoever is left is hung up on when the set goes.
        let _in_time = tokio::time::timeout(LAST_ANSWERS, all).await.is_ok();
    }
}
