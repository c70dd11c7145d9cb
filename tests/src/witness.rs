//! What somebody outside sees: our events on the bus, dead letters with their reasons, points by the names in their tags.

use chainwright_cli::simulation::Settings;
use chainwright_contracts::{arn::Arn, names::Region, sealed::NAME_TAG, sealed::NameTag};
use jiff::SignedDuration;
use serde_json::Value;
use simcloud::{
    PointView, Service,
    faults::{CallFault, CallMatcher, FaultRule},
};

use crate::{
    installation::{Installation, must},
    policy,
};

/// Daily at 06:00 UTC, kept for a day, copied nowhere: the shortest life that a policy can give.
pub const BRIEF: &str = policy!(r#"daily: {at: "06:00", keep: 1 day}"#);

/// As [`BRIEF`], kept for two days, and copied for as long.
pub const PAIR: &str = policy!(copied: r#"daily: {at: "06:00", keep: 2 days, keep_copies: 2 days}"#);

const NEWS: &str = "news";

/// One of our own events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// Its detail type.
    pub kind: String,
    /// Its detail.
    pub detail: Value,
}

impl News {
    /// The code that it carries, or nothing.
    #[must_use]
    pub fn code(&self) -> &str {
        self.detail.get("code").and_then(Value::as_str).unwrap_or_default()
    }
}

/// A message in a dead-letter queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The queue that gave it up, without prefix and `-dlq`.
    pub queue: String,
    /// The code, or nothing where SQS itself gave it up.
    pub code: String,
    /// The reason.
    pub reason: String,
    /// The queue that it names as its origin.
    pub origin: String,
    /// The body.
    pub body: String,
}

/// Settings that keep idle work low: a tick every ten minutes, every call in the trace.
#[must_use]
pub fn calm(seed: u64) -> Settings {
    let mut settings = must(Settings::unhurried(seed));
    settings.tick_minutes = 10;
    settings.cloud.trace = true;
    settings
}

/// An installation with nothing in it, our events collected.
pub async fn watched(settings: Settings) -> Installation {
    let installation = Installation::new(settings).await;
    listen(&installation).await;
    installation
}

/// The installation with this policy, if any, and one worker.
pub async fn worked(mut installation: Installation, policy: &str) -> Installation {
    if !policy.is_empty() {
        installation.apply(policy).await;
    }
    must(installation.simulation.start_worker("worker-1").await);
    installation
}

/// An installation with these tables under this policy, our events collected, and no worker.
pub async fn prepared(seed: u64, tables: &[&str], policy: &str) -> Installation {
    let installation = watched(calm(seed)).await;
    for table in tables {
        installation.table(table).await;
    }
    if !policy.is_empty() {
        installation.apply(policy).await;
    }
    installation
}

/// As [`prepared`], with one worker.
pub async fn begun(seed: u64, tables: &[&str], policy: &str) -> Installation {
    let mut installation = prepared(seed, tables, policy).await;
    must(installation.simulation.start_worker("worker-1").await);
    installation
}

