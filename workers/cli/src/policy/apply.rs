//! `policy apply`: what would change, then the change.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use chainwright_chain::{exchange::StandingChange, finding::Weight, policy::Policy};
use chainwright_contracts::{codes, policy::PolicyFile};
use chainwright_jobs::{JobError, policies};
use serde_json::{Value, json};

use super::{
    file::{Refusal, read},
    settings,
};
use crate::{
    consent::Yes,
    operator::Operator,
    output::{self, Answer, Format},
    preflight,
    trouble::{Told, Trouble},
};

/// What applying one file would do.
struct Step {
    file: PolicyFile,
    /// The present revision; none where the policy is new or was deleted.
    present: Option<u32>,
    /// What changes, in words.
    changes: Vec<String>,
    /// What changes of the resources themselves.
    settings: Vec<StandingChange>,
    /// What the owner should know.
    remarks: Vec<String>,
    /// A pause made at the command line goes on.
    stays_paused: bool,
}

/// Applies files, all or, where one of them is wrong, none.
pub(super) async fn run(files: &[PathBuf], yes: Yes, format: Format, operator: &Operator) -> Told {
    let mut steps = Vec::new();
    let together: Vec<Policy> = read_all(files)?.into_iter().map(Policy::new).collect();
    for policy in &together {
        steps.push(step(policy, &together, operator).await?);
    }
    if steps.iter().any(|step| !step.is_idle() || !step.settings.is_empty()) {
        let plan: Vec<_> = steps.iter().map(Step::plan).collect();
        yes.to(operator, &plan.join("\n"))?;
    }
    let mut told = Vec::new();
    for mut step in steps {
        let revision = match step.present {
            Some(present) if step.is_idle() => present,
            _ => policies::apply(operator.ledger(), step.file.clone(), operator.now()).await?,
        };
        step.remarks.extend(settings::set(step.file.source, &step.settings, operator).await?);
        told.push((step, revision));
    }
    Ok(answer(&told, format))
}

fn read_all(files: &[PathBuf]) -> Result<Vec<PolicyFile>, Trouble> {
    let (mut read_files, mut mistakes, mut names) = (Vec::new(), Vec::new(), BTreeSet::new());
    for path in files {
        match read(path) {
            Ok(file) if !names.insert(file.policy.clone()) => {
                mistakes.push(format!("{}: another of these files is policy {}, too", path.display(), file.policy));
            }
            Ok(file) => read_files.push(file),
            Err(Refusal::Unreadable(reason)) => mistakes.push(reason),
            Err(Refusal::Mistakes(errors)) => mistakes.push(errors.to_string()),
        }
    }
    if mistakes.is_empty() { Ok(read_files) } else { Err(Trouble::Failed(mistakes.join("\n"))) }
}

