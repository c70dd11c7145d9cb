//! What has to be allowed, source by source: to the role that AWS Backup assumes, and to whoever runs.
//!
//! A role's list is what AWS's own policy for it has for the type (AWS managed policy reference,
//! `AWSBackupServiceRolePolicyForBackup`; DynamoDB developer guide, "Usage notes" of AWS Backup), without what restores and
//! what hangs on conditions of keys. A caller's list is what this crate calls. Which resource an action is asked about
//! follows the service authorization reference.

use std::collections::BTreeMap;

use chainwright_contracts::{
    names::Region,
    policy::{AutomatedKeep, ColdAfter, PolicyFile, Select, ServerlessFrom, SourceKind},
};

use crate::sources::Scope;

/// Actions on one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Need {
    /// The resource's ARN, with `*` where any will do; `*` alone for actions that are on no resource.
    pub(super) on: String,
    pub(super) actions: Vec<&'static str>,
    /// Condition keys whose values are known beforehand.
    pub(super) context: BTreeMap<String, String>,
}

/// Where something is, for ARNs.
struct There<'a> {
    scope: &'a Scope,
    region: &'a Region,
}

impl There<'_> {
    fn arn(&self, service: &str, resource: &str) -> String {
        let (region, account) = (self.region, &self.scope.account);
        format!("arn:{}:{service}:{region}:{account}:{resource}", region.partition())
    }
}

