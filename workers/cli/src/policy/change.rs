//! `policy delete`, `policy pause`, `policy unpause`.

use chainwright_contracts::policy::PolicyName;
use chainwright_jobs::policies;
use serde_json::json;

use super::get::{not_deleted, standing};
use crate::{
    consent::Yes,
    operator::Operator,
    output::{self, Answer, Format},
    trouble::{Told, Trouble},
};

/// Deletes a policy and orphans its chains.
pub(super) async fn delete(name: &PolicyName, yes: Yes, format: Format, operator: &Operator) -> Told {
    policies::as_applied(operator.ledger(), name).await?;
    let chains = policies::chains(operator.ledger(), name).await?;
    let rows = chains.iter().map(|chain| {
        let id = chain.owner.chain().map(ToString::to_string).unwrap_or_default();
        let state = chain.orphaned.as_ref().map_or("becomes orphaned", |_| "is orphaned already");
        [id, chain.resource.to_string(), state.to_owned()]
    });
    let plan = format!(
        "{}\nPolicy {name} will start no sessions and own nothing any more. Of each chain the points expire as they were \
         applied, and the newest stay until the chain is released.",
        output::table(["CHAIN", "RESOURCE", ""], rows)
    );
    yes.to(operator, &plan)?;
    let orphaned = policies::delete(operator.ledger(), name, operator.now()).await?;
    let ids: Vec<_> = orphaned.iter().filter_map(|chain| chain.owner.chain()).collect();
    Ok(match format {
        Format::Table => Answer::done(format!("policy {name} is deleted; {} chains are orphaned", ids.len())),
        Format::Json => output::json(&json!({"deleted": name, "orphaned": ids})),
    })
}

/// Pauses a policy.
pub(super) async fn pause(name: &PolicyName, yes: Yes, format: Format, operator: &Operator) -> Told {
    let (head, _) = policies::as_applied(operator.ledger(), name).await?;
    not_deleted(&head.value)?;
    let plan = format!(
        "Policy {name} will start no sessions until it is unpaused. It keeps its resources; retention goes on."
    );
    yes.to(operator, &plan)?;
    policies::pause(operator.ledger(), name).await?;
    tell(name, format, operator).await
}

/// Ends a pause.
pub(super) async fn unpause(name: &PolicyName, yes: Yes, format: Format, operator: &Operator) -> Told {
    let (head, _) = policies::as_applied(operator.ledger(), name).await?;
    not_deleted(&head.value)?;
    if head.value.paused && !head.value.paused_by_command {
        let cause = format!("policy {name} is paused by its file");
        return Err(Trouble::Failed(format!("{cause}; apply the file without `paused: true`")));
    }
    if head.value.paused {
        let plan = format!("Policy {name} will start sessions again. What fell due in the pause is not caught up.");
        yes.to(operator, &plan)?;
        policies::unpause(operator.ledger(), name, operator.now()).await?;
    }
    tell(name, format, operator).await
}

async fn tell(name: &PolicyName, format: Format, operator: &Operator) -> Told {
    let (head, _) = policies::as_applied(operator.ledger(), name).await?;
    let head = head.value;
    let next = head.next_slot.map_or_else(String::new, |at| format!("; its next slot is {at}"));
    Ok(match format {
        Format::Table => Answer::done(format!("policy {name} is {}{next}", standing(&head))),
        Format::Json => {
            let told = json!({"policy": name, "paused": head.paused, "paused_by_command": head.paused_by_command,
                "next_slot": head.next_slot});
            output::json(&json!({ "policy": told }))
        }
    })
}
