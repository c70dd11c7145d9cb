//! Attribute values: their JSON form, their size as DynamoDB counts it, and the part of them that can be a key.

use std::collections::{BTreeMap, BTreeSet};

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::Invalid;
use super::number::Number;

/// An item: its attributes by name.
pub(crate) type Item = BTreeMap<String, Value>;

/// DynamoDB nests documents this deep and no deeper.
const MAX_DEPTH: usize = 32;

/// One attribute value.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub(crate) enum Value {
    /// A string.
    S(String),
    /// An exact decimal.
    N(Number),
    /// Bytes.
    B(Vec<u8>),
    /// A truth value.
    Bool(bool),
    /// Null.
    Null,
    /// A list.
    L(Vec<Value>),
    /// A map.
    M(Item),
    /// A set of strings.
    Ss(BTreeSet<String>),
    /// A set of numbers.
    Ns(BTreeSet<Number>),
    /// A set of byte strings.
    Bs(BTreeSet<Vec<u8>>),
}

impl Value {
    /// Reads the tagged JSON form, such as `{"S": "text"}`.
    pub(crate) fn from_json(json: &Json) -> Result<Self, Invalid> {
        Self::read(json, 0)
    }

    fn read(json: &Json, depth: usize) -> Result<Self, Invalid> {
        if depth > MAX_DEPTH {
            return Err(Invalid::new("Nesting Levels have exceeded supported limits"));
        }
        let wrong =
            || Invalid::new("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");
        let object = json.as_object().ok_or_else(wrong)?;
        let mut members = object.iter();
        let (Some((kind, content)), None) = (members.next(), members.next()) else { return Err(wrong()) };
        let value = match kind.as_str() {
            "S" => Self::S(text(content)?.to_owned()),
            "N" => Self::N(text(content)?.parse()?),
            "B" => Self::B(bytes(content)?),
            "BOOL" => Self::Bool(content.as_bool().ok_or_else(wrong)?),
            "NULL" => Self::Null,
            "L" => {
                let entries = content.as_array().ok_or_else(wrong)?;
                Self::L(entries.iter().map(|entry| Self::read(entry, depth + 1)).collect::<Result<_, _>>()?)
            }
            "M" => {
                let entries = content.as_object().ok_or_else(wrong)?;
                let read = |(name, entry): (&String, &Json)| Ok((name.clone(), Self::read(entry, depth + 1)?));
                Self::M(entries.iter().map(read).collect::<Result<_, Invalid>>()?)
            }
            "SS" => Self::Ss(set(content, |entry| Ok(text(entry)?.to_owned()))?),
            "NS" => Self::Ns(set(content, |entry| text(entry)?.parse())?),
            "BS" => Self::Bs(set(content, bytes)?),
            _ => return Err(wrong()),
        };
        Ok(value)
    }

    /// Writes the tagged JSON form.
    pub(crate) fn to_json(&self) -> Json {
        match self {
            Self::S(text) => json!({ "S": text }),
            Self::N(number) => json!({ "N": number.to_string() }),
            Self::B(bytes) => json!({ "B": BASE64.encode(bytes) }),
            Self::Bool(truth) => json!({ "BOOL": truth }),
            Self::Null => json!({ "NULL": true }),
            Self::L(entries) => json!({ "L": entries.iter().map(Self::to_json).collect::<Vec<_>>() }),
            Self::M(entries) => json!({ "M": item_to_json(entries) }),
            Self::Ss(entries) => json!({ "SS": entries }),
            Self::Ns(entries) => json!({ "NS": entries.iter().map(Number::to_string).collect::<Vec<_>>() }),
            Self::Bs(entries) => json!({ "BS": entries.iter().map(|e| BASE64.encode(e)).collect::<Vec<_>>() }),
        }
    }

