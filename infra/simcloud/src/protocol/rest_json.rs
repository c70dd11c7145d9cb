//! REST-JSON as AWS Backup speaks it: the operation is in method and path, the input in path, query and body.

use bytes::Bytes;
use http::Request;
use serde_json::{Map, Value};

use super::{json_object, percent, routes};
use crate::call::ApiError;

/// The operation and its whole input under the model's member names.
pub(super) fn decode(request: &Request<Bytes>) -> Result<(String, Value), ApiError> {
    let uri = request.uri();
    // Some SDKs end list paths with a slash, others do not.
    let path = uri.path().trim_matches('/');
    let segments: Vec<String> = path.split('/').map(percent::decode).collect();
    let Some((operation, labels)) = routes::find(request.method(), &segments) else {
        let message = format!("simcloud has no route {} {}", request.method(), uri.path());
        return Err(ApiError::new("UnknownOperationException", message).status(404));
    };
    let Value::Object(mut input) = json_object(request.body())? else { return Ok((operation.to_owned(), Value::Null)) };
    input.extend(labels);
    input.extend(query_members(uri.query().unwrap_or_default()));
    Ok((operation.to_owned(), Value::Object(input)))
}

/// Query parameters under their member names: filters are called `By…` in the model, the rest only gain a capital.
fn query_members(query: &str) -> Map<String, Value> {
    let mut members = Map::new();
    for (name, value) in percent::pairs(query) {
        let capital: String = name.chars().take(1).flat_map(char::to_uppercase).chain(name.chars().skip(1)).collect();
        let (member, value) = match name.as_str() {
            "maxResults" | "retainRecordInDays" => {
                (capital, value.parse::<i64>().map_or(Value::String(value), Into::into))
            }
            "managedByAWSBackupOnly" => (capital, Value::Bool(value == "true")),
            "nextToken" | "backupVaultAccountId" | "cancelDescription" => (capital, Value::String(value)),
            "shared" => ("ByShared".to_owned(), Value::Bool(value == "true")),
            _ => (format!("By{capital}"), Value::String(value)),
        };
        members.insert(member, value);
    }
    members
}
