//! One cloud, its queues, and workers that come and go.

use std::time::Duration;

use aws_sdk_sqs::{
    Client, Config,
    config::{BehaviorVersion, Credentials, Region},
    types::{MessageAttributeValue, QueueAttributeName},
};
use aws_smithy_async::time::SharedTimeSource;
use chainwright_engine::{Builder, DrainError, Drained, Engine, Handle, Settings, StartError};
use simcloud::{ClientOptions, Pace, QueuedMessage, SimClient, SimCloud};
use tokio::{sync::oneshot, task::JoinSet, time::sleep};

use crate::jobs::{Ctx, Log, act, beat, event, walk};

pub(crate) const HOUR: Duration = Duration::from_secs(3600);
const DAY: u64 = 86_400;

pub(crate) struct World {
    pub(crate) cloud: SimCloud,
    pub(crate) log: Log,
    pub(crate) sqs: Client,
}

/// A worker at work.
pub(crate) struct Worker {
    pub(crate) handle: Handle,
    connection: SimClient,
    stop: oneshot::Sender<()>,
    running: JoinSet<Result<Drained, DrainError>>,
}

impl World {
    /// A cloud with the queues of these tests, whose idle polls wait an hour.
    pub(crate) async fn new() -> Self {
        Self::with(simcloud::Settings { max_wait: HOUR, ..simcloud::Settings::default() }).await
    }

    pub(crate) async fn with(settings: simcloud::Settings) -> Self {
        let cloud = SimCloud::new(settings);
        let sqs = client(&cloud, cloud.http_client(ClientOptions::labelled("test")));
        let world = Self { cloud, log: Log::default(), sqs };
        for queue in ["walks", "acts", "events"] {
            world.create_queue(queue).await;
        }
        world
    }

    pub(crate) async fn create_queue(&self, name: &str) {
        let create = |name: String, days: u64| {
            let retention = (days * DAY).to_string();
            self.sqs.create_queue().queue_name(name).attributes(QueueAttributeName::MessageRetentionPeriod, retention)
        };
        create(format!("chainwright-{name}-dlq"), 14).send().await.unwrap();
        let redrive = format!(r#"{{"deadLetterTargetArn":"{}-dlq","maxReceiveCount":20}}"#, arn(name));
        let queue = create(format!("chainwright-{name}"), 4).attributes(QueueAttributeName::RedrivePolicy, redrive);
        queue.send().await.unwrap();
    }

    pub(crate) fn builder(&self, label: &str, settings: Settings) -> (Builder<Ctx>, SimClient) {
        let connection = self.cloud.http_client(ClientOptions::labelled(label));
        let context = Ctx::new(self.log.clone());
        let clock = SharedTimeSource::new(self.cloud.time_source());
        let builder = Engine::builder(client(&self.cloud, connection.clone()), context, clock);
        let builder = builder.settings(settings).on(walk).on(act).on_unstamped(beat).on_raw(crate::jobs::EVENTS, event);
        (builder, connection)
    }

    pub(crate) async fn build(&self, settings: Settings) -> Result<Engine<Ctx>, StartError> {
        self.builder("worker", settings).0.build().await
    }

    pub(crate) async fn worker(&self, settings: Settings) -> Worker {
        self.worker_named("worker", settings).await
    }

    pub(crate) async fn worker_named(&self, label: &str, settings: Settings) -> Worker {
        let (builder, connection) = self.builder(label, settings);
        let engine = builder.build().await.unwrap();
        let (handle, (stop, stopped)) = (engine.handle(), oneshot::channel());
        let mut running = JoinSet::new();
        running.spawn(engine.run(async move {
            let _ = stopped.await;
        }));
        Worker { handle, connection, stop, running }
    }

    pub(crate) async fn send(&self, queue: &str, body: &str) -> String {
        let sent = self.sqs.send_message().queue_url(url(queue)).message_body(body).send().await.unwrap();
        sent.message_id.unwrap()
    }

    pub(crate) async fn send_with(&self, queue: &str, body: &str, attribute: &str, value: &str) {
        let value = MessageAttributeValue::builder().data_type("String").string_value(value).build().unwrap();
        let send = self.sqs.send_message().queue_url(url(queue)).message_body(body);
        send.message_attributes(attribute, value).send().await.unwrap();
    }

    /// Waits until the queue is empty, nothing invisible or delayed in it.
    pub(crate) async fn empty(&self, queue: &str) {
        self.until(&format!("{queue} is empty"), || self.messages(queue).is_empty()).await;
    }

    /// Waits in virtual time, about a week at most.
    pub(crate) async fn until(&self, what: &str, holds: impl Fn() -> bool) {
        for look in 0..10_000 {
            if holds() {
                return;
            }
            // Closely at first; what takes hours is looked for by the minute.
            sleep(Duration::from_secs(if look < 5000 { 1 } else { 60 })).await;
        }
        panic!("it never came to pass that {what}");
    }

    pub(crate) fn messages(&self, queue: &str) -> Vec<QueuedMessage> {
        self.cloud.inspect().queue_messages(&arn(queue))
    }

    pub(crate) fn dead(&self, queue: &str) -> Vec<QueuedMessage> {
        self.messages(&format!("{queue}-dlq"))
    }

    /// The error codes in a dead-letter queue.
    pub(crate) fn codes(&self, queue: &str) -> Vec<String> {
        self.dead(queue).iter().map(|dead| dead.attributes["error_code"].clone()).collect()
    }

    pub(crate) fn calls(&self, operation: &str) -> u64 {
        self.cloud.stats().calls(simcloud::Service::Sqs, operation)
    }
}

impl Worker {
    /// Ends it as SIGTERM does, and waits for it.
    pub(crate) async fn stop(mut self) -> Result<Drained, DrainError> {
        let _ = self.stop.send(());
        self.running.join_next().await.unwrap().unwrap()
    }

    /// Tells it to end, without waiting.
    pub(crate) fn signal(self) -> JoinSet<Result<Drained, DrainError>> {
        let _ = self.stop.send(());
        self.running
    }

    /// Ends it as SIGKILL does.
    pub(crate) fn kill(mut self) {
        self.connection.kill();
        self.running.abort_all();
    }
}

/// Settings for polls that wait an hour.
pub(crate) fn settings() -> Settings {
    Settings { receive_timeout: HOUR + Duration::from_secs(60), ..Settings::default() }
}

pub(crate) fn url(queue: &str) -> String {
    format!("https://sqs.eu-west-1.amazonaws.com/111122223333/chainwright-{queue}")
}

pub(crate) fn arn(queue: &str) -> String {
    format!("arn:aws:sqs:eu-west-1:111122223333:chainwright-{queue}")
}

/// A cloud in which calls take no time.
pub(crate) fn instant() -> simcloud::Settings {
    simcloud::Settings { max_wait: HOUR, pace: Pace::instant(), ..simcloud::Settings::default() }
}

fn client(cloud: &SimCloud, connection: SimClient) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new("111122223333", "secret", None, None, "test"))
        .time_source(cloud.time_source())
        .http_client(connection);
    Client::from_conf(config.build())
}
