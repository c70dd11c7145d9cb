//! `simcloud`: the simulated AWS alone, for clients in other processes.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use serde_json::json;
use simcloud::server::{ServeError, Server, in_real_time};
use simcloud::{Pace, Settings, SimCloud};

use crate::output::{self, Answer, Format};
use crate::signals::Signals;
use crate::state_file::{self, StateFileError};

/// What `simcloud` can be told.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The port on 127.0.0.1; 0 takes a free one. The first line of output says which.
    #[arg(long, default_value_t = 4566)]
    port: u16,
    /// How long jobs, copies, deletions and events take.
    #[arg(long, value_enum, default_value_t = PaceName::Aws)]
    pace: PaceName,
    /// The instant at which its clock begins, such as 2026-01-05T00:00:00Z; the machine's own time if not given.
    #[arg(long)]
    start: Option<Timestamp>,
    /// The seed of everything random in it.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// A file that keeps the cloud from one run to the next: taken up at the start, written at the end. Meanwhile its
    /// time has run as the machine's, unless a start is given.
    #[arg(long)]
    state: Option<PathBuf>,
}

/// The paces that have a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PaceName {
    /// As AWS: minutes to hours.
    Aws,
    /// Seconds or less.
    Fast,
    /// At once.
    Instant,
}

/// Why it does not serve.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error(transparent)]
    State(#[from] StateFileError),
    #[error("the address cannot be told: {0}")]
    Output(io::Error),
    #[error("signals cannot be waited for: {0}")]
    Signals(io::Error),
    #[error("there is no runtime to be had: {0}")]
    Runtime(#[from] io::Error),
}

/// Serves until SIGINT or SIGTERM.
pub(crate) fn run(arguments: &Arguments, format: Format) -> Answer {
    let file = arguments.state.as_deref();
    let prepare = || state_file::load(file, settings(arguments));
    let served = in_real_time(prepare, async |cloud| {
        let cloud = cloud?;
        tokio::select! {
            biased;
            served = serve(cloud.clone(), arguments.port, format) => served?,
            error = state_file::keep(file, &cloud) => return Err(error.into()),
        }
        Ok(state_file::store(file, &cloud)?)
    });
    match served.map_err(Failure::Runtime).flatten() {
        Ok(()) => Answer::done(""),
        Err(failure) => Answer::failed(format!("simcloud does not serve: {}", whole(&failure))),
    }
}

/// An error with what is behind it.
pub(crate) fn whole(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

async fn serve(cloud: SimCloud, port: u16, format: Format) -> Result<(), Failure> {
    let mut signals = Signals::catch().map_err(Failure::Signals)?;
    let server = Server::bind(cloud, SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
    let endpoint = format!("http://{}", server.local_address());
    let line = match format {
        Format::Table => endpoint,
        Format::Json => json!({"endpoint": endpoint}).to_string(),
    };
    output::announce(&line).map_err(Failure::Output)?;
    server.run(async move { signals.received().await }).await;
    Ok(())
}

impl PaceName {
    pub(crate) fn pace(self) -> Pace {
        match self {
            Self::Aws => Pace::default(),
            Self::Fast => Pace::fast(),
            Self::Instant => Pace::instant(),
        }
    }
}

/// The machine's own time, from which a simulated clock runs on.
#[expect(clippy::disallowed_methods, reason = "where a simulated clock begins; from there it runs by tokio's")]
pub(crate) fn machine_time() -> Timestamp {
    Timestamp::now()
}

fn settings(arguments: &Arguments) -> Settings {
    let start = arguments.start.unwrap_or_else(machine_time);
    Settings { start, pace: arguments.pace.pace(), seed: arguments.seed, ..Settings::default() }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::output::Exit;

    #[test]
    fn a_port_that_is_taken_is_a_failure_that_names_it() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let answer = run(&Arguments { port, pace: PaceName::Fast, start: None, seed: 0, state: None }, Format::Table);
        assert_eq!(answer.exit, Exit::Failed);
        assert!(answer.remarks[0].contains(&format!("127.0.0.1:{port} is taken")), "{:?}", answer.remarks);
    }
}
