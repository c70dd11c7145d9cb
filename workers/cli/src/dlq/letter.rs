//! One dead letter, read: what it was, why it was given up, where it belongs, and whether it could fare better now.

use std::collections::BTreeMap;

use aws_sdk_sqs::types::{Message, MessageAttributeValue, MessageSystemAttributeName};
use chainwright_contracts::{
    codes::{self, Code},
    events::incoming,
    jobs::{Job, Tick},
    queues::{self, QueueName},
};
use chainwright_engine::{Bodies, GivenUp, replayed};
use chainwright_jobs::Context;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::{
    filter::EVENT,
    queues::{DeadQueue, Source},
};
use crate::{hub, operator::Operator};

/// The longest id that a job may have (the envelope's own limit).
const LONGEST_ID: usize = 128;

/// The attributes that say why a letter is dead, or how far its job had come: a replay leaves them behind.
const LEFT_BEHIND: [&str; 14] = [
    "error_code",
    "error_reason",
    "origin_queue",
    "job_id",
    "attempt",
    "first_sent_at",
    "not_before",
    "RULE_ARN",
    "TARGET_ARN",
    "ERROR_CODE",
    "ERROR_MESSAGE",
    "EXHAUSTED_RETRY_CONDITION",
    "RETRY_ATTEMPTS",
    "IS_CUSTOMER_CONFIG",
];

/// Who gave a letter up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum GivenUpBy {
    /// A worker, with code and reason.
    Worker,
    /// SQS itself, at its largest number of receipts: the code is derived.
    Sqs,
    /// EventBridge, which could not deliver to a target.
    EventBridge,
}

/// What a letter is about, in its body's words.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Subject {
    pub(super) resource: Option<String>,
    pub(super) points: Vec<String>,
    pub(super) chain: Option<String>,
    pub(super) policy: Option<String>,
    pub(super) slot: Option<String>,
}

/// What is known of a letter without its body.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Facts {
    pub(super) message_id: String,
    pub(super) job_id: String,
    /// Whose dead letter it is, such as `snapshots` or `targets`.
    pub(super) queue: String,
    /// None where the body names none.
    pub(super) kind: Option<String>,
    pub(super) code: String,
    pub(super) reason: String,
    /// The full name of the queue to which a replay sends it; none where it came from no queue.
    pub(super) origin: Option<String>,
    pub(super) sent: Timestamp,
    pub(super) received: u32,
    pub(super) given_up_by: GivenUpBy,
    #[serde(flatten)]
    pub(super) subject: Subject,
    /// Why the same body would surely fail again.
    pub(super) fails_again: Option<String>,
}

impl Facts {
    /// Whether this is the letter's message id or its job's id.
    pub(super) fn is_called(&self, id: &str) -> bool {
        self.message_id == id || self.job_id == id
    }

    /// The title of the code's page.
    pub(super) fn title(&self) -> Option<&'static str> {
        self.code.parse().ok().and_then(codes::explain).map(|explained| explained.title())
    }
}

/// A letter.
#[derive(Debug, Clone)]
pub(super) struct Letter {
    pub(super) facts: Facts,
    pub(super) body: String,
    pub(super) attributes: BTreeMap<String, MessageAttributeValue>,
    pub(super) group: Option<String>,
}

impl Letter {
    /// A text attribute.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        text(&self.attributes, name)
    }

    /// The body that a replay sends.
    pub(super) fn body_again(&self) -> String {
        let kind = self.facts.kind.as_deref();
        match self.facts.given_up_by {
            // EventBridge keeps the event, not the input that the rule makes of it.
            GivenUpBy::EventBridge if kind != Some(EVENT) => hub::TICK_INPUT.to_owned(),
            _ if kind == Some(EVENT) => self.body.clone(),
            _ => replayed(&self.body, &self.facts.job_id),
        }
    }

    /// The attributes that a replay sends: the trace, and whatever else the sender wrote.
    pub(super) fn attributes_again(&self) -> impl Iterator<Item = (&String, &MessageAttributeValue)> {
        self.attributes.iter().filter(|(name, _)| !LEFT_BEHIND.contains(&name.as_str()))
    }
}

/// Reads letters.
pub(super) struct Reader {
    prefix: String,
    bodies: Bodies<Context>,
}

impl Reader {
    /// One that judges as this program's workers do.
    pub(super) fn new(operator: &Operator) -> Self {
        Self { prefix: operator.hub().prefix.clone(), bodies: operator.bodies() }
    }

    /// Reads a message; gives its receipt handle, too. None where SQS tells neither id nor handle.
    pub(super) fn read(&self, queue: &DeadQueue, message: Message) -> Option<(Letter, String)> {
        let (message_id, handle) = (message.message_id?, message.receipt_handle?);
        let body = message.body.unwrap_or_default();
        let attributes: BTreeMap<_, _> = message.message_attributes.unwrap_or_default().into_iter().collect();
        let system = message.attributes.unwrap_or_default();
        let number = |name| system.get(&name).and_then(|text| text.parse::<i64>().ok());
        let sent = number(MessageSystemAttributeName::SentTimestamp).unwrap_or_default();
        let parsed: Value = serde_json::from_str(&body).unwrap_or_default();
        let said = match queue.source {
            Source::Queue(source) => self.job(source, &message_id, &body, &parsed, &attributes),
            Source::Targets => self.target(&message_id, &body, &attributes),
        };
        let facts = Facts {
            message_id,
            job_id: said.job_id,
            queue: queue.source.to_string(),
            kind: said.kind,
            code: said.code,
            reason: said.reason,
            origin: said.origin,
            sent: Timestamp::from_millisecond(sent).unwrap_or_default(),
            received: number(MessageSystemAttributeName::ApproximateReceiveCount)
                .and_then(|count| count.try_into().ok())
                .unwrap_or_default(),
            given_up_by: said.by,
            subject: subject(&parsed),
            fails_again: said.fails_again,
        };
        let group = system.get(&MessageSystemAttributeName::MessageGroupId).cloned();
        Some((Letter { facts, body, attributes, group }, handle))
    }

