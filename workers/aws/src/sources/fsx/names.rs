//! The names of a file system's parts, in their order of priority: what a restore cannot do without comes first, and what
//! does not fit into a seal is left out from the end.

/// Type, capacity, storage.
pub(super) const FILE_SYSTEM: &str = "file_system";
/// Subnets, VPC, endpoint ranges, route tables.
pub(super) const NETWORK: &str = "network";
/// What is particular to the type: deployment, throughput and the like.
pub(super) const SETTINGS: &str = "settings";
/// The volume, where one is backed up.
pub(super) const VOLUME: &str = "volume";
/// The directory that it has joined.
pub(super) const DIRECTORY: &str = "directory";
/// Maintenance and automatic backups.
pub(super) const WINDOWS: &str = "windows";
/// Other DNS names.
pub(super) const ALIASES: &str = "aliases";
/// Audit and error logs.
pub(super) const LOGS: &str = "logs";
/// Tags.
pub(super) const TAGS: &str = "tags";
/// Security groups belong to another service and are not read (FSx API reference: they are not returned).
pub(super) const SECURITY_GROUPS: &str = "security_groups";
/// The password by which a directory is joined, which is never told.
pub(super) const DIRECTORY_PASSWORD: &str = "directory_password";
