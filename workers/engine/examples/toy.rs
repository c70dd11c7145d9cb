//! A bakery on the engine: orders lead to loaves, loaves to deliveries, and a good deal goes wrong. It runs on simcloud
//! in virtual time, so that a working day takes a moment. Nothing here knows of backups, nor does the engine.
//!
//! Run it with `cargo run -p chainwright-engine --example toy`.
#![expect(clippy::print_stdout, reason = "an example shows its results on the terminal")]

use std::{error::Error, time::Duration};

use aws_sdk_sqs::{
    Client, Config,
    config::{BehaviorVersion, Credentials, Region},
    types::QueueAttributeName,
};
use aws_smithy_async::time::SharedTimeSource;
use chainwright_engine::{Context, Delivery, Engine, Outcome, Outgoing, Settings};
use chainwright_envelope::{Code, Job, QueueName};
use serde::{Deserialize, Serialize};
use simcloud::{ClientOptions, SimCloud};

const ORDERS: QueueName = QueueName::new("orders");
const OVEN: QueueName = QueueName::new("oven");
const NO_SUCH_BREAD: Code = Code::new(9001);

/// So many loaves of one bread.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    bread: String,
    loaves: u32,
}

/// One loaf to be baked.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bake {
    bread: String,
    loaf: u32,
}

/// One loaf to be brought.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Deliver {
    loaf: u32,
}

impl Job for Order {
    const KIND: &'static str = "order";
    const QUEUE: QueueName = ORDERS;
}

impl Job for Bake {
    const KIND: &'static str = "bake";
    const QUEUE: QueueName = OVEN;
}

impl Job for Deliver {
    const KIND: &'static str = "deliver";
    const QUEUE: QueueName = ORDERS;
}

#[derive(Clone)]
struct Bakery {
    delivery: Option<Delivery>,
}

impl Context for Bakery {
    fn for_delivery(&self, delivery: Delivery) -> Self {
        Self { delivery: Some(delivery) }
    }
}

impl Bakery {
    fn attempt(&self) -> u32 {
        self.delivery.as_ref().map_or(1, |delivery| delivery.attempt)
    }

    /// A follow-up is named after the job that leads to it, so that a repeat asks for the same.
    fn named(&self, part: &str) -> String {
        let own = self.delivery.as_ref().map_or("", |delivery| delivery.id.as_str());
        format!("{own}/{part}")
    }
}

async fn order(job: Order, bakery: Bakery) -> Outcome {
    if job.bread == "toast" {
        return Outcome::reject(NO_SUCH_BREAD, "toast is not bread");
    }
    let bake = |loaf| Outgoing::job(&Bake { bread: job.bread.clone(), loaf }).id(bakery.named(&loaf.to_string()));
    Outcome::Continue((0..job.loaves).map(bake).collect())
}

async fn bake(job: Bake, bakery: Bakery) -> Outcome {
    tokio::time::sleep(Duration::from_secs(90)).await;
    match job.loaf % 10 {
        3 if bakery.attempt() < 3 => Outcome::retry("burnt"),
        7 if bakery.attempt() < 2 => {
            #[expect(clippy::panic, reason = "the example shows what becomes of a panic")]
            {
                panic!("the oven broke down")
            }
        }
        _ => Outcome::Continue(vec![Outgoing::job(&Deliver { loaf: job.loaf }).id(bakery.named("delivery"))]),
    }
}

async fn deliver(job: Deliver, bakery: Bakery) -> Outcome {
    let asleep = job.loaf == 5 && bakery.delivery.is_some_and(|d| d.sent_at - d.first_sent_at < 60_000);
    if asleep { Outcome::Snooze(Duration::from_secs(1800)) } else { Outcome::Done }
}

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    runtime.block_on(day())
}

async fn day() -> Result<(), Box<dyn Error>> {
    let cloud = SimCloud::new(simcloud::Settings::default());
    let config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new("111122223333", "none", None, None, "toy"))
        .time_source(cloud.time_source())
        .http_client(cloud.http_client(ClientOptions::labelled("bakery")));
    let sqs = Client::from_conf(config.build());
    for queue in [ORDERS, OVEN] {
        create(&sqs, queue).await?;
    }
    let orders = queue_url(&sqs, "bakery-orders").await?;
    for body in [
        r#"{"kind":"order","bread":"rye","loaves":200}"#,
        r#"{"kind":"order","bread":"toast","loaves":1}"#,
        r#"{"kind":"order","bread":"rye","loafs":2}"#,
        "two rolls, please",
    ] {
        sqs.send_message().queue_url(&orders).message_body(body).send().await?;
    }
    let clock = SharedTimeSource::new(cloud.time_source());
    let engine = Engine::builder(sqs.clone(), Bakery { delivery: None }, clock)
        .prefix("bakery-")
        .settings(Settings { concurrency: 40, ..Settings::default() })
        .on(order)
        .on(bake)
        .on(deliver)
        .build()
        .await?;
    let handle = engine.handle();
    let drained = engine.run(tokio::time::sleep(Duration::from_secs(4 * 3600))).await?;

    let stats = handle.stats();
    println!("{} jobs done, {} follow-ups, {} messages given an id", stats.done, stats.follow_ups, stats.stamped);
    println!("{} retries, {} of them after a panic; {} snoozes", stats.retried, stats.panics, stats.snoozed);
    for (code, count) in &stats.rejected {
        println!("{count} rejected with {code}");
    }
    let requests = stats.requests;
    println!(
        "{} sends, {} deletions, {} renewals, {} receives",
        requests.send, requests.delete, requests.visibility, requests.receive
    );
    println!("drained in {} s of virtual time", drained.took.as_secs());
    Ok(())
}

async fn create(sqs: &Client, queue: QueueName) -> Result<(), Box<dyn Error>> {
    let dlq = format!("bakery-{queue}-dlq");
    let retention = QueueAttributeName::MessageRetentionPeriod;
    sqs.create_queue().queue_name(&dlq).attributes(retention.clone(), "1209600").send().await?;
    let target = format!("arn:aws:sqs:eu-west-1:111122223333:{dlq}");
    let redrive = format!(r#"{{"deadLetterTargetArn":"{target}","maxReceiveCount":20}}"#);
    let create = sqs.create_queue().queue_name(format!("bakery-{queue}")).attributes(retention, "345600");
    create.attributes(QueueAttributeName::RedrivePolicy, redrive).send().await?;
    Ok(())
}

async fn queue_url(sqs: &Client, name: &str) -> Result<String, Box<dyn Error>> {
    let answer = sqs.get_queue_url().queue_name(name).send().await?;
    answer.queue_url.ok_or_else(|| "a queue without a URL".into())
}
