//! The AsyncAPI 3.0 document: which queue carries which jobs, and what is told on the bus.
//!
//! Payloads are not repeated here but referred to, as files beside the document.

use serde_json::{Map, Value, json};

use super::{event, job::Kind};
use crate::{
    events::outgoing::DetailType,
    queues::{self, DEFAULT_PREFIX},
};

/// The schema language of the payloads.
const SCHEMA_FORMAT: &str = "application/schema+json;version=draft-2020-12";
/// The channel that carries what we tell others.
const BUS: &str = "bus";

/// The whole document.
pub(super) fn document(kinds: &[Kind]) -> Value {
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Chainwright",
            "version": "1",
            "description": "Jobs are JSON messages in SQS queues, each queue with a dead-letter queue of the same \
                name and `-dlq`. News is told on an EventBridge bus.",
            "license": { "name": "Apache-2.0" },
        },
        "defaultContentType": "application/json",
        "channels": channels(kinds),
        "operations": operations(kinds),
        "components": { "messages": messages(kinds) },
    })
}

fn channels(kinds: &[Kind]) -> Map<String, Value> {
    let queues = queues::ALL.iter().map(|queue| {
        let mut carried: Map<String, Value> =
            kinds.iter().filter(|kind| kind.queue == *queue).map(|kind| by_reference(kind.kind)).collect();
        if *queue == queues::EVENTS {
            carried.extend([by_reference("aws-event")]);
        }
        let channel = json!({
            "address": format!("{{prefix}}{queue}"),
            "description": "An SQS standard queue.",
            "parameters": { "prefix": { "description": "The installation's prefix.", "default": DEFAULT_PREFIX } },
            "messages": carried,
        });
        (queue.to_string(), channel)
    });
    let told: Map<String, Value> = DetailType::ALL.into_iter().map(|news| by_reference(&event::slug(news))).collect();
    let bus = json!({
        "address": null,
        "description": "The EventBridge bus named by CHAINWRIGHT_EVENT_BUS.",
        "messages": told,
    });
    queues.chain([(BUS.to_owned(), bus)]).collect()
}

/// What a worker does: it runs jobs, heeds AWS's events and tells the news. The follow-ups that it sends are jobs that a
/// worker runs, so they are not listed again.
fn operations(kinds: &[Kind]) -> Map<String, Value> {
    let run = kinds
        .iter()
        .map(|kind| (format!("run-{}", kind.kind), operation("receive", kind.queue.as_str(), &[kind.kind.to_owned()])));
    let heed = ("heed-aws".to_owned(), operation("receive", queues::EVENTS.as_str(), &["aws-event".to_owned()]));
    let tell = ("tell".to_owned(), operation("send", BUS, &DetailType::ALL.map(event::slug)));
    run.chain([heed, tell]).collect()
}

fn operation(action: &str, channel: &str, carried: &[String]) -> Value {
    let messages: Vec<_> =
        carried.iter().map(|name| json!({ "$ref": format!("#/channels/{channel}/messages/{name}") })).collect();
    json!({ "action": action, "channel": { "$ref": format!("#/channels/{channel}") }, "messages": messages })
}

fn messages(kinds: &[Kind]) -> Map<String, Value> {
    let jobs = kinds.iter().map(|kind| {
        let summary = kind.schema.get("description").cloned().unwrap_or_default();
        (kind.kind.to_owned(), message(kind.kind, &summary, &kind.path()))
    });
    let news = DetailType::ALL.into_iter().map(|news| {
        let summary = json!(event::description(news));
        (event::slug(news), message(news.as_str(), &summary, &event::path(news)))
    });
    // AWS owns its shape; it is read leniently and only wakes a settle.
    let aws = json!({
        "name": "aws-event",
        "summary": "An EventBridge event of AWS Backup or Redshift Serverless, or a Redshift event wrapped by SNS, as \
            AWS sends it.",
        "payload": { "type": "object" },
    });
    jobs.chain(news).chain([("aws-event".to_owned(), aws)]).collect()
}

fn message(name: &str, summary: &Value, path: &str) -> Value {
    json!({
        "name": name,
        "summary": summary,
        "payload": { "schemaFormat": SCHEMA_FORMAT, "schema": { "$ref": format!("./{path}") } },
    })
}

/// A channel names its messages and refers to the components for them.
fn by_reference(name: &str) -> (String, Value) {
    (name.to_owned(), json!({ "$ref": format!("#/components/messages/{name}") }))
}
