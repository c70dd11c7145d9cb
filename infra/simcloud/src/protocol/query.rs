//! The query protocol: a form in, XML out.

use bytes::Bytes;
use http::Request;
use serde_json::{Map, Value};

use super::dialect::Dialect;
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
    let input = input.into_iter().map(|(member, value)| (member, lists(value))).collect();
    Ok((operation, Value::Object(input)))
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

/// Turns `{"1": …, "2": …}` into a list, and `{"member": {"1": …}}` too, whatever its entries are called.
fn lists(value: Value) -> Value {
    let Value::Object(mut object) = value else { return value };
    if object.len() == 1 && object.values().all(is_numbered) {
        object = object.into_iter().filter_map(|(_, inner)| object_of(inner)).flatten().collect();
    }
    let convert = |(name, value): (String, Value)| (name, lists(value));
    let object = Value::Object(object.into_iter().map(convert).collect());
    if !is_numbered(&object) {
        return object;
    }
    let mut entries: Vec<_> = object_of(object).into_iter().flatten().collect();
    entries.sort_by_key(|(position, _)| position.parse::<u32>().unwrap_or(u32::MAX));
    entries.into_iter().map(|(_, value)| value).collect()
}

/// Whether all members of an object are called by numbers.
fn is_numbered(value: &Value) -> bool {
    value
        .as_object()
        .is_some_and(|members| !members.is_empty() && members.keys().all(|name| name.parse::<u32>().is_ok()))
}

fn object_of(value: Value) -> Option<Map<String, Value>> {
    if let Value::Object(members) = value { Some(members) } else { None }
}

/// The document that carries an output. Where an operation has none, there is no element for it.
pub(super) fn output(dialect: &Dialect, operation: &str, output: &Value, request_id: &str) -> String {
    let result = match output {
        Value::Null => String::new(),
        output => xml::element_of(&format!("{operation}Result"), output, dialect.entries),
    };
    let metadata = xml::element("ResponseMetadata", &xml::element("RequestId", &xml::escape(request_id)));
    let namespace = dialect.namespace;
    format!("<{operation}Response xmlns=\"{namespace}\">{result}{metadata}</{operation}Response>")
}

/// The document that carries an error.
pub(super) fn error(dialect: &Dialect, error: &ApiError, request_id: &str) -> String {
    let blame = if error.status < 500 { "Sender" } else { "Receiver" };
    let content = [("Type", blame), ("Code", &error.code), ("Message", &error.message)]
        .map(|(name, text)| xml::element(name, &xml::escape(text)))
        .concat();
    let content = xml::element("Error", &content) + &xml::element("RequestId", &xml::escape(request_id));
    format!("<ErrorResponse xmlns=\"{}\">{content}</ErrorResponse>", dialect.namespace)
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
    fn a_list_is_one_whatever_its_entries_are_called() {
        let form = "Action=X&Ids.DeleteClusterSnapshotMessage.1.SnapshotIdentifier=a&Tags.Tag.1.Key=k&Tags.Tag.1.Value=v\
            &TagKeys.TagKey.2=b&TagKeys.TagKey.1=a&None=";
        let (_, input) = decode(&Request::new(Bytes::from_static(form.as_bytes()))).unwrap();
        let expected = json!({
            "Ids": [{"SnapshotIdentifier": "a"}], "Tags": [{"Key": "k", "Value": "v"}], "TagKeys": ["a", "b"], "None": "",
        });
        assert_eq!(input, expected);
    }

    #[test]
    fn a_form_without_action_is_refused() {
        assert_eq!(decode(&Request::new(Bytes::from_static(b"A=b"))).unwrap_err().code, "MissingAction");
    }
}
