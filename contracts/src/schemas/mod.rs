//! The wire contract as documents: JSON Schemas of everything that crosses the border, and an AsyncAPI document over
//! them.
//!
//! They are made of the types, never written by hand, and stored in `contracts/schemas` and `contracts/asyncapi.json`
//! for those who read them without Rust. A test holds the stored files against what is made here. Three dialects of
//! strictness, as the readers need it: a job's schema refuses unknown members, as the program does; an event's and the
//! sealed record's allow them, since a later release may add some; the policy's is that of the policy file.

mod asyncapi;
mod event;
mod job;

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use self::job::Kind;
use crate::{events::outgoing::DetailType, jobs, policy::PolicyFile, sealed::Record};

/// Every document: its path inside `contracts/`, and its text, which ends with a line feed.
#[must_use]
pub fn documents() -> Vec<(String, String)> {
    let kinds = kinds();
    let events = DetailType::ALL.map(|detail_type| (event::path(detail_type), event::schema(detail_type)));
    let mut documents = vec![
        ("asyncapi.json".to_owned(), asyncapi::document(&kinds)),
        ("schemas/policy.json".to_owned(), named("policy", "Chainwright policy", read::<PolicyFile>())),
        ("schemas/sealed-record.json".to_owned(), named("sealed-record", "Sealed record", read::<Record>())),
    ];
    documents.extend(kinds.into_iter().map(|kind| (kind.path(), kind.schema)));
    documents.extend(events);
    documents.into_iter().map(|(path, value)| (path, text(&value))).collect()
}

/// The one list of kinds.
fn kinds() -> Vec<Kind> {
    vec![
        Kind::of::<jobs::Tick>(),
        Kind::of::<jobs::Session>(),
        Kind::of::<jobs::Snapshot>(),
        Kind::of::<jobs::Settle>(),
        Kind::of::<jobs::Copy>(),
        Kind::of::<jobs::Prune>(),
        Kind::of::<jobs::Delete>(),
        Kind::of::<jobs::Reconcile>(),
        Kind::of::<jobs::Restore>(),
        Kind::of::<jobs::Drill>(),
    ]
}

/// What may be read as a `T`.
fn read<T: JsonSchema>() -> Value {
    SchemaSettings::draft2020_12().for_deserialize().into_generator().into_root_schema_for::<T>().to_value()
}

/// What is written of a `T`.
fn written<T: JsonSchema>() -> Value {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>().to_value()
}

/// Gives a schema its title and its name. The name is no address: nothing is to be fetched.
fn named(name: &str, title: &str, mut schema: Value) -> Value {
    if let Some(members) = schema.as_object_mut() {
        members.insert("$id".to_owned(), json!(format!("urn:chainwright:v1:{name}")));
        members.insert("title".to_owned(), json!(title));
    }
    schema
}

/// Pretty JSON with sorted members: what order a map has on its own depends on features that any crate of a build may
/// turn on.
fn text(value: &Value) -> String {
    format!("{:#}\n", tidied(value))
}

fn tidied(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_by_key(|(name, _)| *name);
            Value::Object(sorted.into_iter().map(tidied_member).collect::<Map<_, _>>())
        }
        Value::Array(items) => items.iter().map(tidied).collect(),
        plain => plain.clone(),
    }
}

/// A description is a doc comment: its links lead nowhere outside of the source, its lines are as wide as the source's.
fn tidied_member((name, value): (&String, &Value)) -> (String, Value) {
    let value = match value.as_str() {
        Some(words) if name == "description" || name == "summary" => {
            let paragraphs: Vec<_> = words.split("\n\n").map(|paragraph| paragraph.replace('\n', " ")).collect();
            json!(paragraphs.join("\n\n").replace("[`", "`").replace("`]", "`"))
        }
        _ => tidied(value),
    };
    (name.clone(), value)
}
