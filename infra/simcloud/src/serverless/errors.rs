//! The errors of Redshift Serverless. All of them are status 400.

use crate::call::ApiError;

pub(super) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("ValidationException", message)
}

pub(super) fn conflict(message: impl Into<String>) -> ApiError {
    ApiError::new("ConflictException", message)
}

pub(super) fn not_found(kind: &str, name: &str) -> ApiError {
    ApiError::new("ResourceNotFoundException", format!("The {kind} {name} doesn't exist.")).with("resourceName", name)
}

pub(super) fn too_many_tags(name: &str, most: usize) -> ApiError {
    let message = format!("{name} would have more than {most} tags.");
    ApiError::new("TooManyTagsException", message).with("resourceName", name)
}

pub(super) fn quota(message: impl Into<String>) -> ApiError {
    ApiError::new("ServiceQuotaExceededException", message)
}
