//! Rules that fire by the clock: `rate(…)` and `cron(…)`, in UTC.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use super::bus::{BusKey, Target};
use super::cron::Cron;
use super::{Later, invalid, route};
use crate::call::ApiError;
use crate::clock::after;
use crate::world::World;

/// When a rule fires.
#[derive(Clone, Debug)]
pub(super) enum Schedule {
    /// So long after it was set, and again and again.
    Rate(Duration),
    Cron(Box<Cron>),
}

impl Schedule {
    pub(super) fn parse(text: &str) -> Result<Self, ApiError> {
        let inside = |name: &str| text.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')');
        let schedule = match (inside("rate"), inside("cron")) {
            (Some(rate), _) => parse_rate(rate).map(Self::Rate),
            (_, Some(cron)) => Cron::parse(cron).map(|cron| Self::Cron(Box::new(cron))),
            _ => None,
        };
        schedule.ok_or_else(|| invalid("Parameter ScheduleExpression is not valid."))
    }

    fn next(&self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Rate(period) => Some(after(now, *period)),
            Self::Cron(cron) => cron.next(now),
        }
    }
}

/// A number and a unit, which is singular for one and plural otherwise.
fn parse_rate(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_once(' ')?;
    let number: u64 = number.parse().ok().filter(|number| *number > 0)?;
    let unit = if number == 1 { unit } else { unit.strip_suffix('s')? };
    let seconds = match unit {
        "minute" => 60,
        "hour" => 3_600,
        "day" => 86_400,
        _ => return None,
    };
    number.checked_mul(seconds).map(Duration::from_secs)
}

/// Puts the next firing of a rule on the agenda, if it has one. Any later change of the rule cancels it.
pub(super) fn arm(world: &mut World, key: BusKey, name: String, revision: u64) {
    let now = world.now();
    let Some((_, at)) = current(world, &key, &name, revision, |schedule| schedule.next(now)) else { return };
    let Some(at) = at else { return };
    world.schedule(at, Later::Fire { bus: key, rule: name, revision, at });
}

/// Fires a rule, and puts its next firing on the agenda.
pub(super) fn fire(world: &mut World, key: BusKey, name: String, revision: u64, at: Timestamp) {
    let Some((targets, ())) = current(world, &key, &name, revision, |_| ()) else { return };
    let envelope = json!({
        "version": "0",
        "id": world.uuid(),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": key.account,
        "time": at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "region": key.region,
        "resources": [key.rule_arn(&name)],
        "detail": {},
    });
    route::to_targets(world, &key.rule_arn(&name), targets, &envelope, false);
    arm(world, key, name, revision);
}

/// The targets of a rule that is enabled and unchanged since `revision`, and what `ask` learns from its schedule.
fn current<T>(
    world: &mut World,
    key: &BusKey,
    name: &str,
    revision: u64,
    ask: impl FnOnce(&Schedule) -> T,
) -> Option<(Vec<Target>, T)> {
    let rule = world.events.buses.get(key)?.rules.get(name)?;
    let (_, schedule) = rule.schedule.as_ref()?;
    let holds = rule.is_enabled() && rule.revision == revision;
    holds.then(|| (rule.targets.values().cloned().collect(), ask(schedule)))
}
