//! Whom a role trusts, by its document (IAM user guide, "IAM JSON policy elements: Principal").

use serde_json::Value;

/// Whether a service may assume the role. Conditions are taken to hold: they narrow for whom, not whether.
pub(super) fn is_trusted(document: &str, service: &str) -> bool {
    let Ok(document) = serde_json::from_str::<Value>(&decoded(document)) else { return false };
    let of_service = |statement: &&Value, effect: &str| {
        statement.get("Effect").and_then(Value::as_str) == Some(effect)
            && names(statement.get("Principal"), service)
            && texts(statement.get("Action")).into_iter().any(is_assume)
    };
    let statements: Vec<&Value> = match document.get("Statement") {
        Some(Value::Array(list)) => list.iter().collect(),
        one => one.into_iter().collect(),
    };
    let denies = |statement: &&Value| of_service(statement, "Deny") && statement.get("Condition").is_none();
    statements.iter().any(|one| of_service(one, "Allow")) && !statements.iter().any(denies)
}

fn is_assume(action: &str) -> bool {
    let action = action.to_ascii_lowercase();
    matches!(action.as_str(), "*" | "sts:*" | "sts:assume*" | "sts:assumerole*" | "sts:assumerole")
}

fn names(principal: Option<&Value>, service: &str) -> bool {
    match principal {
        Some(Value::String(anyone)) => anyone == "*",
        Some(kinds) => texts(kinds.get("Service")).contains(&service),
        None => false,
    }
}

fn texts(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        one => one.and_then(Value::as_str).into_iter().collect(),
    }
}

/// IAM hands documents out as they stand in a URL (IAM API reference, `Role`).
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        let byte = after.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(b'%'));
        rest = if byte.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trusts(statements: &str) -> bool {
        is_trusted(&format!(r#"{{"Version":"2012-10-17","Statement":{statements}}}"#), "backup.amazonaws.com")
    }

    #[test]
    fn a_service_is_trusted_where_it_is_named_and_not_denied() {
        let allow = r#"{"Effect":"Allow","Principal":{"Service":"backup.amazonaws.com"},"Action":"sts:AssumeRole"}"#;
        let deny = allow.replace("Allow", "Deny");
        assert!(trusts(allow));
        assert!(trusts(&format!(
            "[{}]",
            allow.replace(r#""backup.amazonaws.com""#, r#"["a","backup.amazonaws.com"]"#)
        )));
        assert!(!trusts(&format!("[{allow},{deny}]")));
        assert!(!trusts(&allow.replace("backup.amazonaws.com", "ec2.amazonaws.com")));
        assert!(!trusts(&allow.replace("AssumeRole", "TagSession")));
        assert!(!is_trusted("nonsense", "backup.amazonaws.com"));
    }

    #[test]
    fn a_document_is_read_as_iam_hands_it_out() {
        let encoded = "%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22backup\
            .amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%7D";
        assert!(is_trusted(encoded, "backup.amazonaws.com"));
        assert_eq!(decoded("100%"), "100%");
    }
}
