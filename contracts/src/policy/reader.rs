//! Reading typed values out of the tree, collecting mistakes instead of stopping at them.
//!
//! Every reader returns `None` once it has reported why: the caller goes on with what else there is to check.

use std::collections::BTreeSet;

use super::{
    error::{PolicyError, PolicyProblem, Wrong},
    node::{Entry, Node, Value},
};

/// A value that a policy file spells as one piece of text.
pub(super) trait FromText: Sized {
    /// What is allowed, in words.
    const ALLOWED: &'static str;

    /// Reads the value.
    fn from_text(text: &str) -> Result<Self, Wrong>;
}

/// The mistakes found so far.
#[derive(Debug)]
pub(super) struct Report<'a> {
    file: &'a str,
    errors: Vec<PolicyError>,
}

impl<'a> Report<'a> {
    pub(super) fn new(file: &'a str) -> Self {
        Self { file, errors: Vec::new() }
    }

    pub(super) fn add(&mut self, line: u64, key: impl Into<String>, wrong: Wrong) {
        let Wrong { problem, wrong, allowed } = wrong;
        self.errors.push(PolicyError { file: self.file.to_owned(), line, key: key.into(), problem, wrong, allowed });
    }

    pub(super) fn into_errors(self) -> Vec<PolicyError> {
        self.errors
    }
}

/// A value with the path of its key and the line to name.
#[derive(Debug, Clone)]
pub(super) struct Field<'n> {
    pub(super) path: String,
    pub(super) line: u64,
    pub(super) value: &'n Value,
}

impl<'n> Field<'n> {
    /// The file as a whole.
    pub(super) fn root(node: &'n Node) -> Self {
        Self { path: String::new(), line: node.line.max(1), value: &node.value }
    }

    pub(super) fn wrong(
        &self,
        report: &mut Report<'_>,
        problem: PolicyProblem,
        wrong: impl Into<String>,
        allowed: impl Into<String>,
    ) {
        report.add(self.line, self.path.clone(), Wrong::new(problem, wrong, allowed));
    }

    pub(super) fn wrong_type(&self, report: &mut Report<'_>, allowed: &str) {
        self.wrong(report, PolicyProblem::WrongType, format!("{} stands here", self.value.describe()), allowed);
    }

