//! A whole installation in one process and in virtual time: simcloud, a hub in it, and as many workers as one likes.
//!
//! The workers are the ones that ship. Each has a connection of its own, which dies with it, and may have a clock of its
//! own. Everything runs on one thread with tokio's clock paused, so that waiting costs nothing and a seed repeats.

mod clock;
mod tasks;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_sqs::error::DisplayErrorContext;
use aws_smithy_async::{
    rt::sleep::{SharedAsyncSleep, TokioSleep},
    time::SharedTimeSource,
};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use chainwright_aws::{
    clients::{Clients, Setup as ClientSetup},
    ledger::Store,
    rights::{BACKUP_POLICIES, trust_policy},
    sealing::{Nonces, SeededNonces},
};
use chainwright_contracts::{
    names::{AccountId, InvalidName, Region},
    policy::PolicyFile,
};
use chainwright_jobs::{Allow, Context, catalog, ledger::Ledger, ledger::LedgerError, policies};
use jiff::{SignedDuration, Timestamp};
use simcloud::{ClientOptions, SimClient, SimCloud};

pub use self::clock::Ahead;
use self::tasks::Task;
use crate::{
    assembly::Parts,
    hub::{Hub, HubError},
    operator::Operator,
    telemetry::Telemetry,
    worker::{Setup, Worker, WorkerError},
};

/// The role that AWS Backup assumes in the hub's account, as the policies of demo, `dev` and tests name it.
pub(crate) const BACKUP_ROLE: &str = "chainwright-backup";

/// How a simulation is set up.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The cloud's own settings; its seed is everybody's.
    pub cloud: simcloud::Settings,
    /// The hub's Region.
    pub home: Region,
    /// Regions that take copies.
    pub other_regions: Vec<Region>,
    /// Minutes between ticks.
    pub tick_minutes: u32,
    /// How often a chain is compared with AWS.
    pub reconcile_every: SignedDuration,
    /// Other accounts, whose resources workers reach by a role.
    pub members: Option<Members>,
}

/// How workers reach accounts other than the hub's own.
#[derive(Debug, Clone)]
pub struct Members {
    /// What jobs may name.
    pub allow: Allow,
    /// The role that is assumed there, by its name.
    pub role: String,
    /// The id that its trust policy asks for.
    pub external_id: String,
}

impl Settings {
    /// Long polls of an hour and a tick of five minutes, so that idle polling does not dominate virtual weeks.
    ///
    /// # Errors
    /// Never, as long as the Regions' names are names.
    pub fn unhurried(seed: u64) -> Result<Self, InvalidName> {
        let max_wait = Duration::from_hours(1);
        Ok(Self {
            cloud: simcloud::Settings { seed, max_wait, ..simcloud::Settings::default() },
            home: "eu-west-1".parse()?,
            other_regions: vec!["eu-central-1".parse()?],
            tick_minutes: 5,
            reconcile_every: SignedDuration::from_hours(6),
            members: None,
        })
    }
}

