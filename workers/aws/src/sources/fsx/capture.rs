//! Reading a file system's configuration: what a restore of its backups needs and does not bring back by itself.
//!
//! Source: AWS Backup developer guide, "Restore an FSx file system"; FSx API reference, `CreateFileSystemFromBackup`.

use aws_sdk_fsx::types::{
    DiskIopsConfiguration, FileSystem, LustreFileSystemConfiguration, OntapFileSystemConfiguration,
    OpenZfsFileSystemConfiguration, Volume, WindowsAccessAuditLogLevel, WindowsFileSystemConfiguration,
};
use chainwright_chain::exchange::Configuration;
use chainwright_contracts::ids::Incarnation;
use serde_json::{Value, json};

use super::{names, unit::Home};
use crate::{
    error::SourceError,
    sources::parts::{Parts, present},
};

impl Home<'_> {
    pub(super) async fn capture(&self) -> Result<Configuration, SourceError> {
        let unit = self.unit().await?;
        let of = &unit.file_system;
        let mut parts = Parts::default();
        parts.add(names::FILE_SYSTEM, Some(essentials(of)));
        parts.add(names::NETWORK, Some(network(of)));
        parts.add(names::SETTINGS, Some(settings(of)));
        parts.add(names::VOLUME, unit.volume.as_ref().map(volume));
        let directory = of.windows_configuration().and_then(directory);
        if directory.as_ref().is_some_and(|directory| directory.get("domain").is_some()) {
            parts.not_captured.push(names::DIRECTORY_PASSWORD.to_owned());
        }
        parts.add(names::DIRECTORY, directory);
        parts.add(names::WINDOWS, Some(windows(of)));
        parts.add(names::ALIASES, of.windows_configuration().and_then(aliases));
        parts.add(names::LOGS, logs(of));
        let listed = self.tags().await.map(|tags| (!tags.is_empty()).then(|| json!(tags)));
        parts.take(names::TAGS, listed)?;
        parts.not_captured.push(names::SECURITY_GROUPS.to_owned());
        Ok(parts.of(Incarnation(self.id().to_owned())))
    }
}

fn essentials(of: &FileSystem) -> Value {
    present(json!({
        "id": of.file_system_id(),
        "type": of.file_system_type().map(|kind| kind.as_str()),
        "version": of.file_system_type_version(),
        "capacity_gib": of.storage_capacity(),
        "storage": of.storage_type().map(|storage| storage.as_str()),
        "kms_key": of.kms_key_id(),
    }))
}

fn network(of: &FileSystem) -> Value {
    let zfs = of.open_zfs_configuration();
    let ontap = of.ontap_configuration();
    let preferred = of.windows_configuration().and_then(WindowsFileSystemConfiguration::preferred_subnet_id);
    let preferred = preferred.or(zfs.and_then(OpenZfsFileSystemConfiguration::preferred_subnet_id));
    let preferred = preferred.or(ontap.and_then(OntapFileSystemConfiguration::preferred_subnet_id));
    let tables = zfs.map(|zfs| zfs.route_table_ids()).or(ontap.map(|ontap| ontap.route_table_ids()));
    let range = zfs.and_then(OpenZfsFileSystemConfiguration::endpoint_ip_address_range);
    present(json!({
        "vpc": of.vpc_id(),
        "subnets": of.subnet_ids(),
        "preferred_subnet": preferred,
        "route_tables": tables.filter(|tables| !tables.is_empty()),
        "endpoint_range": range.or(ontap.and_then(OntapFileSystemConfiguration::endpoint_ip_address_range)),
        "type": of.network_type().map(|kind| kind.as_str()),
    }))
}

fn settings(of: &FileSystem) -> Value {
    let of_windows = of.windows_configuration().map(of_windows);
    let of_lustre = of.lustre_configuration().map(of_lustre);
    let of_zfs = of.open_zfs_configuration().map(of_open_zfs);
    of_windows.or(of_lustre).or(of_zfs).or(of.ontap_configuration().map(of_ontap)).unwrap_or_default()
}

fn of_windows(of: &WindowsFileSystemConfiguration) -> Value {
    present(json!({
        "deployment": of.deployment_type().map(|kind| kind.as_str()),
        "throughput": of.throughput_capacity(),
        "iops": of.disk_iops_configuration().map(iops),
        "copy_tags": of.copy_tags_to_backups(),
    }))
}