    fn job(
        &self,
        source: QueueName,
        message_id: &str,
        body: &str,
        parsed: &Value,
        attributes: &BTreeMap<String, MessageAttributeValue>,
    ) -> Said {
        let text = |name| text(attributes, name);
        let origin = text("origin_queue").and_then(|name| self.queue_called(name)).unwrap_or(source);
        let name = format!("{}{source}", self.prefix);
        let (code, reason, by) = match text("error_code") {
            Some(code) => (code.to_owned(), text("error_reason").unwrap_or_default().to_owned(), GivenUpBy::Worker),
            None => {
                let message = GivenUp { message_id, body, traceparent: text("traceparent") };
                let (code, reason) = self.bodies.given_up(source, &name, message);
                (code.to_string(), reason, GivenUpBy::Sqs)
            }
        };
        let job_id = text("job_id").or_else(|| parsed.get("id").and_then(Value::as_str)).filter(|id| is_id(id));
        Said {
            job_id: job_id.unwrap_or(message_id).to_owned(),
            kind: if origin == queues::EVENTS {
                Some(EVENT.to_owned())
            } else {
                parsed.get("kind").and_then(Value::as_str).map(str::to_owned)
            },
            fails_again: self.fails_again(origin, body, &code),
            origin: Some(format!("{}{origin}", self.prefix)),
            code,
            reason,
            by,
        }
    }

    /// EventBridge's own words; the codes are its own, too.
    fn target(&self, message_id: &str, body: &str, attributes: &BTreeMap<String, MessageAttributeValue>) -> Said {
        let text = |name| text(attributes, name);
        let target = text("TARGET_ARN").unwrap_or_default();
        let origin =
            target.split(':').nth(2).filter(|service| *service == "sqs").and_then(|_| target.rsplit(':').next());
        let of_tick = text("RULE_ARN").is_some_and(|rule| rule.ends_with(&format!("rule/{}", hub::TICK_RULE)));
        let known = origin.and_then(|name| self.queue_called(name));
        Said {
            job_id: message_id.to_owned(),
            kind: Some(if of_tick { Tick::KIND } else { EVENT }.to_owned()),
            code: text("ERROR_CODE").unwrap_or("unknown").to_owned(),
            reason: text("ERROR_MESSAGE").unwrap_or("EventBridge gives no reason").to_owned(),
            fails_again: match known {
                None => Some(format!("its target is no queue of this hub: {target}")),
                Some(queue) if !of_tick => self.fails_again(queue, body, ""),
                Some(_) => None,
            },
            origin: known.map(|queue| format!("{}{queue}", self.prefix)),
            by: GivenUpBy::EventBridge,
        }
    }

    fn fails_again(&self, queue: QueueName, body: &str, code: &str) -> Option<String> {
        if queue == queues::EVENTS {
            return incoming::read(body).err().map(|error| format!("{}: {error}", Code::NOT_A_MESSAGE));
        }
        match self.bodies.judge(queue, body) {
            Err((code, reason)) => Some(format!("{code}: {reason}")),
            // This one, too, depends on the body alone, though a job's handler finds it.
            Ok(()) if code == codes::BAD_SNAPSHOT.to_string() => Some(format!("{code}: the job contradicts itself")),
            Ok(()) => None,
        }
    }

    fn queue_called(&self, name: &str) -> Option<QueueName> {
        let short = name.strip_prefix(&self.prefix)?;
        queues::ALL.into_iter().find(|queue| queue.as_str() == short)
    }
}

/// What a letter says of itself, or what is derived.
struct Said {
    job_id: String,
    kind: Option<String>,
    code: String,
    reason: String,
    origin: Option<String>,
    by: GivenUpBy,
    fails_again: Option<String>,
}

fn text<'a>(attributes: &'a BTreeMap<String, MessageAttributeValue>, name: &str) -> Option<&'a str> {
    attributes.get(name).and_then(MessageAttributeValue::string_value)
}

fn is_id(text: &str) -> bool {
    (1..=LONGEST_ID).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

/// A job's members have the names asked for here; of an event of AWS's only the resource is known.
fn subject(body: &Value) -> Subject {
    let of = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let listed = body.get("points").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let in_event = || body.pointer("/detail/resourceArn").and_then(Value::as_str).map(str::to_owned);
    Subject {
        resource: of("resource").or_else(in_event),
        points: listed.map(str::to_owned).chain(of("point")).collect(),
        chain: of("chain"),
        policy: of("policy"),
        slot: of("slot"),
    }
}
