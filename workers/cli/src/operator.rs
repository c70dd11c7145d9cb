//! An operator's connection to a hub: what commands read and write with.
//!
//! It works by AWS's time, not by this machine's: a policy applied from a laptop whose clock is wrong begins when AWS says
//! it does, and a simulated AWS may be days ahead.

use std::{
    io::IsTerminal,
    sync::Arc,
    time::{Duration, SystemTime},
};

use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource, TimeSource};
use chainwright_aws::{
    clients::{Clients, Connected, SetupError},
    error::{SourceError, said},
    sealing::OsNonces,
};
use chainwright_contracts::{codes, jobs::Job, queues::QueueName};
use chainwright_engine::{Bodies, Engine};
use chainwright_jobs::{Context, ledger::Ledger};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::{
    assembly::Parts,
    environment::{Environment, EnvironmentError},
    hub::Hub,
    output::Answer,
};

/// There is no connection.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// The environment is wrong.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// AWS does not answer, or does not know us.
    #[error("{code}: AWS cannot be reached: {0}", code = codes::NOT_CONNECTED)]
    Connection(#[from] SetupError),
    /// A client cannot be made.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A runtime cannot be made.
    #[error("no runtime: {0}")]
    Runtime(#[from] std::io::Error),
}

/// The connection.
#[derive(Clone)]
pub struct Operator {
    parts: Parts,
    context: Context,
    sqs: aws_sdk_sqs::Client,
    /// Whether this is the program of a person, who may interrupt it, and not a part of another process.
    interruptible: bool,
    at_terminal: bool,
    /// How far AWS's clock is ahead of this machine's.
    skew: SignedDuration,
}

impl Operator {
    /// Connects to the hub that the environment names.
    ///
    /// # Errors
    /// Where the environment is wrong or AWS cannot be reached.
    pub async fn connect() -> Result<Self, OperatorError> {
        let environment = Environment::of_process()?;
        let Connected { clients, date } =
            Clients::from_env(environment.member_role.clone(), environment.external_id.clone()).await?;
        let clock = ThereNow::since(date);
        let skew = clock.ahead;
        let parts = Parts {
            clients,
            clock: SharedTimeSource::new(clock),
            nonces: Arc::new(OsNonces),
            hub: environment.hub(),
            allow: environment.allow,
            reconcile_every: environment.reconcile_every,
        };
        let at_terminal = std::io::stdin().is_terminal();
        Ok(Self { interruptible: true, at_terminal, skew, ..Self::over(parts)? })
    }

    /// An operator over parts that are there already. Nobody sits at its terminal.
    ///
    /// # Errors
    /// Where a client cannot be made.
    pub fn over(parts: Parts) -> Result<Self, SourceError> {
        let (context, sqs) = (parts.context()?, parts.sqs());
        Ok(Self { context, sqs, parts, interruptible: false, at_terminal: false, skew: SignedDuration::ZERO })
    }

    /// The parts that it is put together from.
    pub(crate) fn parts(&self) -> &Parts {
        &self.parts
    }

    /// How far AWS's clock was ahead of this machine's when the connection was made.
    #[must_use]
    pub fn skew(&self) -> SignedDuration {
        self.skew
    }

    /// Whether a person can be asked.
    #[must_use]
    pub fn at_terminal(&self) -> bool {
        self.at_terminal
    }

    /// As [`Operator::context`], for what only looks: whatever is found, no event tells of it.
    ///
    /// # Errors
    /// Where a client cannot be made.
    pub fn quiet(&self) -> Result<Context, SourceError> {
        self.parts.quiet_context()
    }

    /// What jobs are given; holds, policies, rebuilds and looks at AWS go through it.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The ledger.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        self.context.ledger()
    }

    /// The clients.
    #[must_use]
    pub fn clients(&self) -> &Clients {
        &self.parts.clients
    }

    /// The hub.
    #[must_use]
    pub fn hub(&self) -> &Hub {
        &self.parts.hub
    }

    /// SQS in the hub's own account and Region.
    #[must_use]
    pub fn sqs(&self) -> &aws_sdk_sqs::Client {
        &self.sqs
    }

    /// What a worker would say of a message's body.
    #[must_use]
    pub fn bodies(&self) -> Bodies<Context> {
        let builder = Engine::builder(self.sqs.clone(), self.context.clone(), self.parts.clock.clone());
        chainwright_jobs::register(builder).bodies()
    }

    /// Resolves when the person at the terminal interrupts. From the first call on, an interruption no longer ends the
    /// process by itself.
    pub(crate) async fn interrupted(&self) {
        if !self.interruptible || tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }

    /// The instant by AWS's time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.context.now()
    }

    /// The URL of one of the hub's queues, such as `sessions` or, with its dead letters, `sessions-dlq`.
    ///
    /// # Errors
    /// In SQS's words, with the queue's full name.
    pub async fn queue_url(&self, name: &str) -> Result<String, String> {
        let full = format!("{}{name}", self.hub().prefix);
        let found = self.sqs.get_queue_url().queue_name(&full).send().await;
        let url = found.map_err(|error| format!("queue {full}: {}", said(error)))?.queue_url;
        url.ok_or_else(|| format!("queue {full}: SQS tells no URL"))
    }

    /// Sends a job, under this id or the one that the engine makes of SQS's, and gives its id.
    ///
    /// # Errors
    /// In SQS's words.
    pub async fn send<J: Job + Serialize>(&self, job: &J, id: Option<&str>) -> Result<String, String> {
        let body = Message { kind: J::KIND, id, job };
        let body = serde_json::to_string(&body).map_err(|error| error.to_string())?;
        let message = self.send_body(J::QUEUE, &body).await?;
        Ok(id.map_or(message, str::to_owned))
    }

    async fn send_body(&self, queue: QueueName, body: &str) -> Result<String, String> {
        let url = self.queue_url(queue.as_str()).await?;
        let sent = self.sqs.send_message().queue_url(url).message_body(body).send().await;
        let sent = sent.map_err(|error| format!("queue {queue}: {}", said(error)))?;
        Ok(sent.message_id.unwrap_or_default())
    }
}

/// A message as an operator sends it.
#[derive(Serialize)]
struct Message<'a, J> {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(flatten)]
    job: &'a J,
}

/// Runs a command that needs a hub, in a runtime of its own.
pub(crate) fn run(command: impl AsyncFnOnce(Operator) -> Answer) -> Answer {
    let connected = async {
        match Operator::connect().await {
            Ok(operator) => command(operator).await,
            Err(error @ OperatorError::Environment(_)) => Answer::usage(error.to_string()),
            Err(error) => Answer::failed(error.to_string()),
        }
    };
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(connected),
        Err(error) => Answer::failed(OperatorError::from(error).to_string()),
    }
}

/// AWS's time: what it said once, and what this machine's clock has run since.
#[derive(Debug)]
struct ThereNow {
    here: SystemTimeSource,
    ahead: SignedDuration,
}

impl ThereNow {
    /// AWS has just said that it is `date` there.
    fn since(date: Timestamp) -> Self {
        let here = SystemTimeSource::new();
        let now = Timestamp::try_from(here.now()).unwrap_or(Timestamp::MAX);
        Self { here, ahead: date.duration_since(now) }
    }
}

impl TimeSource for ThereNow {
    fn now(&self) -> SystemTime {
        let by: Duration = self.ahead.unsigned_abs();
        if self.ahead.is_negative() { self.here.now() - by } else { self.here.now() + by }
    }
}
