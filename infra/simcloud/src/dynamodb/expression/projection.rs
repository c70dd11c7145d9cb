//! Projections: which parts of an item an answer carries.

use super::Placeholders;
use super::parser::Parser;
use super::path::{Path, Step};
use crate::dynamodb::Invalid;
use crate::dynamodb::value::{Item, Value};

/// The paths of a `ProjectionExpression`.
#[derive(Clone, Debug)]
pub(crate) struct Projection(Vec<Path>);

impl Projection {
    /// Reads the expression.
    pub(crate) fn parse(text: &str, placeholders: &mut Placeholders) -> Result<Self, Invalid> {
        let mut parser = Parser::new("ProjectionExpression", text, placeholders)?;
        let mut paths = vec![parser.path()?];
        while parser.take(",") {
            let path = parser.path()?;
            if let Some(other) = paths.iter().find(|other| path.overlaps(other)) {
                return Err(parser.wrong(&format!(
                    "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: {other}, path two: {path}"
                )));
            }
            paths.push(path);
        }
        parser.end()?;
        Ok(Self::over(paths))
    }

    /// A projection over given paths, none of which contains another.
    pub(crate) fn over(mut paths: Vec<Path>) -> Self {
        paths.sort();
        Self(paths)
    }

    /// The parts of `item` that the paths name.
    pub(crate) fn of(&self, item: &Item) -> Item {
        let mut projected = Item::new();
        for path in &self.0 {
            if let (Some(value), Some(root)) = (path.find(item), item.get(&path.attribute)) {
                if path.steps.is_empty() {
                    projected.insert(path.attribute.clone(), value.clone());
                } else {
                    let target = projected.entry(path.attribute.clone()).or_insert_with(|| empty_like(root));
                    graft(target, root, &path.steps);
                }
            }
        }
        // A list is rebuilt from its named entries alone.
        projected.into_iter().map(|(name, value)| (name, compact(value))).collect()
    }
}

fn empty_like(value: &Value) -> Value {
    match value {
        Value::L(entries) => Value::L(vec![ABSENT; entries.len()]),
        _ => Value::M(Item::new()),
    }
}

/// Marks a place in a list that no path named; a set is never empty in an item, so the mark cannot be mistaken.
const ABSENT: Value = Value::Ss(std::collections::BTreeSet::new());

fn graft(target: &mut Value, source: &Value, steps: &[Step]) {
    let Some((step, rest)) = steps.split_first() else {
        target.clone_from(source);
        return;
    };
    match (step, target, source) {
        (Step::Field(name), Value::M(into), Value::M(from)) => {
            if let Some(inner) = from.get(name) {
                graft(into.entry(name.clone()).or_insert_with(|| empty_like(inner)), inner, rest);
            }
        }
        (Step::Index(index), Value::L(into), Value::L(from)) => {
            if let (Some(slot), Some(inner)) = (into.get_mut(*index), from.get(*index)) {
                if *slot == ABSENT {
                    *slot = empty_like(inner);
                }
                graft(slot, inner, rest);
            }
        }
        _ => {}
    }
}

fn compact(value: Value) -> Value {
    match value {
        Value::L(entries) => Value::L(entries.into_iter().filter(|entry| *entry != ABSENT).map(compact).collect()),
        Value::M(entries) => Value::M(entries.into_iter().map(|(name, entry)| (name, compact(entry))).collect()),
        other => other,
    }
}
