//! `CreateQueue`, `GetQueueUrl`, `ListQueues`, `DeleteQueue`, `PurgeQueue`, `ListDeadLetterSourceQueues`.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::errors::{invalid, no_such_queue};
use super::settings::Settings;
use super::{Queue, QueueKey, queue_of};
use crate::call::{Answer, ApiError, Call};
use crate::clock::after;
use crate::world::World;

/// How long a deleted queue's name stays taken, and how long lies between two purges.
const MINUTE: Duration = Duration::from_secs(60);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Create {
    queue_name: String,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    #[serde(default, rename = "tags")]
    tags: BTreeMap<String, String>,
}

pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let input: Create = call.parse()?;
    let name = &input.queue_name;
    if name.ends_with(".fifo") {
        return Err(ApiError::new("UnsupportedOperation", "simcloud has no FIFO queues."));
    }
    if name.is_empty() || name.len() > 80 || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
        let rule = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length";
        return Err(invalid(rule));
    }
    let (key, now) = (QueueKey::new(&call.account, &call.region, name), world.now());
    let url = json!({"QueueUrl": key.url(call.endpoint.as_deref())});
    if let Some(queue) = world.sqs.queues.get(&key) {
        let same = input.attributes.iter().all(|(name, value)| queue.settings.texts.get(name) == Some(value));
        let refusal = "A queue already exists with the same name and a different value for an attribute.";
        return if same { Ok(url) } else { Err(ApiError::new("QueueNameExists", refusal)) };
    }
    if recent(world.sqs.deleted.get(&key), now) {
        let refusal =
            "You must wait 60 seconds after deleting a queue before you can create another with the same name.";
        return Err(ApiError::new("QueueDeletedRecently", refusal));
    }
    let settings = Settings::new(&input.attributes)?;
    world.sqs.queues.insert(key, Queue::new(settings, input.tags, now));
    Ok(url)
}

fn recent(at: Option<&Timestamp>, now: Timestamp) -> bool {
    at.is_some_and(|at| after(*at, MINUTE) > now)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetUrl {
    queue_name: String,
    #[serde(rename = "QueueOwnerAWSAccountId")]
    owner: Option<String>,
}

pub(super) fn get_url(world: &mut World, call: &Call) -> Answer {
    let input: GetUrl = call.parse()?;
    let account = input.owner.as_deref().unwrap_or(&call.account);
    let key = QueueKey::new(account, &call.region, &input.queue_name);
    if world.sqs.queues.contains_key(&key) {
        Ok(json!({"QueueUrl": key.url(call.endpoint.as_deref())}))
    } else {
        Err(no_such_queue())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct List {
    #[serde(default)]
    queue_name_prefix: String,
    max_results: Option<usize>,
    next_token: Option<String>,
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let input: List = call.parse()?;
    let own = |key: &&QueueKey| key.account == call.account && key.region == call.region;
    let names = world.sqs.queues.keys().filter(own).filter(|key| key.name.starts_with(&input.queue_name_prefix));
    Ok(page(names.collect(), call, &input, "QueueUrls"))
}

pub(super) fn list_sources(world: &mut World, call: &Call) -> Answer {
    let input: List = call.parse()?;
    let key = queue_of(call)?;
    world.sqs.queue(&key)?;
    Ok(page(world.sqs.sources_of(&key), call, &input, "queueUrls"))
}

/// One page of queues; the token is the name of the last one shown.
fn page(keys: Vec<&QueueKey>, call: &Call, input: &List, member: &str) -> Value {
    let size = input.max_results.unwrap_or(1_000).clamp(1, 1_000);
    let rest = keys.into_iter().filter(|key| input.next_token.as_ref().is_none_or(|last| key.name > *last));
    let mut shown: Vec<&QueueKey> = rest.take(size + 1).collect();
    let more = shown.len() > size;
    shown.truncate(size);
    let mut output = json!({member: shown.iter().map(|key| key.url(call.endpoint.as_deref())).collect::<Vec<_>>()});
    // Without MaxResults, SQS answers up to 1,000 queues and no token.
    if let (true, Some(_), Some(last), Value::Object(output)) = (more, input.max_results, shown.last(), &mut output) {
        output.insert("NextToken".to_owned(), json!(last.name));
    }
    output
}

pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let (key, now) = (queue_of(call)?, world.now());
    let queue = world.sqs.queues.remove(&key).ok_or_else(no_such_queue)?;
    queue.arrivals.notify_waiters();
    world.sqs.deleted.insert(key, now);
    Ok(json!({}))
}

pub(super) fn purge(world: &mut World, call: &Call) -> Answer {
    let (key, now) = (queue_of(call)?, world.now());
    let queue = world.sqs.queue_mut(&key)?;
    if recent(queue.purged.as_ref(), now) {
        let refusal = "Only one PurgeQueue operation is allowed every 60 seconds.";
        return Err(ApiError::new("PurgeQueueInProgress", refusal).status(403));
    }
    queue.purged = Some(now);
    queue.clear();
    Ok(json!({}))
}
