//! `policy validate`: every mistake, or what the owner should know.

use std::path::Path;

use chainwright_chain::{
    finding::Finding,
    policy::{Harmony, Policy},
};
use chainwright_contracts::policy::PolicyErrors;
use serde_json::{Value, json};

use super::file::{Refusal, read};
use crate::output::{self, Answer, Exit, Format};

/// Checks `file`. A file with mistakes has failed; warnings do not fail it.
pub(super) fn run(file: &Path, format: Format) -> Answer {
    match (read(file), format) {
        (Ok(read), Format::Table) => Answer::done(describe(&file.display().to_string(), &Policy::new(read))),
        (Ok(read), Format::Json) => {
            let findings: Vec<Value> = Policy::new(read).findings().iter().map(finding).collect();
            output::json(&json!({"valid": true, "errors": [], "findings": findings}))
        }
        (Err(Refusal::Unreadable(reason)), _) => Answer::failed(reason),
        (Err(Refusal::Mistakes(mistakes)), Format::Table) => Answer::failed(mistakes.to_string()),
        (Err(Refusal::Mistakes(mistakes)), Format::Json) => {
            let errors = json!({"valid": false, "errors": errors(&mistakes), "findings": []});
            Answer { exit: Exit::Failed, ..output::json(&errors) }
        }
    }
}

fn errors(mistakes: &PolicyErrors) -> Vec<Value> {
    let error = |error: &chainwright_contracts::policy::PolicyError| {
        json!({
            "file": error.file,
            "line": error.line,
            "key": error.key,
            "code": error.problem.code(),
            "wrong": error.wrong,
            "allowed": error.allowed,
        })
    };
    mistakes.errors().iter().map(error).collect()
}

fn finding(finding: &Finding) -> Value {
    json!({"code": finding.code.to_string(), "about": finding.about, "text": finding.text})
}

fn describe(name: &str, policy: &Policy) -> String {
    let file = policy.file();
    let mut lines = vec![format!("{name}: policy {} is valid", file.policy)];
    lines.extend(policy.harmony().iter().filter(|harmony| harmony.first_alone.is_none()).map(harmonized));
    lines.extend(policy.findings().iter().map(|finding| format!("warning: {finding}")));
    lines.join("\n")
}

fn harmonized(harmony: &Harmony) -> String {
    let with: Vec<_> = harmony.with.iter().map(|flag| flag.name()).collect();
    format!("schedules.{}: every slot falls on one of {}: one point carries the flags", harmony.flag, with.join(", "))
}

#[cfg(test)]
mod tests {
    use crate::{output::Exit, policy::tests::answer};

    #[test]
    fn every_sample_is_valid() {
        for sample in ["gold.yaml", "files.yaml", "warehouse.yaml", "analytics.json"] {
            let answer = answer(&format!("validate @{sample}"));
            assert_eq!((answer.exit, answer.remarks), (Exit::Done, vec![]), "{sample}");
        }
    }

    #[test]
    fn a_valid_policy_is_described_with_its_warnings() {
        let text = answer("validate @gold.yaml").text;
        let lines: Vec<_> = text.lines().skip(1).collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        schedules.weekly: every slot falls on one of daily: one point carries the flags
        schedules.monthly: every slot falls on one of daily, weekly: one point carries the flags
        warning: schedules.yearly: of the 4 slots in 2026 to 2029, 1 fall on no slot of a more frequent schedule and make points of their own, the first at 2028-01-01T06:00:00Z; the others fall on slots of daily, weekly, monthly [CW0254]
        "#);
    }

    #[test]
    fn warnings_are_data_too() {
        let data: serde_json::Value = serde_json::from_str(&answer("validate @gold.yaml -o json").text).unwrap();
        assert_eq!(data["valid"], true);
        assert_eq!(data["findings"][0]["code"], "CW0254");
    }

    #[test]
    fn mistakes_fail_the_command_and_are_named() {
        let wrong = "validate @../../errors/CW0206.md";
        let told = answer(wrong);
        assert_eq!(told.exit, Exit::Failed);
        assert!(told.remarks[0].contains("CW0206.md:9: "), "{:?}", told.remarks);
        let data: serde_json::Value = serde_json::from_str(&answer(&format!("{wrong} -o json")).text).unwrap();
        assert_eq!((data["valid"].clone(), data["errors"][0]["line"].clone()), (false.into(), 9.into()));
    }

    #[test]
    fn a_file_that_cannot_be_read_fails_with_its_name() {
        let answer = answer("validate @nowhere.yaml");
        assert_eq!(answer.exit, Exit::Failed);
        assert!(answer.remarks[0].contains("nowhere.yaml: cannot be read"), "{:?}", answer.remarks);
    }
}
