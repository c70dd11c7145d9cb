//! The names of a namespace's parts, in their order of priority: what a restore cannot do without comes first, and what
//! does not fit into a seal is left out from the end.

/// Name, database, administrator, key, roles.
pub(super) const NAMESPACE: &str = "namespace";
/// Name, capacity, network, port.
pub(super) const WORKGROUP: &str = "workgroup";
/// Parameters of the workgroup that are not as the service sets them.
pub(super) const PARAMETERS: &str = "parameters";
/// What is logged.
pub(super) const LOG_EXPORTS: &str = "log_exports";
/// The standing copy configuration.
pub(super) const COPIES: &str = "copies";
/// Tags of the namespace.
pub(super) const TAGS: &str = "tags";
/// Tags of the workgroup.
pub(super) const WORKGROUP_TAGS: &str = "workgroup_tags";
/// What the service has no call for that this source makes.
pub(super) const NOT_READ: [&str; 4] = ["usage_limits", "resource_policies", "scheduled_actions", "custom_domains"];
