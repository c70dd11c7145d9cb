//! Messages and their attributes, and what makes them acceptable.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::QueueKey;
use super::errors::invalid;
use crate::call::ApiError;

/// A message as its sender gives it, already checked.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewMessage {
    pub(crate) body: String,
    pub(crate) attributes: BTreeMap<String, MessageAttribute>,
    pub(crate) trace_header: Option<String>,
    pub(crate) group: Option<String>,
    /// The queue's own delay when absent.
    pub(crate) delay: Option<Duration>,
}

/// A message in a queue.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) body: String,
    pub(crate) attributes: BTreeMap<String, MessageAttribute>,
    pub(crate) trace_header: Option<String>,
    #[serde(with = "crate::saved::shared_text")]
    pub(crate) group: Option<Arc<str>>,
    pub(crate) sent: Timestamp,
    pub(crate) receives: u32,
    pub(crate) first_received: Option<Timestamp>,
    pub(crate) last_received: Option<Timestamp>,
    /// The queue from which it was given up.
    pub(crate) dead_from: Option<QueueKey>,
}

/// One message attribute.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct MessageAttribute {
    pub(crate) data_type: String,
    pub(crate) value: AttributeValue,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) enum AttributeValue {
    Text(String),
    Binary(Vec<u8>),
}

/// A message attribute on the wire.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct RawAttribute {
    data_type: String,
    string_value: Option<String>,
    binary_value: Option<String>,
}

impl Message {
    pub(crate) fn new(id: String, new: NewMessage, now: Timestamp) -> Self {
        Self {
            id,
            body: new.body,
            attributes: new.attributes,
            trace_header: new.trace_header,
            group: new.group.map(Arc::from),
            sent: now,
            receives: 0,
            first_received: None,
            last_received: None,
            dead_from: None,
        }
    }

    /// The message as a new one, as which a move task sends it again.
    pub(super) fn renewed(self) -> NewMessage {
        let group = self.group.map(|group| group.to_string());
        let Self { body, attributes, trace_header, .. } = self;
        NewMessage { body, attributes, trace_header, group, delay: Some(Duration::ZERO) }
    }
}

impl NewMessage {
    /// Bytes of body and attributes, which together are limited.
    pub(super) fn size(&self) -> usize {
        let attributes = self.attributes.iter().map(|(name, attribute)| {
            let value = match &attribute.value {
                AttributeValue::Text(text) => text.len(),
                AttributeValue::Binary(bytes) => bytes.len(),
            };
            name.len() + attribute.data_type.len() + value
        });
        self.body.len() + attributes.sum::<usize>()
    }
}

impl MessageAttribute {
    pub(super) fn to_json(&self) -> Value {
        match &self.value {
            AttributeValue::Text(text) => json!({"DataType": self.data_type, "StringValue": text}),
            AttributeValue::Binary(bytes) => json!({"DataType": self.data_type, "BinaryValue": STANDARD.encode(bytes)}),
        }
    }
}

/// Whether SQS takes this text as a body: the characters that XML 1.0 allows.
pub(super) fn is_legal(body: &str) -> bool {
    body.chars().all(|c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..))
}

/// Checks the attributes of one message; from the Developer Guide's page "Amazon SQS message metadata".
pub(super) fn check_attributes(
    raw: BTreeMap<String, RawAttribute>,
) -> Result<BTreeMap<String, MessageAttribute>, ApiError> {
    if raw.len() > 10 {
        return Err(invalid(format!("Number of message attributes [{}] exceeds the allowed maximum [10].", raw.len())));
    }
    raw.into_iter().map(|(name, raw)| check_attribute(&name, raw).map(|attribute| (name, attribute))).collect()
}

fn check_attribute(name: &str, raw: RawAttribute) -> Result<MessageAttribute, ApiError> {
    let refuse = |what: &str| Err(invalid(format!("The message attribute '{name}' {what}.")));
    let lower = name.to_ascii_lowercase();
    let legal = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    let dots = name.starts_with('.') || name.ends_with('.') || name.contains("..");
    if name.is_empty() || name.len() > 256 || !legal || dots {
        return refuse("has an invalid name");
    }
    if lower.starts_with("aws.") || lower.starts_with("amazon.") {
        return refuse("has a reserved prefix");
    }
    let kind = raw.data_type.split('.').next().unwrap_or_default();
    let value = match (kind, raw.string_value, raw.binary_value) {
        ("String", Some(text), None) if !text.is_empty() => AttributeValue::Text(text),
        ("Number", Some(text), None) if text.parse::<f64>().is_ok() => AttributeValue::Text(text),
        ("Binary", None, Some(encoded)) => match STANDARD.decode(encoded) {
            Ok(bytes) if !bytes.is_empty() => AttributeValue::Binary(bytes),
            _ => return refuse("has no binary value"),
        },
        ("String" | "Number" | "Binary", ..) => return refuse("must contain a non-empty value of its type"),
        _ => {
            return refuse(
                "has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String",
            );
        }
    };
    Ok(MessageAttribute { data_type: raw.data_type, value })
}
