//! The names that AWS gives to owners and places: accounts and Regions.
//!
//! They are checked where they are read, so that nothing behind the boundary handles a malformed one.

use std::{fmt, str::FromStr};

/// The text is not a name of the kind that was wanted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {what}: {allowed}")]
pub struct InvalidName {
    /// What was read instead.
    pub text: String,
    /// What was wanted.
    pub what: &'static str,
    /// What would be accepted.
    pub allowed: &'static str,
}

/// Serde and JSON Schema for a type that is text outside: `Display` writes it, `FromStr` reads and checks it.
macro_rules! text_type {
    ($name:ident, $pattern:expr, $description:expr) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "pattern": $pattern, "description": $description })
            }
        }
    };
}
pub(crate) use text_type;

/// An AWS account: twelve digits, kept as text because leading zeros count.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(String);

impl AccountId {
    /// What an account's id looks like, for messages.
    pub const ALLOWED: &'static str = "an account id has twelve digits, such as \"111122223333\"";

    /// The twelve digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountId {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidName { text: text.to_owned(), what: "an account id", allowed: Self::ALLOWED })
        }
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_type!(AccountId, "^[0-9]{12}$", "An AWS account id: twelve digits, in quotes.");

/// An AWS Region, such as `eu-west-1` or `us-gov-west-1`.
///
/// Only the shape is checked: AWS opens Regions more often than this program is released.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(String);

impl Region {
    /// What a Region looks like, for messages.
    pub const ALLOWED: &'static str = "a Region reads such as eu-west-1 or us-gov-west-1";

    /// The Region's name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The partition that the Region belongs to, by the prefix of its name.
    ///
    /// Source: AWS General Reference, "Partitions" (`aws`, `aws-cn`, `aws-us-gov`, and the isolated ones).
    #[must_use]
    pub fn partition(&self) -> &'static str {
        [
            ("cn-", "aws-cn"),
            ("us-gov-", "aws-us-gov"),
            ("us-isob-", "aws-iso-b"),
            ("us-iso-", "aws-iso"),
            ("eusc-", "aws-eusc"),
        ]
        .into_iter()
        .find(|(prefix, _)| self.0.starts_with(prefix))
        .map_or("aws", |(_, partition)| partition)
    }
}

impl FromStr for Region {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        if has_region_shape(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidName { text: text.to_owned(), what: "a Region", allowed: Self::ALLOWED })
        }
    }
}

/// Two letters, then one or more words, then a digit, joined by hyphens.
fn has_region_shape(text: &str) -> bool {
    let mut parts = text.split('-');
    let area = parts.next().is_some_and(|part| part.len() == 2 && is_lower(part));
    let number =
        parts.next_back().is_some_and(|part| part.len() == 1 && part.bytes().all(|byte| byte.is_ascii_digit()));
    let words = parts.try_fold(0_usize, |count, part| is_lower(part).then_some(count + 1));
    area && number && words.is_some_and(|count| count > 0)
}

fn is_lower(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase())
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_type!(Region, "^[a-z]{2}(-[a-z]+)+-[0-9]$", "An AWS Region, such as eu-west-1.");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_of_every_partition_are_accepted() {
        for name in ["eu-west-1", "us-gov-west-1", "cn-northwest-1", "ap-southeast-5", "us-iso-east-1"] {
            assert_eq!(name.parse::<Region>().unwrap().to_string(), name);
        }
    }

    #[test]
    fn what_has_not_the_shape_of_a_region_is_refused() {
        for name in ["", "eu", "eu-1", "eu-west", "eu-west-12", "EU-west-1", "eu-west-1a", "eu--west-1", "e-west-1"] {
            assert!(name.parse::<Region>().is_err(), "{name}");
        }
    }

    #[test]
    fn an_account_is_twelve_digits_and_keeps_its_leading_zeros() {
        assert_eq!("000011112222".parse::<AccountId>().unwrap().as_str(), "000011112222");
        for text in ["11112222333", "1111222233334", "11112222333x", ""] {
            assert!(text.parse::<AccountId>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_name_read_as_json_is_checked() {
        assert_eq!(serde_json::from_str::<Region>("\"eu-west-1\"").unwrap().as_str(), "eu-west-1");
        assert!(serde_json::from_str::<Region>("\"europe\"").is_err());
        assert!(serde_json::from_str::<AccountId>("111122223333").is_err());
    }

    #[test]
    fn a_region_tells_its_partition() {
        for (region, expected) in [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")] {
            assert_eq!(region.parse::<Region>().unwrap().partition(), expected);
        }
    }
}
