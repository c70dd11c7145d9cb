//! One spelling per value: `kind` first, every other member in alphabetical order, no spaces.
//!
//! The order that serde_json itself gives its maps depends on features that any crate of a build may turn on; equal
//! messages must have equal bytes whatever else is compiled beside them.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Writes an object canonically.
pub(crate) fn object(members: &Map<String, Value>) -> String {
    let mut out = String::with_capacity(128);
    write_object(members, &mut out);
    out
}

fn write_object(members: &Map<String, Value>, out: &mut String) {
    out.push('{');
    let first = members.get_key_value("kind");
    let sorted: BTreeMap<_, _> = members.iter().filter(|(name, _)| *name != "kind").collect();
    for (position, (name, value)) in first.into_iter().chain(sorted).enumerate() {
        if position > 0 {
            out.push(',');
        }
        out.push_str(&Value::from(name.as_str()).to_string());
        out.push(':');
        write_value(value, out);
    }
    out.push('}');
}

fn write_value(value: &Value, out: &mut String) {
    match value {
        Value::Object(members) => write_object(members, out),
        Value::Array(items) => {
            out.push('[');
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    out.push(',');
                }
                write_value(item, out);
            }
            out.push(']');
        }
        plain => out.push_str(&plain.to_string()),
    }
}
