//! The names of a cluster's parts, in their order of priority: what a restore cannot do without comes first, and what does
//! not fit into a seal is left out from the end.

/// Name, nodes, database, administrator, key, version.
pub(super) const CLUSTER: &str = "cluster";
/// Subnet and security groups, zone, port, addresses: a restore puts a cluster into the default ones otherwise.
pub(super) const NETWORK: &str = "network";
/// The parameter group: a restore takes the default one otherwise.
pub(super) const PARAMETER_GROUPS: &str = "parameter_groups";
/// What the cluster may act as.
pub(super) const ROLES: &str = "roles";
/// Maintenance and relocation, retentions, the schedule of snapshots.
pub(super) const SETTINGS: &str = "settings";
/// The standing copy configuration.
pub(super) const COPIES: &str = "copies";
/// Tags of the cluster.
pub(super) const TAGS: &str = "tags";
/// What the service has calls of its own for that this source does not make.
pub(super) const NOT_READ: [&str; 8] = [
    "parameters",
    "logging",
    "usage_limits",
    "scheduled_actions",
    "snapshot_schedules",
    "endpoints",
    "data_shares",
    "custom_domains",
];
