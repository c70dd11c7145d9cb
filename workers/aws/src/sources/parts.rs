//! A resource's configuration as it is being read: named parts in their order of priority.
//!
//! What a service has by default is left out, so that an ordinary resource's seal is small: a restore that finds a part
//! missing leaves the default.

use chainwright_chain::exchange::Configuration;
use chainwright_contracts::ids::Incarnation;
use serde::Serialize;
use serde_json::{Value, json};

use crate::error::{Class, SourceError};

/// Named parts, growing in order of priority.
#[derive(Debug, Default)]
pub(super) struct Parts {
    read: Vec<(String, Value)>,
    pub(super) not_captured: Vec<String>,
}

impl Parts {
    /// Adds a part unless it is as the service would make it anyway.
    pub(super) fn add(&mut self, name: &str, part: Option<Value>) {
        self.read.extend(part.map(|part| (name.to_owned(), part)));
    }

    /// Adds what a call of its own was to read: a part that is not there is none, a part that may not be read is named.
    ///
    /// # Errors
    /// Where reading it may succeed another time.
    pub(super) fn take(&mut self, name: &str, read: Result<Option<Value>, SourceError>) -> Result<(), SourceError> {
        match read {
            Ok(part) => self.add(name, part),
            Err(error) => match error.class {
                Class::NotFound => {}
                // Refused: the Region or partition does not have the feature at all.
                Class::Denied | Class::Refused => self.not_captured.push(name.to_owned()),
                Class::Transient | Class::Occupied => return Err(error),
            },
        }
        Ok(())
    }

    /// All of it, of this resource.
    pub(super) fn of(self, incarnation: Incarnation) -> Configuration {
        Configuration { incarnation, parts: self.read, not_captured: self.not_captured }
    }
}

/// An object without its nulls.
pub(super) fn present(object: impl Serialize) -> Value {
    match json!(object) {
        Value::Object(members) => Value::Object(members.into_iter().filter(|(_, value)| !value.is_null()).collect()),
        other => other,
    }
}
