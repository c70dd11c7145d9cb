//! How a worker is: told in a file or at a loopback port, and asked for by `chainwright health`.
//!
//! `stalled` means that a restart may help, and is the only state for which the probe fails: a queue that is gone or a
//! ledger that is not whole is not mended by another task. A report that is a minute old counts as stalled, since the
//! worker, which has one thread, can write none while something holds it up.

use std::{io, net::Ipv4Addr, path::Path, sync::Arc, time::Duration};

use aws_smithy_async::time::{SystemTimeSource, TimeSource};
use axum::{Router, http::StatusCode, routing::get};
use chainwright_engine::Handle;
use chainwright_jobs::Context;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::{
    environment::Environment,
    operator::OperatorError,
    output::{self, Answer, Format},
};

/// How often the file is written.
const WRITE_EVERY: Duration = Duration::from_secs(10);
/// How old a file may be.
const FRESH: SignedDuration = SignedDuration::from_secs(60);
/// How long the port may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// How a worker is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Health {
    /// In one word.
    pub(crate) status: Status,
    /// By the worker's clock.
    pub(crate) at: Timestamp,
    /// Everything that is wrong.
    pub(crate) conditions: Vec<String>,
    /// Jobs done since the worker began.
    pub(crate) jobs_done: u64,
}

/// How a worker is, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// Nothing is wrong.
    Ok,
    /// Something is wrong that a restart does not mend.
    Degraded,
    /// A restart may help.
    Stalled,
}

impl Status {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Degraded => "degraded",
            Self::Stalled => "stalled",
        }
    }
}

/// Looks at a running worker.
#[derive(Clone)]
pub(super) struct Watch {
    pub(super) context: Context,
    pub(super) engine: Handle,
}

impl Watch {
    fn look(&self) -> Health {
        let engine = self.engine.health();
        let mut conditions: Vec<String> = engine.conditions.iter().map(ToString::to_string).collect();
        let found = self.context.conditions().all();
        conditions.extend(found.iter().map(|found| format!("{} {}: {}", found.code, found.subject, found.reason)));
        let status = match (engine.is_alive(), conditions.is_empty()) {
            (false, _) => Status::Stalled,
            (true, false) => Status::Degraded,
            (true, true) => Status::Ok,
        };
        Health { status, at: self.context.now(), conditions, jobs_done: self.engine.stats().done }
    }

    /// Writes the file, again and again, always whole.
    pub(super) async fn write(self, file: &Path) -> io::Error {
        let draft = file.with_extension("new");
        loop {
            let text = serde_json::to_string(&self.look()).map_err(io::Error::from);
            let written =
                text.and_then(|text| std::fs::write(&draft, text)).and_then(|()| std::fs::rename(&draft, file));
            if let Err(error) = written {
                return error;
            }
            tokio::time::sleep(WRITE_EVERY).await;
        }
    }

    /// Answers at a loopback port.
    pub(super) async fn serve(self, listener: TcpListener) -> io::Error {
        let watch = Arc::new(self);
        let tell = move || {
            let health = watch.look();
            let code = if health.status == Status::Stalled { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
            async move { (code, axum::Json(health)) }
        };
        let served = axum::serve(listener, Router::new().route("/health", get(tell))).await;
        served.err().unwrap_or_else(|| io::Error::other("the health port was closed"))
    }
}

/// Takes the loopback port.
pub(super) async fn listen(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await
}

/// `health`: asks the worker that this environment configures, by its port or its file.
pub(crate) fn probe(format: Format) -> Answer {
    let environment = match Environment::of_process() {
        Ok(environment) => environment,
        Err(error) => return Answer::usage(error.to_string()),
    };
    let now = Timestamp::try_from(SystemTimeSource::new().now()).unwrap_or(Timestamp::MAX);
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(ask_worker(&environment, now, format)),
        Err(error) => Answer::failed(OperatorError::from(error).to_string()),
    }
}

async fn ask_worker(environment: &Environment, now: Timestamp, format: Format) -> Answer {
    let asked = match (&environment.health_port, &environment.health_file) {
        (Some(port), _) => ask(*port).await,
        (None, Some(file)) => read(file, now),
        (None, None) => {
            return Answer::usage("set CHAINWRIGHT_HEALTH_PORT or CHAINWRIGHT_HEALTH_FILE as the worker has it");
        }
    };
    match asked {
        Ok(health) => show(&health, format),
        Err(reason) => Answer::failed(reason),
    }
}

fn show(health: &Health, format: Format) -> Answer {
    let answer = match format {
        Format::Json => output::json(health),
        Format::Table => Answer::done(
            std::iter::once(health.status.word())
                .chain(health.conditions.iter().map(String::as_str))
                .collect::<Vec<_>>()
                .join("\n"),
        ),
    };
    if health.status == Status::Stalled { answer.failing("the worker is stalled") } else { answer }
}

fn read(file: &Path, now: Timestamp) -> Result<Health, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let health: Health = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?;
    let age = now.duration_since(health.at);
    if age > FRESH {
        return Err(format!("{}: the worker wrote it {} s ago and not since", file.display(), age.as_secs()));
    }
    Ok(health)
}

async fn ask(port: u16) -> Result<Health, String> {
    let failed = |reason: String| format!("127.0.0.1:{port}: {reason}");
    let answer = tokio::time::timeout(PATIENCE, fetch(port)).await;
    let answer = answer.map_err(|_| failed("no answer".into()))?.map_err(|error| failed(error.to_string()))?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    serde_json::from_str(body).map_err(|error| failed(error.to_string()))
}

/// One request of the oldest kind, which every server answers and then closes the connection.
async fn fetch(port: u16) -> io::Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    stream.write_all(b"GET /health HTTP/1.0\r\n\r\n").await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}
