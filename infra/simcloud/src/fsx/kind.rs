//! The kinds of file systems: what is kept of their configurations, and what can be changed in them.

use serde::{Deserialize, Serialize};

use super::window::{DAILY, RETENTION, WEEKLY};

/// `FileSystemType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(super) enum Kind {
    Windows,
    Lustre,
    Ontap,
    OpenZfs,
}

/// What is kept of a configuration as it came; secrets and what shows in another form are not among it.
const WINDOWS: [&str; 11] = [
    "ActiveDirectoryId",
    "AuditLogConfiguration",
    RETENTION,
    "CopyTagsToBackups",
    DAILY,
    "DeploymentType",
    "DiskIopsConfiguration",
    "FsrmConfiguration",
    "PreferredSubnetId",
    "ThroughputCapacity",
    WEEKLY,
];
const LUSTRE: [&str; 14] = [
    RETENTION,
    "CopyTagsToBackups",
    DAILY,
    "DataCompressionType",
    "DataReadCacheConfiguration",
    "DeploymentType",
    "DriveCacheType",
    "EfaEnabled",
    "LogConfiguration",
    "MetadataConfiguration",
    "PerUnitStorageThroughput",
    "RootSquashConfiguration",
    "ThroughputCapacity",
    WEEKLY,
];
const ONTAP: [&str; 12] = [
    RETENTION,
    DAILY,
    "DeploymentType",
    "DiskIopsConfiguration",
    "EndpointIpAddressRange",
    "EndpointIpv6AddressRange",
    "HAPairs",
    "PreferredSubnetId",
    "RouteTableIds",
    "ThroughputCapacity",
    "ThroughputCapacityPerHAPair",
    WEEKLY,
];
const OPEN_ZFS: [&str; 13] = [
    RETENTION,
    "CopyTagsToBackups",
    "CopyTagsToVolumes",
    DAILY,
    "DeploymentType",
    "DiskIopsConfiguration",
    "EndpointIpAddressRange",
    "EndpointIpv6AddressRange",
    "PreferredSubnetId",
    "ReadCacheConfiguration",
    "RouteTableIds",
    "ThroughputCapacity",
    WEEKLY,
];

impl Kind {
    pub(super) const ALL: [Self; 4] = [Self::Windows, Self::Lustre, Self::Ontap, Self::OpenZfs];

    /// `FileSystemType` in requests and answers.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Windows => "WINDOWS",
            Self::Lustre => "LUSTRE",
            Self::Ontap => "ONTAP",
            Self::OpenZfs => "OPENZFS",
        }
    }

    /// The member with what is particular to the kind.
    pub(super) fn configuration(self) -> &'static str {
        match self {
            Self::Windows => "WindowsConfiguration",
            Self::Lustre => "LustreConfiguration",
            Self::Ontap => "OntapConfiguration",
            Self::OpenZfs => "OpenZFSConfiguration",
        }
    }

    /// The member with what a deletion did beside.
    pub(super) fn response(self) -> &'static str {
        match self {
            Self::Windows => "WindowsResponse",
            Self::Lustre => "LustreResponse",
            Self::Ontap => "OntapResponse",
            Self::OpenZfs => "OpenZFSResponse",
        }
    }

    /// What of a configuration is kept and shown as it came.
    pub(super) fn kept(self) -> &'static [&'static str] {
        match self {
            Self::Windows => &WINDOWS,
            Self::Lustre => &LUSTRE,
            Self::Ontap => &ONTAP,
            Self::OpenZfs => &OPEN_ZFS,
        }
    }

    /// What a configuration must have.
    pub(super) fn needed(self) -> &'static [&'static str] {
        match self {
            Self::Windows => &["ThroughputCapacity"],
            Self::Lustre => &[],
            Self::Ontap => &["DeploymentType"],
            Self::OpenZfs => &["DeploymentType", "ThroughputCapacity"],
        }
    }

    /// How many days automatic backups are kept where nobody says (API reference, CreateFileSystem).
    pub(super) fn retention(self) -> i64 {
        if self == Self::Lustre { 0 } else { 30 }
    }

    /// The deployment type where nobody says.
    pub(super) fn deployment(self) -> &'static str {
        if self == Self::Lustre { "SCRATCH_1" } else { "SINGLE_AZ_1" }
    }

    /// Whether a deletion leaves a last backup where nobody says otherwise (API reference, DeleteFileSystem).
    pub(super) fn has_final_backup(self) -> bool {
        matches!(self, Self::Windows | Self::OpenZfs)
    }
}
