//! What went wrong at AWS, by what can be done about it.
//!
//! Classes come from the error's code, never from the SDK's enum variants: services answer with codes that their models
//! do not name, and those arrive as unhandled variants with a readable code. The SDK has retried throttling and server
//! errors by itself before an error is seen here; the queue's retries come on top.

mod words;

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

pub(crate) use words::says_occupied;

/// What can be done about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Try again later: throttled, a server error, a timeout, a lost connection. Whether the call had an effect is
    /// open.
    Transient,
    /// Wait, without counting a failure: a quota is used up, or something else is in progress on the same resource.
    Occupied,
    /// The service does not know what was asked for.
    NotFound,
    /// Missing permissions, or credentials that are not accepted.
    Denied,
    /// The request itself is refused; the same request will be refused again.
    Refused,
}

/// An AWS call that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{operation} failed with {code}: {message}")]
pub struct SourceError {
    /// What can be done about it.
    pub class: Class,
    /// The service and operation, such as `backup:StartBackupJob`.
    pub operation: &'static str,
    /// The error's code in the service's words; `Timeout`, `Connection`, `Response`, `Request`, `Credentials` or `Rate`
    /// where the service itself said nothing.
    pub code: String,
    /// In the service's words.
    pub message: String,
}

impl SourceError {
    pub(crate) fn new(class: Class, operation: &'static str, code: &str, message: impl Into<String>) -> Self {
        Self { class, operation, code: code.to_owned(), message: message.into() }
    }

    /// An answer that lacks what the service promises, or holds what cannot be read.
    pub(crate) fn unreadable(operation: &'static str, message: impl Into<String>) -> Self {
        Self::new(Class::Transient, operation, "Response", message)
    }

    /// A request that cannot be made from what was given.
    pub(crate) fn refused(operation: &'static str, message: impl Into<String>) -> Self {
        Self::new(Class::Refused, operation, "Request", message)
    }

    /// Whether the service asked for fewer calls.
    #[must_use]
    pub fn is_throttling(&self) -> bool {
        is_throttling(&self.code)
    }
}

/// An SDK's error in a line for people: the service's code and message, or why there was no answer.
pub fn said<E>(error: SdkError<E, HttpResponse>) -> String
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let SourceError { code, message, .. } = failed("")(error);
    format!("{code}: {message}")
}

/// Turns the SDK's error of the named operation into ours: `call.send().await.map_err(failed("backup:ListTags"))`.
pub fn failed<E>(operation: &'static str) -> impl FnOnce(SdkError<E, HttpResponse>) -> SourceError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    move |error| match error {
        SdkError::ServiceError(context) => {
            let code = context.err().code().unwrap_or("Unknown");
            let message = context.err().message().unwrap_or("the service gave no message");
            let class = classify(code, context.raw().status().as_u16(), message);
            SourceError::new(class, operation, code, message)
        }
        SdkError::TimeoutError(_) => {
            SourceError::new(Class::Transient, operation, "Timeout", "no answer came within the attempt's time limit")
        }
        SdkError::ResponseError(context) => SourceError::new(
            Class::Transient,
            operation,
            "Response",
            in_full(&SdkError::<E, _>::ResponseError(context)),
        ),
        other => credentials(operation, &other).unwrap_or_else(|| unsent(operation, &other)),
    }
}

/// The error's class by its code; the HTTP status decides where the code is unknown.
///
/// Sources: AWS Backup API reference, "Common Error Types" and each operation's errors; DynamoDB developer guide,
/// "Error handling"; KMS and IAM API references; Amazon Redshift API reference, the codes as its query protocol puts them.
pub(crate) fn classify(code: &str, status: u16, message: &str) -> Class {
    // Some services qualify their codes: `com.amazonaws.dynamodb#…`.
    let code = code.rsplit('#').next().unwrap_or(code);
    match code {
        _ if OCCUPIED.contains(&code) => Class::Occupied,
        _ if TRANSIENT.contains(&code) => Class::Transient,
        _ if DENIED.contains(&code) || code.starts_with("AccessDenied") => Class::Denied,
        _ if is_throttling(code) || status >= 500 || status == 429 => Class::Transient,
        _ if code.contains("NotFound") || code == "NoSuchEntity" => Class::NotFound,
        _ if status == 401 || status == 403 => Class::Denied,
        _ if says_occupied(message) => Class::Occupied,
        _ => Class::Refused,
    }
}

const OCCUPIED: [&str; 11] = [
    "BackupInProgress",
    "ClusterSnapshotQuotaExceeded",
    "ConflictException",
    "InvalidClusterSnapshotState",
    "InvalidClusterState",
    "InvalidResourceStateException",
    "LimitExceededException",
    "LimitExceededFault",
    "ResourceInUseException",
    "ServiceQuotaExceededException",
    "TableInUseException",
];

