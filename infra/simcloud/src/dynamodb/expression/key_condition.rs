//! Key conditions: one partition, and optionally a range of its sort keys.

use std::ops::Bound;

use super::Placeholders;
use super::condition::{Comparator, Condition, Operand};
use super::path::Path;
use crate::dynamodb::Invalid;
use crate::dynamodb::table::{KeySchema, KeyType};
use crate::dynamodb::value::{Scalar, Value};

/// Which items of a table or index a query reads.
#[derive(Clone, Debug)]
pub(crate) struct KeyCondition {
    /// The partition key.
    pub(crate) partition: Scalar,
    /// The first sort key.
    pub(crate) low: Bound<Scalar>,
    /// The last sort key.
    pub(crate) high: Bound<Scalar>,
    /// What every sort key must start with.
    pub(crate) prefix: Option<Scalar>,
}

impl KeyCondition {
    /// Reads `KeyConditionExpression` for the given keys.
    pub(crate) fn parse(text: &str, schema: &KeySchema, placeholders: &mut Placeholders) -> Result<Self, Invalid> {
        let condition = Condition::parse("KeyConditionExpression", text, placeholders)?;
        let mut terms = Vec::new();
        flatten(condition, &mut terms)?;
        let mut partition = None;
        let mut range = None;
        for term in terms {
            let (name, by) = bound(term)?;
            if name == schema.partition.name && partition.is_none() {
                let Range::Compare(Comparator::Equal, value) = by else {
                    return Err(Invalid::new("Query key condition not supported"));
                };
                partition = Some(typed(value, &schema.partition)?);
            } else if let Some(sort) = schema.sort.as_ref().filter(|sort| sort.name == name && range.is_none()) {
                range = Some((by, sort));
            } else {
                return Err(Invalid::new(format!(
                    "Query condition missed key schema element: {}",
                    schema.partition.name
                )));
            }
        }
        let partition = partition.ok_or_else(|| {
            Invalid::new(format!("Query condition missed key schema element: {}", schema.partition.name))
        })?;
        let whole = Self { partition, low: Bound::Unbounded, high: Bound::Unbounded, prefix: None };
        match range {
            Some((by, sort)) => whole.within(by, sort),
            None => Ok(whole),
        }
    }

    fn within(mut self, range: Range, sort: &KeyType) -> Result<Self, Invalid> {
        match range {
            Range::Between(low, high) => {
                let (low, high) = (typed(low, sort)?, typed(high, sort)?);
                if low > high {
                    return Err(Invalid::new(
                        "Invalid KeyConditionExpression: The BETWEEN operator requires upper bound to be greater than or equal to lower bound",
                    ));
                }
                (self.low, self.high) = (Bound::Included(low), Bound::Included(high));
            }
            Range::Prefix(prefix) => {
                let prefix = typed(prefix, sort)?;
                if matches!(prefix, Scalar::N(_)) {
                    return Err(Invalid::new("Invalid KeyConditionExpression: Incorrect operand type for begins_with"));
                }
                self.low = Bound::Included(prefix.clone());
                self.prefix = Some(prefix);
            }
            Range::Compare(by, value) => {
                let value = typed(value, sort)?;
                match by {
                    Comparator::Equal => {
                        (self.low, self.high) = (Bound::Included(value.clone()), Bound::Included(value));
                    }
                    Comparator::Less => self.high = Bound::Excluded(value),
                    Comparator::LessOrEqual => self.high = Bound::Included(value),
                    Comparator::Greater => self.low = Bound::Excluded(value),
                    Comparator::GreaterOrEqual => self.low = Bound::Included(value),
                    Comparator::NotEqual => {
                        return Err(Invalid::new("Invalid operator used in KeyConditionExpression: <>"));
                    }
                }
            }
        }
        Ok(self)
    }

    /// Whether a sort key starts as `begins_with` wants it.
    pub(crate) fn fits_prefix(&self, sort: Option<&Scalar>) -> bool {
        match (&self.prefix, sort) {
            (None, _) => true,
            (Some(Scalar::S(prefix)), Some(Scalar::S(text))) => text.starts_with(prefix.as_str()),
            (Some(Scalar::B(prefix)), Some(Scalar::B(bytes))) => bytes.starts_with(prefix),
            _ => false,
        }
    }
}

/// A term on a key.
enum Range {
    Compare(Comparator, Value),
    Between(Value, Value),
    Prefix(Value),
}

fn flatten(condition: Condition, terms: &mut Vec<Condition>) -> Result<(), Invalid> {
    match condition {
        Condition::And(left, right) => {
            flatten(*left, terms)?;
            flatten(*right, terms)
        }
        Condition::Or(..) => Err(Invalid::new("Invalid operator used in KeyConditionExpression: OR")),
        Condition::Not(_) => Err(Invalid::new("Invalid operator used in KeyConditionExpression: NOT")),
        term => {
            terms.push(term);
            Ok(())
        }
    }
}

fn bound(term: Condition) -> Result<(String, Range), Invalid> {
    use Comparator::{Greater, GreaterOrEqual, Less, LessOrEqual};
    use Operand::{Path as At, Value as Given};
    let mirrored = |by| match by {
        Less => Greater,
        LessOrEqual => GreaterOrEqual,
        Greater => Less,
        GreaterOrEqual => LessOrEqual,
        same => same,
    };
    let (path, range) = match term {
        Condition::Compare(At(path), by, Given(value)) => (path, Range::Compare(by, value)),
        Condition::Compare(Given(value), by, At(path)) => (path, Range::Compare(mirrored(by), value)),
        Condition::Between(At(path), Given(low), Given(high)) => (path, Range::Between(low, high)),
        Condition::BeginsWith(At(path), Given(prefix)) => (path, Range::Prefix(prefix)),
        _ => return Err(Invalid::new("Query key condition not supported")),
    };
    match path {
        Path { attribute, steps } if steps.is_empty() => Ok((attribute, range)),
        _ => Err(Invalid::new(
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed",
        )),
    }
}

fn typed(value: Value, key: &KeyType) -> Result<Scalar, Invalid> {
    let wrong = || {
        Invalid::new(format!(
            "One or more parameter values were invalid: Condition parameter type does not match schema type: {}",
            key.name
        ))
    };
    let scalar = value.scalar().filter(|_| value.kind() == key.kind).ok_or_else(wrong)?;
    if scalar.is_empty() {
        return Err(Invalid::new(format!(
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: {}",
            key.name
        )));
    }
    Ok(scalar)
}