/// Leads everything on our bus into a queue of its own.
pub async fn listen(installation: &Installation) {
    let simulation = &installation.simulation;
    let clients = simulation.clients();
    let sqs = aws_sdk_sqs::Client::new(&clients.home_config());
    must(sqs.create_queue().queue_name(format!("{}{NEWS}", simulation.hub().prefix)).send().await);
    let events = must(clients.eventbridge(clients.own_account(), clients.home_region()));
    let bus = &simulation.hub().bus;
    let rule = events.put_rule().name(NEWS).event_bus_name(bus).event_pattern(r#"{"source":["chainwright"]}"#);
    must(rule.send().await);
    let target = aws_sdk_eventbridge::types::Target::builder().id(NEWS).arn(simulation.queue_arn(NEWS)).build();
    must(events.put_targets().rule(NEWS).event_bus_name(bus).targets(must(target)).send().await);
}

/// AWS Backup says to this call that it cannot take it just now.
#[must_use]
pub fn occupied(operation: &str) -> FaultRule {
    let limit = CallFault::Error { code: "LimitExceededException".into(), message: "too many".into(), status: 400 };
    FaultRule::call(CallMatcher::operation(Service::Backup, operation), limit)
}

/// Our events so far, in the order in which they arrived.
#[must_use]
pub fn news(installation: &Installation) -> Vec<News> {
    let simulation = &installation.simulation;
    let messages = simulation.cloud().inspect().queue_messages(&simulation.queue_arn(NEWS));
    let read = |body: &str| {
        let event: Value = must(serde_json::from_str(body));
        let of = |name: &str| event.get(name).cloned().unwrap_or_default();
        News { kind: of("detail-type").as_str().unwrap_or_default().to_owned(), detail: of("detail") }
    };
    messages.iter().map(|message| read(&message.body)).collect()
}

/// Those of one detail type.
#[must_use]
pub fn news_of(installation: &Installation, kind: &str) -> Vec<News> {
    let mut all = news(installation);
    all.retain(|news| news.kind == kind);
    all
}

/// Everything in any dead-letter queue.
#[must_use]
pub fn letters(installation: &Installation) -> Vec<Letter> {
    let inspect = installation.simulation.cloud().inspect();
    let prefix = &installation.simulation.hub().prefix;
    let queues = inspect.queues().into_iter().filter_map(|arn| {
        let name = arn.rsplit(':').next()?.strip_prefix(prefix.as_str())?.strip_suffix("-dlq")?.to_owned();
        Some((arn, name))
    });
    let all = queues.flat_map(|(arn, queue)| {
        inspect.queue_messages(&arn).into_iter().map(move |message| {
            let of = |name: &str| message.attributes.get(name).cloned().unwrap_or_default();
            Letter {
                queue: queue.clone(),
                code: of("error_code"),
                reason: of("error_reason"),
                origin: of("origin_queue"),
                body: message.body.clone(),
            }
        })
    });
    all.collect()
}

/// The codes in a queue's dead letters, in order of arrival.
#[must_use]
pub fn dead(installation: &Installation, queue: &str) -> Vec<String> {
    letters(installation).into_iter().filter(|letter| letter.queue == queue).map(|letter| letter.code).collect()
}

/// The names of the conditions that a worker reports.
#[must_use]
pub fn conditions(installation: &Installation, worker: &str) -> Vec<String> {
    let context = installation.simulation.context(worker);
    context.map(|context| context.conditions().all()).unwrap_or_default().iter().map(|c| c.code.to_string()).collect()
}

/// The names that a point bears.
#[must_use]
pub fn name(point: &PointView) -> NameTag {
    must(must(point.tags.get(NAME_TAG).ok_or(&point.arn)).parse())
}

/// Every point of every Region that is not on its way out, whatever its status, by creation.
#[must_use]
pub fn kept(installation: &Installation) -> Vec<PointView> {
    let mut points = installation.simulation.cloud().inspect().points();
    points.retain(|point| point.status != "DELETING");
    points.sort_by_key(|point| (point.created, point.region.clone()));
    points
}

/// A point by its ARN, where it is not on its way out.
#[must_use]
pub fn find(installation: &Installation, arn: &str) -> Option<PointView> {
    kept(installation).into_iter().find(|point| point.arn == arn)
}

/// Sends one message.
pub async fn send(installation: &Installation, queue: &str, body: &Value) {
    must(installation.simulation.send(queue, &body.to_string()).await);
}

/// Lets minutes pass.
pub async fn minutes(installation: &Installation, minutes: i64) {
    installation.simulation.pass(SignedDuration::from_mins(minutes)).await;
}

/// AWS Backup in a Region, as a person reaches it.
#[must_use]
pub fn backup(installation: &Installation, region: &str) -> aws_sdk_backup::Client {
    let clients = installation.simulation.clients();
    let region: Region = must(region.parse());
    must(clients.backup(clients.own_account(), &region))
}

/// The body of a manual backup with everything that it needs.
#[must_use]
pub fn manual(resource: &Arn, id: &str) -> Value {
    serde_json::json!({
        "kind": "snapshot", "resource": resource.to_string(), "manual": true, "id": id,
        "vault": crate::installation::VAULT, "role": "chainwright-backup",
    })
}
