//! Buses, rules and targets as they are kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::pattern::Pattern;
use super::schedule::Schedule;
use crate::call::Call;

/// The name of the bus that every account has in every Region.
pub(super) const DEFAULT: &str = "default";

/// Identifies one bus.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub(crate) struct BusKey {
    pub(super) account: String,
    pub(super) region: String,
    pub(super) name: String,
}

impl BusKey {
    pub(super) fn new(account: &str, region: &str, name: &str) -> Self {
        Self { account: account.to_owned(), region: region.to_owned(), name: name.to_owned() }
    }

    /// The bus that a caller means by a name, an ARN, or nothing.
    pub(super) fn named(call: &Call, name: Option<&str>) -> Self {
        let name = name.unwrap_or(DEFAULT);
        Self::from_arn(name).unwrap_or_else(|| Self::new(&call.account, &call.region, name))
    }

    pub(super) fn from_arn(arn: &str) -> Option<Self> {
        let mut parts = arn.strip_prefix("arn:aws:events:")?.splitn(3, ':');
        let (region, account) = (parts.next()?, parts.next()?);
        Some(Self::new(account, region, parts.next()?.strip_prefix("event-bus/")?))
    }

    pub(super) fn arn(&self) -> String {
        format!("arn:aws:events:{}:{}:event-bus/{}", self.region, self.account, self.name)
    }

    /// The ARN of a rule on this bus.
    pub(super) fn rule_arn(&self, rule: &str) -> String {
        let bus = if self.name == DEFAULT { String::new() } else { format!("{}/", self.name) };
        format!("arn:aws:events:{}:{}:rule/{bus}{rule}", self.region, self.account)
    }
}

#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct Bus {
    pub(super) description: Option<String>,
    pub(super) rules: BTreeMap<String, Rule>,
}

#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Rule {
    /// The pattern and its text.
    #[serde(with = "pattern_text")]
    pub(super) pattern: Option<(String, Pattern)>,
    /// The schedule and its text.
    #[serde(with = "schedule_text")]
    pub(super) schedule: Option<(String, Schedule)>,
    pub(super) state: String,
    pub(super) description: Option<String>,
    pub(super) role_arn: Option<String>,
    pub(super) targets: BTreeMap<String, Target>,
    pub(super) revision: u64,
}

/// A pattern is saved as its text.
mod pattern_text {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    use super::Pattern;

    pub(super) fn serialize<S: Serializer>(it: &Option<(String, Pattern)>, serializer: S) -> Result<S::Ok, S::Error> {
        it.as_ref().map(|(text, _)| text).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<(String, Pattern)>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        let read =
            |text: String| Pattern::parse(&text).map(|it| (text, it)).map_err(|error| D::Error::custom(error.message));
        text.map(read).transpose()
    }
}

/// A schedule is saved as its text.
mod schedule_text {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    use super::Schedule;

    pub(super) fn serialize<S: Serializer>(it: &Option<(String, Schedule)>, serializer: S) -> Result<S::Ok, S::Error> {
        it.as_ref().map(|(text, _)| text).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<(String, Schedule)>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        let read =
            |text: String| Schedule::parse(&text).map(|it| (text, it)).map_err(|error| D::Error::custom(error.message));
        text.map(read).transpose()
    }
}

impl Rule {
    pub(super) fn is_enabled(&self) -> bool {
        self.state != "DISABLED"
    }
}

/// Where a rule sends events. Retries are kept and shown, but deliveries here either succeed or are final.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Target {
    pub(super) id: String,
    pub(super) arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) role_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) input: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) input_path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) input_transformer: Option<Transformer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sqs_parameters: Option<SqsParameters>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dead_letter_config: Option<DeadLetterConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) retry_policy: Option<RetryPolicy>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Transformer {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) input_paths_map: BTreeMap<String, String>,
    pub(super) input_template: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SqsParameters {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message_group_id: Option<String>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeadLetterConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) arn: Option<String>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RetryPolicy {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) maximum_retry_attempts: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) maximum_event_age_in_seconds: Option<i64>,
}
