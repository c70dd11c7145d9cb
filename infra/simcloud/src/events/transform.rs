//! What a target receives: the event, a part of it, a constant, or a text made from it.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::bus::{Target, Transformer};
use super::paths;

/// The text that a target receives for an event.
pub(super) fn body(target: &Target, rule_arn: &str, envelope: &Value, now: Timestamp) -> String {
    if let Some(input) = &target.input {
        return input.clone();
    }
    if let Some(path) = &target.input_path {
        return paths::find(envelope, path).unwrap_or(&Value::Null).to_string();
    }
    match &target.input_transformer {
        None => envelope.to_string(),
        Some(transformer) => fill(transformer, |name| variable(transformer, name, rule_arn, envelope, now)),
    }
}

/// The value of a variable; none for one whose path leads nowhere.
fn variable(transformer: &Transformer, name: &str, rule_arn: &str, envelope: &Value, now: Timestamp) -> Option<Value> {
    match name {
        "aws.events.rule-arn" => Some(json!(rule_arn)),
        "aws.events.rule-name" => rule_arn.rsplit('/').next().map(|name| json!(name)),
        "aws.events.event.ingestion-time" => Some(json!(now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())),
        "aws.events.event" | "aws.events.event.json" => Some(envelope.clone()),
        _ => paths::find(envelope, transformer.input_paths_map.get(name)?).cloned(),
    }
}

/// Fills a template. Within quotes a value is part of the string there; elsewhere it is a JSON value of its own. An
/// unknown variable leaves nothing.
fn fill(transformer: &Transformer, value: impl Fn(&str) -> Option<Value>) -> String {
    let mut output = String::new();
    let mut rest = transformer.input_template.as_str();
    let mut quoted = false;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        if c == '<'
            && let Some((name, behind)) = after.split_once('>')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
        {
            output.push_str(&value(name).map(|value| written(&value, quoted)).unwrap_or_default());
            rest = behind;
            continue;
        }
        if c == '"' && !output.ends_with('\\') {
            quoted = !quoted;
        }
        output.push(c);
        rest = after;
    }
    output
}

fn written(value: &Value, quoted: bool) -> String {
    if !quoted {
        return value.to_string();
    }
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let escaped = Value::from(text).to_string();
    escaped.get(1..escaped.len() - 1).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::{fill, variable};
    use crate::events::bus::Transformer;

    fn filled(template: &str) -> String {
        let map = [("id", "$.detail.id"), ("n", "$.detail.n"), ("gone", "$.detail.gone")];
        let input_paths_map = map.map(|(name, path)| (name.to_owned(), path.to_owned())).into_iter().collect();
        let transformer = Transformer { input_paths_map, input_template: template.to_owned() };
        let event = json!({"detail": {"id": "a \"b\"", "n": 3}});
        fill(&transformer, |name| variable(&transformer, name, "arn:rule/night", &event, jiff::Timestamp::UNIX_EPOCH))
    }

    #[test]
    fn a_variable_outside_quotes_is_a_json_value() {
        assert_eq!(filled(r#"{"id": <id>, "n": <n>}"#), r#"{"id": "a \"b\"", "n": 3}"#);
    }

    #[test]
    fn a_variable_within_quotes_is_part_of_the_string() {
        assert_eq!(filled(r#""<id>/<n> by <aws.events.rule-name>""#), r#""a \"b\"/3 by night""#);
    }

    #[test]
    fn a_path_that_leads_nowhere_leaves_nothing() {
        assert_eq!(filled(r#"{"gone": "<gone>"}"#), r#"{"gone": ""}"#);
    }

    #[test]
    fn a_template_without_variables_is_itself() {
        let transformer = Transformer { input_paths_map: BTreeMap::new(), input_template: "{\"a\": 1 < 2}".to_owned() };
        assert_eq!(fill(&transformer, |_| None), "{\"a\": 1 < 2}");
    }
}
