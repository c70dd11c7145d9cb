//! The errors that several operations share.

use crate::call::ApiError;

pub(super) fn no_such_queue() -> ApiError {
    ApiError::new("QueueDoesNotExist", "The specified queue does not exist.")
}

pub(super) fn missing(parameter: &str) -> ApiError {
    ApiError::new("MissingParameter", format!("The request must contain the parameter {parameter}."))
}

pub(super) fn invalid(reason: impl std::fmt::Display) -> ApiError {
    ApiError::new("InvalidParameterValue", format!("One or more parameters are invalid. Reason: {reason}"))
}

pub(super) fn bad_handle() -> ApiError {
    ApiError::new("ReceiptHandleIsInvalid", "The input receipt handle is invalid.").status(404)
}