/// What goes wrong while a simulation is set up or asked.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// The hub could not be made.
    #[error(transparent)]
    Hub(#[from] HubError),
    /// A worker does not start.
    #[error(transparent)]
    Worker(#[from] WorkerError),
    /// The ledger does not take a change.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A call to the simulated AWS failed.
    #[error("{0}")]
    Call(String),
    /// A name in the set-up is none.
    #[error(transparent)]
    Name(#[from] InvalidName),
}

/// The installation.
pub struct Simulation {
    settings: Settings,
    cloud: SimCloud,
    hub: Hub,
    operator: Clients,
    nonces: Arc<SeededNonces>,
    telemetry: Arc<Telemetry>,
    workers: BTreeMap<String, Running>,
    /// Jobs done by workers that are gone.
    done: u64,
}

struct Running {
    client: SimClient,
    task: Task,
    context: Context,
    engine: chainwright_engine::Handle,
}

impl Simulation {
    /// A cloud with a hub and a ledger that is declared whole, and no workers yet.
    ///
    /// # Errors
    /// Where the hub cannot be made.
    pub async fn new(settings: Settings) -> Result<Self, SimulationError> {
        Self::over(SimCloud::new(settings.cloud.clone()), settings).await
    }

    /// The same over a cloud that is there already; what it holds stays as it is.
    ///
    /// # Errors
    /// As [`Simulation::new`].
    pub async fn over(cloud: SimCloud, settings: Settings) -> Result<Self, SimulationError> {
        // The SDK draws the jitter of its own retries from this thread's generator.
        fastrand::seed(settings.cloud.seed);
        let mut hub = Hub::standard(settings.other_regions.clone());
        hub.tick_minutes = settings.tick_minutes;
        let operator = clients(&cloud, &settings, "operator", None)?.0;
        let nonces = Arc::new(SeededNonces::new(fastrand::Rng::with_seed(settings.cloud.seed)));
        let telemetry = Arc::new(Telemetry::off());
        let workers = BTreeMap::new();
        let simulation = Self { settings, cloud, hub, operator, nonces, telemetry, workers, done: 0 };
        simulation.provision().await?;
        Ok(simulation)
    }

    /// Makes the hub anew where it is missing, and declares its ledger whole.
    ///
    /// # Errors
    /// As [`Simulation::new`].
    pub async fn provision(&self) -> Result<(), SimulationError> {
        self.hub.provision(&self.operator).await?;
        self.provision_role();
        Ok(catalog::init(&self.ledger()?, self.cloud.now()).await?)
    }

    /// The role is the account's, not the hub's: a person has made it before. It is there without any call.
    fn provision_role(&self) {
        let partition = self.settings.home.partition();
        let policies = BACKUP_POLICIES.map(|policy| format!("arn:{partition}:iam::aws:policy/{policy}"));
        let (account, inspect) = (self.operator.own_account().as_str(), self.cloud.inspect());
        inspect.make_role(account, BACKUP_ROLE, &trust_policy(), &policies);
    }

    /// Has the workers that are started from now on report here.
    pub fn report_to(&mut self, telemetry: Arc<Telemetry>) {
        self.telemetry = telemetry;
    }

    /// The cloud.
    #[must_use]
    pub fn cloud(&self) -> &SimCloud {
        &self.cloud
    }

    /// The hub.
    #[must_use]
    pub fn hub(&self) -> &Hub {
        &self.hub
    }

    /// The operator's clients, which no fault is aimed at.
    #[must_use]
    pub fn clients(&self) -> &Clients {
        &self.operator
    }

    /// The operator, for commands.
    ///
    /// # Errors
    /// Never for the hub's own account.
    pub fn operator(&self) -> Result<Operator, SimulationError> {
        let parts = Parts {
            clients: self.operator.clone(),
            clock: SharedTimeSource::new(self.cloud.time_source()),
            nonces: Arc::<SeededNonces>::clone(&self.nonces),
            hub: self.hub.clone(),
            allow: self.settings.members.as_ref().map(|members| members.allow.clone()),
            reconcile_every: self.settings.reconcile_every,
        };
        Operator::over(parts).map_err(|error| SimulationError::Call(error.to_string()))
    }

    /// The ledger, through the operator's connection.
    ///
    /// # Errors
    /// Never for the hub's own account.
    pub fn ledger(&self) -> Result<Ledger, SimulationError> {
        let client = self.operator.dynamodb(self.operator.own_account(), self.operator.home_region());
        let client = client.map_err(|error| SimulationError::Call(error.to_string()))?;
        let nonces: Arc<dyn Nonces> = Arc::<SeededNonces>::clone(&self.nonces);
        Ok(Ledger::new(Store::new(client, &self.hub.table), nonces))
    }

    /// Starts a worker of this name.
    ///
    /// # Errors
    /// Where it does not start.
    pub async fn start_worker(&mut self, name: &str) -> Result<(), SimulationError> {
        self.start_worker_ahead(name, SignedDuration::ZERO).await
    }

    /// Starts a worker whose clock is ahead of everybody's by so much.
    ///
    /// # Errors
    /// Where it does not start.
    pub async fn start_worker_ahead(&mut self, name: &str, ahead: SignedDuration) -> Result<(), SimulationError> {
        let (worker, client) = self.worker(name, ahead).await?;
        let (context, engine) = (worker.context().clone(), worker.handle());
        let task =
            Task::spawn(|stop| async move { worker.run(stop).await.map(|_| ()).map_err(|error| error.to_string()) });
        self.workers.insert(name.to_owned(), Running { client, task, context, engine });
        Ok(())
    }

    async fn worker(&self, name: &str, ahead: SignedDuration) -> Result<(Worker, SimClient), SimulationError> {
        let clock = SharedTimeSource::new(Ahead::of(self.cloud.time_source(), ahead));
        let (clients, client) = clients(&self.cloud, &self.settings, name, Some(clock.clone()))?;
        let seed = self.settings.cloud.seed ^ fnv(name);
        let setup = Setup {
            parts: Parts {
                clients,
                clock,
                nonces: Arc::new(SeededNonces::new(fastrand::Rng::with_seed(seed))),
                hub: self.hub.clone(),
                allow: self.settings.members.as_ref().map(|members| members.allow.clone()),
                reconcile_every: self.settings.reconcile_every,
            },
            queues: None,
            engine: chainwright_engine::Settings {
                receive_timeout: self.settings.cloud.max_wait + Duration::from_secs(30),
                rng: fastrand::Rng::with_seed(seed),
                ..chainwright_engine::Settings::default()
            },
            telemetry: Arc::clone(&self.telemetry),
        };
        Ok((Worker::start(setup).await?, client))
    }

    /// What a worker's jobs are given; holds and rebuilds go through it.
    #[must_use]
    pub fn context(&self, name: &str) -> Option<&Context> {
        self.workers.get(name).map(|worker| &worker.context)
    }

    /// A worker's engine, seen from outside.
    #[must_use]
    pub fn engine(&self, name: &str) -> Option<&chainwright_engine::Handle> {
        self.workers.get(name).map(|worker| &worker.engine)
    }

    /// Jobs done by all workers, those included that are gone.
    #[must_use]
    pub fn jobs_done(&self) -> u64 {
        self.done + self.workers.values().map(|worker| worker.engine.stats().done).sum::<u64>()
    }

    /// When the simulation began.
    #[must_use]
    pub fn start(&self) -> Timestamp {
        self.settings.cloud.start
    }

    /// The names of the workers that run.
    #[must_use]
    pub fn workers(&self) -> Vec<String> {
        self.workers.keys().cloned().collect()
    }

    /// Ends a worker as SIGTERM does: it drains.
    ///
    /// # Errors
    /// Where it missed its deadline.
    pub async fn stop_worker(&mut self, name: &str) -> Result<(), SimulationError> {
        let Some(worker) = self.workers.remove(name) else { return Ok(()) };
        let ended = worker.task.stop().await.map_err(SimulationError::Call);
        self.done += worker.engine.stats().done;
        ended
    }

    /// Ends a worker as SIGKILL does: no call of its gets out any more, and nothing of it runs on.
    pub fn kill_worker(&mut self, name: &str) {
        if let Some(worker) = self.workers.remove(name) {
            worker.client.kill();
            worker.task.kill();
            self.done += worker.engine.stats().done;
        }
    }

    /// Applies a policy file.
    ///
    /// # Errors
    /// Where the ledger does not take it.
    pub async fn apply(&self, file: PolicyFile) -> Result<u32, SimulationError> {
        Ok(policies::apply(&self.ledger()?, file, self.cloud.now()).await?)
    }

    /// Puts a message into one of the hub's queues.
    ///
    /// # Errors
    /// Where SQS refuses it.
    pub async fn send(&self, queue: &str, body: &str) -> Result<(), SimulationError> {
        let sqs = aws_sdk_sqs::Client::new(&self.operator.home_config());
        let call = |error: &dyn std::fmt::Display| SimulationError::Call(format!("{queue}: {error}"));
        let name = format!("{}{queue}", self.hub.prefix);
        let url = sqs.get_queue_url().queue_name(name).send().await.map_err(|e| call(&DisplayErrorContext(e)))?;
        let send = sqs.send_message().set_queue_url(url.queue_url).message_body(body);
        send.send().await.map_err(|e| call(&DisplayErrorContext(e)))?;
        Ok(())
    }

    /// The ARN of one of the hub's queues.
    #[must_use]
    pub fn queue_arn(&self, queue: &str) -> String {
        let (account, region) = (self.operator.own_account(), &self.settings.home);
        format!("arn:aws:sqs:{region}:{account}:{}{queue}", self.hub.prefix)
    }

    /// Lets virtual time pass until `instant`, with everything that happens on the way.
    pub async fn until(&self, instant: Timestamp) {
        let left = instant.duration_since(self.cloud.now());
        if let Ok(left) = Duration::try_from(left) {
            tokio::time::sleep(left).await;
        }
    }

    /// Lets this much virtual time pass.
    pub async fn pass(&self, time: SignedDuration) {
        self.until(self.cloud.now().checked_add(time).unwrap_or(Timestamp::MAX)).await;
    }
}

/// Clients of one caller, and the connection that they share.
fn clients(
    cloud: &SimCloud,
    settings: &Settings,
    label: &str,
    clock: Option<SharedTimeSource>,
) -> Result<(Clients, SimClient), SimulationError> {
    let client = cloud.http_client(ClientOptions::labelled(label));
    let own_account: AccountId = simcloud::DEFAULT_ACCOUNT.parse()?;
    let credentials = Credentials::new(own_account.as_str(), "simulated", None, None, "simulation");
    let setup = ClientSetup {
        http_client: Some(SharedHttpClient::new(client.clone())),
        time_source: clock.unwrap_or_else(|| SharedTimeSource::new(cloud.time_source())),
        sleep: SharedAsyncSleep::new(TokioSleep::new()),
        credentials: SharedCredentialsProvider::new(credentials),
        endpoint_url: None,
        own_account,
        home_region: settings.home.clone(),
        member_role: settings.members.as_ref().map(|members| members.role.clone()),
        external_id: settings.members.as_ref().map(|members| members.external_id.clone()),
    };
    Ok((Clients::new(setup), client))
}

/// A name as a number, the same on every machine (FNV-1a, 64 bits).
fn fnv(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
