//! The thin skin between HTTP and the models: who calls what, in which of AWS's three protocols.
//!
//! AWS JSON (SQS, EventBridge, DynamoDB, FSx, KMS, Redshift Serverless) names the operation in `X-Amz-Target`; REST-JSON
//! (Backup) in method and path; the query protocol (IAM, Redshift, STS) in a form field, answering in XML. Errors differ
//! likewise.

mod dialect;
mod percent;
mod query;
mod rest_json;
mod routes;
mod scope;
mod xml;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, header};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::ClientOptions;
use crate::call::{Answer, ApiError, Call, Service};

/// A request that no model will see.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) service: Service,
    pub(crate) error: ApiError,
}

/// Reads a request. The service and Region are those of its signature, which is not verified.
pub(crate) fn decode(request: &Request<Bytes>, options: &ClientOptions) -> Result<Call, Refused> {
    let scope = scope::of(request, options);
    let Some(service) = Service::from_name(&scope.service) else {
        let error = ApiError::new("UnknownService", format!("simcloud has no service signed as {:?}", scope.service));
        return Err(Refused { service: Service::Sqs, error });
    };
    let decoded = match service {
        Service::Backup => rest_json::decode(request),
        Service::Iam | Service::Redshift | Service::Sts => query::decode(request),
        Service::DynamoDb
        | Service::Events
        | Service::Fsx
        | Service::Kms
        | Service::RedshiftServerless
        | Service::Sqs => decode_json(request),
    };
    let (operation, input) = decoded.map_err(|error| Refused { service, error })?;
    let endpoint = endpoint(request);
    Ok(Call { account: scope.account, key: scope.key, region: scope.region, service, operation, endpoint, input })
}

/// Where a caller in another process reached the cloud. The requests of others name the host in their URI.
fn endpoint(request: &Request<Bytes>) -> Option<String> {
    let host = request.headers().get(header::HOST)?.to_str().ok()?;
    request.uri().authority().is_none().then(|| format!("http://{host}"))
}

fn decode_json(request: &Request<Bytes>) -> Result<(String, Value), ApiError> {
    let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let Some((_, operation)) = target.rsplit_once('.') else {
        return Err(ApiError::new("UnknownOperationException", "the header X-Amz-Target names no operation"));
    };
    Ok((operation.to_owned(), json_object(request.body())?))
}

/// A body that is a JSON object, or nothing at all.
fn json_object(body: &Bytes) -> Result<Value, ApiError> {
    if body.is_empty() {
        return Ok(json!({}));
    }
    match serde_json::from_slice(body) {
        Ok(object @ Value::Object(_)) => Ok(object),
        Ok(_) => Err(ApiError::new("SerializationException", "the body is not a JSON object")),
        Err(error) => Err(ApiError::new("SerializationException", error.to_string())),
    }
}

/// Writes an answer in the service's protocol. `now` becomes the Date header, by which callers may tell the time.
pub(crate) fn encode(
    service: Service,
    operation: &str,
    answer: Answer,
    request_id: &str,
    now: Timestamp,
) -> Response<Bytes> {
    let (status, body, error_headers) = match (dialect::of(service), answer) {
        (Some(dialect), Ok(output)) => (200, query::output(dialect, operation, &output, request_id), Vec::new()),
        (Some(dialect), Err(error)) => (error.status, query::error(dialect, &error, request_id), Vec::new()),
        (_, Ok(output)) => (200, output.to_string(), Vec::new()),
        (_, Err(error)) => (error.status, error_body(service, &error), error_headers(service, &error)),
    };
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let date = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let common = [
        (header::CONTENT_TYPE, content_type(service).to_owned()),
        (header::DATE, date),
        (HeaderName::from_static("x-amzn-requestid"), request_id.to_owned()),
    ];
    for (name, value) in common.into_iter().chain(error_headers) {
        // A message is never a header, so that every value here is plain ASCII.
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn content_type(service: Service) -> &'static str {
    match service {
        Service::Sqs | Service::DynamoDb => "application/x-amz-json-1.0",
        Service::Events | Service::Fsx | Service::Kms | Service::RedshiftServerless => "application/x-amz-json-1.1",
        Service::Backup => "application/json",
        Service::Iam | Service::Redshift | Service::Sts => "text/xml",
    }
}

fn error_body(service: Service, error: &ApiError) -> String {
    let mut body = Map::new();
    let code = match service {
        Service::Backup => ("Code", error.code.clone()),
        _ => ("__type", error_type(service, &error.code)),
    };
    // Backup's and FSx's error shapes spell their members with capitals, the others' do not.
    let message = if matches!(service, Service::Backup | Service::Fsx) { "Message" } else { "message" };
    body.extend([(code.0.to_owned(), json!(code.1)), (message.to_owned(), json!(error.message))]);
    body.extend(error.extra.clone());
    Value::Object(body).to_string()
}

/// The namespaces that the services themselves send.
fn error_type(service: Service, code: &str) -> String {
    match service {
        Service::Sqs => format!("com.amazonaws.sqs#{code}"),
        Service::DynamoDb => format!("com.amazonaws.dynamodb.v20120810#{code}"),
        _ => code.to_owned(),
    }
}

fn error_headers(service: Service, error: &ApiError) -> Vec<(HeaderName, String)> {
    match service {
        Service::Backup => vec![(HeaderName::from_static("x-amzn-errortype"), error.code.clone())],
        // SDKs recognise the older codes only through this header.
        Service::Sqs => {
            let blame = if error.status < 500 { "Sender" } else { "Receiver" };
            let value = format!("{};{blame}", sqs_query_code(&error.code));
            vec![(HeaderName::from_static("x-amzn-query-error"), value)]
        }
        _ => Vec::new(),
    }
}

/// The code that an SQS error had before SQS spoke JSON.
fn sqs_query_code(code: &str) -> String {
    match code {
        "QueueDoesNotExist" => "AWS.SimpleQueueService.NonExistentQueue".to_owned(),
        "QueueNameExists" => "QueueAlreadyExists".to_owned(),
        "BatchEntryIdsNotDistinct"
        | "BatchRequestTooLong"
        | "EmptyBatchRequest"
        | "InvalidBatchEntryId"
        | "MessageNotInflight"
        | "PurgeQueueInProgress"
        | "QueueDeletedRecently"
        | "TooManyEntriesInBatchRequest"
        | "UnsupportedOperation" => format!("AWS.SimpleQueueService.{code}"),
        other => other.to_owned(),
    }
}
