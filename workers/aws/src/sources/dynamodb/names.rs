//! The names of a table's parts, in their order of priority: what a restore cannot do without comes first, and what
//! does not fit into a seal is left out from the end.

/// Keys and the types of their attributes.
pub(super) const KEYS: &str = "keys";
/// Billing mode, capacity and limits.
pub(super) const BILLING: &str = "billing";
/// Global secondary indexes.
pub(super) const GSI: &str = "gsi";
/// Local secondary indexes.
pub(super) const LSI: &str = "lsi";
/// Time to live.
pub(super) const TTL: &str = "ttl";
/// Point-in-time recovery.
pub(super) const PITR: &str = "pitr";
/// The stream.
pub(super) const STREAM: &str = "stream";
/// Encryption at rest.
pub(super) const ENCRYPTION: &str = "encryption";
/// The table class.
pub(super) const TABLE_CLASS: &str = "table_class";
/// Deletion protection.
pub(super) const DELETION_PROTECTION: &str = "deletion_protection";
/// Tags.
pub(super) const TAGS: &str = "tags";
/// The resource policy.
pub(super) const RESOURCE_POLICY: &str = "resource_policy";
/// Kinesis streaming destinations.
pub(super) const KINESIS: &str = "kinesis";
/// Contributor Insights.
pub(super) const CONTRIBUTOR_INSIGHTS: &str = "contributor_insights";
/// Replicas of a global table.
pub(super) const REPLICAS: &str = "replicas";
/// Autoscaling, which belongs to another service and is not read.
pub(super) const AUTOSCALING: &str = "autoscaling";
