//! JSON values as the XML that the query protocol answers in.

use serde_json::Value;

/// What stands inside the element of a value: members as elements, list entries as `member`.
pub(super) fn content(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => escape(text),
        Value::Array(entries) => entries.iter().map(|entry| element("member", &content(entry))).collect(),
        Value::Object(members) => members
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| element(name, &content(value)))
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
