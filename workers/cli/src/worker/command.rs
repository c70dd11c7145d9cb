//! `worker`: the process that runs in production.
//!
//! One thread runs everything: what is simulated is what ships, and ECS scales out. It exits 0 after a drain that gave
//! every message its end, and 1 where it could not begin or missed the drain's deadline.

use std::{sync::Arc, time::Duration};

use aws_smithy_async::time::SharedTimeSource;
use chainwright_aws::{
    clients::{Clients, Connected},
    sealing::{Nonces, OsNonces},
};

use super::{
    Setup, Worker, WorkerError,
    health::{self, Watch},
};
use crate::{
    assembly::Parts,
    environment::{Environment, EnvironmentError},
    operator::OperatorError,
    output::Answer,
    signals::Signals,
    telemetry::{Telemetry, logs},
};

/// How long after the drain traces and metrics may still be sent. ECS kills ten seconds after the drain's deadline.
const LAST_FLUSH: Duration = Duration::from_secs(3);

/// Runs a worker until a signal ends it.
pub(crate) fn run() -> Answer {
    let (environment, telemetry) = match configured() {
        Ok(configured) => configured,
        Err(error) => return Answer::usage(error.to_string()),
    };
    let telemetry = Arc::new(telemetry);
    let answer = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(work(&environment, &telemetry)),
        Err(error) => Answer::failed(OperatorError::from(error).to_string()),
    };
    // Whoever collects may be slow or gone: that is no failure of the worker's.
    if let Some(telemetry) = Arc::into_inner(telemetry)
        && !telemetry.shutdown(LAST_FLUSH)
    {
        tracing::warn!("what was left of traces and metrics could not be sent");
    }
    answer
}

/// The environment and what it says of telemetry, with everything that is wrong with either; logs are on from here.
fn configured() -> Result<(Environment, Telemetry), EnvironmentError> {
    let get = |name: &str| std::env::var(name).ok();
    let mut problems = Vec::new();
    let environment = Environment::of_process().map_err(|error| problems.extend(error.problems)).ok();
    let telemetry = Telemetry::from_env(&get).map_err(|wrong| problems.extend(wrong)).ok();
    let level = logs::level(&get).map_err(|wrong| problems.push(wrong)).ok();
    let (Some(environment), Some(telemetry), Some(level)) = (environment, telemetry, level) else {
        return Err(EnvironmentError { problems });
    };
    let lines = logs::subscriber(level, SharedTimeSource::default(), Box::new(std::io::stderr()));
    // Where something else logs already, it goes on to.
    let _ = tracing::subscriber::set_global_default(lines);
    Ok((environment, telemetry))
}

async fn work(environment: &Environment, telemetry: &Arc<Telemetry>) -> Answer {
    // Caught before anything is begun, so that an early signal ends the worker as a late one does.
    let mut signals = match Signals::catch() {
        Ok(signals) => signals,
        Err(error) => return Answer::failed(format!("signals cannot be caught: {error}")),
    };
    let listener = match environment.health_port {
        None => None,
        Some(port) => match health::listen(port).await {
            Ok(listener) => Some(listener),
            Err(error) => return Answer::failed(format!("CHAINWRIGHT_HEALTH_PORT={port}: {error}")),
        },
    };
    let starting = start(environment, telemetry);
    let worker = tokio::select! {
        biased;
        () = signals.received() => return Answer::done("ended by a signal before it began"),
        started = starting => match started {
            Ok(worker) => worker,
            Err(error) => return Answer::failed(error.to_string()),
        },
    };
    let watch = Watch { context: worker.context().clone(), engine: worker.handle() };
    let reports = async {
        match (listener, &environment.health_file) {
            (Some(listener), _) => watch.serve(listener).await,
            (None, Some(file)) => watch.write(file).await,
            (None, None) => std::future::pending().await,
        }
    };
    let working = worker.run(async move { signals.received().await });
    tokio::select! {
        biased;
        ended = working => match ended {
            Ok(drained) => Answer::done(format!("drained within {} ms", drained.took.as_millis())),
            Err(error) => Answer::failed(error.to_string()),
        },
        error = reports => Answer::failed(format!("health cannot be told: {error}")),
    }
}

async fn start(environment: &Environment, telemetry: &Arc<Telemetry>) -> Result<Worker, StartError> {
    let connected = Clients::from_env(environment.member_role.clone(), environment.external_id.clone()).await;
    let Connected { clients, .. } = connected.map_err(OperatorError::from)?;
    let nonces = OsNonces;
    let seed = nonces.next().map_err(|error| StartError::Randomness(error.to_string()))?;
    let seed = seed.iter().fold(0, |seed: u64, byte| (seed << 8) ^ (seed >> 56) ^ u64::from(*byte));
    let setup = Setup {
        parts: Parts {
            clients,
            clock: SharedTimeSource::default(),
            nonces: Arc::new(nonces),
            hub: environment.hub(),
            allow: environment.allow.clone(),
            reconcile_every: environment.reconcile_every,
        },
        queues: environment.queues.clone(),
        engine: chainwright_engine::Settings {
            concurrency: environment.concurrency,
            drain: environment.drain,
            rng: fastrand::Rng::with_seed(seed),
            ..chainwright_engine::Settings::default()
        },
        telemetry: Arc::clone(telemetry),
    };
    Ok(Worker::start(setup).await?)
}

/// Why the process cannot begin.
#[derive(Debug, thiserror::Error)]
enum StartError {
    #[error(transparent)]
    Connection(#[from] OperatorError),
    #[error(transparent)]
    Worker(#[from] WorkerError),
    #[error("no randomness is to be had: {0}")]
    Randomness(String),
}
