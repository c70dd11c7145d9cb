//! JSON values as the XML that the query protocol answers in.

use serde_json::Value;

use super::dialect::Entries;

/// The element of a value: members as elements, and the entries of a list under the name that such a list gives them.
pub(super) fn element_of(name: &str, value: &Value, entries: Entries) -> String {
    element(name, &content(name, value, entries))
}

fn content(name: &str, value: &Value, entries: Entries) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => escape(text),
        Value::Array(list) => {
            let entry = entries.iter().find(|(list, _)| *list == name).map_or("member", |(_, entry)| entry);
            list.iter().map(|value| element_of(entry, value, entries)).collect()
        }
        Value::Object(members) => members
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| element_of(name, value, entries))
            .collect(),
    }
}

/// An element around content that is XML already.
pub(super) fn element(name: &str, content: &str) -> String {
    format!("<{name}>{content}</{name}>")
}

/// Text as content.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
