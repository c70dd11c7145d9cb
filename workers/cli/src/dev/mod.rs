//! `dev`: a simulated AWS at a loopback port with a hub and workers in it, for trying and for tests.
//!
//! It runs in real time and can be let run ahead (`POST /_sim/clock`): its workers live in this process and on its clock,
//! so that three days of sessions, copies and prunes take seconds. Workers of other processes can be used instead with
//! `--workers 0`; their clocks are their own, so that time must not run ahead then.

mod greeting;

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use chainwright_contracts::names::Region;
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use simcloud::{
    SimCloud,
    server::{ServeError, Server, in_real_time},
};

use crate::{
    output::{self, Answer, Format},
    signals::Signals,
    simcloud::{PaceName, whole},
    simulation::{Settings, Simulation, SimulationError},
    state_file::{self, StateFileError},
};

/// How `dev` begins.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 4566)]
    port: u16,
    /// The hub's Region.
    #[arg(long, default_value = "eu-west-1")]
    region: Region,
    /// A Region for copies: it gets a replica of the key, and sends its events to the hub. May be repeated.
    #[arg(long, default_value = "eu-central-1")]
    copy_region: Vec<Region>,
    /// How many workers run in this process.
    #[arg(long, default_value_t = 1)]
    workers: u8,
    /// How long jobs, copies, deletions and events take.
    #[arg(long, value_enum, default_value_t = PaceName::Fast)]
    pace: PaceName,
    /// The instant at which its clock begins, such as 2026-01-05T00:00:00Z; the machine's own time if not given.
    #[arg(long)]
    start: Option<Timestamp>,
    /// A file in which everything is kept: taken up where it exists, written every half minute and at the end.
    #[arg(long)]
    state: Option<PathBuf>,
}

/// Why `dev` does not run.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    State(#[from] StateFileError),
    #[error(transparent)]
    Simulation(#[from] SimulationError),
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error(transparent)]
    System(#[from] std::io::Error),
}

/// Runs until SIGINT or SIGTERM.
pub(crate) fn run(arguments: &Arguments, format: Format) -> Answer {
    let settings = match settings(arguments) {
        Ok(settings) => settings,
        Err(failure) => return failed(&failure),
    };
    let made = || state_file::load(arguments.state.as_deref(), settings.cloud.clone());
    let run = async |cloud: Result<SimCloud, StateFileError>| serve(cloud?, settings.clone(), arguments, format).await;
    match in_real_time(made, run).map_err(Failure::System).flatten() {
        Ok(()) => Answer::done(""),
        Err(failure) => failed(&failure),
    }
}

fn failed(failure: &Failure) -> Answer {
    Answer::failed(format!("dev does not run: {}", whole(failure)))
}

fn settings(arguments: &Arguments) -> Result<Settings, Failure> {
    let start = arguments.start.unwrap_or_else(crate::simcloud::machine_time);
    // Another seed each time: what is taken up from a file must not meet the same nonces again.
    let seed = start.as_millisecond().unsigned_abs();
    Ok(Settings {
        cloud: simcloud::Settings { start, seed, pace: arguments.pace.pace(), ..simcloud::Settings::default() },
        home: arguments.region.clone(),
        other_regions: arguments.copy_region.clone(),
        tick_minutes: 1,
        reconcile_every: SignedDuration::from_hours(6),
        members: None,
    })
}

async fn serve(cloud: SimCloud, settings: Settings, arguments: &Arguments, format: Format) -> Result<(), Failure> {
    let mut signals = Signals::catch()?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, arguments.port));
    let server = Server::bind(cloud.clone(), address).await?;
    let mut simulation = Simulation::over(cloud.clone(), settings).await?;
    for number in 1..=arguments.workers {
        simulation.start_worker(&format!("worker-{number}")).await?;
    }
    output::announce(&greeting::of(&simulation, server.local_address(), arguments.state.as_deref(), format))?;
    let serving = server.run(async move { signals.received().await });
    // Whoever empties the cloud wants to begin again, and finds a hub as at the beginning.
    let provisioning = async {
        loop {
            cloud.emptied().await;
            if let Err(error) = simulation.provision().await {
                return error;
            }
        }
    };
    tokio::select! {
        biased;
        () = serving => {}
        error = provisioning => return Err(error.into()),
        error = state_file::keep(arguments.state.as_deref(), &cloud) => return Err(error.into()),
    }
    for worker in simulation.workers() {
        simulation.stop_worker(&worker).await?;
    }
    Ok(state_file::store(arguments.state.as_deref(), &cloud)?)
}
