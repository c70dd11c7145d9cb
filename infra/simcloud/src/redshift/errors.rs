//! The errors of Redshift, by the codes that its API puts on the wire.

use crate::call::ApiError;

/// A parameter that no operation takes; not modelled, but common to all of the query protocol's services.
pub(super) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidParameterValue", message)
}

/// Parameters that exclude or need each other.
pub(super) fn combination(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidParameterCombination", message)
}

pub(super) fn missing(member: &str) -> ApiError {
    ApiError::new("MissingParameter", format!("The request must contain the parameter {member}."))
}

pub(super) fn cluster_not_found(id: &str) -> ApiError {
    ApiError::new("ClusterNotFound", format!("Cluster {id} not found.")).status(404)
}

pub(super) fn cluster_state(id: &str, status: &str) -> ApiError {
    ApiError::new("InvalidClusterState", format!("Cluster {id} is {status}."))
}

pub(super) fn snapshot_not_found(id: &str) -> ApiError {
    ApiError::new("ClusterSnapshotNotFound", format!("Snapshot not found: {id}.")).status(404)
}

pub(super) fn snapshot_exists(id: &str) -> ApiError {
    ApiError::new("ClusterSnapshotAlreadyExists", format!("The snapshot {id} already exists."))
}

pub(super) fn snapshot_state(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidClusterSnapshotState", message)
}

pub(super) fn retention(member: &str, days: i64) -> ApiError {
    ApiError::new("InvalidRetentionPeriodFault", format!("{member} cannot be {days}."))
}

pub(super) fn grant_not_found(name: &str) -> ApiError {
    ApiError::new("SnapshotCopyGrantNotFoundFault", format!("The snapshot copy grant {name} does not exist."))
}

pub(super) fn too_many_tags(most: usize) -> ApiError {
    ApiError::new("TagLimitExceededFault", format!("A resource has at most {most} tags."))
}

pub(super) fn bad_tag(key: &str) -> ApiError {
    ApiError::new("InvalidTagFault", format!("The tag {key:?} is not valid."))
}

pub(super) fn resource_not_found(arn: &str) -> ApiError {
    ApiError::new("ResourceNotFoundFault", format!("The resource {arn} does not exist.")).status(404)
}
