//! The query protocol: a form in, XML out.

use bytes::Bytes;
use http::Request;
use serde_json::{Map, Value};

use super::{percent, xml};
use crate::call::ApiError;

/// The operation and its input. Every leaf is a string, as nothing in a form says otherwise.
pub(super) fn decode(request: &Request<Bytes>) -> Result<(String, Value), ApiError> {
    let body = String::from_utf8_lossy(request.body());
    let form = if body.is_empty() { request.uri().query().unwrap_or_default() } else { &body };
    let mut input = Map::new();
    let mut operation = None;
    for (name, value) in percent::pairs(form) {
        match name.as_str() {
            "Action" => operation = Some(value),
            "Version" => {}
            path => insert(&mut input, path, value),
        }
    }
    let operation = operation.ok_or_else(|| ApiError::new("MissingAction", "the form has no Action"))?;
    Ok((operation, lists(Value::Object(input))))
}

/// Puts a value at a dotted path.
fn insert(object: &mut Map<String, Value>, path: &str, value: String) {
    match path.split_once('.') {
        None => {
            object.insert(path.to_owned(), Value::String(value));
        }
        Some((first, rest)) => {
            let inner = object.entry(first).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

/// Turns `{"member": {"1": …, "2": …}}` and `{"1": …}` into lists.
fn lists(value: Value) -> Value {
    let Value::Object(mut object) = value else { return value };
    if object.len() == 1
        && let Some(members) = object.remove("member")
    {
        return lists(members);
    }
    let mut numbered: Vec<(u32, Value)> = Vec::new();
    let mut named = Map::new();
    for (name, value) in object {
        match name.parse() {
            Ok(position) => numbered.push((position, lists(value))),
            Err(_) => {
                named.insert(name, lists(value));
            }
        }
    }
    if named.is_empty() && !numbered.is_empty() {
        numbered.sort_by_key(|(position, _)| *position);
        return numbered.into_iter().map(|(_, value)| value).collect();
    }
    Value::Object(named)
}

/// The document that carries an output.
pub(super) fn output(operation: &str, output: &Value, request_id: &str) -> String {
    let result = xml::element(&format!("{operation}Result"), &xml::content(output));
    let metadata = xml::element("ResponseMetadata", &xml::element("RequestId", &xml::escape(request_id)));
    format!(
        "<{operation}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">{result}{metadata}</{operation}Response>"
    )
}

/// The document that carries an error.
pub(super) fn error(error: &ApiError, request_id: &str) -> String {
    let blame = if error.status < 500 { "Sender" } else { "Receiver" };
    let content = [("Type", blame), ("Code", &error.code), ("Message", &error.message)]
        .map(|(name, text)| xml::element(name, &xml::escape(text)))
        .concat();
    let content = xml::element("Error", &content) + &xml::element("RequestId", &xml::escape(request_id));
    format!("<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">{content}</ErrorResponse>")
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Request;
    use serde_json::json;

    use super::decode;

    #[test]
    fn lists_in_a_form_become_lists() {
        let form = "Action=AssumeRole&Version=2011-06-15&Tags.member.2.Key=b&Tags.member.1.Key=a&RoleArn=arn%3Aaws";
        let request = Request::new(Bytes::from_static(form.as_bytes()));
        let (operation, input) = decode(&request).unwrap();
        assert_eq!(operation, "AssumeRole");
        assert_eq!(input, json!({"RoleArn": "arn:aws", "Tags": [{"Key": "a"}, {"Key": "b"}]}));
    }

    #[test]
    fn a_form_without_action_is_refused() {
        assert_eq!(decode(&Request::new(Bytes::from_static(b"A=b"))).unwrap_err().code, "MissingAction");
    }
}
