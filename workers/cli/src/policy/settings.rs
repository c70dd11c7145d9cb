//! What a policy says of its resources themselves: shown before it is applied, and set when that is agreed to.
//!
//! Jobs only ever keep more for a policy's sake. What keeps less is done here, where a person has seen how much goes.

use chainwright_aws::error::Class;
use chainwright_chain::{exchange::StandingChange, policy::Policy};
use chainwright_contracts::policy::SourceKind;
use chainwright_jobs::{JobError, selection_of};

use crate::{operator::Operator, trouble::Trouble};

/// In what the resources that would be the policy's differ from it.
pub(super) async fn changes(
    policy: &Policy,
    together: &[Policy],
    operator: &Operator,
) -> Result<Vec<StandingChange>, Trouble> {
    let (ctx, file) = (operator.context(), policy.file());
    let source = ctx.source(file.source)?;
    let mut found = Vec::new();
    if !source.has_differing_resources() {
        return Ok(found);
    }
    let selection = selection_of(ctx, policy, together).await?;
    for claimed in selection.claimed.iter().filter(|claimed| claimed.owner == file.policy) {
        match source.standing_changes(policy, &claimed.resource).await {
            Ok(changes) => found.extend(changes),
            // What may not be looked at is an obstacle, and told as one.
            Err(error) if matches!(error.class, Class::Denied | Class::NotFound | Class::Refused) => {}
            Err(error) => return Err(JobError::from(error).into()),
        }
    }
    Ok(found)
}

/// A change in a line.
pub(super) fn told(change: &StandingChange) -> String {
    let StandingChange { resource, region, days_now, days, ends } = change;
    let gone = match ends {
        _ if days > days_now => "",
        0 => "; none is deleted by that now",
        _ => &format!("; {ends} are deleted by that at once"),
    };
    let unit = if *days == 1 { "day" } else { "days" };
    format!("{resource}: automatic points in {region} are kept {days} {unit} instead of {days_now}{gone}")
}

/// Makes the changes, and says which could not be made. They are found anew when the policy is applied again.
pub(super) async fn set(
    kind: SourceKind,
    changes: &[StandingChange],
    operator: &Operator,
) -> Result<Vec<String>, Trouble> {
    let source = operator.context().source(kind)?;
    let mut remarks = Vec::new();
    for change in changes {
        if let Err(error) = source.apply_standing_change(change).await {
            let StandingChange { resource, region, .. } = change;
            remarks.push(format!("warning: {resource}: not set in {region}: {error}; apply the policy again"));
        }
    }
    Ok(remarks)
}
