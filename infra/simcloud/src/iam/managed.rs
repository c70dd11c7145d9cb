//! The policies that AWS manages, as far as the services here go (AWS managed policy reference guide).

/// What AWS Backup needs to back up and copy. Of the real document, what it says of DynamoDB, FSx and vaults.
const BACKUP: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":["dynamodb:DescribeTable","dynamodb:CreateBackup","dynamodb:StartAwsBackupJob",
        "dynamodb:ListTagsOfResource"],"Resource":"arn:aws:dynamodb:*:*:table/*"},
    {"Effect":"Allow","Action":["dynamodb:DescribeBackup","dynamodb:DeleteBackup"],
        "Resource":"arn:aws:dynamodb:*:*:table/*/backup/*"},
    {"Effect":"Allow","Action":["backup:DescribeBackupVault","backup:CopyIntoBackupVault"],
        "Resource":"arn:aws:backup:*:*:backup-vault:*"},
    {"Effect":"Allow","Action":"backup:CopyFromBackupVault","Resource":"*"},
    {"Effect":"Allow","Action":"fsx:DescribeFileSystems","Resource":"arn:aws:fsx:*:*:file-system/*"},
    {"Effect":"Allow","Action":"fsx:DescribeVolumes","Resource":"arn:aws:fsx:*:*:volume/*"},
    {"Effect":"Allow","Action":"fsx:CreateBackup",
        "Resource":["arn:aws:fsx:*:*:file-system/*","arn:aws:fsx:*:*:backup/*","arn:aws:fsx:*:*:volume/*"]},
    {"Effect":"Allow","Action":"fsx:ListTagsForResource",
        "Resource":["arn:aws:fsx:*:*:file-system/*","arn:aws:fsx:*:*:volume/*"]},
    {"Effect":"Allow","Action":["fsx:DescribeBackups","fsx:DeleteBackup","fsx:ListTagsForResource",
        "fsx:ManageBackupPrincipalAssociations","fsx:CopyBackup","fsx:TagResource"],
        "Resource":"arn:aws:fsx:*:*:backup/*"},
    {"Effect":"Allow","Action":"kms:DescribeKey","Resource":"*"},
    {"Effect":"Allow","Action":"tag:GetResources","Resource":"*"}]}"#;

/// What AWS Backup needs to restore, likewise.
const RESTORES: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":["dynamodb:DescribeTable","dynamodb:RestoreTableFromBackup",
        "dynamodb:RestoreTableFromAwsBackup"],"Resource":"*"},
    {"Effect":"Allow","Action":["fsx:CreateFileSystemFromBackup","fsx:CreateVolumeFromBackup","fsx:DescribeFileSystems",
        "fsx:DescribeVolumes","fsx:TagResource"],"Resource":"*"}]}"#;

const EVERYTHING: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// The document of a managed policy, by its ARN.
pub(super) fn document(arn: &str) -> Option<&'static str> {
    match arn.strip_prefix("arn:aws:iam::aws:policy/")? {
        "service-role/AWSBackupServiceRolePolicyForBackup" => Some(BACKUP),
        "service-role/AWSBackupServiceRolePolicyForRestores" => Some(RESTORES),
        "AdministratorAccess" => Some(EVERYTHING),
        _ => None,
    }
}
