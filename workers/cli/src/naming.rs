//! How the command line names a chain or a point, and what the ledger has under the name.

use chainwright_chain::state::{Owner, PointRecord};
use chainwright_contracts::{
    arn::Arn,
    codes,
    ids::{ChainId, PointId},
    policy::PolicyName,
};
use chainwright_jobs::{
    ledger::{CurrentChain, Family, Key},
    policies,
};
use clap::Args;
use jiff::SignedDuration;

use crate::{operator::Operator, trouble::Trouble};

/// A chain, by its id, or by resource and policy.
#[derive(Debug, Args)]
pub(crate) struct ChainName {
    /// The chain's id.
    #[arg(required_unless_present = "resource", conflicts_with_all = ["resource", "policy"])]
    chain: Option<ChainId>,
    /// Instead of the id: the resource's ARN; its present chain under the policy is meant.
    #[arg(long, requires = "policy")]
    resource: Option<Arn>,
    /// With the resource: the policy.
    #[arg(long, requires = "resource")]
    policy: Option<PolicyName>,
}

impl ChainName {
    /// The chain's id.
    pub(crate) async fn id(&self, operator: &Operator) -> Result<ChainId, Trouble> {
        match (&self.chain, &self.resource, &self.policy) {
            (Some(chain), ..) => Ok(chain.clone()),
            (None, Some(resource), Some(policy)) => {
                let key = Key::current_chain(resource.as_str(), policy);
                let found = operator.ledger().get::<CurrentChain>(&key).await?;
                let cause = format!("{resource} has no chain under policy {policy}");
                found.map(|found| found.value.chain).ok_or_else(|| Trouble::coded(codes::NO_SUCH_CHAIN, cause))
            }
            _ => Err(Trouble::Usage("name a chain by its id, or by --resource and --policy".to_owned())),
        }
    }

    /// Everything that the ledger knows of the chain.
    pub(crate) async fn family(&self, operator: &Operator) -> Result<(ChainId, Family), Trouble> {
        let id = self.id(operator).await?;
        let family = operator.ledger().family(&Owner::Chain(id.clone())).await?;
        let unknown = || Trouble::coded(codes::NO_SUCH_CHAIN, format!("the ledger knows no chain {id}"));
        let family = family.ok_or_else(unknown)?;
        Ok((id, family))
    }
}

/// A chain, or every chain that a policy has.
#[derive(Debug, Args)]
pub(crate) struct Chains {
    /// The chain's id.
    #[arg(required_unless_present = "policy", conflicts_with = "policy")]
    chain: Option<ChainId>,
    /// Instead of the id: every chain of this policy that is not orphaned.
    #[arg(long)]
    policy: Option<PolicyName>,
    /// With the policy: only the chain of this resource.
    #[arg(long, requires = "policy")]
    resource: Option<Arn>,
}

impl Chains {
    /// The chains' ids.
    pub(crate) async fn ids(&self, operator: &Operator) -> Result<Vec<ChainId>, Trouble> {
        let Some(policy) = &self.policy else { return Ok(self.chain.iter().cloned().collect()) };
        policies::as_applied(operator.ledger(), policy).await?;
        let mut chains = policies::chains(operator.ledger(), policy).await?;
        chains.retain(|chain| chain.orphaned.is_none());
        chains.retain(|chain| self.resource.as_ref().is_none_or(|resource| chain.resource == *resource));
        Ok(chains.iter().filter_map(|chain| chain.owner.chain().cloned()).collect())
    }
}

/// A point, with everything that belongs to the same owner.
pub(crate) async fn point(operator: &Operator, id: &PointId) -> Result<(Family, PointRecord), Trouble> {
    let unknown = || Trouble::coded(codes::NO_SUCH_POINT, format!("the ledger knows no point {id}"));
    let owner = operator.ledger().owner_of(id).await?.ok_or_else(unknown)?;
    let family = operator.ledger().family(&owner).await?.ok_or_else(unknown)?;
    let point = family.point(id).ok_or_else(unknown)?.value.clone();
    Ok((family, point))
}

/// A length of time for people: days and hours, or hours and minutes, or minutes.
pub(crate) fn length(of: SignedDuration) -> String {
    let minutes = of.as_mins().max(0);
    let (days, hours, rest) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    match (days, hours) {
        (0, 0) => format!("{rest}m"),
        (0, _) => format!("{hours}h {rest}m"),
        _ => format!("{days}d {hours}h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_told_in_their_two_largest_units() {
        let told = [0, 59, 61, 1439, 1440 * 3 + 125, -5].map(|minutes| length(SignedDuration::from_mins(minutes)));
        assert_eq!(told, ["0m", "59m", "1h 1m", "23h 59m", "3d 2h", "0m"]);
    }
}
