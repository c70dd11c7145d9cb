//! What jobs are given, put together: for a worker that runs them, and for commands that read and write the same records.

use std::{collections::BTreeMap, sync::Arc};

use aws_smithy_async::time::SharedTimeSource;
use chainwright_aws::{
    bus::Bus,
    clients::Clients,
    error::SourceError,
    ledger::Store,
    sealing::{Nonces, Sealer},
    sources::{Source, dynamodb::DynamoDb, fsx::Fsx, redshift::Redshift, serverless::Serverless},
};
use chainwright_contracts::policy::SourceKind;
use chainwright_jobs::{Allow, Conditions, Context, Settings, Shared, Telemetry, ledger::Ledger};
use jiff::SignedDuration;

use crate::hub::Hub;

/// The parts.
#[derive(Debug, Clone)]
pub struct Parts {
    /// Clients, one per account and Region.
    pub clients: Clients,
    /// The clock.
    pub clock: SharedTimeSource,
    /// Where nonces come from.
    pub nonces: Arc<dyn Nonces>,
    /// The hub.
    pub hub: Hub,
    /// What jobs may name; none: any Region of the own account.
    pub allow: Option<Allow>,
    /// How often a chain is compared with AWS.
    pub reconcile_every: SignedDuration,
}

/// Every service that can be backed up.
fn sources(clients: &Clients) -> BTreeMap<SourceKind, Arc<dyn Source>> {
    BTreeMap::from([
        (SourceKind::Dynamodb, Arc::new(DynamoDb::new(clients.clone())) as Arc<dyn Source>),
        (SourceKind::Fsx, Arc::new(Fsx::new(clients.clone()))),
        (SourceKind::Redshift, Arc::new(Redshift::new(clients.clone()))),
        (SourceKind::RedshiftServerless, Arc::new(Serverless::new(clients.clone()))),
    ])
}

impl Parts {
    /// The ledger's table, as items.
    ///
    /// # Errors
    /// Where no client can be made for it.
    pub fn store(&self) -> Result<Store, SourceError> {
        let client = self.clients.dynamodb(self.clients.own_account(), self.clients.home_region())?;
        Ok(Store::new(client, &self.hub.table))
    }

    /// A client of SQS with a budget of retries of its own.
    #[must_use]
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        let retries = aws_sdk_sqs::config::retry::RetryPartition::custom("Amazon SQS").build();
        let mut config = aws_sdk_sqs::config::Builder::from(&self.clients.home_config()).retry_partition(retries);
        if let Some(observer) = self.clients.observer() {
            config.push_interceptor(observer.interceptor());
        }
        aws_sdk_sqs::Client::from_conf(config.build())
    }

    /// What every job is given.
    ///
    /// # Errors
    /// Where a client cannot be made.
    pub fn context(&self) -> Result<Context, SourceError> {
        self.reporting_context(Telemetry::default())
    }

    /// The same for jobs that report.
    ///
    /// # Errors
    /// Where a client cannot be made.
    pub fn reporting_context(&self, telemetry: Telemetry) -> Result<Context, SourceError> {
        let bus = self.clients.eventbridge(self.clients.own_account(), self.clients.home_region())?;
        self.context_over(Some(Bus::new(bus, &self.hub.bus)), telemetry)
    }

    /// The same for what only looks: it tells no events.
    ///
    /// # Errors
    /// Where a client cannot be made.
    pub fn quiet_context(&self) -> Result<Context, SourceError> {
        self.context_over(None, Telemetry::default())
    }

    fn context_over(&self, bus: Option<Bus>, telemetry: Telemetry) -> Result<Context, SourceError> {
        let Self { clients, clock, nonces, hub, allow, reconcile_every } = self.clone();
        let (account, home) = (clients.own_account().clone(), clients.home_region().clone());
        let shared = Shared {
            settings: Settings {
                own_account: account.clone(),
                home_region: home.clone(),
                allow: allow.unwrap_or_else(|| Allow::account(account.clone())),
                reconcile_every,
                tick_life: SignedDuration::from_mins(2),
            },
            ledger: Ledger::new(self.store()?, Arc::clone(&nonces)),
            sources: sources(&clients),
            sealer: Sealer::new(clients.clone(), &hub.key, nonces),
            bus,
            clock,
            conditions: Conditions::default(),
            telemetry,
        };
        Ok(Context::new(Arc::new(shared)))
    }
}
