//! Subscriptions to events.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::errors::combination;
use super::events::Event;
use super::input::{self, flag, identifier, iso, list, name, needed, page, text};
use super::state::{Place, place_of};
use crate::call::{Answer, ApiError, Call};
use crate::sqs::QueueKey;
use crate::world::World;

/// A subscription's name is so long at most (API reference, `CreateEventSubscription`).
const LONGEST_NAME: usize = 255;
/// Subscriptions per account and Region ("Quotas and limits in Amazon Redshift").
const MAX_SUBSCRIPTIONS: usize = 20;
const CATEGORIES: [&str; 5] = ["configuration", "management", "monitoring", "security", "pending"];

/// A subscription.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Subscription {
    name: String,
    account: String,
    pub(super) topic: String,
    source_type: Option<String>,
    sources: Vec<String>,
    categories: Vec<String>,
    severity: Option<String>,
    enabled: bool,
    created: Timestamp,
    pub(super) tags: BTreeMap<String, String>,
}

impl Subscription {
    /// Whether it asks for an event. A severity asks for that one and what is graver.
    pub(super) fn wants(&self, event: &Event) -> bool {
        let grave = self.severity.as_deref().is_none_or(|severity| severity == "INFO" || severity == event.severity);
        self.enabled
            && grave
            && self.source_type.as_ref().is_none_or(|kind| *kind == event.source_type)
            && (self.sources.is_empty() || self.sources.contains(&event.source))
            && (self.categories.is_empty() || self.categories.contains(&event.category))
    }

    fn show(&self) -> Json {
        json!({
            "CustomerAwsId": self.account,
            "CustSubscriptionId": self.name,
            "SnsTopicArn": self.topic,
            "Status": "active",
            "SubscriptionCreationTime": iso(self.created),
            "SourceType": self.source_type,
            "SourceIdsList": self.sources,
            "EventCategoriesList": self.categories,
            "Severity": self.severity,
            "Enabled": self.enabled,
            "Tags": input::shown(&self.tags),
        })
    }
}

/// The ARN of a subscription, which only its tags need.
pub(super) fn arn(place: &Place, name: &str) -> String {
    format!("arn:aws:redshift:{}:{}:eventsubscription:{name}", place.1, place.0)
}

/// The ARN of the queue that a topic stands for.
pub(super) fn queue_of(topic: &str) -> Option<String> {
    let queue = format!("arn:aws:sqs:{}", topic.strip_prefix("arn:aws:sns:")?);
    QueueKey::from_arn(&queue).map(|key| key.arn())
}

/// What a request asks for is among what there is.
fn known(what: &[&str], asked: &str, code: &str) -> Result<(), ApiError> {
    let found = what.contains(&asked);
    found.then_some(()).ok_or_else(|| ApiError::new(code, format!("There is no {asked}.")).status(404))
}

/// The topic that a call names, which must lead somewhere.
fn topic(world: &World, call: &Call) -> Result<String, ApiError> {
    let topic = needed(call, "SnsTopicArn")?;
    let Some(queue) = queue_of(topic) else {
        return Err(ApiError::new("SNSInvalidTopic", format!("{topic} is no topic's ARN.")));
    };
    let exists = QueueKey::from_arn(&queue).is_some_and(|key| world.sqs.queue(&key).is_ok());
    let missing = || ApiError::new("SNSTopicArnNotFound", format!("{topic} leads to no queue.")).status(404);
    exists.then(|| topic.to_owned()).ok_or_else(missing)
}

/// The subscription that a call asks for.
fn asked(world: &World, call: &Call) -> Result<Subscription, ApiError> {
    let (name, topic) = (identifier(call, "SubscriptionName", LONGEST_NAME)?, topic(world, call)?);
    let texts = |member: &str| list(call, member).into_iter().map(str::to_ascii_lowercase).collect::<Vec<_>>();
    let (sources, categories) = (texts("SourceIds"), texts("EventCategories"));
    for category in &categories {
        known(&CATEGORIES, category, "SubscriptionCategoryNotFound")?;
    }
    let severity = text(call, "Severity").map(str::to_ascii_uppercase);
    if let Some(severity) = &severity {
        known(&["ERROR", "INFO"], severity, "SubscriptionSeverityNotFound")?;
    }
    let source_type = text(call, "SourceType").map(str::to_owned);
    if source_type.is_none() && !sources.is_empty() {
        return Err(combination("SourceIds need a SourceType."));
    }
    let (account, created) = (call.account.clone(), world.now());
    let (enabled, tags) = (flag(call, "Enabled")?.unwrap_or(true), input::tags(call)?);
    Ok(Subscription { name, account, topic, source_type, sources, categories, severity, enabled, created, tags })
}

/// `CreateEventSubscription`.
pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let made = asked(world, call)?;
    let subscriptions = &mut world.redshift.region(&place_of(call)).subscriptions;
    if subscriptions.contains_key(&made.name) {
        let message = format!("The subscription {} already exists.", made.name);
        return Err(ApiError::new("SubscriptionAlreadyExist", message));
    }
    if subscriptions.len() >= MAX_SUBSCRIPTIONS {
        let message = format!("There are {MAX_SUBSCRIPTIONS} subscriptions already.");
        return Err(ApiError::new("EventSubscriptionQuotaExceeded", message));
    }
    let answer = json!({ "EventSubscription": made.show() });
    subscriptions.insert(made.name.clone(), made);
    Ok(answer)
}

fn not_found(name: &str) -> ApiError {
    ApiError::new("SubscriptionNotFound", format!("There is no subscription {name}.")).status(404)
}

/// `DescribeEventSubscriptions`.
pub(super) fn describe(world: &mut World, call: &Call) -> Answer {
    let subscriptions = &world.redshift.region(&place_of(call)).subscriptions;
    let name = text(call, "SubscriptionName").map(str::to_ascii_lowercase);
    if let Some(name) = name.as_ref().filter(|name| !subscriptions.contains_key(*name)) {
        return Err(not_found(name));
    }
    let fits = |it: &&Subscription| name.as_ref().is_none_or(|name| *name == it.name) && input::wants(call, &it.tags);
    let found = subscriptions.values().filter(fits);
    page(call, "EventSubscriptionsList", found.map(|subscription| (subscription.name.clone(), subscription.show())))
}

/// `DeleteEventSubscription`.
pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let name = name(call, "SubscriptionName")?;
    let gone = world.redshift.region(&place_of(call)).subscriptions.remove(&name);
    gone.map(|_| Json::Null).ok_or_else(|| not_found(&name))
}
