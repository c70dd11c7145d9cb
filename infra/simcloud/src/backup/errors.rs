//! The errors of AWS Backup. All of them are the caller's, status 400, the unknown resource included.

use crate::call::ApiError;

pub(super) fn missing(member: &str) -> ApiError {
    ApiError::new("MissingParameterValueException", format!("{member} is required")).with("Type", "Client")
}

pub(super) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidParameterValueException", message)
}

pub(super) fn refused(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidRequestException", message)
}

pub(super) fn not_found(message: impl Into<String>) -> ApiError {
    ApiError::new("ResourceNotFoundException", message)
}

pub(super) fn denied() -> ApiError {
    ApiError::new("AccessDeniedException", "Insufficient privileges to perform this action.")
}

pub(super) fn busy(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidResourceStateException", message)
}

pub(super) fn exceeded(message: impl Into<String>) -> ApiError {
    ApiError::new("LimitExceededException", message)
}
