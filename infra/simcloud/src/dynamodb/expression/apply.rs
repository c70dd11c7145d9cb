//! What an update does to an item. Everything is read from the item as it was before the update.

use super::path::{Path, Step};
use super::update::{Assigned, Term, Update};
use crate::dynamodb::Invalid;
use crate::dynamodb::number::Number;
use crate::dynamodb::value::{Item, Value};

impl Update {
    /// The item after the update.
    pub(crate) fn apply(&self, before: &Item) -> Result<Item, Invalid> {
        let mut after = before.clone();
        // Entries beyond a list's end are appended, the lower index first.
        let mut set: Vec<_> = self.set.iter().collect();
        set.sort_by(|left, right| left.0.cmp(&right.0));
        for (path, assigned) in set {
            write(&mut after, path, assigned.evaluate(before)?)?;
        }
        for (path, value) in &self.add {
            let sum = added(path.find(before), value)?;
            write(&mut after, path, sum)?;
        }
        for (path, value) in &self.delete {
            if let Some(old) = path.find(before) {
                match without(old, value)? {
                    Some(rest) => write(&mut after, path, rest)?,
                    None => remove(&mut after, path)?,
                }
            }
        }
        // Backwards, so that removing an entry of a list does not move one that is still to be removed.
        let mut removed: Vec<_> = self.remove.iter().collect();
        removed.sort();
        for path in removed.into_iter().rev() {
            remove(&mut after, path)?;
        }
        Ok(after)
    }
}

impl Assigned {
    fn evaluate(&self, item: &Item) -> Result<Value, Invalid> {
        let arithmetic = |left: &Term, right: &Term, by: fn(&Number, &Number) -> Result<Number, Invalid>| match (
            left.evaluate(item)?,
            right.evaluate(item)?,
        ) {
            (Value::N(left), Value::N(right)) => by(&left, &right).map(Value::N),
            _ => Err(Invalid::new("An operand in the update expression has an incorrect data type")),
        };
        match self {
            Self::Term(term) => term.evaluate(item),
            Self::Sum(left, right) => arithmetic(left, right, Number::plus),
            Self::Difference(left, right) => arithmetic(left, right, Number::minus),
        }
    }
}

impl Term {
    fn evaluate(&self, item: &Item) -> Result<Value, Invalid> {
        match self {
            Self::Value(value) => Ok(value.clone()),
            Self::Path(path) => path.find(item).cloned().ok_or_else(|| {
                Invalid::new("The provided expression refers to an attribute that does not exist in the item")
            }),
            Self::IfNotExists(path, otherwise) => match path.find(item) {
                Some(value) => Ok(value.clone()),
                None => otherwise.evaluate(item),
            },
            Self::ListAppend(left, right) => match (left.evaluate(item)?, right.evaluate(item)?) {
                (Value::L(mut left), Value::L(right)) => {
                    left.extend(right);
                    Ok(Value::L(left))
                }
                _ => Err(Invalid::new("An operand in the update expression has an incorrect data type")),
            },
        }
    }
}

fn no_such_path() -> Invalid {
    Invalid::new("The document path provided in the update expression is invalid for update")
}

/// The map or list that holds the last step of the path.
fn parent<'a>(item: &'a mut Item, path: &'a Path) -> Option<(&'a mut Value, &'a Step)> {
    let (last, before) = path.steps.split_last()?;
    let mut value = item.get_mut(&path.attribute)?;
    for step in before {
        value = match (step, value) {
            (Step::Field(name), Value::M(entries)) => entries.get_mut(name)?,
            (Step::Index(index), Value::L(entries)) => entries.get_mut(*index)?,
            _ => return None,
        };
    }
    Some((value, last))
}

fn write(item: &mut Item, path: &Path, value: Value) -> Result<(), Invalid> {
    if path.steps.is_empty() {
        item.insert(path.attribute.clone(), value);
        return Ok(());
    }
    match parent(item, path) {
        Some((Value::M(entries), Step::Field(name))) => {
            entries.insert(name.clone(), value);
        }
        Some((Value::L(entries), Step::Index(index))) => match entries.get_mut(*index) {
            Some(entry) => *entry = value,
            None => entries.push(value),
        },
        _ => return Err(no_such_path()),
    }
    Ok(())
}

fn remove(item: &mut Item, path: &Path) -> Result<(), Invalid> {
    if path.steps.is_empty() {
        item.remove(&path.attribute);
        return Ok(());
    }
    match parent(item, path) {
        Some((Value::M(entries), Step::Field(name))) => {
            entries.remove(name);
        }
        Some((Value::L(entries), Step::Index(index))) => {
            if *index < entries.len() {
                entries.remove(*index);
            }
        }
        _ => return Err(no_such_path()),
    }
    Ok(())
}

fn added(old: Option<&Value>, value: &Value) -> Result<Value, Invalid> {
    match (old, value) {
        (None, Value::N(_) | Value::Ss(_) | Value::Ns(_) | Value::Bs(_)) => Ok(value.clone()),
        (Some(Value::N(old)), Value::N(value)) => old.plus(value).map(Value::N),
        (Some(Value::Ss(old)), Value::Ss(value)) => Ok(Value::Ss(old | value)),
        (Some(Value::Ns(old)), Value::Ns(value)) => Ok(Value::Ns(old | value)),
        (Some(Value::Bs(old)), Value::Bs(value)) => Ok(Value::Bs(old | value)),
        (Some(_), Value::N(_) | Value::Ss(_) | Value::Ns(_) | Value::Bs(_)) => {
            Err(Invalid::new("An operand in the update expression has an incorrect data type"))
        }
        _ => Err(Invalid::new(
            "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ADD",
        )),
    }
}

/// What is left of a set; an empty set is no value, so the attribute goes.
fn without(old: &Value, value: &Value) -> Result<Option<Value>, Invalid> {
    let rest = match (old, value) {
        (Value::Ss(old), Value::Ss(value)) => Some(old - value).filter(|rest| !rest.is_empty()).map(Value::Ss),
        (Value::Ns(old), Value::Ns(value)) => Some(old - value).filter(|rest| !rest.is_empty()).map(Value::Ns),
        (Value::Bs(old), Value::Bs(value)) => Some(old - value).filter(|rest| !rest.is_empty()).map(Value::Bs),
        (_, Value::Ss(_) | Value::Ns(_) | Value::Bs(_)) => {
            return Err(Invalid::new("An operand in the update expression has an incorrect data type"));
        }
        _ => {
            return Err(Invalid::new(
                "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: DELETE",
            ));
        }
    };
    Ok(rest)
}