    /// The name of the type in the JSON form and in `attribute_type`.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::S(_) => "S",
            Self::N(_) => "N",
            Self::B(_) => "B",
            Self::Bool(_) => "BOOL",
            Self::Null => "NULL",
            Self::L(_) => "L",
            Self::M(_) => "M",
            Self::Ss(_) => "SS",
            Self::Ns(_) => "NS",
            Self::Bs(_) => "BS",
        }
    }

    /// Bytes as DynamoDB counts them ("DynamoDB item sizes and formats").
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::S(text) => text.len(),
            Self::N(number) => number.size(),
            Self::B(bytes) => bytes.len(),
            Self::Bool(_) | Self::Null => 1,
            Self::L(entries) => 3 + entries.iter().map(|entry| 1 + entry.size()).sum::<usize>(),
            Self::M(entries) => 3 + entries.iter().map(|(name, entry)| 1 + name.len() + entry.size()).sum::<usize>(),
            Self::Ss(entries) => entries.iter().map(String::len).sum(),
            Self::Ns(entries) => entries.iter().map(Number::size).sum(),
            Self::Bs(entries) => entries.iter().map(Vec::len).sum(),
        }
    }

    /// The value as a key, where its type can be one.
    pub(crate) fn scalar(&self) -> Option<Scalar> {
        match self {
            Self::S(text) => Some(Scalar::S(text.clone())),
            Self::N(number) => Some(Scalar::N(number.clone())),
            Self::B(bytes) => Some(Scalar::B(bytes.clone())),
            _ => None,
        }
    }
}

/// A value that can be a partition or sort key; one index holds one variant, so the order is that of the content.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
pub(crate) enum Scalar {
    /// A string, ordered by its UTF-8 bytes.
    S(String),
    /// A number, ordered by value.
    N(Number),
    /// Bytes, ordered as unsigned.
    B(Vec<u8>),
}

impl Scalar {
    /// The attribute value it was.
    pub(crate) fn value(&self) -> Value {
        match self {
            Self::S(text) => Value::S(text.clone()),
            Self::N(number) => Value::N(number.clone()),
            Self::B(bytes) => Value::B(bytes.clone()),
        }
    }

    /// Empty strings and byte strings are no keys.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::S(text) => text.is_empty(),
            Self::N(_) => false,
            Self::B(bytes) => bytes.is_empty(),
        }
    }
}

/// Reads a JSON object of attribute values.
pub(crate) fn item_from_json(json: &Json) -> Result<Item, Invalid> {
    let object = json.as_object().ok_or_else(|| Invalid::new("An item must be a map of attribute values"))?;
    object.iter().map(|(name, value)| Ok((name.clone(), Value::from_json(value)?))).collect()
}

/// Writes an item as a JSON object.
pub(crate) fn item_to_json(item: &Item) -> Json {
    Json::Object(item.iter().map(|(name, value)| (name.clone(), value.to_json())).collect::<Map<_, _>>())
}

/// Bytes of an item as DynamoDB counts them: names and values.
pub(crate) fn item_size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value.size()).sum()
}

fn text(json: &Json) -> Result<&str, Invalid> {
    json.as_str().ok_or_else(|| Invalid::new("An attribute value of this type must be a string"))
}

fn bytes(json: &Json) -> Result<Vec<u8>, Invalid> {
    BASE64.decode(text(json)?.as_bytes()).map_err(|_| Invalid::new("An attribute value of type B must be base64"))
}

fn set<T: Ord>(json: &Json, read: impl Fn(&Json) -> Result<T, Invalid>) -> Result<BTreeSet<T>, Invalid> {
    let entries = json.as_array().filter(|entries| !entries.is_empty());
    let entries = entries.ok_or_else(|| {
        Invalid::new(
            "One or more parameter values were invalid: An number set, string set or binary set may not be empty",
        )
    })?;
    let read = entries.iter().map(read).collect::<Result<BTreeSet<_>, _>>()?;
    if read.len() != entries.len() {
        return Err(Invalid::new("One or more parameter values were invalid: Input collection contains duplicates."));
    }
    Ok(read)
}