fn of_lustre(of: &LustreFileSystemConfiguration) -> Value {
    present(json!({
        "deployment": of.deployment_type().map(|kind| kind.as_str()),
        "throughput_per_unit": of.per_unit_storage_throughput(),
        "throughput": of.throughput_capacity(),
        "drive_cache": of.drive_cache_type().map(|kind| kind.as_str()),
        "compression": of.data_compression_type().map(|kind| kind.as_str()),
        "root_squash": of.root_squash_configuration().and_then(|squash| squash.root_squash()),
        "metadata_iops": of.metadata_configuration().and_then(|metadata| metadata.iops()),
        "efa": of.efa_enabled(),
        "mount_name": of.mount_name(),
        "copy_tags": of.copy_tags_to_backups(),
    }))
}

fn of_open_zfs(of: &OpenZfsFileSystemConfiguration) -> Value {
    present(json!({
        "deployment": of.deployment_type().map(|kind| kind.as_str()),
        "throughput": of.throughput_capacity(),
        "iops": of.disk_iops_configuration().map(iops),
        "root_volume": of.root_volume_id(),
        "copy_tags": of.copy_tags_to_backups(),
        "copy_tags_to_volumes": of.copy_tags_to_volumes(),
    }))
}

fn of_ontap(of: &OntapFileSystemConfiguration) -> Value {
    present(json!({
        "deployment": of.deployment_type().map(|kind| kind.as_str()),
        "throughput": of.throughput_capacity(),
        "throughput_per_pair": of.throughput_capacity_per_ha_pair(),
        "pairs": of.ha_pairs(),
        "iops": of.disk_iops_configuration().map(iops),
    }))
}

fn iops(of: &DiskIopsConfiguration) -> Value {
    present(json!({ "mode": of.mode().map(|mode| mode.as_str()), "iops": of.iops() }))
}

fn volume(of: &Volume) -> Value {
    let ontap = of.ontap_configuration();
    present(json!({
        "id": of.volume_id(),
        "name": of.name(),
        "svm": ontap.and_then(|ontap| ontap.storage_virtual_machine_id()),
        "junction_path": ontap.and_then(|ontap| ontap.junction_path()),
        "security_style": ontap.and_then(|ontap| ontap.security_style()).map(|style| style.as_str()),
        "bytes": ontap.and_then(|ontap| ontap.size_in_bytes()),
        "megabytes": ontap.and_then(|ontap| ontap.size_in_megabytes()),
        "storage_efficiency": ontap.and_then(|ontap| ontap.storage_efficiency_enabled()),
        "tiering": ontap.and_then(|ontap| ontap.tiering_policy()).and_then(|tiering| tiering.name()).map(|name| name.as_str()),
        "snapshot_policy": ontap.and_then(|ontap| ontap.snapshot_policy()),
        "style": ontap.and_then(|ontap| ontap.volume_style()).map(|style| style.as_str()),
        "copy_tags": ontap.and_then(|ontap| ontap.copy_tags_to_backups()),
    }))
}

/// A directory of AWS's by its id, or one of the user's own by all but the password.
fn directory(of: &WindowsFileSystemConfiguration) -> Option<Value> {
    if let Some(id) = of.active_directory_id() {
        return Some(json!({ "id": id }));
    }
    let own = of.self_managed_active_directory_configuration()?;
    Some(present(json!({
        "domain": own.domain_name(),
        "unit": own.organizational_unit_distinguished_name(),
        "administrators": own.file_system_administrators_group(),
        "user": own.user_name(),
        "dns": own.dns_ips(),
        "secret": own.domain_join_service_account_secret(),
    })))
}

fn windows(of: &FileSystem) -> Value {
    macro_rules! windows {
        ($($configuration:ident),*) => {$(
            if let Some(of) = of.$configuration() {
                return present(json!({
                    "maintenance": of.weekly_maintenance_start_time(),
                    "automatic_backups": of.daily_automatic_backup_start_time(),
                    "automatic_days": of.automatic_backup_retention_days(),
                }));
            }
        )*};
    }
    windows!(windows_configuration, lustre_configuration, ontap_configuration, open_zfs_configuration);
    Value::Null
}

fn aliases(of: &WindowsFileSystemConfiguration) -> Option<Value> {
    let names: Vec<&str> = of.aliases().iter().filter_map(|alias| alias.name()).collect();
    (!names.is_empty()).then(|| json!(names))
}

fn logs(of: &FileSystem) -> Option<Value> {
    let audit = of.windows_configuration().and_then(WindowsFileSystemConfiguration::audit_log_configuration);
    let audit = audit.map(|audit| {
        let level = |level: Option<&WindowsAccessAuditLogLevel>| level.map(|level| level.as_str().to_owned());
        let files = level(audit.file_access_audit_log_level());
        let shares = level(audit.file_share_access_audit_log_level());
        json!([files, shares, audit.audit_log_destination()])
    });
    let lustre = of.lustre_configuration().and_then(LustreFileSystemConfiguration::log_configuration);
    audit.or_else(|| lustre.map(|logs| json!([logs.level().map(|level| level.as_str()), logs.destination()])))
}