async fn step(policy: &Policy, together: &[Policy], operator: &Operator) -> Result<Step, Trouble> {
    let file = policy.file().clone();
    let mut remarks = obstacles(policy, together, operator).await?;
    remarks.extend(policy.findings().iter().map(|finding| format!("warning: {finding}")));
    let settings = settings::changes(policy, together, operator).await?;
    let known = match policies::as_applied(operator.ledger(), &file.policy).await {
        Ok(known) => Some(known),
        Err(JobError::Rejected { code: codes::NO_SUCH_POLICY, .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let stays_paused = known.as_ref().is_some_and(|(head, _)| head.value.paused_by_command);
    Ok(match known {
        Some((head, revision)) if !head.value.deleted => {
            let changes = changes(&revision.file, &file)?;
            Step { file, present: Some(revision.number), changes, settings, remarks, stays_paused }
        }
        known => {
            let what = if known.is_some() { "it is taken up again, and its chains with it" } else { "it is new" };
            Step { file, present: None, changes: vec![what.to_owned()], settings, remarks, stays_paused }
        }
    })
}

/// Refuses what cannot be backed up as the policy says; everything else that stands in its way is a remark.
async fn obstacles(policy: &Policy, together: &[Policy], operator: &Operator) -> Result<Vec<String>, Trouble> {
    let (ctx, file) = (operator.context(), policy.file());
    let targets = file.copy_to.values().map(|target| &target.region);
    for region in file.regions.iter().chain(targets) {
        for account in &file.accounts {
            ctx.settings().allow.check_place(account.as_str(), region.as_str())?;
        }
    }
    let (refused, others): (Vec<_>, Vec<_>) = preflight::of_policy(operator, policy, together)
        .await?
        .into_iter()
        .partition(|one| one.weight == Weight::Refused);
    if let Some(first) = refused.first() {
        let lines = refused.iter().map(|one| format!("policy {}: {}; {}", file.policy, one.wrong, one.remedy));
        return Err(Trouble::coded(first.code, lines.collect::<Vec<_>>().join("\n")));
    }
    Ok(others.iter().map(|one| format!("warning: {} [{}]; {}", one.wrong, one.code, one.remedy)).collect())
}

/// The keys that differ, with what they were and are.
fn changes(before: &PolicyFile, after: &PolicyFile) -> Result<Vec<String>, Trouble> {
    let flat = |file: &PolicyFile| -> Result<BTreeMap<String, String>, Trouble> {
        let mut keys = BTreeMap::new();
        flatten("", &serde_json::to_value(file).map_err(|error| error.to_string())?, &mut keys);
        Ok(keys)
    };
    let (before, after) = (flat(before)?, flat(after)?);
    let keys: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let change = |key: &String| match (before.get(key), after.get(key)) {
        (Some(before), Some(after)) if before == after => None,
        (Some(before), Some(after)) => Some(format!("{key}: {before} becomes {after}")),
        (Some(before), None) => Some(format!("{key}: {before} is dropped")),
        (None, after) => after.map(|after| format!("{key}: {after} is added")),
    };
    Ok(keys.into_iter().filter_map(change).collect())
}

fn flatten(path: &str, value: &Value, into: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flatten(&path, value, into);
            }
        }
        Value::String(text) => drop(into.insert(path.to_owned(), text.clone())),
        other => drop(into.insert(path.to_owned(), other.to_string())),
    }
}

impl Step {
    fn is_idle(&self) -> bool {
        self.present.is_some() && self.changes.is_empty()
    }

    fn plan(&self) -> String {
        let name = &self.file.policy;
        let mut lines = vec![match self.present {
            Some(present) if self.is_idle() => format!("policy {name} stays as it is, revision {present}"),
            Some(present) => format!("policy {name}, revision {present}, changes for new points:"),
            None => format!("policy {name} will be applied:"),
        }];
        lines.extend(self.changes.iter().map(|change| format!("  {change}")));
        lines.extend(self.settings.iter().map(|change| format!("  {}", settings::told(change))));
        lines.extend(self.remarks());
        lines.join("\n")
    }

    fn remarks(&self) -> Vec<String> {
        let name = &self.file.policy;
        let mut remarks = self.remarks.clone();
        if self.stays_paused {
            remarks.push(format!(
                "policy {name} was paused at the command line and stays so; `chainwright policy unpause {name}` ends that"
            ));
        }
        remarks
    }
}

fn answer(told: &[(Step, u32)], format: Format) -> Answer {
    match format {
        Format::Json => {
            let policy = |(step, revision): &(Step, u32)| {
                json!({
                    "policy": step.file.policy,
                    "revision": revision,
                    "changed": !step.is_idle(),
                    "changes": step.changes,
                    "settings": step.settings,
                    "remarks": step.remarks(),
                })
            };
            output::json(&json!({"applied": told.iter().map(policy).collect::<Vec<_>>()}))
        }
        Format::Table => {
            let line = |(step, revision): &(Step, u32)| {
                let what = if step.is_idle() { "stays as it is" } else { "is applied" };
                format!("policy {} {what}, revision {revision}", step.file.policy)
            };
            let text: Vec<_> = told.iter().map(line).collect();
            let answer = Answer::done(text.join("\n"));
            told.iter().flat_map(|(step, _)| step.remarks()).fold(answer, Answer::remarking)
        }
    }
}
