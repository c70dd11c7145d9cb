//! `policy get` and `policy describe`: what is applied, and what it comes to.

use chainwright_chain::{
    policy::Policy,
    state::{PolicyHead, Revision},
};
use chainwright_contracts::policy::PolicyName;
use chainwright_jobs::{Claimed, Selection, policies, selection};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    operator::Operator,
    output::{self, Answer, Format},
    trouble::{Told, Trouble},
};

/// How many slots are told ahead.
const SLOTS: usize = 5;

/// Lists the policies.
pub(super) async fn list(format: Format, operator: &Operator) -> Told {
    let heads = operator.ledger().policies().await?;
    let heads: Vec<_> = heads.iter().map(|head| &head.value).collect();
    Ok(match format {
        Format::Json => output::json(&json!({"policies": heads.iter().map(|head| as_json(head)).collect::<Vec<_>>()})),
        Format::Table => {
            let rows = heads.iter().map(|head| {
                [
                    head.name.to_string(),
                    head.source.to_string(),
                    head.priority.to_string(),
                    head.revision.to_string(),
                    standing(head).to_owned(),
                    head.next_slot.map_or_else(|| "-".to_owned(), |at| at.to_string()),
                ]
            });
            Answer::done(output::table(["POLICY", "SOURCE", "PRIORITY", "REVISION", "STATE", "NEXT SLOT"], rows))
        }
    })
}

/// The file as it was applied last: YAML, or JSON.
pub(super) async fn file(name: &PolicyName, format: Format, operator: &Operator) -> Told {
    let (_, revision) = policies::as_applied(operator.ledger(), name).await?;
    match format {
        Format::Json => Ok(output::json(&revision.file)),
        Format::Table => {
            // Through JSON, so that both say the same words.
            let plain = serde_json::to_value(&revision.file).map_err(|error| error.to_string())?;
            let text = serde_saphyr::to_string(&plain).map_err(|error| error.to_string())?;
            Ok(Answer::done(text.trim_end()))
        }
    }
}

/// Shows a policy: head, next slots, and what it selects now.
pub(super) async fn describe(name: &PolicyName, format: Format, operator: &Operator) -> Told {
    let (head, revision) = policies::as_applied(operator.ledger(), name).await?;
    let head = head.value;
    let selected = if head.deleted { Selection::default() } else { selection(operator.context(), name).await? };
    let slots = if head.next_slot.is_some() { slots(&revision, operator.now()) } else { Vec::new() };
    Ok(match format {
        Format::Json => {
            let claims: Vec<Value> = selected.claimed.iter().map(|claimed| claim_json(name, claimed)).collect();
            let unseen = selected.not_looked_at.iter();
            let unseen: Vec<Value> = unseen.map(|(place, reason)| json!({"place": place, "reason": reason})).collect();
            let more = json!({
                "applied_at": revision.applied_at,
                "watermark": head.watermark,
                "next_slots": slots,
                "resources": claims,
                "not_looked_at": unseen,
            });
            output::json(&json!({"policy": output::merged(as_json(&head), more)}))
        }
        Format::Table => Answer::done(as_text(&head, &revision, &slots, &selected)),
    })
}

fn slots(revision: &Revision, now: Timestamp) -> Vec<Timestamp> {
    let policy = Policy::new(revision.file.clone());
    policy.calendar().slots(now, Timestamp::MAX).map(|slot| slot.at).take(SLOTS).collect()
}

/// How a policy stands, in a word or two.
pub(super) fn standing(head: &PolicyHead) -> &'static str {
    match (head.deleted, head.paused, head.paused_by_command) {
        (true, ..) => "deleted",
        (false, false, _) => "running",
        (false, true, true) => "paused at the command line",
        (false, true, false) => "paused by its file",
    }
}

fn as_json(head: &PolicyHead) -> Value {
    json!({
        "policy": head.name,
        "source": head.source,
        "priority": head.priority,
        "revision": head.revision,
        "paused": head.paused,
        "paused_by_command": head.paused_by_command,
        "deleted": head.deleted,
        "next_slot": head.next_slot,
    })
}

fn claim_json(name: &PolicyName, claimed: &Claimed) -> Value {
    let why = why(name, claimed);
    json!({"resource": claimed.resource, "owner": claimed.owner, "owned": claimed.owner == *name, "why": why})
}

/// Why another policy has a resource that this one asks for.
fn why(name: &PolicyName, claimed: &Claimed) -> Option<String> {
    let owner = &claimed.owner;
    (owner != name).then(|| format!("policy {owner} asks for it with priority {}, and comes first", claimed.priority))
}

fn as_text(head: &PolicyHead, revision: &Revision, slots: &[Timestamp], selected: &Selection) -> String {
    let mut lines = vec![
        format!("policy {}, source {}, priority {}: {}", head.name, head.source, head.priority, standing(head)),
        format!("revision {}, applied at {}", head.revision, revision.applied_at),
        format!("every slot up to {} has been dealt with", head.watermark),
    ];
    if !slots.is_empty() {
        let slots: Vec<_> = slots.iter().map(ToString::to_string).collect();
        lines.push(format!("next slots {}", slots.join(", ")));
    }
    let rows = selected.claimed.iter().map(|claimed| {
        let why = why(&head.name, claimed).unwrap_or_default();
        [claimed.resource.to_string(), claimed.owner.to_string(), why]
    });
    lines.push(format!("\n{}", output::table(["RESOURCE", "OWNER", "WHY"], rows)));
    lines.extend(selected.not_looked_at.iter().map(|(place, reason)| format!("not looked at: {place}: {reason}")));
    lines.join("\n")
}

/// Where nothing under a name can be told apart from a typing mistake, deleted policies are none.
pub(super) fn not_deleted(head: &PolicyHead) -> Result<(), Trouble> {
    if head.deleted {
        let cause = format!("policy {} was deleted", head.name);
        return Err(Trouble::coded(chainwright_contracts::codes::NO_SUCH_POLICY, cause));
    }
    Ok(())
}
