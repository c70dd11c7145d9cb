//! What stands in the way of policies at AWS: looked at before one is applied, and by `doctor` for all that are. It changes
//! nothing; each obstacle has a code and the command that mends it.

mod rules;

use std::collections::BTreeSet;

use chainwright_aws::{
    error::{Class, SourceError},
    rights,
    sealing::keys,
    sources::Scope,
};
use chainwright_chain::{finding::Obstacle, policy::Policy};
use chainwright_contracts::{
    codes,
    names::{AccountId, Region},
    policy::PolicyFile,
};
use chainwright_jobs::{JobError, selection_of};

use crate::{catalog::rebuild::places_of, operator::Operator, trouble::Trouble};

/// Looks at everything that the hub and the policies which are not deleted need.
pub(crate) async fn of_policies(operator: &Operator) -> Result<Vec<Obstacle>, Trouble> {
    let mut policies = Vec::new();
    // A ledger that does not answer has been found already.
    for head in operator.ledger().policies().await.unwrap_or_default() {
        if !head.value.deleted {
            let revision = operator.ledger().revision(&head.value.name, head.value.revision).await?;
            policies.extend(revision.map(|revision| Policy::new(revision.file)));
        }
    }
    let mut found: BTreeSet<_> = of_hub(operator, &BTreeSet::new()).await?.into_iter().collect();
    for policy in &policies {
        found.extend(of_policy(operator, policy, &policies).await?);
    }
    Ok(found.into_iter().collect())
}

/// Looks at everything that one policy needs, as it is or would be applied together with others.
pub(crate) async fn of_policy(
    operator: &Operator,
    policy: &Policy,
    together: &[Policy],
) -> Result<Vec<Obstacle>, Trouble> {
    let file = policy.file();
    let regions = regions(file);
    let mut found = of_hub(operator, &regions).await?;
    for account in &file.accounts {
        for region in &regions {
            found.extend(rules::of_place(operator, account, region).await?);
        }
        found.extend(rights_in(operator, file, account).await?);
    }
    let source = operator.context().source(file.source)?;
    for (account, region) in file.accounts.iter().flat_map(|account| file.regions.iter().map(move |r| (account, r))) {
        let scope = Scope { account: account.clone(), region: region.clone() };
        let place = format!("{account}/{region}");
        found.extend(looked_at(&place, source.preflight(policy, &scope).await)?);
    }
    if source.has_differing_resources() {
        found.extend(of_resources(operator, policy, together).await?);
    }
    Ok(found)
}

/// What stands in the way at what all policies share: the rules in the hub's own Region, and the key there and in these.
async fn of_hub(operator: &Operator, regions: &BTreeSet<Region>) -> Result<Vec<Obstacle>, Trouble> {
    let key = &operator.hub().key;
    let looked = keys::obstacles(operator.clients(), key, regions).await;
    let mut found = looked_at(&format!("the key {key}"), looked)?;
    found.extend(rules::of_home(operator).await?);
    Ok(found)
}

/// What stands in the way at the roles of an account.
async fn rights_in(operator: &Operator, file: &PolicyFile, account: &AccountId) -> Result<Vec<Obstacle>, Trouble> {
    let (clients, place) = (operator.clients(), format!("account {account}"));
    let mut found = looked_at(&place, rights::of_backup_role(clients, file, account).await)?;
    found.extend(looked_at(&place, rights::of_caller(clients, file, account).await)?);
    Ok(found)
}

/// What stands in the way at the single resources that would be the policy's.
async fn of_resources(operator: &Operator, policy: &Policy, together: &[Policy]) -> Result<Vec<Obstacle>, Trouble> {
    let file = policy.file();
    let source = operator.context().source(file.source)?;
    let selection = selection_of(operator.context(), policy, together).await?;
    let mut found = Vec::new();
    for claimed in selection.claimed.iter().filter(|claimed| claimed.owner == file.policy) {
        let looked = source.preflight_of(policy, &claimed.resource).await;
        found.extend(looked_at(claimed.resource.as_str(), looked)?);
    }
    Ok(found)
}

/// What may not be looked at is an obstacle of its own; what does not answer just now is no answer at all.
fn looked_at(subject: &str, looked: Result<Vec<Obstacle>, SourceError>) -> Result<Vec<Obstacle>, Trouble> {
    match looked {
        Ok(found) => Ok(found),
        Err(error) if matches!(error.class, Class::Denied | Class::NotFound | Class::Refused) => {
            let wrong = format!("{subject} cannot be looked at: {error}");
            Ok(vec![Obstacle::missing(codes::NOT_LOOKED_AT, wrong, "chainwright explain CW0313")])
        }
        Err(error) => Err(JobError::from(error).into()),
    }
}

/// The Regions in which a policy's points lie.
fn regions(file: &PolicyFile) -> BTreeSet<Region> {
    places_of(file).into_iter().map(|place| place.region).collect()
}
