//! `PutRule`, `DescribeRule`, `ListRules`, `ListRuleNamesByTarget`, `DeleteRule`, `EnableRule`, `DisableRule`.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::bus::{BusKey, DEFAULT, Rule};
use super::pattern::Pattern;
use super::schedule::{self, Schedule};
use super::{invalid, paths};
use crate::call::{Answer, ApiError, Call};
use crate::world::World;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Put {
    name: String,
    event_bus_name: Option<String>,
    event_pattern: Option<String>,
    schedule_expression: Option<String>,
    state: Option<String>,
    description: Option<String>,
    role_arn: Option<String>,
}

/// Creates a rule or replaces all of it but its targets.
pub(super) fn put(world: &mut World, call: &Call) -> Answer {
    let input: Put = call.parse()?;
    let key = BusKey::named(call, input.event_bus_name.as_deref());
    check(&input, &key)?;
    let pattern = input.event_pattern.map(|text| Pattern::parse(&text).map(|pattern| (text, pattern))).transpose()?;
    let schedule = input.schedule_expression.map(|text| Schedule::parse(&text).map(|at| (text, at))).transpose()?;
    world.events.revision += 1;
    let revision = world.events.revision;
    let rules = &mut world.events.bus_mut(&key)?.rules;
    let targets = rules.remove(&input.name).map(|rule| rule.targets).unwrap_or_default();
    let state = input.state.unwrap_or_else(|| "ENABLED".to_owned());
    let Put { description, role_arn, .. } = input;
    rules.insert(input.name.clone(), Rule { pattern, schedule, state, description, role_arn, targets, revision });
    let arn = key.rule_arn(&input.name);
    schedule::arm(world, key, input.name, revision);
    Ok(json!({"RuleArn": arn}))
}

fn check(input: &Put, key: &BusKey) -> Result<(), ApiError> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if input.name.is_empty() || input.name.len() > 64 || !input.name.chars().all(legal) {
        return Err(invalid("The name of a rule has 1 to 64 letters, digits, or one of . - _"));
    }
    let states = ["ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"];
    if input.state.as_deref().is_some_and(|state| !states.contains(&state)) {
        return Err(invalid(format!("State is one of {}.", states.join(", "))));
    }
    if input.event_pattern.is_none() && input.schedule_expression.is_none() {
        return Err(invalid("Parameter(s) EventPattern or ScheduleExpression must be specified."));
    }
    if input.schedule_expression.is_some() && key.name != DEFAULT {
        return Err(invalid("ScheduleExpression is supported only on the default event bus."));
    }
    Ok(())
}

/// The input of whatever concerns one rule.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    name: String,
    event_bus_name: Option<String>,
}

pub(super) fn no_such_rule(name: &str, bus: &str) -> ApiError {
    ApiError::new("ResourceNotFoundException", format!("Rule {name} does not exist on EventBus {bus}."))
}

pub(super) fn describe(world: &mut World, call: &Call) -> Answer {
    let input: Named = call.parse()?;
    let key = BusKey::named(call, input.event_bus_name.as_deref());
    let bus = world.events.bus_mut(&key)?;
    let rule = bus.rules.get(&input.name).ok_or_else(|| no_such_rule(&input.name, &key.name))?;
    Ok(described(&key, &input.name, rule))
}

fn described(key: &BusKey, name: &str, rule: &Rule) -> Value {
    let members = [
        ("Name", Some(name.to_owned())),
        ("Arn", Some(key.rule_arn(name))),
        ("EventBusName", Some(key.name.clone())),
        ("State", Some(rule.state.clone())),
        ("EventPattern", rule.pattern.as_ref().map(|(text, _)| text.clone())),
        ("ScheduleExpression", rule.schedule.as_ref().map(|(text, _)| text.clone())),
        ("Description", rule.description.clone()),
        ("RoleArn", rule.role_arn.clone()),
    ];
    let present = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value?))));
    Value::Object(present.collect::<Map<_, _>>())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct List {
    event_bus_name: Option<String>,
    #[serde(default)]
    name_prefix: String,
    limit: Option<usize>,
    next_token: Option<String>,
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let input: List = call.parse()?;
    let key = BusKey::named(call, input.event_bus_name.as_deref());
    let rules = world.events.bus_mut(&key)?.rules.iter().filter(|(name, _)| name.starts_with(&input.name_prefix));
    let shown = rules.map(|(name, rule)| (name.clone(), described(&key, name, rule)));
    Ok(paths::page(shown, "Rules", input.limit, input.next_token.as_deref()))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ByTarget {
    target_arn: String,
    event_bus_name: Option<String>,
    limit: Option<usize>,
    next_token: Option<String>,
}

pub(super) fn names_by_target(world: &mut World, call: &Call) -> Answer {
    let input: ByTarget = call.parse()?;
    let bus = world.events.bus_mut(&BusKey::named(call, input.event_bus_name.as_deref()))?;
    let to_target = |rule: &Rule| rule.targets.values().any(|target| target.arn == input.target_arn);
    let names = bus.rules.iter().filter(|(_, rule)| to_target(rule)).map(|(name, _)| (name.clone(), json!(name)));
    Ok(paths::page(names, "RuleNames", input.limit, input.next_token.as_deref()))
}

pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let input: Named = call.parse()?;
    let rules = &mut world.events.bus_mut(&BusKey::named(call, input.event_bus_name.as_deref()))?.rules;
    if rules.get(&input.name).is_some_and(|rule| !rule.targets.is_empty()) {
        return Err(invalid("Rule can't be deleted since it has targets."));
    }
    rules.remove(&input.name);
    Ok(json!({}))
}

pub(super) fn enable(world: &mut World, call: &Call) -> Answer {
    set_state(world, call, "ENABLED")
}

pub(super) fn disable(world: &mut World, call: &Call) -> Answer {
    set_state(world, call, "DISABLED")
}

fn set_state(world: &mut World, call: &Call, state: &str) -> Answer {
    let input: Named = call.parse()?;
    let key = BusKey::named(call, input.event_bus_name.as_deref());
    world.events.revision += 1;
    let revision = world.events.revision;
    let missing = || no_such_rule(&input.name, &key.name);
    let rule = world.events.bus_mut(&key)?.rules.get_mut(&input.name).ok_or_else(missing)?;
    state.clone_into(&mut rule.state);
    rule.revision = revision;
    schedule::arm(world, key, input.name, revision);
    Ok(json!({}))
}
