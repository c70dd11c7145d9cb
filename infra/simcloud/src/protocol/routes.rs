//! The routes of AWS Backup's API, version 2018-11-15.

use http::Method;
use serde_json::{Map, Value};

/// Method, path with its labels in braces, operation. From the AWS Backup API Reference, page per action.
const ROUTES: &[(&str, &str, &str)] = &[
    ("PUT", "backup-jobs", "StartBackupJob"),
    ("GET", "backup-jobs", "ListBackupJobs"),
    ("GET", "backup-jobs/{BackupJobId}", "DescribeBackupJob"),
    ("POST", "backup-jobs/{BackupJobId}", "StopBackupJob"),
    ("PUT", "copy-jobs", "StartCopyJob"),
    ("GET", "copy-jobs", "ListCopyJobs"),
    ("GET", "copy-jobs/{CopyJobId}", "DescribeCopyJob"),
    ("PUT", "restore-jobs", "StartRestoreJob"),
    ("GET", "restore-jobs", "ListRestoreJobs"),
    ("GET", "restore-jobs/{RestoreJobId}", "DescribeRestoreJob"),
    ("GET", "restore-jobs/{RestoreJobId}/metadata", "GetRestoreJobMetadata"),
    ("GET", "backup-vaults", "ListBackupVaults"),
    ("PUT", "backup-vaults/{BackupVaultName}", "CreateBackupVault"),
    ("GET", "backup-vaults/{BackupVaultName}", "DescribeBackupVault"),
    ("DELETE", "backup-vaults/{BackupVaultName}", "DeleteBackupVault"),
    ("PUT", "backup-vaults/{BackupVaultName}/vault-lock", "PutBackupVaultLockConfiguration"),
    ("DELETE", "backup-vaults/{BackupVaultName}/vault-lock", "DeleteBackupVaultLockConfiguration"),
    ("PUT", "backup-vaults/{BackupVaultName}/access-policy", "PutBackupVaultAccessPolicy"),
    ("GET", "backup-vaults/{BackupVaultName}/access-policy", "GetBackupVaultAccessPolicy"),
    ("DELETE", "backup-vaults/{BackupVaultName}/access-policy", "DeleteBackupVaultAccessPolicy"),
    ("PUT", "backup-vaults/{BackupVaultName}/notification-configuration", "PutBackupVaultNotifications"),
    ("GET", "backup-vaults/{BackupVaultName}/notification-configuration", "GetBackupVaultNotifications"),
    ("DELETE", "backup-vaults/{BackupVaultName}/notification-configuration", "DeleteBackupVaultNotifications"),
    ("GET", "backup-vaults/{BackupVaultName}/resources", "ListProtectedResourcesByBackupVault"),
    ("GET", "backup-vaults/{BackupVaultName}/recovery-points", "ListRecoveryPointsByBackupVault"),
    ("GET", "backup-vaults/{BackupVaultName}/recovery-points/{RecoveryPointArn}", "DescribeRecoveryPoint"),
    ("DELETE", "backup-vaults/{BackupVaultName}/recovery-points/{RecoveryPointArn}", "DeleteRecoveryPoint"),
    ("POST", "backup-vaults/{BackupVaultName}/recovery-points/{RecoveryPointArn}", "UpdateRecoveryPointLifecycle"),
    (
        "POST",
        "backup-vaults/{BackupVaultName}/recovery-points/{RecoveryPointArn}/disassociate",
        "DisassociateRecoveryPoint",
    ),
    (
        "GET",
        "backup-vaults/{BackupVaultName}/recovery-points/{RecoveryPointArn}/restore-metadata",
        "GetRecoveryPointRestoreMetadata",
    ),
    ("GET", "resources", "ListProtectedResources"),
    ("GET", "resources/{ResourceArn}", "DescribeProtectedResource"),
    ("GET", "resources/{ResourceArn}/recovery-points", "ListRecoveryPointsByResource"),
    ("GET", "resources/{ResourceArn}/restore-jobs", "ListRestoreJobsByProtectedResource"),
    ("GET", "tags/{ResourceArn}", "ListTags"),
    ("POST", "tags/{ResourceArn}", "TagResource"),
    ("POST", "untag/{ResourceArn}", "UntagResource"),
    ("GET", "account-settings", "DescribeRegionSettings"),
    ("PUT", "account-settings", "UpdateRegionSettings"),
    ("GET", "global-settings", "DescribeGlobalSettings"),
    ("PUT", "global-settings", "UpdateGlobalSettings"),
    ("GET", "supported-resource-types", "GetSupportedResourceTypes"),
    ("GET", "legal-holds", "ListLegalHolds"),
    ("POST", "legal-holds", "CreateLegalHold"),
    ("GET", "legal-holds/{LegalHoldId}", "GetLegalHold"),
    ("DELETE", "legal-holds/{LegalHoldId}", "CancelLegalHold"),
    ("GET", "legal-holds/{LegalHoldId}/recovery-points", "ListRecoveryPointsByLegalHold"),
];

/// The operation behind a method and the decoded segments of a path, with the labels' values.
pub(super) fn find(method: &Method, segments: &[String]) -> Option<(&'static str, Map<String, Value>)> {
    ROUTES
        .iter()
        .filter(|(of, _, _)| method.as_str() == *of)
        .find_map(|(_, pattern, operation)| labels(pattern, segments).map(|labels| (*operation, labels)))
}

fn labels(pattern: &str, segments: &[String]) -> Option<Map<String, Value>> {
    let mut labels = Map::new();
    let mut segments = segments.iter();
    for part in pattern.split('/') {
        let segment = segments.next()?;
        match part.strip_prefix('{').and_then(|label| label.strip_suffix('}')) {
            Some(label) if !segment.is_empty() => {
                labels.insert(label.to_owned(), Value::String(segment.clone()));
            }
            None if part == segment => {}
            _ => return None,
        }
    }
    segments.next().is_none().then_some(labels)
}
