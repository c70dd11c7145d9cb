//! Event patterns.
//!
//! A pattern mirrors the event: objects lead down, and each leaf is a list of tests of which one must hold. All fields
//! must fit; `$or` asks for one of several patterns. Source: the User Guide's pages "Creating Amazon EventBridge event
//! patterns" and "Comparison operators".

mod parse;
mod test;
#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::call::ApiError;
use test::Test;

/// A checked pattern.
#[derive(Clone, Debug)]
pub(in crate::events) struct Pattern(Object);

/// What an object must look like.
#[derive(Clone, Debug)]
struct Object {
    fields: Vec<(String, Field)>,
    /// Of each list of alternatives, one must fit.
    either: Vec<Vec<Object>>,
}

#[derive(Clone, Debug)]
enum Field {
    Nested(Object),
    Leaf(Vec<Test>),
}

impl Pattern {
    /// Reads a pattern; what is none is the caller's `InvalidEventPatternException`.
    pub(in crate::events) fn parse(text: &str) -> Result<Self, ApiError> {
        parse::pattern(text).map(Self).map_err(|why| {
            ApiError::new("InvalidEventPatternException", format!("Event pattern is not valid. Reason: {why}"))
        })
    }

    /// Whether an event fits.
    pub(in crate::events) fn matches(&self, event: &Value) -> bool {
        self.0.matches(Some(event))
    }
}

impl Object {
    /// A value that is absent counts as an object without members, so that `exists: false` holds below it.
    fn matches(&self, value: Option<&Value>) -> bool {
        if let Some(Value::Array(entries)) = value
            && !entries.is_empty()
        {
            return entries.iter().any(|entry| self.matches(Some(entry)));
        }
        let member = |name: &str| value.and_then(|value| value.get(name));
        self.fields.iter().all(|(name, field)| field.matches(member(name)))
            && self.either.iter().all(|alternatives| alternatives.iter().any(|object| object.matches(value)))
    }
}

impl Field {
    fn matches(&self, value: Option<&Value>) -> bool {
        match self {
            Self::Nested(object) => object.matches(value),
            Self::Leaf(tests) => tests.iter().any(|test| test.matches_field(value)),
        }
    }
}
