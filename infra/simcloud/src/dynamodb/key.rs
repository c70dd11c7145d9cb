//! Keys of tables and indexes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::Invalid;
use super::value::{Item, Scalar};

/// A key attribute and its type: S, N or B.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct KeyType {
    pub(crate) name: String,
    pub(crate) kind: String,
}

/// The keys of a table or an index.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct KeySchema {
    pub(crate) partition: KeyType,
    pub(crate) sort: Option<KeyType>,
}

/// What identifies an item within its table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
pub(crate) struct PrimaryKey {
    pub(crate) partition: Scalar,
    pub(crate) sort: Option<Scalar>,
}

impl KeySchema {
    /// Reads `KeySchema`; the types are those of `AttributeDefinitions`.
    pub(crate) fn read(schema: &Json, types: &BTreeMap<String, String>) -> Result<Self, Invalid> {
        let wrong = || Invalid::new("Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
        let elements = schema.as_array().ok_or_else(wrong)?;
        if elements.is_empty() || elements.len() > 2 {
            return Err(Invalid::new(
                "1 validation error detected: Value at 'keySchema' failed to satisfy constraint: Member must have length between 1 and 2",
            ));
        }
        let element = |position: usize, role: &str| {
            let element = elements.get(position)?;
            let name = element.get("AttributeName")?.as_str()?;
            (element.get("KeyType")?.as_str()? == role).then(|| name.to_owned())
        };
        let typed = |name: String| match types.get(&name) {
            Some(kind) => Ok(KeyType { name, kind: kind.clone() }),
            None => Err(Invalid::new(format!(
                "One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions. Keys: [{name}]"
            ))),
        };
        let partition = typed(element(0, "HASH").ok_or_else(wrong)?)?;
        let sort = match elements.len() {
            2 => Some(typed(element(1, "RANGE").ok_or_else(|| {
                Invalid::new("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
            })?)?),
            _ => None,
        };
        Ok(Self { partition, sort })
    }

    /// The form that `DescribeTable` gives.
    pub(crate) fn to_json(&self) -> Json {
        let mut elements = vec![json!({"AttributeName": self.partition.name, "KeyType": "HASH"})];
        if let Some(sort) = &self.sort {
            elements.push(json!({"AttributeName": sort.name, "KeyType": "RANGE"}));
        }
        Json::Array(elements)
    }

    /// The key attributes, partition first.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = &KeyType> {
        std::iter::once(&self.partition).chain(&self.sort)
    }

    /// Whether `name` is a key attribute.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.attributes().any(|key| key.name == name)
    }

    /// The key of a whole item that is to be put.
    pub(crate) fn key_of_item(&self, item: &Item) -> Result<PrimaryKey, Invalid> {
        let part = |key: &KeyType| match item.get(&key.name) {
            None => Err(Invalid::new(format!(
                "One or more parameter values were invalid: Missing the key {} in the item",
                key.name
            ))),
            Some(value) => value.scalar().filter(|_| value.kind() == key.kind).ok_or_else(|| {
                Invalid::new(format!(
                    "One or more parameter values were invalid: Type mismatch for key {} expected: {} actual: {}",
                    key.name,
                    key.kind,
                    value.kind()
                ))
            }),
        };
        self.build(part)
    }

    /// The key given alone, which must have exactly the schema's attributes.
    pub(crate) fn key_alone(&self, key: &Item) -> Result<PrimaryKey, Invalid> {
        let mismatch = || Invalid::new("The provided key element does not match the schema");
        if key.len() != self.attributes().count() {
            return Err(mismatch());
        }
        self.build(|part| {
            let value = key.get(&part.name).filter(|value| value.kind() == part.kind);
            value.and_then(super::value::Value::scalar).ok_or_else(mismatch)
        })
    }

    fn build(&self, part: impl Fn(&KeyType) -> Result<Scalar, Invalid>) -> Result<PrimaryKey, Invalid> {
        let part = |key: &KeyType| {
            let scalar = part(key)?;
            if scalar.is_empty() {
                return Err(Invalid::new(format!(
                    "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: {}",
                    key.name
                )));
            }
            Ok(scalar)
        };
        Ok(PrimaryKey { partition: part(&self.partition)?, sort: self.sort.as_ref().map(part).transpose()? })
    }

    /// The attributes of a key.
    pub(crate) fn item_of(&self, key: &PrimaryKey) -> Item {
        let parts = std::iter::once(&key.partition).chain(&key.sort);
        self.attributes().zip(parts).map(|(attribute, part)| (attribute.name.clone(), part.value())).collect()
    }

    /// The key attributes that an item has, if it has all of them with the right type: else it is not in this index.
    pub(crate) fn find(&self, item: &Item) -> Option<PrimaryKey> {
        let part = |key: &KeyType| item.get(&key.name).filter(|value| value.kind() == key.kind)?.scalar();
        let sort = match &self.sort {
            Some(sort) => Some(part(sort)?),
            None => None,
        };
        Some(PrimaryKey { partition: part(&self.partition)?, sort })
    }

    /// Refuses an index key of another type, or an empty one.
    pub(crate) fn check_index_key(&self, index: &str, item: &Item) -> Result<(), Invalid> {
        for key in self.attributes() {
            let Some(value) = item.get(&key.name) else { continue };
            if value.kind() != key.kind {
                return Err(Invalid::new(format!(
                    "One or more parameter values were invalid: Type mismatch for Index Key {} Expected: {} Actual: {} IndexName: {index}",
                    key.name,
                    key.kind,
                    value.kind()
                )));
            }
            if value.scalar().is_some_and(|scalar| scalar.is_empty()) {
                return Err(Invalid::new(format!(
                    "One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty string value. IndexName: {index}, IndexKey: {}",
                    key.name
                )));
            }
        }
        Ok(())
    }
}

/// Types of attributes by name, from `AttributeDefinitions`.
pub(crate) fn attribute_types(definitions: &Json) -> Result<BTreeMap<String, String>, Invalid> {
    let mut types = BTreeMap::new();
    for definition in definitions.as_array().into_iter().flatten() {
        let member = |name: &str| definition.get(name).and_then(Json::as_str);
        match (member("AttributeName"), member("AttributeType")) {
            (Some(name), Some(kind @ ("S" | "N" | "B"))) => types.insert(name.to_owned(), kind.to_owned()),
            _ => {
                return Err(Invalid::new(
                    "1 validation error detected: Value at 'attributeDefinitions.member.attributeType' failed to satisfy constraint: Member must satisfy enum value set: [B, N, S]",
                ));
            }
        };
    }
    Ok(types)
}