    /// The text, or a report that there is none.
    pub(super) fn text(&self, report: &mut Report<'_>, allowed: &str) -> Option<&'n str> {
        match self.value {
            Value::Text(text) => Some(text),
            // The commonest case: digits that YAML reads as a number.
            Value::Integer(number) => {
                let advice = format!("{allowed}; put it in quotes to make it text");
                self.wrong(report, PolicyProblem::WrongType, format!("the number {number} stands here"), advice);
                None
            }
            _ => {
                self.wrong_type(report, allowed);
                None
            }
        }
    }

    /// A value that is spelt as text.
    pub(super) fn parse<T: FromText>(&self, report: &mut Report<'_>) -> Option<T> {
        let text = self.text(report, T::ALLOWED)?;
        T::from_text(text).map_err(|wrong| report.add(self.line, self.path.clone(), wrong)).ok()
    }

    /// A whole number within bounds.
    pub(super) fn number(&self, report: &mut Report<'_>, least: u32, most: u32) -> Option<u32> {
        let allowed = format!("a whole number from {least} to {most}");
        let Value::Integer(number) = self.value else {
            self.wrong_type(report, &allowed);
            return None;
        };
        let number = u32::try_from(*number).ok().filter(|number| (least..=most).contains(number));
        if number.is_none() {
            self.wrong(
                report,
                PolicyProblem::OutOfRange,
                format!("{} is out of bounds", self.value.describe()),
                allowed,
            );
        }
        number
    }

    pub(super) fn truth(&self, report: &mut Report<'_>) -> Option<bool> {
        if let Value::Bool(value) = self.value {
            return Some(*value);
        }
        self.wrong_type(report, "true or false");
        None
    }

    /// The entries of a list that has at least one, or of a single value where `or_one` lets it stand for a list.
    pub(super) fn items(&self, report: &mut Report<'_>, or_one: bool, allowed: &str) -> Option<Vec<Field<'n>>> {
        match self.value {
            Value::List(nodes) if !nodes.is_empty() => {
                let item = |(index, node): (usize, &'n Node)| Field {
                    path: format!("{}[{index}]", self.path),
                    line: node.line,
                    value: &node.value,
                };
                Some(nodes.iter().enumerate().map(item).collect())
            }
            Value::List(_) => {
                self.wrong(report, PolicyProblem::WrongType, "the list is empty", allowed);
                None
            }
            Value::Text(_) | Value::Integer(_) if or_one => Some(vec![self.clone()]),
            _ => {
                self.wrong_type(report, allowed);
                None
            }
        }
    }

    /// A list without repetitions of values that are spelt as text. Good entries are kept beside bad ones.
    pub(super) fn set<T: FromText + Ord + Clone>(&self, report: &mut Report<'_>, or_one: bool) -> Option<Vec<T>> {
        let items = self.items(report, or_one, &format!("a list with at least one entry: {}", T::ALLOWED))?;
        let mut seen = BTreeSet::new();
        let mut values = Vec::new();
        for item in items {
            let Some(value) = item.parse::<T>(report) else { continue };
            if seen.insert(value.clone()) {
                values.push(value);
            } else {
                let wrong = format!("{} stands here again", item.value.describe());
                item.wrong(report, PolicyProblem::Repeated, wrong, "each entry once");
            }
        }
        (!values.is_empty()).then_some(values)
    }
}

/// The keys of a mapping.
#[derive(Debug)]
pub(super) struct Keys<'n> {
    path: String,
    line: u64,
    entries: Vec<&'n Entry>,
}

impl<'n> Keys<'n> {
    /// Takes a mapping apart; keys that stand twice or are not in `known` are reported at once.
    pub(super) fn of(field: &Field<'n>, report: &mut Report<'_>, known: &[&str]) -> Option<Self> {
        let keys = Self::any(field, report, &format!("a mapping with the keys {}", known.join(", ")))?;
        for entry in keys.entries.iter().filter(|entry| !known.contains(&entry.key.as_str())) {
            let wrong = format!("there is no key {:?}", entry.key);
            report.add(
                entry.line,
                keys.path_of(&entry.key),
                Wrong::new(PolicyProblem::UnknownKey, wrong, known.join(", ")),
            );
        }
        Some(keys)
    }

    /// Takes a mapping apart whose keys are the user's own.
    pub(super) fn any(field: &Field<'n>, report: &mut Report<'_>, allowed: &str) -> Option<Self> {
        let Value::Map(all) = field.value else {
            field.wrong_type(report, allowed);
            return None;
        };
        let mut keys = Self { path: field.path.clone(), line: field.line, entries: Vec::new() };
        let mut first_lines = std::collections::BTreeMap::new();
        for entry in all {
            if let Some(first) = first_lines.get(entry.key.as_str()) {
                let wrong = format!("the key stands here again, first on line {first}");
                let wrong = Wrong::new(PolicyProblem::DuplicateKey, wrong, "each key once");
                report.add(entry.line, keys.path_of(&entry.key), wrong);
            } else {
                first_lines.insert(entry.key.as_str(), entry.line);
                keys.entries.push(entry);
            }
        }
        Some(keys)
    }

    /// The value of a key, if it is there.
    pub(super) fn get(&self, key: &str) -> Option<Field<'n>> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| self.field(entry))
    }

    /// The value of a key that must be there.
    pub(super) fn need(&self, report: &mut Report<'_>, key: &str, allowed: &str) -> Option<Field<'n>> {
        let found = self.get(key);
        if found.is_none() {
            let wrong = Wrong::new(PolicyProblem::MissingKey, format!("the key {key:?} is missing"), allowed);
            report.add(self.line, self.path_of(key), wrong);
        }
        found
    }

    /// Every key with its value, in the file's order.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&'n str, Field<'n>)> {
        self.entries.iter().map(|entry| (entry.key.as_str(), self.field(entry)))
    }

    fn field(&self, entry: &'n Entry) -> Field<'n> {
        // A mapping or list in block style begins on the line after its key; the key's line is what a reader looks for.
        let line = match entry.node.value {
            Value::List(_) | Value::Map(_) | Value::Null => entry.line,
            _ => entry.node.line,
        };
        Field { path: self.path_of(&entry.key), line, value: &entry.node.value }
    }

    pub(super) fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}
