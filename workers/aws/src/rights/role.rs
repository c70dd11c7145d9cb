//! The role that AWS Backup assumes: that it is there, trusts AWS Backup, and may do what a backup and a copy need.

use chainwright_chain::finding::Obstacle;
use chainwright_contracts::{codes, names::AccountId, policy::PolicyFile};
use serde_json::json;

use super::{
    needs::{self, Need},
    simulate::{self, listed, shown_by},
    trust::is_trusted,
    unseen,
};
use crate::{
    clients::Clients,
    error::{Class, SourceError, failed},
    sources::Scope,
};

const GET_ROLE: &str = "iam:GetRole";
/// Who assumes the role (AWS Backup developer guide, "IAM service roles"), in every partition.
const SERVICE: &str = "backup.amazonaws.com";

/// What AWS manages for such roles: for backups with copies, and for restores, behind `arn:PARTITION:iam::aws:policy/`.
pub const BACKUP_POLICIES: [&str; 2] =
    ["service-role/AWSBackupServiceRolePolicyForBackup", "service-role/AWSBackupServiceRolePolicyForRestores"];

/// The document by which a role trusts AWS Backup.
#[must_use]
pub fn trust_policy() -> String {
    let statement = json!({"Effect": "Allow", "Principal": {"Service": SERVICE}, "Action": "sts:AssumeRole"});
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

/// What stands in the way of a policy at the role that it names, in one account. A policy without such a role has nothing
/// in its way.
///
/// # Errors
/// As IAM answers; a role that is not there, or may not be looked at, is no error.
pub async fn of_backup_role(
    clients: &Clients,
    file: &PolicyFile,
    account: &AccountId,
) -> Result<Vec<Obstacle>, SourceError> {
    let Some(name) = file.backup_role.as_ref().map(|name| name.as_str()) else { return Ok(Vec::new()) };
    let iam = clients.iam(account, clients.home_region())?;
    let what = format!("the role {name} in account {account}");
    let role = match iam.get_role().role_name(name).send().await.map_err(failed(GET_ROLE)) {
        Ok(answer) => answer.role,
        Err(error) if error.class == Class::NotFound => return Ok(vec![missing(clients, &what, name)]),
        Err(error) => return Ok(vec![unseen(&what, error)?]),
    };
    let Some(role) = role else { return Err(SourceError::unreadable(GET_ROLE, "the answer has no role")) };
    let mut found = Vec::new();
    if !is_trusted(role.assume_role_policy_document().unwrap_or_default(), SERVICE) {
        let wrong = format!("{what} does not trust {SERVICE}, so that AWS Backup cannot assume it");
        let remedy =
            format!("aws iam update-assume-role-policy --role-name {name} --policy-document '{}'", trust_policy());
        found.push(Obstacle::missing(codes::ROLE_UNFIT, wrong, remedy));
    }
    let scopes = file.regions.iter().map(|region| Scope { account: account.clone(), region: region.clone() });
    let needs: Vec<Need> = scopes.flat_map(|scope| needs::of_role(file, &scope)).collect();
    found.extend(lacking(clients, &iam, &what, &role, &needs).await?);
    Ok(found)
}

fn missing(clients: &Clients, what: &str, name: &str) -> Obstacle {
    let create = format!("aws iam create-role --role-name {name} --assume-role-policy-document '{}'", trust_policy());
    let wrong = format!("{what} does not exist, so that AWS Backup can make no backup there");
    Obstacle::missing(codes::ROLE_UNFIT, wrong, format!("{create} && {}", attach(clients, name)))
}

fn attach(clients: &Clients, name: &str) -> String {
    let partition = clients.home_region().partition();
    let commands = BACKUP_POLICIES.map(|policy| {
        format!("aws iam attach-role-policy --role-name {name} --policy-arn arn:{partition}:iam::aws:policy/{policy}")
    });
    commands.join(" && ")
}

async fn lacking(
    clients: &Clients,
    iam: &aws_sdk_iam::Client,
    what: &str,
    role: &aws_sdk_iam::types::Role,
    needs: &[Need],
) -> Result<Vec<Obstacle>, SourceError> {
    let lacks = match simulate::ask(iam, role.arn(), needs).await {
        Ok(lacks) => lacks,
        Err(error) => return Ok(vec![unseen(&format!("what {what} may do"), error)?]),
    };
    let mut found = Vec::new();
    if !lacks.unallowed.is_empty() {
        let wrong = format!("{what} may not do what AWS Backup needs: {}", listed(&lacks.unallowed));
        found.push(Obstacle::missing(codes::ROLE_UNFIT, wrong, attach(clients, role.role_name())));
    }
    if !lacks.denied.is_empty() {
        let wrong = format!("{what} is denied by a policy what AWS Backup needs: {}", listed(&lacks.denied));
        found.push(Obstacle::missing(codes::ROLE_UNFIT, wrong, shown_by(role.arn(), &lacks.denied)));
    }
    if !lacks.open.is_empty() {
        let wrong = format!("whether {what} may do this depends on conditions: {}", listed(&lacks.open));
        found.push(Obstacle::notice(codes::NOT_LOOKED_AT, wrong, shown_by(role.arn(), &lacks.open)));
    }
    Ok(found)
}
