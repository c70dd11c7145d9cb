//! IAM's policy simulator (IAM API reference, `SimulatePrincipalPolicy`).

use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum, EvaluationResult, PolicyEvaluationDecisionType};

use super::needs::Need;
use crate::error::{SourceError, failed};

const SIMULATE: &str = "iam:SimulatePrincipalPolicy";

/// What a principal lacks.
#[derive(Debug, Default)]
pub(super) struct Lacks {
    /// What no policy allows: resource and actions.
    pub(super) unallowed: Vec<(String, Vec<String>)>,
    /// What a policy denies, which no other can allow.
    pub(super) denied: Vec<(String, Vec<String>)>,
    /// What depends on conditions that cannot be known beforehand, with their keys.
    pub(super) open: Vec<(String, Vec<String>)>,
}

/// Asks what of the needs a principal lacks.
pub(super) async fn ask(iam: &aws_sdk_iam::Client, principal: &str, needs: &[Need]) -> Result<Lacks, SourceError> {
    let mut lacks = Lacks::default();
    for need in needs {
        let results = results(iam, principal, need).await?;
        let of = |wanted: fn(&EvaluationResult) -> bool| -> Vec<String> {
            results.iter().filter(|it| wanted(it)).map(|it| it.eval_action_name.clone()).collect()
        };
        for (kind, list) in [
            (of(is_denied), &mut lacks.denied),
            (of(is_unallowed), &mut lacks.unallowed),
            (of(is_open), &mut lacks.open),
        ] {
            if !kind.is_empty() {
                list.push((need.on.clone(), kind));
            }
        }
    }
    Ok(lacks)
}

async fn results(
    iam: &aws_sdk_iam::Client,
    principal: &str,
    need: &Need,
) -> Result<Vec<EvaluationResult>, SourceError> {
    let call = iam.simulate_principal_policy().policy_source_arn(principal).resource_arns(&need.on);
    let entries = need.context.iter().map(|(key, value)| {
        let entry = ContextEntry::builder().context_key_name(key).context_key_type(ContextKeyTypeEnum::String);
        entry.context_key_values(value).build()
    });
    let actions = need.actions.iter().map(|action| (*action).to_owned()).collect();
    let call = call.set_action_names(Some(actions)).set_context_entries(Some(entries.collect()));
    let (mut all, mut marker) = (Vec::new(), None);
    loop {
        let page = call.clone().set_marker(marker).send().await.map_err(failed(SIMULATE))?;
        all.extend(page.evaluation_results.unwrap_or_default());
        marker = page.marker.filter(|_| page.is_truncated);
        if marker.is_none() {
            return Ok(all);
        }
    }
}

fn is_denied(result: &EvaluationResult) -> bool {
    result.eval_decision == PolicyEvaluationDecisionType::ExplicitDeny
}

fn is_unallowed(result: &EvaluationResult) -> bool {
    result.eval_decision == PolicyEvaluationDecisionType::ImplicitDeny && result.missing_context_values().is_empty()
}

/// A statement might allow it, on conditions that were not given.
fn is_open(result: &EvaluationResult) -> bool {
    result.eval_decision == PolicyEvaluationDecisionType::ImplicitDeny && !result.missing_context_values().is_empty()
}

/// Actions and what they are on, in a line.
pub(super) fn listed(lacks: &[(String, Vec<String>)]) -> String {
    let line = |(on, actions): &(String, Vec<String>)| match on.as_str() {
        "*" => actions.join(", "),
        on => format!("{} on {on}", actions.join(", ")),
    };
    lacks.iter().map(line).collect::<Vec<_>>().join("; ")
}

/// The command that shows why something is denied, or on what it depends.
pub(super) fn shown_by(principal: &str, lacks: &[(String, Vec<String>)]) -> String {
    let command = |(on, actions): &(String, Vec<String>)| {
        format!(
            "aws iam simulate-principal-policy --policy-source-arn {principal} --action-names {} --resource-arns '{on}'",
            actions.join(" ")
        )
    };
    lacks.iter().map(command).collect::<Vec<_>>().join(" && ")
}
