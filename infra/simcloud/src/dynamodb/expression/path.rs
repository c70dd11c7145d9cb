//! Document paths such as `a.b[2].c`.

use std::fmt;

use crate::dynamodb::value::{Item, Value};

/// One step into a document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// A member of a map.
    Field(String),
    /// An entry of a list.
    Index(usize),
}

/// A top-level attribute and the steps below it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Path {
    pub(crate) attribute: String,
    pub(crate) steps: Vec<Step>,
}

impl Path {
    /// What the path names in `item`.
    pub(crate) fn find<'a>(&self, item: &'a Item) -> Option<&'a Value> {
        self.steps.iter().try_fold(item.get(&self.attribute)?, |value, step| match (step, value) {
            (Step::Field(name), Value::M(entries)) => entries.get(name),
            (Step::Index(index), Value::L(entries)) => entries.get(*index),
            _ => None,
        })
    }

    /// Whether one of the two paths contains the other.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        let shared = self.steps.len().min(other.steps.len());
        self.attribute == other.attribute && self.steps.get(..shared) == other.steps.get(..shared)
    }

    /// Whether the two paths cannot both exist: at some common place one steps into a map and the other into a list.
    pub(crate) fn conflicts(&self, other: &Self) -> bool {
        let differs = self.steps.iter().zip(&other.steps).find(|(left, right)| left != right);
        self.attribute == other.attribute
            && matches!(differs, Some((Step::Field(_), Step::Index(_)) | (Step::Index(_), Step::Field(_))))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}", self.attribute)?;
        for step in &self.steps {
            match step {
                Step::Field(name) => write!(f, ", {name}")?,
                Step::Index(index) => write!(f, ", [{index}]")?,
            }
        }
        f.write_str("]")
    }
}
