//! `SimulatePrincipalPolicy`: what a principal's policies say of actions, without doing anything.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::document::{Asked, Document, Verdict};
use super::{State, managed, needed, no_such_entity, user_arn};
use crate::call::{Answer, ApiError, Call};
use crate::world::World;

/// `SimulatePrincipalPolicy`: one result for each action on each resource, in one page.
pub(super) fn principal(world: &mut World, call: &Call) -> Answer {
    let documents = documents(&world.iam, call)?;
    let (actions, mut resources) = (texts(call, "ActionNames"), texts(call, "ResourceArns"));
    if let Some(wrong) = actions.iter().find(|action| !action.contains(':')) {
        return Err(ApiError::new("InvalidInput", format!("Invalid Action Name: {wrong}")));
    }
    if resources.is_empty() {
        resources.push("*".to_owned());
    }
    let context = context(call);
    let mut results = Vec::new();
    for action in &actions {
        for resource in &resources {
            let mut verdict = Verdict::default();
            for document in &documents {
                document.judge(&Asked { action, resource, context: &context }, &mut verdict);
            }
            results.push(shown(action, resource, &verdict));
        }
    }
    Ok(json!({ "EvaluationResults": results, "IsTruncated": false }))
}

/// Every document that speaks for the principal.
fn documents(iam: &State, call: &Call) -> Result<Vec<Document>, ApiError> {
    let arn = needed(call, "PolicySourceArn")?;
    if arn == user_arn(&call.account) {
        let everything = managed::document("arn:aws:iam::aws:policy/AdministratorAccess");
        return everything.into_iter().map(Document::read).collect();
    }
    let role = iam.roles.iter().find(|((account, _), role)| *account == call.account && role.arn == arn);
    let (_, role) = role.ok_or_else(|| no_such_entity(format!("The principal {arn} cannot be found.")))?;
    let attached = role.attached.iter().filter_map(|arn| managed::document(arn));
    role.inline.values().map(String::as_str).chain(attached).map(Document::read).collect()
}

/// The values of condition keys that the call gives.
fn context(call: &Call) -> BTreeMap<String, Vec<String>> {
    let entries = call.input.get("ContextEntries").and_then(Json::as_array).into_iter().flatten();
    let entry = |entry: &Json| {
        let name = entry.get("ContextKeyName")?.as_str()?.to_owned();
        let values = entry.get("ContextKeyValues")?.as_array()?;
        Some((name, values.iter().filter_map(Json::as_str).map(str::to_owned).collect()))
    };
    entries.filter_map(entry).collect()
}

fn texts(call: &Call, name: &str) -> Vec<String> {
    let list = call.input.get(name).and_then(Json::as_array).into_iter().flatten();
    list.filter_map(Json::as_str).map(str::to_owned).collect()
}

fn shown(action: &str, resource: &str, verdict: &Verdict) -> Json {
    let decision = match (verdict.denied, verdict.allowed) {
        (true, _) => "explicitDeny",
        (false, true) => "allowed",
        (false, false) => "implicitDeny",
    };
    json!({
        "EvalActionName": action,
        "EvalResourceName": resource,
        "EvalDecision": decision,
        "MatchedStatements": [],
        "MissingContextValues": verdict.missing,
    })
}