/// Throttling is in [`is_throttling`].
const TRANSIENT: [&str; 14] = [
    "DependencyFailureException",
    "DependencyTimeoutException",
    "DependentServiceRequestThrottlingFault",
    "DependentServiceUnavailableFault",
    "InternalFailure",
    "InternalServerError",
    "InternalServerException",
    "KMSInternalException",
    "ReplicatedWriteConflictException",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "TransactionConflictException",
];

const DENIED: [&str; 12] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "NotAuthorized",
    "OptInRequired",
    "SignatureDoesNotMatch",
    "UnauthorizedOperation",
    "UnrecognizedClientException",
];

/// The codes by which services ask for fewer calls, as the SDK's own retry policy knows them, less
/// `LimitExceededException`, which AWS Backup uses for quotas of jobs.
pub(crate) fn is_throttling(code: &str) -> bool {
    matches!(
        code,
        "BandwidthLimitExceeded"
            | "EC2ThrottledException"
            | "PriorRequestNotComplete"
            | "ProvisionedThroughputExceededException"
            | "RequestLimitExceeded"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "SlowDown"
            | "ThrottledException"
            | "Throttling"
            | "ThrottlingException"
            | "TooManyRequests"
            | "TooManyRequestsException"
            | "TransactionInProgressException"
    )
}

/// The cause among the sources of an unsent request where it is about credentials: a failed assumption of the member
/// role keeps its own class.
fn credentials(operation: &'static str, error: &(dyn Error + 'static)) -> Option<SourceError> {
    let mut at = Some(error);
    let mut found = None;
    while let Some(current) = at {
        if let Some(cause) = current.downcast_ref::<SourceError>() {
            let message = format!("credentials were not to be had: {cause}");
            return Some(SourceError::new(cause.class, operation, &cause.code, message));
        }
        if let Some(cause) = current.downcast_ref::<CredentialsError>() {
            let class = match cause {
                CredentialsError::ProviderTimedOut(_) | CredentialsError::ProviderError(_) => Class::Transient,
                _ => Class::Denied,
            };
            found = Some(SourceError::new(class, operation, "Credentials", in_full(current)));
        }
        at = current.source();
    }
    found
}

fn unsent<E>(operation: &'static str, error: &SdkError<E, HttpResponse>) -> SourceError
where
    E: Error + Send + Sync + 'static,
{
    let (class, code) = match error {
        SdkError::ConstructionFailure(_) => (Class::Refused, "Request"),
        _ => (Class::Transient, "Connection"),
    };
    SourceError::new(class, operation, code, in_full(error))
}

/// An error and all its sources in one line; the SDK's outermost texts say little.
pub(crate) fn in_full(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut at = error.source();
    while let Some(cause) = at {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        at = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_decide_before_the_status_does() {
        for (code, status, class) in [
            ("ThrottlingException", 400, Class::Transient),
            ("DependencyFailureException", 500, Class::Transient),
            ("SomethingNew", 503, Class::Transient),
            ("LimitExceededException", 400, Class::Occupied),
            ("InvalidResourceStateException", 400, Class::Occupied),
            ("ConflictException", 400, Class::Occupied),
            ("ClusterSnapshotQuotaExceeded", 400, Class::Occupied),
            ("InvalidClusterState", 400, Class::Occupied),
            ("InvalidClusterSnapshotState", 400, Class::Occupied),
            ("LimitExceededFault", 400, Class::Occupied),
            ("DependentServiceRequestThrottlingFault", 400, Class::Transient),
            ("ResourceNotFoundException", 400, Class::NotFound),
            ("ClusterNotFound", 404, Class::NotFound),
            ("SnapshotCopyGrantNotFoundFault", 400, Class::NotFound),
            ("NoSuchEntity", 404, Class::NotFound),
            ("ClusterSnapshotAlreadyExists", 400, Class::Refused),
            ("SnapshotCopyAlreadyEnabledFault", 400, Class::Refused),
            ("UnknownSnapshotCopyRegionFault", 404, Class::Refused),
            ("com.amazonaws.dynamodb.v20120810#TableNotFoundException", 400, Class::NotFound),
            ("AccessDeniedException", 400, Class::Denied),
            ("AccessDenied", 403, Class::Denied),
            ("ExpiredTokenException", 400, Class::Denied),
            ("SomethingNew", 403, Class::Denied),
            ("InvalidParameterValueException", 400, Class::Refused),
            ("InvalidRequestException", 400, Class::Refused),
            ("SomethingNew", 400, Class::Refused),
        ] {
            assert_eq!(classify(code, status, "no"), class, "{code} {status}");
        }
    }

    #[test]
    fn a_refusal_that_speaks_of_a_window_means_waiting() {
        let message = "Backup job could not start because it is either inside or too close to the maintenance window";
        assert_eq!(classify("InvalidRequestException", 400, message), Class::Occupied);
    }

    #[test]
    fn a_quota_of_jobs_is_not_throttling() {
        assert!(!SourceError::new(Class::Occupied, "x", "LimitExceededException", "").is_throttling());
        assert!(SourceError::new(Class::Transient, "x", "ThrottlingException", "").is_throttling());
    }
}
