//! `PutTargets`, `ListTargetsByRule`, `RemoveTargets`.

use serde::Deserialize;
use serde_json::{Value, json};

use super::bus::{BusKey, Rule, Target};
use super::rules::no_such_rule;
use super::{invalid, paths};
use crate::call::{Answer, ApiError, Call};
use crate::world::World;

/// Targets per rule; from the User Guide's page "Amazon EventBridge quotas".
const MAX_TARGETS: usize = 5;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Put {
    rule: String,
    event_bus_name: Option<String>,
    targets: Vec<Target>,
}

pub(super) fn put(world: &mut World, call: &Call) -> Answer {
    let input: Put = call.parse()?;
    for target in &input.targets {
        check(target)?;
    }
    let rule = rule_mut(world, call, &input.rule, input.event_bus_name.as_deref())?;
    let mut targets = rule.targets.clone();
    targets.extend(input.targets.into_iter().map(|target| (target.id.clone(), target)));
    if targets.len() > MAX_TARGETS {
        return Err(ApiError::new(
            "LimitExceededException",
            "The requested resource exceeds the maximum number allowed.",
        ));
    }
    rule.targets = targets;
    Ok(json!({"FailedEntryCount": 0, "FailedEntries": []}))
}

fn check(target: &Target) -> Result<(), ApiError> {
    let inputs = [target.input.is_some(), target.input_path.is_some(), target.input_transformer.is_some()];
    if inputs.into_iter().filter(|given| *given).count() > 1 {
        return Err(invalid("Only one of Input, InputPath, or InputTransformer must be provided."));
    }
    if let Some(input) = &target.input
        && serde_json::from_str::<Value>(input).is_err()
    {
        return Err(invalid(format!("JSON text of Input of target {} is malformed.", target.id)));
    }
    let paths = target.input_transformer.iter().flat_map(|transformer| transformer.input_paths_map.values());
    if let Some(path) = paths.chain(&target.input_path).find(|path| !paths::is_valid(path)) {
        return Err(invalid(format!("Invalid JSON path {path} of target {}.", target.id)));
    }
    let retry = target.retry_policy.as_ref();
    let attempts = retry.and_then(|policy| policy.maximum_retry_attempts).is_none_or(|n| (0..=185).contains(&n));
    let age = retry.and_then(|policy| policy.maximum_event_age_in_seconds).is_none_or(|n| (60..=86_400).contains(&n));
    if attempts && age { Ok(()) } else { Err(invalid("A retry policy has 0 to 185 attempts within 60 to 86400 s.")) }
}

fn rule_mut<'a>(world: &'a mut World, call: &Call, name: &str, bus: Option<&str>) -> Result<&'a mut Rule, ApiError> {
    let key = BusKey::named(call, bus);
    world.events.bus_mut(&key)?.rules.get_mut(name).ok_or_else(|| no_such_rule(name, &key.name))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct List {
    rule: String,
    event_bus_name: Option<String>,
    limit: Option<usize>,
    next_token: Option<String>,
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let input: List = call.parse()?;
    let rule = rule_mut(world, call, &input.rule, input.event_bus_name.as_deref())?;
    let targets = rule.targets.iter().map(|(id, target)| (id.clone(), json!(target)));
    Ok(paths::page(targets, "Targets", input.limit, input.next_token.as_deref()))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Remove {
    rule: String,
    event_bus_name: Option<String>,
    ids: Vec<String>,
}

pub(super) fn remove(world: &mut World, call: &Call) -> Answer {
    let input: Remove = call.parse()?;
    let rule = rule_mut(world, call, &input.rule, input.event_bus_name.as_deref())?;
    let (known, unknown): (Vec<_>, Vec<_>) = input.ids.into_iter().partition(|id| rule.targets.contains_key(id));
    rule.targets.retain(|id, _| !known.contains(id));
    let failed = unknown.iter().map(|id| {
        let why = format!("Rule {} does not have a target with this id.", input.rule);
        json!({"TargetId": id, "ErrorCode": "ResourceNotFoundException", "ErrorMessage": why})
    });
    Ok(json!({"FailedEntryCount": unknown.len(), "FailedEntries": failed.collect::<Vec<_>>()}))
}
