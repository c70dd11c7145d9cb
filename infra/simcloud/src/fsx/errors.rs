//! The errors of FSx. All of them are status 400.

use crate::call::ApiError;

pub(super) fn bad(message: impl Into<String>) -> ApiError {
    ApiError::new("BadRequest", message)
}

pub(super) fn unsupported(message: impl Into<String>) -> ApiError {
    ApiError::new("UnsupportedOperation", message)
}

pub(super) fn no_file_system(id: &str) -> ApiError {
    ApiError::new("FileSystemNotFound", format!("File system '{id}' does not exist."))
}

pub(super) fn no_volume(id: &str) -> ApiError {
    ApiError::new("VolumeNotFound", format!("Volume '{id}' does not exist."))
}

pub(super) fn no_association(id: &str) -> ApiError {
    ApiError::new("DataRepositoryAssociationNotFound", format!("Data repository association '{id}' does not exist."))
}

pub(super) fn no_svm(id: &str) -> ApiError {
    ApiError::new("StorageVirtualMachineNotFound", format!("Storage virtual machine '{id}' does not exist."))
}

pub(super) fn no_backup(id: &str) -> ApiError {
    ApiError::new("BackupNotFound", format!("Backup '{id}' does not exist."))
}

pub(super) fn no_resource(arn: &str) -> ApiError {
    ApiError::new("ResourceNotFound", format!("{arn} does not exist.")).with("ResourceARN", arn)
}

pub(super) fn in_progress(message: impl Into<String>) -> ApiError {
    ApiError::new("BackupInProgress", message)
}

pub(super) fn other_parameter(parameter: &str) -> ApiError {
    let message = "The client request token was used with other parameters.";
    ApiError::new("IncompatibleParameterError", message).with("Parameter", parameter)
}
