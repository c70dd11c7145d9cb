//! A worker: clients, ledger, sources and jobs under one engine, from its start to the end of its drain.

mod command;
mod health;

use std::sync::Arc;

use chainwright_aws::error::SourceError;
use chainwright_contracts::{codes, queues::QueueName};
use chainwright_engine::{DrainError, Drained, Engine, Handle};
use chainwright_jobs::{Context, is_ready, keep_ready};

pub(crate) use self::{command::run, health::probe};
use crate::{assembly::Parts, checks, telemetry::Telemetry};

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
        // A source of its own, so that the engine's jitter does not depend on what AWS throttles.
        let rng = fastrand::Rng::with_seed(engine.rng.clone().u64(..));
        parts.clients = telemetry.observe(parts.clients.seeded(rng), parts.clock.clone());
        let mut missing = checks::of_hub(&parts).await?;
        let context = parts.reporting_context(telemetry.for_jobs(parts.clock.clone()))?;
        let built = checks::engine(&parts, &context, |builder| {
            let builder = builder.settings(engine).telemetry(telemetry.for_engine());
            if let Some(queues) = queues { builder.queues(queues) } else { builder }
        });
        match built.await {
            Ok(engine) if missing.is_empty() => Ok(Self { engine, context }),
            built => {
                missing.extend(built.err().into_iter().flatten());
                Err(WorkerError::Missing { problems: missing.iter().map(ToString::to_string).collect() })
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
