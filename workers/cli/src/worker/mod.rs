//! A worker: clients, ledger, sources and jobs under one engine, from its start to the end of its drain.

mod command;
mod health;

use std::sync::Arc;

use chainwright_aws::{
    clients::Clients,
    error::{SourceError, said},
    ledger::Store,
};
use chainwright_contracts::{codes, queues::QueueName};
use chainwright_engine::{DrainError, Drained, Engine, Handle};
use chainwright_jobs::{Context, is_ready, keep_ready};

pub(crate) use self::{command::run, health::probe};
use crate::{assembly::Parts, telemetry::Telemetry};

/// What a worker is made from.
pub struct Setup {
    /// What its jobs are given.
    pub parts: Parts,
    /// The queues that it serves; none: all.
    pub queues: Option<Vec<QueueName>>,
    /// The engine's settings.
    pub engine: chainwright_engine::Settings,
    /// Where traces and metrics go.
    pub telemetry: Arc<Telemetry>,
}

/// Why a worker does not start.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// Something that it needs is missing, may not be used, or contradicts its settings. All of it is named.
    #[error("{code}: the worker cannot start:\n  {}", problems.join("\n  "), code = codes::MISSING_AT_START)]
    Missing {
        /// All that is missing.
        problems: Vec<String>,
    },
    /// Clients could not be made.
    #[error(transparent)]
    Source(#[from] SourceError),
}

/// A worker that has been checked and has not begun.
pub struct Worker {
    engine: Engine<Context>,
    context: Context,
}

impl Worker {
    /// Checks everything that the worker needs: its table, its key, its bus, its queues.
    ///
    /// # Errors
    /// With all that is missing.
    pub async fn start(setup: Setup) -> Result<Self, WorkerError> {
        let Setup { mut parts, queues, engine, telemetry } = setup;
        parts.clients = telemetry.observe(parts.clients, parts.clock.clone());
        let Parts { clients, hub, .. } = &parts;
        let mut problems = check_table(&parts.store()?).await;
        problems.extend(check_key(clients, &hub.key).await?);
        problems.extend(check_bus(clients, &hub.bus).await?);
        let context = parts.reporting_context(telemetry.for_jobs(parts.clock.clone()))?;
        let builder = Engine::builder(parts.sqs(), context.clone(), parts.clock.clone());
        let mut builder = builder.prefix(&hub.prefix).settings(engine).telemetry(telemetry.for_engine());
        if let Some(queues) = queues {
            builder = builder.queues(queues);
        }
        match chainwright_jobs::register(builder).build().await {
            Ok(engine) if problems.is_empty() => Ok(Self { engine, context }),
            built => {
                problems.extend(built.err().into_iter().flat_map(|error| error.problems).map(|p| p.to_string()));
                Err(WorkerError::Missing { problems })
            }
        }
    }

    /// What every job is given; commands use it, too.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The engine, seen from outside.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.engine.handle()
    }

    /// Works until `shutdown`, then drains.
    ///
    /// # Errors
    /// Where the drain missed its deadline.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Result<Drained, DrainError> {
        let handle = self.engine.handle();
        // What it raises keeps the engine from its first poll.
        let _fit = is_ready(&self.context).await;
        let keeping = keep_ready(self.context.clone(), handle);
        tokio::select! {
            biased;
            ended = self.engine.run(shutdown) => ended,
            never = keeping => match never {},
        }
    }
}

async fn check_table(store: &Store) -> Vec<String> {
    let of_table = |problem: &dyn std::fmt::Display| format!("the ledger's table {}: {problem}", store.table_name());
    match store.check_table().await {
        Ok(problems) => problems.iter().map(|problem| of_table(problem)).collect(),
        Err(error) => vec![of_table(&error)],
    }
}

async fn check_key(clients: &Clients, key: &str) -> Result<Option<String>, SourceError> {
    let kms = clients.kms(clients.own_account(), clients.home_region())?;
    let answer = kms.describe_key().key_id(key).send().await;
    Ok(answer.err().map(|error| format!("the key {key}: kms:DescribeKey: {}", said(error))))
}

async fn check_bus(clients: &Clients, bus: &str) -> Result<Option<String>, SourceError> {
    let events = clients.eventbridge(clients.own_account(), clients.home_region())?;
    let answer = events.describe_event_bus().name(bus).send().await;
    Ok(answer.err().map(|error| format!("the bus {bus}: events:DescribeEventBus: {}", said(error))))
}
