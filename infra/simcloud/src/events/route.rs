//! From a bus to the targets of the rules that fit.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::bus::{BusKey, Rule, Target};
use super::{Later, transform};
use crate::sqs::{self, AttributeValue, MessageAttribute, NewMessage};
use crate::world::World;

/// Routes an event that is on a bus now. One that came from another bus is not sent on to a third: the User Guide's
/// page "Sending and receiving events between event buses" rules out such chains.
pub(super) fn event(world: &mut World, key: &BusKey, envelope: &Value, forwarded: bool) {
    world.events.counts.put += 1;
    let Ok(bus) = world.events.bus_mut(key) else { return };
    let fits = |rule: &Rule| rule.is_enabled() && rule.pattern.as_ref().is_some_and(|(_, p)| p.matches(envelope));
    let hits: Vec<(String, Vec<Target>)> = bus
        .rules
        .iter()
        .filter(|(_, rule)| fits(rule))
        .map(|(name, rule)| (key.rule_arn(name), rule.targets.values().cloned().collect()))
        .collect();
    for (rule_arn, targets) in hits {
        to_targets(world, &rule_arn, targets, envelope, forwarded);
    }
}

/// Sends one event to a rule's targets, after the time that this takes.
pub(super) fn to_targets(world: &mut World, rule_arn: &str, targets: Vec<Target>, envelope: &Value, forwarded: bool) {
    for target in targets {
        let delivery = Delivery { rule_arn: rule_arn.to_owned(), target, envelope: envelope.clone(), forwarded };
        world.schedule_in(world.pace.event_delivery, Later::Deliver(Box::new(delivery)));
    }
}

/// An event on its way from a rule to one of its targets.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Delivery {
    rule_arn: String,
    target: Target,
    envelope: Value,
    forwarded: bool,
}

impl Delivery {
    pub(super) fn arrive(self, world: &mut World) {
        let Self { rule_arn, target, envelope, forwarded } = self;
        if let Some(bus) = BusKey::from_arn(&target.arn) {
            to_bus(world, &bus, &envelope, forwarded);
        } else {
            to_queue(world, &rule_arn, &target, &envelope);
        }
    }
}

fn to_bus(world: &mut World, bus: &BusKey, envelope: &Value, forwarded: bool) {
    if forwarded || world.events.bus_mut(bus).is_err() {
        world.events.counts.lost += 1;
    } else {
        world.events.counts.delivered += 1;
        event(world, bus, envelope, true);
    }
}

fn to_queue(world: &mut World, rule_arn: &str, target: &Target, envelope: &Value) {
    let body = transform::body(target, rule_arn, envelope, world.now());
    let group = target.sqs_parameters.as_ref().and_then(|parameters| parameters.message_group_id.clone());
    let message = NewMessage { body, group, ..NewMessage::default() };
    if sqs::deliver(world, &target.arn, message) {
        world.events.counts.delivered += 1;
        return;
    }
    // The dead-letter queue gets the event itself, not what the target would have got.
    let dead_letters = target.dead_letter_config.as_ref().and_then(|config| config.arn.as_deref());
    let attributes = failure(rule_arn, target);
    let dead = NewMessage { body: envelope.to_string(), attributes, ..NewMessage::default() };
    if dead_letters.is_some_and(|arn| sqs::deliver(world, arn, dead)) {
        world.events.counts.dead_lettered += 1;
    } else {
        world.events.counts.lost += 1;
    }
}

/// What the User Guide's page "Using dead-letter queues to process undelivered events" says about such a message.
fn failure(rule_arn: &str, target: &Target) -> BTreeMap<String, MessageAttribute> {
    let texts = [
        ("RULE_ARN", rule_arn),
        ("TARGET_ARN", &target.arn),
        ("ERROR_CODE", "SDK_CLIENT_ERROR"),
        ("ERROR_MESSAGE", "The target does not exist."),
    ];
    let attribute =
        |text: &str| MessageAttribute { data_type: "String".to_owned(), value: AttributeValue::Text(text.to_owned()) };
    texts.into_iter().map(|(name, text)| (name.to_owned(), attribute(text))).collect()
}
