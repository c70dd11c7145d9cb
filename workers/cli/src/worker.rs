//! A worker: clients, ledger, sources and jobs under one engine, from its start to the end of its drain.

use std::{collections::BTreeMap, sync::Arc};

use aws_sdk_sqs::error::DisplayErrorContext;
use aws_smithy_async::time::SharedTimeSource;
use chainwright_aws::{
    bus::Bus,
    clients::Clients,
    error::SourceError,
    ledger::Store,
    sealing::{Nonces, Sealer},
    sources::{Source, dynamodb::DynamoDb},
};
use chainwright_contracts::{codes, policy::SourceKind};
use chainwright_engine::{DrainError, Drained, Engine, Handle};
use chainwright_jobs::{Allow, Conditions, Context, Settings, Shared, is_ready, keep_ready, ledger::Ledger};
use jiff::SignedDuration;

use crate::hub::Hub;

/// What a worker is made from.
pub struct Setup {
    /// Its clients, one per account and Region.
    pub clients: Clients,
    /// Its clock.
    pub clock: SharedTimeSource,
    /// Where nonces come from.
    pub nonces: Arc<dyn Nonces>,
    /// The hub it serves.
    pub hub: Hub,
    /// What jobs may name; none: any Region of its own account.
    pub allow: Option<Allow>,
    /// How often a chain is compared with AWS.
    pub reconcile_every: SignedDuration,
    /// The engine's settings.
    pub engine: chainwright_engine::Settings,
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
        let Setup { clients, clock, nonces, hub, allow, reconcile_every, engine } = setup;
        let (account, home) = (clients.own_account().clone(), clients.home_region().clone());
        let store = Store::new(clients.dynamodb(&account, &home)?, &hub.table);
        let mut problems = check_table(&store).await;
        problems.extend(check_key(&clients, &hub.key).await?);
        problems.extend(check_bus(&clients, &hub.bus).await?);
        let dynamodb: Arc<dyn Source> = Arc::new(DynamoDb::new(clients.clone()));
        let retries = aws_sdk_sqs::config::retry::RetryPartition::custom("Amazon SQS").build();
        let sqs = aws_sdk_sqs::config::Builder::from(&clients.home_config()).retry_partition(retries).build();
        let sqs = aws_sdk_sqs::Client::from_conf(sqs);
        let shared = Shared {
            settings: Settings {
                own_account: account.clone(),
                home_region: home.clone(),
                allow: allow.unwrap_or_else(|| Allow::account(account.clone())),
                reconcile_every,
                tick_life: SignedDuration::from_mins(2),
            },
            ledger: Ledger::new(store, Arc::clone(&nonces)),
            sources: BTreeMap::from([(SourceKind::Dynamodb, dynamodb)]),
            sealer: Sealer::new(clients.clone(), &hub.key, nonces),
            bus: Some(Bus::new(clients.eventbridge(&account, &home)?, &hub.bus)),
            clock: clock.clone(),
            conditions: Conditions::default(),
        };
        let context = Context::new(Arc::new(shared));
        let builder = Engine::builder(sqs, context.clone(), clock).prefix(&hub.prefix).settings(engine);
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
    Ok(answer.err().map(|error| format!("the key {key}: kms:DescribeKey: {}", DisplayErrorContext(error))))
}

async fn check_bus(clients: &Clients, bus: &str) -> Result<Option<String>, SourceError> {
    let events = clients.eventbridge(clients.own_account(), clients.home_region())?;
    let answer = events.describe_event_bus().name(bus).send().await;
    Ok(answer.err().map(|error| format!("the bus {bus}: events:DescribeEventBus: {}", DisplayErrorContext(error))))
}
