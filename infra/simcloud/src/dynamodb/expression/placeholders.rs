//! `ExpressionAttributeNames` and `ExpressionAttributeValues`, and which of them were used.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::dynamodb::Invalid;
use crate::dynamodb::value::{Item, Value, item_from_json};

/// The placeholders of one request, or of one entry of a transaction.
#[derive(Debug, Default)]
pub(crate) struct Placeholders {
    names: BTreeMap<String, String>,
    values: Item,
    used: BTreeSet<String>,
}

impl Placeholders {
    /// Reads both maps from a request.
    pub(crate) fn read(input: &Json) -> Result<Self, Invalid> {
        let mut names = BTreeMap::new();
        if let Some(given) = input.get("ExpressionAttributeNames").and_then(Json::as_object) {
            for (placeholder, name) in given {
                let name = name.as_str().ok_or_else(|| Invalid::new("ExpressionAttributeNames must be strings"))?;
                if !placeholder.starts_with('#') {
                    return Err(Invalid::new(format!(
                        "ExpressionAttributeNames contains invalid key: Syntax error; key: \"{placeholder}\""
                    )));
                }
                names.insert(placeholder.clone(), name.to_owned());
            }
        }
        let values = input.get("ExpressionAttributeValues").map(item_from_json).transpose()?.unwrap_or_default();
        if let Some(wrong) = values.keys().find(|placeholder| !placeholder.starts_with(':')) {
            return Err(Invalid::new(format!(
                "ExpressionAttributeValues contains invalid key: Syntax error; key: \"{wrong}\""
            )));
        }
        Ok(Self { names, values, used: BTreeSet::new() })
    }

    pub(super) fn name(&mut self, placeholder: &str) -> Result<String, Invalid> {
        self.used.insert(placeholder.to_owned());
        self.names.get(placeholder).cloned().ok_or_else(|| {
            Invalid::new(format!(
                "An expression attribute name used in the document path is not defined; attribute name: {placeholder}"
            ))
        })
    }

    pub(super) fn value(&mut self, placeholder: &str) -> Result<Value, Invalid> {
        self.used.insert(placeholder.to_owned());
        self.values.get(placeholder).cloned().ok_or_else(|| {
            Invalid::new(format!(
                "An expression attribute value used in expression is not defined; attribute value: {placeholder}"
            ))
        })
    }

    /// Refuses what no expression used. Called after the last expression was read.
    pub(crate) fn all_used(&self) -> Result<(), Invalid> {
        let unused = |placeholder: &&String| !self.used.contains(*placeholder);
        if let Some(name) = self.names.keys().find(unused) {
            return Err(Invalid::new(format!(
                "Value provided in ExpressionAttributeNames unused in expressions: keys: {{{name}}}"
            )));
        }
        if let Some(value) = self.values.keys().find(unused) {
            return Err(Invalid::new(format!(
                "Value provided in ExpressionAttributeValues unused in expressions: keys: {{{value}}}"
            )));
        }
        Ok(())
    }
}
