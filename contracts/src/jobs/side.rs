//! The sides of a chain, as messages and documents write them.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::names::Region;

/// Where a point of a chain lives: `regular`, in the resource's own Region, or `copy:REGION`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Side {
    /// The backup itself, in the resource's own Region.
    Regular,
    /// Its copy in another Region.
    Copy(Region),
}

/// The text is not a side.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a side: a side is \"regular\" or \"copy:REGION\"")]
pub struct InvalidSide {
    /// What was read instead.
    pub text: String,
}

impl Side {
    /// The Region that this side is copied to; none for the regular one.
    #[must_use]
    pub fn copied_to(&self) -> Option<&Region> {
        match self {
            Self::Regular => None,
            Self::Copy(region) => Some(region),
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Regular => f.write_str("regular"),
            Self::Copy(region) => write!(f, "copy:{region}"),
        }
    }
}

impl FromStr for Side {
    type Err = InvalidSide;

    fn from_str(text: &str) -> Result<Self, InvalidSide> {
        let invalid = || InvalidSide { text: text.to_owned() };
        match text.split_once(':') {
            None if text == "regular" => Ok(Self::Regular),
            Some(("copy", region)) => region.parse().map(Self::Copy).map_err(|_| invalid()),
            _ => Err(invalid()),
        }
    }
}

impl TryFrom<String> for Side {
    type Error = InvalidSide;

    fn try_from(text: String) -> Result<Self, InvalidSide> {
        text.parse()
    }
}

impl From<Side> for String {
    fn from(side: Side) -> Self {
        side.to_string()
    }
}

impl JsonSchema for Side {
    fn schema_name() -> Cow<'static, str> {
        "Side".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^(regular|copy:[a-z]{2}(-[a-z]+)+-[0-9])$" })
    }
}