fn need(on: impl Into<String>, actions: &[&'static str]) -> Need {
    Need { on: on.into(), actions: actions.to_vec(), context: BTreeMap::new() }
}

/// What the role needs that AWS Backup assumes for a policy's resources in a scope.
pub(super) fn of_role(file: &PolicyFile, scope: &Scope) -> Vec<Need> {
    let here = There { scope, region: &scope.region };
    let mut needs = match file.source {
        SourceKind::Dynamodb => {
            let actions = ["dynamodb:DescribeTable", "dynamodb:ListTagsOfResource", "dynamodb:StartAwsBackupJob"];
            vec![of_resource(file, &here, "table/*", &actions)]
        }
        SourceKind::Fsx => vec![
            of_resource(file, &here, "file-system/*", &["fsx:CreateBackup", "fsx:ListTagsForResource"]),
            need(here.arn("fsx", "backup/*"), &["fsx:DeleteBackup", "fsx:DescribeBackups", "fsx:TagResource"]),
        ],
        SourceKind::Redshift | SourceKind::RedshiftServerless => Vec::new(),
    };
    if let (Some(vault), Some(target)) = (&file.vault, file.copy_to.get(&scope.region)) {
        let there = There { scope, region: &target.region };
        needs.push(need(here.arn("backup", &format!("backup-vault:{vault}")), &["backup:CopyFromBackupVault"]));
        let vault = target.vault.as_ref().unwrap_or(vault);
        needs.push(need(there.arn("backup", &format!("backup-vault:{vault}")), &["backup:CopyIntoBackupVault"]));
        if file.source == SourceKind::Fsx {
            needs.push(need(there.arn("fsx", "backup/*"), &["fsx:CopyBackup"]));
        }
    }
    needs
}

/// What whoever runs needs for a policy's resources in a scope.
pub(super) fn of_caller(file: &PolicyFile, scope: &Scope) -> Vec<Need> {
    let here = There { scope, region: &scope.region };
    let mut needs = match file.source {
        SourceKind::Dynamodb | SourceKind::Fsx => of_vaults(file, &here),
        SourceKind::Redshift => of_clusters(file, &here),
        SourceKind::RedshiftServerless => of_namespaces(file, &here),
    };
    if let Some(target) = file.copy_to.get(&scope.region) {
        let there = There { scope, region: &target.region };
        let vault = target.vault.as_ref().or(file.vault.as_ref()).map(ToString::to_string);
        needs.extend(of_points(file.source, vault.as_deref(), &there));
    }
    needs
}

fn of_vaults(file: &PolicyFile, here: &There<'_>) -> Vec<Need> {
    let copied = file.copy_to.contains_key(here.region);
    let mut needs = of_units(file, here);
    needs.push(need(
        "*",
        &[
            "backup:DescribeBackupJob",
            "backup:DescribeRegionSettings",
            "backup:ListBackupJobs",
            "backup:ListLegalHolds",
            "backup:ListRecoveryPointsByLegalHold",
        ],
    ));
    if copied {
        needs.push(need("*", &["backup:DescribeCopyJob", "backup:ListCopyJobs"]));
    }
    let vault = file.vault.as_ref().map(ToString::to_string).unwrap_or_default();
    needs.push(need(here.arn("backup", &format!("backup-vault:{vault}")), &["backup:StartBackupJob"]));
    needs.extend(of_points(file.source, Some(&vault), here));
    if let Some(points) = needs.last_mut() {
        let cold = file.cold_after != ColdAfter::Never;
        points.actions.extend(copied.then_some("backup:StartCopyJob"));
        points.actions.extend(cold.then_some("backup:UpdateRecoveryPointLifecycle"));
    }
    needs.extend(file.backup_role.as_ref().map(|role| {
        let arn = format!("arn:{}:iam::{}:role/{role}", here.region.partition(), here.scope.account);
        let context = BTreeMap::from([("iam:PassedToService".to_owned(), "backup.amazonaws.com".to_owned())]);
        Need { context, ..need(arn, &["iam:PassRole"]) }
    }));
    needs
}

/// What is looked at of tables, or of file systems and volumes.
fn of_units(file: &PolicyFile, here: &There<'_>) -> Vec<Need> {
    if file.source == SourceKind::Fsx {
        return vec![
            need("*", &["fsx:DescribeDataRepositoryAssociations"]),
            need(here.arn("fsx", "file-system/*"), &["fsx:DescribeFileSystems", "fsx:ListTagsForResource"]),
            need(here.arn("fsx", "volume/*"), &["fsx:DescribeVolumes"]),
        ];
    }
    let actions = [
        "dynamodb:DescribeContinuousBackups",
        "dynamodb:DescribeContributorInsights",
        "dynamodb:DescribeKinesisStreamingDestination",
        "dynamodb:DescribeTable",
        "dynamodb:DescribeTimeToLive",
        "dynamodb:GetResourcePolicy",
        "dynamodb:ListTagsOfResource",
    ];
    vec![need("*", &["dynamodb:ListTables"]), of_resource(file, here, "table/*", &actions)]
}

fn of_clusters(file: &PolicyFile, here: &There<'_>) -> Vec<Need> {
    let mut cluster = vec!["redshift:DescribeClusters"];
    let mut needs = of_points(file.source, None, here);
    needs.push(need(here.arn("redshift", "snapshot:*/*"), &["redshift:CreateClusterSnapshot"]));
    if file.copy_to.contains_key(here.region) {
        cluster.extend(["redshift:EnableSnapshotCopy", "redshift:ModifySnapshotCopyRetentionPeriod"]);
        needs.push(need("*", &["redshift:DescribeSnapshotCopyGrants"]));
    }
    let keeps = file.redshift.as_ref().map(|options| &options.automated_keep);
    if keeps.is_some_and(|keep| !matches!(keep, AutomatedKeep::Unchanged)) {
        cluster.push("redshift:ModifyCluster");
    }
    needs.push(of_resource(file, here, "cluster:*", &cluster));
    needs
}

fn of_namespaces(file: &PolicyFile, here: &There<'_>) -> Vec<Need> {
    let mut anywhere = vec![
        "redshift-serverless:ListNamespaces",
        "redshift-serverless:ListRecoveryPoints",
        "redshift-serverless:ListWorkgroups",
    ];
    let mut namespace = vec!["redshift-serverless:ListTagsForResource"];
    let mut needs = of_points(file.source, None, here);
    if file.serverless.as_ref().is_some_and(|options| options.from == ServerlessFrom::RecoveryPoint) {
        let point = here.arn("redshift-serverless", "recovery-point/*");
        needs.push(need(point, &["redshift-serverless:ConvertRecoveryPointToSnapshot"]));
    } else {
        namespace.push("redshift-serverless:CreateSnapshot");
    }
    if file.copy_to.contains_key(here.region) {
        anywhere.push("redshift-serverless:ListSnapshotCopyConfigurations");
        namespace.push("redshift-serverless:CreateSnapshotCopyConfiguration");
    }
    needs.push(need("*", &anywhere));
    needs.push(of_resource(file, here, "namespace/*", &namespace));
    needs
}

/// What is done with points where they lie; the last need is of the points themselves.
fn of_points(source: SourceKind, vault: Option<&str>, there: &There<'_>) -> Vec<Need> {
    let of_backup = ["backup:DeleteRecoveryPoint", "backup:DescribeRecoveryPoint"];
    let mut needs = Vec::new();
    if let Some(vault) = vault {
        let actions = ["backup:DescribeBackupVault", "backup:ListRecoveryPointsByBackupVault"];
        needs.push(need(there.arn("backup", &format!("backup-vault:{vault}")), &actions));
    }
    if source == SourceKind::RedshiftServerless {
        needs.push(need("*", &["redshift-serverless:ListSnapshots"]));
    }
    let (service, resource, own) = own_of_points(source);
    let actions: Vec<_> = own.iter().chain(of_backup.iter().filter(|_| vault.is_some())).copied().collect();
    needs.push(need(there.arn(service, resource), &actions));
    needs
}

/// The points of a source: whose they are in ARNs, what they are called there, and what is done with them by that service.
const fn own_of_points(source: SourceKind) -> (&'static str, &'static str, &'static [&'static str]) {
    match source {
        SourceKind::Dynamodb => {
            ("backup", "recovery-point:*", &["backup:ListTags", "backup:TagResource", "backup:UntagResource"])
        }
        SourceKind::Fsx => (
            "fsx",
            "backup/*",
            &["fsx:DescribeBackups", "fsx:ListTagsForResource", "fsx:TagResource", "fsx:UntagResource"],
        ),
        SourceKind::Redshift => (
            "redshift",
            "snapshot:*/*",
            &[
                "redshift:CreateTags",
                "redshift:DeleteClusterSnapshot",
                "redshift:DeleteTags",
                "redshift:DescribeClusterSnapshots",
            ],
        ),
        SourceKind::RedshiftServerless => (
            "redshift-serverless",
            "snapshot/*",
            &[
                "redshift-serverless:DeleteSnapshot",
                "redshift-serverless:GetSnapshot",
                "redshift-serverless:ListTagsForResource",
                "redshift-serverless:TagResource",
                "redshift-serverless:UntagResource",
            ],
        ),
    }
}

/// Actions on the policy's own resources: on the first that it names, else on any. The tags that it selects by are known.
fn of_resource(file: &PolicyFile, here: &There<'_>, any: &str, actions: &[&'static str]) -> Need {
    let service = match file.source {
        SourceKind::Dynamodb => "dynamodb",
        SourceKind::Fsx => "fsx",
        SourceKind::Redshift => "redshift",
        SourceKind::RedshiftServerless => "redshift-serverless",
    };
    let of_scope = |arn: &str| arn.starts_with(&here.arn(service, ""));
    let named = match &file.select {
        Select::Arns(arns) => arns.iter().map(|arn| arn.as_str()).find(|arn| of_scope(arn)),
        Select::Tags(_) | Select::All => None,
    };
    let on = named.map_or_else(|| here.arn(service, any), str::to_owned);
    let context = match &file.select {
        Select::Tags(tags) => tags.iter().map(|(key, tag)| (format!("aws:ResourceTag/{key}"), tag.clone())).collect(),
        Select::Arns(_) | Select::All => BTreeMap::new(),
    };
    Need { context, ..need(on, actions) }
}
