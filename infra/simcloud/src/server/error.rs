//! Why a server does not start.

use std::io;
use std::net::SocketAddr;

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Somebody else listens there.
    #[error("the port of {address} is taken by another process")]
    Taken {
        /// The address asked for.
        address: SocketAddr,
    },
    /// The address can be reached from other machines. The simulated cloud checks no credentials.
    #[error("{address} is not on the loopback interface; simcloud checks no credentials and serves this machine alone")]
    NotLoopback {
        /// The address asked for.
        address: SocketAddr,
    },
    /// The system refused the address.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address asked for.
        address: SocketAddr,
        /// The system's reason.
        source: io::Error,
    },
    /// The runtime has several threads.
    #[error("the server needs a runtime of one thread, as made by in_real_time: no other clock can be let run ahead")]
    ManyThreads,
}

impl ServeError {
    pub(super) fn from_bind(address: SocketAddr, source: io::Error) -> Self {
        if source.kind() == io::ErrorKind::AddrInUse { Self::Taken { address } } else { Self::Bind { address, source } }
    }
}
