//! Amazon Resource Names, read once and passed on whole.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// The text is not an ARN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not an ARN: an ARN reads arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE")]
pub struct InvalidArn {
    /// What was read instead.
    pub text: String,
}

/// A resource's full name: `arn:partition:service:region:account:resource`.
///
/// Source: AWS IAM user guide, "Identify AWS resources with ARNs".
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Arn {
    text: String,
    /// Where each of the five colons stands.
    colons: [usize; 5],
}

impl Arn {
    /// The whole ARN.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `aws`, `aws-cn`, `aws-us-gov`.
    #[must_use]
    pub fn partition(&self) -> &str {
        self.part(0)
    }

    /// The service's name in ARNs, such as `dynamodb`.
    #[must_use]
    pub fn service(&self) -> &str {
        self.part(1)
    }

    /// The Region's name; empty for global resources.
    #[must_use]
    pub fn region(&self) -> &str {
        self.part(2)
    }

    /// The twelve digits of the owner; empty where AWS leaves them out.
    #[must_use]
    pub fn account(&self) -> &str {
        self.part(3)
    }

    /// Everything behind the fifth colon, such as `table/orders`.
    #[must_use]
    pub fn resource(&self) -> &str {
        self.part(4)
    }

    /// What follows the resource's type: `orders` of `table/orders`; the whole resource where it has no type.
    #[must_use]
    pub fn name(&self) -> &str {
        self.resource().split_once(['/', ':']).map_or(self.resource(), |(_, name)| name)
    }

    fn part(&self, index: usize) -> &str {
        let start = self.colons.get(index).map_or(0, |colon| colon + 1);
        let end = self.colons.get(index + 1).copied().unwrap_or(self.text.len());
        self.text.get(start..end).unwrap_or_default()
    }
}

impl FromStr for Arn {
    type Err = InvalidArn;

    fn from_str(text: &str) -> Result<Self, InvalidArn> {
        let invalid = || InvalidArn { text: text.to_owned() };
        let mut found = text.match_indices(':').map(|(at, _)| at);
        let mut colons = [0; 5];
        for colon in &mut colons {
            *colon = found.next().ok_or_else(invalid)?;
        }
        let arn = Self { text: text.to_owned(), colons };
        let complete = text.starts_with("arn:") && !arn.partition().is_empty() && !arn.service().is_empty();
        if complete && !arn.resource().is_empty() { Ok(arn) } else { Err(invalid()) }
    }
}

impl TryFrom<String> for Arn {
    type Error = InvalidArn;

    fn try_from(text: String) -> Result<Self, InvalidArn> {
        text.parse()
    }
}

impl From<Arn> for String {
    fn from(arn: Arn) -> Self {
        arn.text
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl JsonSchema for Arn {
    fn schema_name() -> Cow<'static, str> {
        "Arn".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^arn:[^:]+:[^:]+:[^:]*:[^:]*:.+$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_knows_its_parts() {
        let arn: Arn = "arn:aws:redshift:eu-west-1:111122223333:snapshot:dw/cw-1".parse().unwrap();
        assert_eq!(arn.partition(), "aws");
        assert_eq!(arn.service(), "redshift");
        assert_eq!(arn.region(), "eu-west-1");
        assert_eq!(arn.account(), "111122223333");
        assert_eq!(arn.resource(), "snapshot:dw/cw-1");
        assert_eq!(arn.name(), "dw/cw-1");
    }

    #[test]
    fn what_lacks_a_part_is_not_an_arn() {
        for text in [
            "",
            "orders",
            "arn:aws:dynamodb:eu-west-1:111122223333",
            "arn:aws::r:a:x",
            "xrn:aws:s:r:a:x",
            "arn:aws:s:r:a:",
        ] {
            assert!(text.parse::<Arn>().is_err(), "{text}");
        }
    }
}
