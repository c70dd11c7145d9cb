//! The schema of a job: its own members and the envelope's, in one flat object, as they stand in a message.

use chainwright_envelope::{Job, MAX_CORRELATION, MAX_ID, QueueName, VERSION};
use schemars::JsonSchema;
use serde_json::{Map, Value, json};

use super::{named, read};

/// A kind of job, with what other documents need to know of it.
pub(super) struct Kind {
    /// The value of the member `kind`.
    pub(super) kind: &'static str,
    /// Where it waits.
    pub(super) queue: QueueName,
    /// Its schema.
    pub(super) schema: Value,
}

impl Kind {
    /// The kind of the job `J`.
    pub(super) fn of<J: Job + JsonSchema>() -> Self {
        Self { kind: J::KIND, queue: J::QUEUE, schema: schema::<J>() }
    }

    /// Where its schema is stored, inside `contracts/`.
    pub(super) fn path(&self) -> String {
        format!("schemas/jobs/{}.json", self.kind)
    }
}

fn schema<J: Job + JsonSchema>() -> Value {
    let kind = J::KIND;
    let mut schema = named(&format!("job:{kind}"), kind, read::<J>());
    let Some(members) = schema.as_object_mut() else { return schema };
    // A job without members of its own has neither list.
    let properties = members.entry("properties").or_insert_with(|| json!({}));
    if let Some(properties) = properties.as_object_mut() {
        properties.extend(envelope(kind));
    }
    let required = members.entry("required").or_insert_with(|| json!([]));
    if let Some(required) = required.as_array_mut() {
        required.insert(0, json!("kind"));
    }
    members.extend(rules(kind));
    schema
}

/// The envelope's members. All but the kind may be left out, or be `null`, which means the same.
fn envelope(kind: &str) -> Map<String, Value> {
    // Neither C0 nor C1 control characters.
    const PRINTABLE: &str = r"^[^\u0000-\u001f\u007f-\u009f]+$";
    let members = [
        ("kind", json!({ "description": "Which job this is.", "const": kind })),
        ("v", json!({ "description": "The version of the message.", "enum": [VERSION, null], "default": VERSION })),
        (
            "id",
            json!({
                "description": "Names the job for tracing and replies. It never suppresses work, but it names the \
                    point of a manual backup.",
                "type": ["string", "null"], "minLength": 1, "maxLength": MAX_ID, "pattern": PRINTABLE,
            }),
        ),
        (
            "attempt",
            json!({
                "description": "Which run this is, counted from 1. Written by workers.",
                "type": ["integer", "null"], "minimum": 1, "maximum": u32::MAX, "default": 1,
            }),
        ),
        (
            "first_sent_at",
            json!({
                "description": "When the job was first sent, in milliseconds since 1970 UTC. Written by workers; the \
                    deadline is measured from it.",
                "type": ["integer", "null"],
            }),
        ),
        (
            "correlation",
            json!({
                "description": "Repeated in every job and event that this one leads to.",
                "type": ["string", "null"], "minLength": 1, "maxLength": MAX_CORRELATION, "pattern": PRINTABLE,
            }),
        ),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// What members mean for each other, which the types do not say: a job that breaks these reads well and is rejected
/// with a code of its own, such as CW0307.
fn rules(kind: &str) -> Map<String, Value> {
    let absent = json!({ "type": "null" });
    let text = json!({ "type": "string" });
    let rules = match kind {
        "snapshot" => json!({
            "if": { "properties": { "manual": { "const": true } }, "required": ["manual"] },
            "then": { "properties": { "policy": absent, "slot": absent } },
            "else": {
                "properties": { "policy": text, "slot": text, "vault": absent, "role": absent, "keep": absent },
                "required": ["policy", "slot"],
            },
        }),
        "restore" => json!({
            "anyOf": [
                { "properties": { "resource": text }, "required": ["resource"] },
                { "properties": { "point": text }, "required": ["point"] },
            ],
        }),
        _ => json!({}),
    };
    match rules {
        Value::Object(rules) => rules,
        _ => Map::new(),
    }
}
