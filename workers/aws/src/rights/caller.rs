//! Whoever runs: the worker's own role, or the operator's; in another account the member role.

use chainwright_chain::finding::Obstacle;
use chainwright_contracts::{
    codes,
    names::AccountId,
    policy::{PolicyFile, SourceKind},
};
use serde_json::json;

use super::{
    needs::{self, Need},
    simulate::{self, Lacks, listed, shown_by},
    unseen,
};
use crate::{
    clients::Clients,
    error::{SourceError, failed},
    sources::Scope,
};

const WHO_AM_I: &str = "sts:GetCallerIdentity";
const GET_ROLE: &str = "iam:GetRole";

/// A principal whose policies the simulator knows.
enum Principal {
    Role {
        arn: String,
        name: String,
    },
    User {
        arn: String,
        name: String,
    },
    /// An account's root, whom no policy of the account limits.
    Root,
}

impl Principal {
    /// The command that allows something.
    fn allow(&self, source: SourceKind, lacks: &[(String, Vec<String>)]) -> String {
        let (kind, name) = match self {
            Self::Role { name, .. } => ("role", name.as_str()),
            Self::User { name, .. } => ("user", name.as_str()),
            Self::Root => ("user", "root"),
        };
        let statement =
            |(on, actions): &(String, Vec<String>)| json!({"Effect": "Allow", "Action": actions, "Resource": on});
        let statements: Vec<_> = lacks.iter().map(statement).collect();
        let document = json!({"Version": "2012-10-17", "Statement": statements});
        format!(
            "aws iam put-{kind}-policy --{kind}-name {name} --policy-name chainwright-{} --policy-document '{document}'",
            source.name()
        )
    }
}

/// What whoever runs lacks for a policy in one account. A worker may run as somebody else: ask it there.
///
/// # Errors
/// As STS and IAM answer; what may not be asked is no error.
pub async fn of_caller(
    clients: &Clients,
    file: &PolicyFile,
    account: &AccountId,
) -> Result<Vec<Obstacle>, SourceError> {
    let iam = clients.iam(account, clients.home_region())?;
    let sts = clients.sts(account, clients.home_region())?;
    let identity = sts.get_caller_identity().send().await.map_err(failed(WHO_AM_I))?;
    let identity = identity.arn.unwrap_or_default();
    let principal = match principal(&iam, &identity).await {
        Ok(Some(principal)) => principal,
        Ok(None) => {
            let wrong = format!("what {identity} may do cannot be looked at: it is neither a role nor a user");
            return Ok(vec![Obstacle::notice(codes::NOT_LOOKED_AT, wrong, "chainwright explain CW0313")]);
        }
        Err(error) => return Ok(vec![unseen(&format!("the role of {identity}"), error)?]),
    };
    let (Principal::Role { arn, .. } | Principal::User { arn, .. }) = &principal else { return Ok(Vec::new()) };
    let scopes = file.regions.iter().map(|region| Scope { account: account.clone(), region: region.clone() });
    let needs: Vec<Need> = scopes.flat_map(|scope| needs::of_caller(file, &scope)).collect();
    match simulate::ask(&iam, arn, &needs).await {
        Ok(lacks) => Ok(told(&principal, arn, file.source, &lacks)),
        Err(error) => Ok(vec![unseen(&format!("what {arn} may do"), error)?]),
    }
}

fn told(principal: &Principal, arn: &str, source: SourceKind, lacks: &Lacks) -> Vec<Obstacle> {
    let (needed, mut found) = (format!("what workers need for policies over {}", source.name()), Vec::new());
    if !lacks.unallowed.is_empty() {
        let wrong = format!("{arn}, as whom this was asked, may not do {needed}: {}", listed(&lacks.unallowed));
        found.push(Obstacle::missing(codes::ROLE_UNFIT, wrong, principal.allow(source, &lacks.unallowed)));
    }
    if !lacks.denied.is_empty() {
        let wrong = format!("{arn}, as whom this was asked, is denied by a policy {needed}: {}", listed(&lacks.denied));
        found.push(Obstacle::missing(codes::ROLE_UNFIT, wrong, shown_by(arn, &lacks.denied)));
    }
    if !lacks.open.is_empty() {
        let wrong = format!("whether {arn} may do this depends on conditions: {}", listed(&lacks.open));
        found.push(Obstacle::notice(codes::NOT_LOOKED_AT, wrong, shown_by(arn, &lacks.open)));
    }
    found
}

/// The principal behind an identity. A session's ARN names its role without the path that the role's own has, so IAM is
/// asked for it (IAM user guide, "IAM identifiers").
async fn principal(iam: &aws_sdk_iam::Client, identity: &str) -> Result<Option<Principal>, SourceError> {
    let resource = identity.splitn(6, ':').last().unwrap_or_default();
    let last = |text: &str| text.rsplit('/').next().unwrap_or_default().to_owned();
    match resource.split_once('/') {
        _ if resource == "root" => Ok(Some(Principal::Root)),
        Some(("user", user)) => Ok(Some(Principal::User { arn: identity.to_owned(), name: last(user) })),
        Some(("assumed-role", session)) => {
            let name = session.split('/').next().unwrap_or_default();
            let answer = iam.get_role().role_name(name).send().await.map_err(failed(GET_ROLE))?;
            Ok(answer.role.map(|role| Principal::Role { arn: role.arn, name: role.role_name }))
        }
        _ => Ok(None),
    }
}
