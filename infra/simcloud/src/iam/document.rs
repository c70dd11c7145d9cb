//! A policy document, and what it says of one action on one resource (IAM user guide, "Policy evaluation logic" and
//! "IAM JSON policy elements reference").

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer};

use crate::call::ApiError;

/// A document.
#[derive(Debug, Deserialize)]
pub(super) struct Document {
    #[serde(rename = "Statement", deserialize_with = "one_or_many")]
    statements: Vec<Statement>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    effect: Effect,
    #[serde(default, deserialize_with = "some_or_many")]
    action: Option<Vec<String>>,
    #[serde(default, deserialize_with = "some_or_many")]
    not_action: Option<Vec<String>>,
    #[serde(default, deserialize_with = "some_or_many")]
    resource: Option<Vec<String>>,
    #[serde(default, deserialize_with = "some_or_many")]
    not_resource: Option<Vec<String>>,
    #[serde(default)]
    condition: BTreeMap<String, BTreeMap<String, serde_json::Value>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
enum Effect {
    Allow,
    Deny,
}

/// What is asked of a document: one action on one resource, and what is known besides.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) action: &'a str,
    pub(super) resource: &'a str,
    /// Values of condition keys.
    pub(super) context: &'a BTreeMap<String, Vec<String>>,
}

/// What all documents together say.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    pub(super) allowed: bool,
    pub(super) denied: bool,
    /// Condition keys that were asked for and not given.
    pub(super) missing: BTreeSet<String>,
}

impl Document {
    /// Reads a document.
    pub(super) fn read(text: &str) -> Result<Self, ApiError> {
        serde_json::from_str(text)
            .map_err(|error| ApiError::new("MalformedPolicyDocument", format!("Syntax errors in policy: {error}")))
    }

    /// Adds to a verdict what this document says.
    pub(super) fn judge(&self, asked: &Asked<'_>, verdict: &mut Verdict) {
        for statement in self.statements.iter().filter(|statement| statement.speaks_of(asked)) {
            if statement.holds(asked.context, &mut verdict.missing) {
                match statement.effect {
                    Effect::Allow => verdict.allowed = true,
                    Effect::Deny => verdict.denied = true,
                }
            }
        }
    }
}

impl Statement {
    fn speaks_of(&self, asked: &Asked<'_>) -> bool {
        let (action, any) =
            (asked.action.to_ascii_lowercase(), |list: &[String], text: &str, lower: bool| {
                list.iter().any(|pattern| {
                    if lower { matches(&pattern.to_ascii_lowercase(), text) } else { matches(pattern, text) }
                })
            });
        let of_action = self.action.as_ref().is_some_and(|list| any(list, &action, true))
            || self.not_action.as_ref().is_some_and(|list| !any(list, &action, true));
        let of_resource = self.resource.as_ref().is_some_and(|list| any(list, asked.resource, false))
            || self.not_resource.as_ref().is_some_and(|list| !any(list, asked.resource, false));
        of_action && of_resource
    }

    /// Whether its conditions hold. Operators other than the two for texts are taken as not given.
    fn holds(&self, context: &BTreeMap<String, Vec<String>>, missing: &mut BTreeSet<String>) -> bool {
        let mut holds = true;
        for (operator, keys) in &self.condition {
            for (key, wanted) in keys {
                let given = context.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, given)| given);
                let Some(given) = given.filter(|_| matches!(operator.as_str(), "StringEquals" | "StringLike")) else {
                    missing.insert(key.clone());
                    holds = false;
                    continue;
                };
                let fits = |wanted: &str| {
                    given.iter().any(|it| if operator == "StringLike" { matches(wanted, it) } else { wanted == it })
                };
                holds &= match wanted {
                    serde_json::Value::Array(list) => list.iter().filter_map(|one| one.as_str()).any(fits),
                    one => one.as_str().is_some_and(fits),
                };
            }
        }
        holds
    }
}

/// Whether text fits a pattern in which `*` is any text and `?` any character.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    // What of the text the pattern so far can have taken: for each length, whether it can.
    let mut reached = vec![false; text.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    for one in pattern {
        let mut next = vec![false; text.len() + 1];
        for (length, slot) in next.iter_mut().enumerate() {
            let at = |length: usize| reached.get(length).copied().unwrap_or(false);
            let before = length.checked_sub(1).filter(|before| at(*before)).and_then(|before| text.get(before));
            *slot = match one {
                '*' => reached.iter().take(length + 1).any(|reached| *reached),
                '?' => before.is_some(),
                one => before == Some(&one),
            };
        }
        reached = next;
    }
    reached.last().copied().unwrap_or(false)
}

fn one_or_many<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany<T> {
        Many(Vec<T>),
        One(T),
    }
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::Many(many) => many,
        OneOrMany::One(one) => vec![one],
    })
}

fn some_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    one_or_many(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text_and_a_question_mark_one_character() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("*", "*", true),
            ("backup:*", "backup:startbackupjob", true),
            ("backup:*", "dynamodb:scan", false),
            ("arn:aws:dynamodb:*:*:table/*", "arn:aws:dynamodb:eu-west-1:1:table/orders", true),
            ("arn:aws:dynamodb:*:*:table/*", "*", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*b*b", "abcb", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
