//! EventBridge: buses, rules by pattern and by schedule, targets, in AWS JSON 1.1.
//!
//! An event on a bus is matched against the bus's enabled rules at once and reaches each target a little later, in
//! virtual time. Targets are SQS queues and other buses. Source: the Amazon EventBridge API Reference and User Guide.

mod bus;
mod buses;
mod cron;
mod paths;
mod pattern;
mod put;
mod route;
mod rules;
mod schedule;
mod targets;
mod transform;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::EventCounts;
use crate::call::{ApiError, Operations};
use crate::world::World;

use bus::{Bus, BusKey, DEFAULT};

/// All buses of all accounts and Regions.
#[derive(Default, Deserialize, Serialize)]
pub(crate) struct State {
    buses: BTreeMap<BusKey, Bus>,
    counts: EventCounts,
    /// Counts up with every change of a rule, so that a schedule knows whether it still holds.
    revision: u64,
}

impl State {
    /// The bus, of which the default one always exists.
    fn bus_mut(&mut self, key: &BusKey) -> Result<&mut Bus, ApiError> {
        if key.name == DEFAULT {
            return Ok(self.buses.entry(key.clone()).or_default());
        }
        let missing = || ApiError::new("ResourceNotFoundException", format!("Event bus {} does not exist.", key.name));
        self.buses.get_mut(key).ok_or_else(missing)
    }
}

/// An event as its source emits it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Event {
    pub(crate) source: String,
    pub(crate) detail_type: String,
    pub(crate) resources: Vec<String>,
    pub(crate) detail: Value,
}

/// What EventBridge does later.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) enum Later {
    /// An event that was held up reaches its bus.
    Arrive { bus: BusKey, envelope: Value },
    /// An event reaches a target.
    Deliver(Box<route::Delivery>),
    /// A rule fires by the clock, unless it was changed since.
    Fire { bus: BusKey, rule: String, revision: u64, at: Timestamp },
}

impl Later {
    pub(crate) fn carry_out(self, world: &mut World) {
        match self {
            Self::Arrive { bus, envelope } => route::event(world, &bus, &envelope, false),
            Self::Deliver(delivery) => delivery.arrive(world),
            Self::Fire { bus, rule, revision, at } => schedule::fire(world, bus, rule, revision, at),
        }
    }
}

impl World {
    /// Puts an event of a service on the default bus of an account and Region, subject to the fault plan.
    pub(crate) fn emit_event(&mut self, account: &str, region: &str, event: Event) {
        let key = BusKey::new(account, region, DEFAULT);
        put::accept(self, &key, account, event, None);
    }
}

/// What became of all events so far.
pub(crate) fn counts(world: &World) -> EventCounts {
    world.events.counts
}

/// Every operation.
pub(crate) const OPERATIONS: Operations = &[
    ("CreateEventBus", buses::create),
    ("DescribeEventBus", buses::describe),
    ("ListEventBuses", buses::list),
    ("DeleteEventBus", buses::delete),
    ("PutRule", rules::put),
    ("DescribeRule", rules::describe),
    ("ListRules", rules::list),
    ("ListRuleNamesByTarget", rules::names_by_target),
    ("DeleteRule", rules::delete),
    ("EnableRule", rules::enable),
    ("DisableRule", rules::disable),
    ("PutTargets", targets::put),
    ("ListTargetsByRule", targets::list),
    ("RemoveTargets", targets::remove),
    ("PutEvents", put::events),
    ("TestEventPattern", |_, call| put::test_pattern(call)),
];

fn invalid(why: impl Into<String>) -> ApiError {
    ApiError::new("ValidationException", why)
}
