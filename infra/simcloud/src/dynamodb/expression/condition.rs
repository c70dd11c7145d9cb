//! Conditions and filters: their tree, its reader, and its meaning for an item.

use super::Placeholders;
use super::parser::Parser;
use super::path::Path;
use crate::dynamodb::Invalid;
use crate::dynamodb::number::Number;
use crate::dynamodb::value::{Item, Value};

/// How two operands are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What is compared.
#[derive(Clone, Debug)]
pub(crate) enum Operand {
    /// An attribute, perhaps nested.
    Path(Path),
    /// A given value.
    Value(Value),
    /// The size of an attribute.
    Size(Path),
}

/// A condition with all placeholders replaced.
#[derive(Clone, Debug)]
pub(crate) enum Condition {
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
    Not(Box<Condition>),
    Compare(Operand, Comparator, Operand),
    Between(Operand, Operand, Operand),
    In(Operand, Vec<Operand>),
    Exists(Path),
    NotExists(Path),
    HasType(Path, String),
    BeginsWith(Operand, Operand),
    Contains(Operand, Operand),
}

impl Condition {
    /// Reads a condition; `kind` is the request member it stands in.
    pub(crate) fn parse(kind: &'static str, text: &str, placeholders: &mut Placeholders) -> Result<Self, Invalid> {
        let mut parser = Parser::new(kind, text, placeholders)?;
        let condition = disjunction(&mut parser)?;
        parser.end()?;
        Ok(condition)
    }

    /// Whether `item` satisfies the condition.
    pub(crate) fn holds(&self, item: &Item) -> bool {
        match self {
            Self::And(left, right) => left.holds(item) && right.holds(item),
            Self::Or(left, right) => left.holds(item) || right.holds(item),
            Self::Not(inner) => !inner.holds(item),
            Self::Compare(left, by, right) => compare(left.find(item), *by, right.find(item)),
            Self::Between(middle, low, high) => {
                compare(middle.find(item), Comparator::GreaterOrEqual, low.find(item))
                    && compare(middle.find(item), Comparator::LessOrEqual, high.find(item))
            }
            Self::In(operand, among) => {
                among.iter().any(|one| compare(operand.find(item), Comparator::Equal, one.find(item)))
            }
            Self::Exists(path) => path.find(item).is_some(),
            Self::NotExists(path) => path.find(item).is_none(),
            Self::HasType(path, kind) => path.find(item).is_some_and(|value| value.kind() == kind),
            Self::BeginsWith(operand, prefix) => match (operand.find(item), prefix.find(item)) {
                (Some(Value::S(text)), Some(Value::S(prefix))) => text.starts_with(&prefix),
                (Some(Value::B(bytes)), Some(Value::B(prefix))) => bytes.starts_with(&prefix),
                _ => false,
            },
            Self::Contains(operand, part) => match (operand.find(item), part.find(item)) {
                (Some(whole), Some(part)) => contains(&whole, &part),
                _ => false,
            },
        }
    }

    /// Calls `visit` with each attribute path in the condition.
    pub(crate) fn paths(&self, visit: &mut impl FnMut(&Path)) {
        let mut operand = |operand: &Operand| match operand {
            Operand::Path(path) | Operand::Size(path) => visit(path),
            Operand::Value(_) => {}
        };
        match self {
            Self::And(left, right) | Self::Or(left, right) => {
                left.paths(visit);
                right.paths(visit);
            }
            Self::Not(inner) => inner.paths(visit),
            Self::Compare(left, _, right) | Self::BeginsWith(left, right) | Self::Contains(left, right) => {
                operand(left);
                operand(right);
            }
            Self::Between(middle, low, high) => [middle, low, high].into_iter().for_each(operand),
            Self::In(one, among) => {
                operand(one);
                among.iter().for_each(operand);
            }
            Self::Exists(path) | Self::NotExists(path) | Self::HasType(path, _) => visit(path),
        }
    }
}

impl Operand {
    fn find(&self, item: &Item) -> Option<Value> {
        match self {
            Self::Path(path) => path.find(item).cloned(),
            Self::Value(value) => Some(value.clone()),
            Self::Size(path) => path.find(item).and_then(count).map(Value::N),
        }
    }
}

/// What `size` says of a value; numbers, truth values and nulls have none.
fn count(value: &Value) -> Option<Number> {
    let count = match value {
        Value::S(text) => text.chars().count(),
        Value::B(bytes) => bytes.len(),
        Value::L(entries) => entries.len(),
        Value::M(entries) => entries.len(),
        Value::Ss(entries) => entries.len(),
        Value::Ns(entries) => entries.len(),
        Value::Bs(entries) => entries.len(),
        Value::N(_) | Value::Bool(_) | Value::Null => return None,
    };
    u64::try_from(count).ok().map(Number::from)
}

/// A missing operand satisfies `<>` alone; values of different types are unequal and not ordered.
fn compare(left: Option<Value>, by: Comparator, right: Option<Value>) -> bool {
    let (Some(left), Some(right)) = (left, right) else { return by == Comparator::NotEqual };
    match by {
        Comparator::Equal => return left == right,
        Comparator::NotEqual => return left != right,
        _ => {}
    }
    let (Some(left), Some(right)) = (left.scalar(), right.scalar()) else { return false };
    if std::mem::discriminant(&left) != std::mem::discriminant(&right) {
        return false;
    }
    match by {
        Comparator::Less => left < right,
        Comparator::LessOrEqual => left <= right,
        Comparator::Greater => left > right,
        _ => left >= right,
    }
}

