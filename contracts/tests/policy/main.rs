//! The policy grammar as its users meet it: whole files in, policies or complete lists of mistakes out.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may fail as the tests may")]

mod accepted;
mod refused;

use chainwright_contracts::policy::{PolicyErrors, PolicyFile, parse};

/// The smallest DynamoDB policy, with `more` lines behind it.
fn small(more: &str) -> String {
    format!(
        "policy: p\nsource: dynamodb\naccounts: [\"111122223333\"]\nregions: [eu-west-1]\nselect: {{all: true}}\n\
         backup_role: r\nvault: vault\nschedules: {{daily: {{at: \"07:00\", keep: 3 days}}}}\n{more}"
    )
}

/// The smallest policy with one line replaced: the key of `line` says which.
fn with(line: &str) -> Result<PolicyFile, PolicyErrors> {
    let key = line.split(':').next().unwrap_or_default();
    let mut text = String::new();
    for old in small("").lines().filter(|old| old.split(':').next() != Some(key)) {
        text.push_str(old);
        text.push('\n');
    }
    parse("p.yaml", &format!("{text}{line}\n"))
}
