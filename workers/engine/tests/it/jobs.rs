//! The jobs of these tests, and the handlers that do what a job's own words say.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use chainwright_engine::{Context, Delivery, Outcome, Outgoing};
use chainwright_envelope::{Code, Job, QueueName};
use serde::{Deserialize, Serialize};

pub(crate) const WALKS: QueueName = QueueName::new("walks");
pub(crate) const ACTS: QueueName = QueueName::new("acts");
pub(crate) const EVENTS: QueueName = QueueName::new("events");
pub(crate) const OWN: Code = Code::new(9001);

/// Goes so many hops further, from message to message.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Walk {
    pub(crate) walker: String,
    pub(crate) hops: u32,
}

impl Job for Walk {
    const KIND: &'static str = "walk";
    const QUEUE: QueueName = WALKS;
}

/// Does what it says.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Act {
    pub(crate) what: String,
    #[serde(default)]
    pub(crate) seconds: u64,
}

impl Job for Act {
    const KIND: &'static str = "act";
    const QUEUE: QueueName = ACTS;
}

/// Comes by itself, without an id.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Beat {}

impl Job for Beat {
    const KIND: &'static str = "beat";
    const QUEUE: QueueName = ACTS;
}

/// What handlers are given: a log that all workers of a test share, and the delivery.
#[derive(Clone, Default)]
pub(crate) struct Ctx {
    pub(crate) log: Log,
    delivery: Option<Delivery>,
}

/// What happened, in order.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<(String, Delivery)>>>);

impl Log {
    /// How often these words were said.
    pub(crate) fn count(&self, words: &str) -> usize {
        self.0.lock().unwrap().iter().filter(|(said, _)| said == words).count()
    }

    pub(crate) fn words(&self) -> Vec<String> {
        self.0.lock().unwrap().iter().map(|(said, _)| said.clone()).collect()
    }

    /// The deliveries under which these words were said.
    pub(crate) fn deliveries(&self, words: &str) -> Vec<Delivery> {
        let log = self.0.lock().unwrap();
        log.iter().filter(|(said, _)| said == words).map(|(_, delivery)| delivery.clone()).collect()
    }
}

impl Context for Ctx {
    fn for_delivery(&self, delivery: Delivery) -> Self {
        Self { log: self.log.clone(), delivery: Some(delivery) }
    }
}

impl Ctx {
    pub(crate) fn new(log: Log) -> Self {
        Self { log, delivery: None }
    }

    pub(crate) fn delivery(&self) -> Delivery {
        self.delivery.clone().unwrap()
    }

    fn say(&self, words: impl Into<String>) {
        self.log.0.lock().unwrap().push((words.into(), self.delivery()));
    }
}

pub(crate) async fn walk(job: Walk, ctx: Ctx) -> Outcome {
    ctx.say(format!("{} at {}", job.walker, job.hops));
    let Some(hops) = job.hops.checked_sub(1) else { return Outcome::Done };
    let next = Walk { hops, ..job };
    let id = format!("{}-{hops}", next.walker);
    Outcome::Continue(vec![Outgoing::job(&next).id(id)])
}

pub(crate) async fn act(job: Act, ctx: Ctx) -> Outcome {
    ctx.say(format!("{} begins", job.what));
    let (attempt, time) = (ctx.delivery().attempt, Duration::from_secs(job.seconds));
    match job.what.as_str() {
        "sleep" => tokio::time::sleep(time).await,
        "hang" => std::future::pending().await,
        "panic" if attempt < 3 => panic!("as told"),
        "retry" if attempt < 4 => return Outcome::retry("as told"),
        "fail" => return Outcome::retry("never better"),
        "reject" => return Outcome::reject(OWN, "as told"),
        "snooze" if ctx.log.count("snooze begins") == 1 => return Outcome::Snooze(time),
        "burst" => {
            let huge = Act { what: "x".repeat(1_100_000), seconds: 0 };
            return Outcome::Continue(vec![Outgoing::job(&huge).id("huge")]);
        }
        "later" => {
            let done = Act { what: "done".to_owned(), seconds: 0 };
            return Outcome::Continue(vec![Outgoing::job(&done).id("later").delay(time)]);
        }
        _ => {}
    }
    ctx.say(format!("{} ends", job.what));
    Outcome::Done
}

pub(crate) async fn beat(_: Beat, ctx: Ctx) -> Outcome {
    ctx.say("beat");
    Outcome::Done
}

pub(crate) async fn event(body: String, ctx: Ctx) -> Outcome {
    ctx.say(body);
    if ctx.delivery().attempt < 2 { Outcome::retry("as told") } else { Outcome::Done }
}