fn contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::S(text), Value::S(part)) => text.contains(part.as_str()),
        (Value::B(bytes), Value::B(part)) => {
            part.is_empty() || bytes.windows(part.len()).any(|window| window == part.as_slice())
        }
        (Value::L(entries), part) => entries.contains(part),
        (Value::Ss(entries), Value::S(part)) => entries.contains(part),
        (Value::Ns(entries), Value::N(part)) => entries.contains(part),
        (Value::Bs(entries), Value::B(part)) => entries.contains(part),
        _ => false,
    }
}

fn disjunction(parser: &mut Parser<'_>) -> Result<Condition, Invalid> {
    let mut left = conjunction(parser)?;
    while parser.keyword("OR") {
        left = Condition::Or(Box::new(left), Box::new(conjunction(parser)?));
    }
    Ok(left)
}

fn conjunction(parser: &mut Parser<'_>) -> Result<Condition, Invalid> {
    let mut left = negation(parser)?;
    while parser.keyword("AND") {
        left = Condition::And(Box::new(left), Box::new(negation(parser)?));
    }
    Ok(left)
}

fn negation(parser: &mut Parser<'_>) -> Result<Condition, Invalid> {
    if parser.keyword("NOT") {
        return Ok(Condition::Not(Box::new(negation(parser)?)));
    }
    if parser.take("(") {
        let inner = disjunction(parser)?;
        parser.need(")")?;
        return Ok(inner);
    }
    predicate(parser)
}

fn predicate(parser: &mut Parser<'_>) -> Result<Condition, Invalid> {
    let left = match parser.function() {
        Some(name) if name == "size" => Operand::Size(closed(parser, Parser::path)?),
        Some(name) => return function(parser, &name),
        None => operand(parser)?,
    };
    if parser.keyword("BETWEEN") {
        let low = operand(parser)?;
        if !parser.keyword("AND") {
            return Err(parser.unexpected());
        }
        return Ok(Condition::Between(left, low, operand(parser)?));
    }
    if parser.keyword("IN") {
        parser.need("(")?;
        let mut among = vec![operand(parser)?];
        while parser.take(",") {
            among.push(operand(parser)?);
        }
        parser.need(")")?;
        return Ok(Condition::In(left, among));
    }
    let by = comparator(parser)?;
    Ok(Condition::Compare(left, by, operand(parser)?))
}

fn comparator(parser: &mut Parser<'_>) -> Result<Comparator, Invalid> {
    let signs = [
        ("=", Comparator::Equal),
        ("<>", Comparator::NotEqual),
        ("<", Comparator::Less),
        ("<=", Comparator::LessOrEqual),
        (">", Comparator::Greater),
        (">=", Comparator::GreaterOrEqual),
    ];
    let found = signs.into_iter().find(|(sign, _)| parser.take(sign));
    found.map(|(_, by)| by).ok_or_else(|| parser.unexpected())
}

fn function(parser: &mut Parser<'_>, name: &str) -> Result<Condition, Invalid> {
    match name {
        "attribute_exists" => Ok(Condition::Exists(closed(parser, Parser::path)?)),
        "attribute_not_exists" => Ok(Condition::NotExists(closed(parser, Parser::path)?)),
        "attribute_type" => {
            let path = parser.path()?;
            parser.need(",")?;
            let kind = closed(parser, |parser| {
                let Some(value) = parser.value()? else { return Err(parser.unexpected()) };
                Ok(value)
            })?;
            let known = ["S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"];
            match kind {
                Value::S(kind) if known.contains(&kind.as_str()) => Ok(Condition::HasType(path, kind)),
                _ => Err(parser.wrong("Invalid attribute type name found")),
            }
        }
        "begins_with" | "contains" => {
            let left = operand(parser)?;
            parser.need(",")?;
            let right = closed(parser, operand)?;
            let build = if name == "contains" { Condition::Contains } else { Condition::BeginsWith };
            Ok(build(left, right))
        }
        _ => Err(parser.wrong(&format!("Invalid function name; function: {name}"))),
    }
}

fn operand(parser: &mut Parser<'_>) -> Result<Operand, Invalid> {
    if let Some(value) = parser.value()? {
        return Ok(Operand::Value(value));
    }
    match parser.function() {
        Some(name) if name == "size" => Ok(Operand::Size(closed(parser, Parser::path)?)),
        Some(name) => Err(parser.wrong(&format!("The function is not allowed as an operand; function: {name}"))),
        None => Ok(Operand::Path(parser.path()?)),
    }
}

/// What `inner` reads, and the closing bracket after it.
fn closed<'a, T>(
    parser: &mut Parser<'a>,
    inner: impl FnOnce(&mut Parser<'a>) -> Result<T, Invalid>,
) -> Result<T, Invalid> {
    let read = inner(parser)?;
    parser.need(")")?;
    Ok(read)
}
