//! A queue's attributes as set by its owner, with the ranges of the API Reference's page "SetQueueAttributes".

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::QueueKey;
use crate::call::ApiError;

/// What the attributes mean, next to the attributes themselves.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Settings {
    pub(super) delay: Duration,
    pub(super) visibility: Duration,
    pub(super) wait_seconds: u64,
    pub(super) retention: Duration,
    pub(super) max_size: usize,
    pub(super) redrive: Option<Redrive>,
    /// Every attribute in effect, as its text.
    pub(super) texts: BTreeMap<String, String>,
}

/// When and where a message is given up.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Redrive {
    pub(super) target: QueueKey,
    pub(super) max_receives: u32,
}

/// Name, default, smallest and largest value of the numeric attributes.
const NUMBERS: [(&str, u64, u64, u64); 5] = [
    ("DelaySeconds", 0, 0, 900),
    ("MaximumMessageSize", 1_048_576, 1_024, 1_048_576),
    ("MessageRetentionPeriod", 345_600, 60, 1_209_600),
    ("ReceiveMessageWaitTimeSeconds", 0, 0, 20),
    ("VisibilityTimeout", 30, 0, 43_200),
];

/// Attributes that are kept and given back.
const KEPT: [&str; 5] =
    ["KmsDataKeyReusePeriodSeconds", "KmsMasterKeyId", "Policy", "RedriveAllowPolicy", "SqsManagedSseEnabled"];

impl Settings {
    /// Settings with these attributes, the rest by default.
    pub(super) fn new(attributes: &BTreeMap<String, String>) -> Result<Self, ApiError> {
        let texts = NUMBERS.iter().map(|(name, default, _, _)| ((*name).to_owned(), default.to_string()));
        let sse = ("SqsManagedSseEnabled".to_owned(), "true".to_owned());
        Self::read(texts.chain([sse]).collect())?.changed(attributes)
    }

    /// The same settings with some attributes changed; an empty policy removes it.
    pub(super) fn changed(&self, attributes: &BTreeMap<String, String>) -> Result<Self, ApiError> {
        let mut texts = self.texts.clone();
        for (name, value) in attributes {
            if name == "FifoQueue" || name == "ContentBasedDeduplication" {
                return Err(ApiError::new("UnsupportedOperation", "simcloud has no FIFO queues."));
            }
            let number = NUMBERS.iter().any(|(known, ..)| known == name);
            if !number && name != "RedrivePolicy" && !KEPT.contains(&name.as_str()) {
                return Err(ApiError::new("InvalidAttributeName", format!("Unknown Attribute {name}.")));
            }
            if value.is_empty() {
                texts.remove(name);
            } else {
                texts.insert(name.clone(), value.clone());
            }
        }
        Self::read(texts)
    }

    fn read(texts: BTreeMap<String, String>) -> Result<Self, ApiError> {
        let mut numbers = [0; NUMBERS.len()];
        for (value, (name, default, low, high)) in numbers.iter_mut().zip(NUMBERS) {
            *value = match texts.get(name) {
                None => default,
                Some(text) => text.parse().ok().filter(|n| (low..=high).contains(n)).ok_or_else(|| bad_value(name))?,
            };
        }
        let [delay, max_size, retention, wait_seconds, visibility] = numbers;
        Ok(Self {
            delay: Duration::from_secs(delay),
            visibility: Duration::from_secs(visibility),
            wait_seconds,
            retention: Duration::from_secs(retention),
            max_size: usize::try_from(max_size).unwrap_or(usize::MAX),
            redrive: texts.get("RedrivePolicy").map(|policy| redrive(policy)).transpose()?,
            texts,
        })
    }
}

/// Reads a redrive policy, whose count people write as a number or as a string.
fn redrive(policy: &str) -> Result<Redrive, ApiError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Policy {
        dead_letter_target_arn: String,
        #[serde(default)]
        max_receive_count: Value,
    }
    let bad = || bad_value("RedrivePolicy");
    let policy: Policy = serde_json::from_str(policy).map_err(|_| bad())?;
    let target = QueueKey::from_arn(&policy.dead_letter_target_arn).ok_or_else(bad)?;
    let count = match policy.max_receive_count {
        Value::Null => Some(10),
        Value::String(text) => text.parse().ok(),
        count => count.as_u64(),
    };
    let max_receives = count.filter(|count| (1..=1_000).contains(count)).ok_or_else(bad)?;
    Ok(Redrive { target, max_receives: u32::try_from(max_receives).unwrap_or(u32::MAX) })
}

fn bad_value(name: &str) -> ApiError {
    ApiError::new("InvalidAttributeValue", format!("Invalid value for the parameter {name}."))
}
