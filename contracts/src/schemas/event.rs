//! The schema of an event that is sent: EventBridge's envelope, as a receiver sees it, around our detail.

use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Value, json};

use super::{named, written};
use crate::events::outgoing::{Detail, DetailType, SOURCE};

/// `restore-point-available` of `Restore Point Available`.
pub(super) fn slug(detail_type: DetailType) -> String {
    detail_type.as_str().to_lowercase().replace(' ', "-")
}

/// Where the schema is stored, inside `contracts/`.
pub(super) fn path(detail_type: DetailType) -> String {
    format!("schemas/events/{}.json", slug(detail_type))
}

/// The schema of the whole event.
pub(super) fn schema(detail_type: DetailType) -> Value {
    let mut detail = written::<Detail>();
    let mut definitions = json!({});
    if let Some(members) = detail.as_object_mut() {
        members.remove("$schema");
        // We write nothing else; but a receiver must not break on what a later release adds.
        members.remove("additionalProperties");
        definitions = members.remove("$defs").unwrap_or(definitions);
        if let Some(properties) = members.get_mut("properties").and_then(Value::as_object_mut) {
            properties.values_mut().for_each(never_null);
        }
    }
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "description": description(detail_type),
        "type": "object",
        "properties": {
            "source": { "const": SOURCE },
            "detail-type": { "const": detail_type.as_str() },
            "detail": detail,
            "version": { "type": "string" },
            "id": { "description": "EventBridge's own; another one each time the same news is sent.", "type": "string" },
            "account": { "description": "The account of the worker.", "type": "string" },
            "region": { "description": "The Region of the worker.", "type": "string" },
            "time": { "type": "string", "format": "date-time" },
            "resources": { "type": "array", "items": { "type": "string" } },
        },
        "required": ["source", "detail-type", "detail"],
        "$defs": definitions,
    });
    named(&format!("event:{}", slug(detail_type)), detail_type.as_str(), schema)
}

/// A member that does not apply is left out and never `null`, which the type alone does not show.
fn never_null(property: &mut Value) {
    let Some(members) = property.as_object_mut() else { return };
    if let Some(types) = members.get_mut("type").filter(|types| types.is_array()) {
        *types = json!(types.as_array().and_then(|types| types.iter().find(|one| *one != "null")));
    }
    let choices = members.remove("anyOf");
    let chosen =
        choices.as_ref().and_then(Value::as_array).and_then(|choices| choices.first()).and_then(Value::as_object);
    members.extend(chosen.into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())));
}

/// What the type's documentation says of one detail type.
pub(super) fn description(detail_type: DetailType) -> Option<String> {
    let all = DetailType::json_schema(&mut SchemaGenerator::default());
    let choices = all.get("oneOf")?.as_array()?;
    let choice =
        choices.iter().find(|choice| choice.get("const").and_then(Value::as_str) == Some(detail_type.as_str()))?;
    choice.get("description")?.as_str().map(str::to_owned)
}
