//! Reading and checking patterns.

use serde_json::{Map, Value};

use super::test::{Bound, Cidr, Test};
use super::{Field, Object};

/// The length to which a rule's pattern is limited.
const MAX_LENGTH: usize = 4_096;

pub(super) fn pattern(text: &str) -> Result<Object, String> {
    if text.len() > MAX_LENGTH {
        return Err(format!("it is longer than {MAX_LENGTH} characters"));
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(members)) if !members.is_empty() => object(&members),
        Ok(_) => Err("a pattern is an object with at least one field".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn object(members: &Map<String, Value>) -> Result<Object, String> {
    let (mut fields, mut either) = (Vec::new(), Vec::new());
    for (name, value) in members {
        match value {
            Value::Array(alternatives) if name == "$or" => either.push(self::either(alternatives)?),
            Value::Object(nested) if nested.is_empty() => return Err(format!("{name} is an empty object")),
            Value::Object(nested) => fields.push((name.clone(), Field::Nested(object(nested)?))),
            Value::Array(tests) if tests.is_empty() => return Err(format!("{name} is an empty list")),
            Value::Array(tests) => {
                let tests = tests.iter().map(test).collect::<Result<_, _>>()?;
                fields.push((name.clone(), Field::Leaf(tests)));
            }
            _ => return Err(format!("\"{name}\" must be an object or an array")),
        }
    }
    Ok(Object { fields, either })
}

fn either(alternatives: &[Value]) -> Result<Vec<Object>, String> {
    if alternatives.len() < 2 {
        return Err("$or needs at least two alternatives".to_owned());
    }
    let alternative = |value: &Value| match value {
        Value::Object(members) if !members.is_empty() => object(members),
        _ => Err("an alternative of $or is an object with at least one field".to_owned()),
    };
    alternatives.iter().map(alternative).collect()
}

fn test(value: &Value) -> Result<Test, String> {
    match value {
        Value::Object(members) => match members.iter().next() {
            Some((operator, operand)) if members.len() == 1 => operator_test(operator, operand),
            _ => Err("a comparison has exactly one operator".to_owned()),
        },
        Value::Array(_) => Err("a list within a list is no comparison".to_owned()),
        literal => Ok(Test::Equals(literal.clone())),
    }
}

fn operator_test(operator: &str, operand: &Value) -> Result<Test, String> {
    let text = || operand.as_str().map(str::to_owned).ok_or_else(|| format!("{operator} takes a string"));
    let folded = || operand.get("equals-ignore-case").and_then(Value::as_str).map(str::to_lowercase);
    match operator {
        "prefix" => folded().map_or_else(|| text().map(Test::Prefix), |text| Ok(Test::PrefixIgnoreCase(text))),
        "suffix" => folded().map_or_else(|| text().map(Test::Suffix), |text| Ok(Test::SuffixIgnoreCase(text))),
        "equals-ignore-case" => Ok(Test::EqualsIgnoreCase(text()?.to_lowercase())),
        "wildcard" => text().and_then(|text| wildcard(&text)),
        "cidr" => {
            text().and_then(|text| Cidr::parse(&text).map(Test::Cidr).ok_or_else(|| format!("{text} is no CIDR")))
        }
        "exists" => operand.as_bool().map(Test::Exists).ok_or_else(|| "exists takes true or false".to_owned()),
        "numeric" => numeric(operand),
        "anything-but" => anything_but(operand).map(Test::AnythingBut),
        _ => Err(format!("unrecognized match type {operator}")),
    }
}

fn wildcard(text: &str) -> Result<Test, String> {
    if text.contains("**") {
        return Err("consecutive wildcard characters".to_owned());
    }
    Ok(Test::Wildcard(text.split('*').map(str::to_owned).collect()))
}

/// Pairs of an operator and a number, all of which must hold.
fn numeric(operand: &Value) -> Result<Test, String> {
    let bad = || "numeric takes pairs of an operator and a number".to_owned();
    let parts = operand.as_array().filter(|parts| !parts.is_empty() && parts.len() % 2 == 0).ok_or_else(bad)?;
    let mut bounds = Vec::new();
    for pair in parts.chunks_exact(2) {
        let [operator, number] = pair else { return Err(bad()) };
        let number = number.as_f64().ok_or_else(bad)?;
        bounds.push(match operator.as_str() {
            Some("=") => Bound::Equal(number),
            Some("<") => Bound::Less(number),
            Some("<=") => Bound::AtMost(number),
            Some(">") => Bound::More(number),
            Some(">=") => Bound::AtLeast(number),
            _ => return Err(bad()),
        });
    }
    Ok(Test::Numeric(bounds))
}

/// What must not be: literals, or one operator over one string or several.
fn anything_but(operand: &Value) -> Result<Vec<Test>, String> {
    let several = |value: &Value| match value {
        Value::Array(values) => values.clone(),
        value => vec![value.clone()],
    };
    match operand {
        Value::Object(members) => match members.iter().next().map(|(operator, operand)| (operator.as_str(), operand)) {
            Some((operator @ ("prefix" | "suffix" | "wildcard" | "equals-ignore-case"), operand))
                if members.len() == 1 =>
            {
                several(operand).iter().map(|operand| operator_test(operator, operand)).collect()
            }
            _ => Err("anything-but takes literals, prefix, suffix, wildcard or equals-ignore-case".to_owned()),
        },
        literals => {
            let literals = several(literals);
            let scalar = |value: &Value| value.is_string() || value.is_number();
            if literals.is_empty() || !literals.iter().all(scalar) {
                return Err("anything-but takes strings or numbers".to_owned());
            }
            Ok(literals.into_iter().map(Test::Equals).collect())
        }
    }
}
