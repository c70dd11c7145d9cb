//! The rules as tables and properties.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the helpers of tests may fail as the tests may"
)]

mod calendar;
mod chains;
mod golden;
mod histories;
mod operations;
mod plan;
mod plan_properties;
mod policies;
mod retention;
mod sessions;
mod simulation;

use std::collections::BTreeSet;

use chainwright_chain::policy::Policy;
use chainwright_contracts::{flag::Flag, names::Region, policy::parse};
use jiff::Timestamp;

/// A DynamoDB policy in eu-west-1 with these schedules and further lines.
fn policy(schedules: &str, more: &str) -> Policy {
    policy_of("dynamodb", schedules, more)
}

/// A policy of this source in eu-west-1 with these schedules and further lines.
fn policy_of(source: &str, schedules: &str, more: &str) -> Policy {
    let vault = if source.starts_with("redshift") { "" } else { "backup_role: r\nvault: vault\n" };
    let text = format!(
        "policy: p\nsource: {source}\naccounts: [\"111122223333\"]\nregions: [eu-west-1]\nselect: {{all: true}}\n\
         {vault}schedules: {schedules}\n{more}"
    );
    Policy::new(parse("p.yaml", &text).unwrap_or_else(|errors| panic!("{errors}\n{text}")))
}

/// The line that copies eu-west-1 to eu-central-1.
const COPIED: &str = "copy_to: {eu-west-1: {region: eu-central-1, vault: dr}}\n";

fn ireland() -> Region {
    "eu-west-1".parse().unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn flags(text: &str) -> BTreeSet<Flag> {
    Flag::ALL.into_iter().filter(|flag| text.contains(&flag.name()[..1].to_uppercase())).collect()
}

/// Slots as `2026-01-05T06:00:00Z DW`, one a line.
fn slots(policy: &Policy, from: &str, to: &str) -> String {
    let slots = policy.calendar().slots(at(from), at(to));
    let lines: Vec<_> = slots.map(|slot| format!("{} {}", slot.at, initials(slot.flags.iter()))).collect();
    lines.join("\n")
}

fn initials<'a>(flags: impl Iterator<Item = &'a Flag>) -> String {
    flags.map(|flag| flag.name()[..1].to_uppercase()).collect()
}
