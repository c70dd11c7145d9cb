//! What stands in the way of policies at AWS: looked at before one is applied, and by `doctor` for all that are. It changes
//! nothing; each obstacle has a code and the command that mends it.

pub(crate) mod rules;

use std::collections::BTreeSet;

use chainwright_aws::{
    error::{Class, SourceError},
    sources::Scope,
};
use chainwright_chain::{finding::Obstacle, policy::Policy};
use chainwright_contracts::{codes, names::Region, policy::PolicyFile};
use chainwright_jobs::{JobError, selection_of};

use crate::{catalog::rebuild::places_of, operator::Operator, trouble::Trouble};

/// Looks at everything that the policies which are not deleted need.
pub(crate) async fn of_policies(operator: &Operator) -> Result<Vec<Obstacle>, Trouble> {
    let mut policies = Vec::new();
    // A ledger that does not answer has been found already.
    for head in operator.ledger().policies().await.unwrap_or_default() {
        if !head.value.deleted {
            let revision = operator.ledger().revision(&head.value.name, head.value.revision).await?;
            policies.extend(revision.map(|revision| Policy::new(revision.file)));
        }
    }
    let mut found = BTreeSet::new();
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
    let mut found = Vec::new();
    for region in regions(file).into_iter().filter(|region| region != operator.clients().home_region()) {
        found.extend(key_in(operator, &region).await?);
        found.extend(rules::of_region(operator, &region).await?);
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

/// The key's replica, without which nothing that lies in the Region can be opened there.
async fn key_in(operator: &Operator, region: &Region) -> Result<Option<Obstacle>, Trouble> {
    let (clients, key) = (operator.clients(), &operator.hub().key);
    let kms = clients.kms(clients.own_account(), region)?;
    if kms.describe_key().key_id(key).send().await.is_ok() {
        return Ok(None);
    }
    let home = clients.home_region();
    let id = format!("$(aws kms describe-key --region {home} --key-id {key} --query KeyMetadata.KeyId --output text)");
    let remedy = format!(
        "aws kms replicate-key --region {home} --key-id {id} --replica-region {region} && aws kms create-alias \
         --region {region} --alias-name {key} --target-key-id {id}"
    );
    let wrong = format!("the key {key} has no replica in {region}: what is sealed does not open there");
    Ok(Some(Obstacle::missing(codes::MISSING_AT_START, wrong, remedy)))
}
