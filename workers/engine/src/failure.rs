//! What a call to SQS can come back with, sorted by what to do about it.

use aws_sdk_sqs::{
    error::{ProvideErrorMetadata, SdkError},
    types::BatchResultErrorEntry,
};

/// A call, or one entry of a batch, that did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Worth trying again: throttled, unavailable, timed out, or not permitted until someone mends it.
    Transient(String),
    /// Refused for what it is; trying again brings the same.
    Permanent(String),
    /// The queue does not exist, for now at least.
    QueueGone(String),
}

impl Failure {
    pub(crate) fn reason(&self) -> &str {
        match self {
            Self::Transient(reason) | Self::Permanent(reason) | Self::QueueGone(reason) => reason,
        }
    }

    /// Sorts a failed call by its error code: not every error has a variant in the SDK's enums.
    pub(crate) fn of_call<E, R>(error: &SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: std::fmt::Debug,
    {
        let Some(code) = error.code() else {
            return Self::Transient(aws_sdk_sqs::error::DisplayErrorContext(error).to_string());
        };
        let text = format!("{code}: {}", error.message().unwrap_or("no message"));
        match code {
            _ if code.ends_with("QueueDoesNotExist") || code.ends_with("NonExistentQueue") => Self::QueueGone(text),
            "InvalidMessageContents"
            | "BatchRequestTooLong"
            | "InvalidParameterValue"
            | "InvalidAttributeValue"
            | "InvalidAttributeName"
            | "MissingParameter" => Self::Permanent(text),
            _ if code.ends_with("BatchRequestTooLong") => Self::Permanent(text),
            _ => Self::Transient(text),
        }
    }

    /// Sorts one failed entry of a batch that succeeded as a call.
    pub(crate) fn of_entry(entry: &BatchResultErrorEntry) -> Self {
        let text = format!("{}: {}", entry.code(), entry.message().unwrap_or("no message"));
        // Throttling is the sender's fault in AWS's books, and passes.
        let throttled = entry.code().contains("Throttl") || entry.code().contains("TooMany");
        if entry.sender_fault() && !throttled { Self::Permanent(text) } else { Self::Transient(text) }
    }
}
