//! The tree of commands, and what the README says of it.

use std::collections::BTreeSet;

use clap::Command;

/// The sections of the README's table: each line is a command and what it does.
fn documented() -> BTreeSet<String> {
    let text = include_str!("../../../README.md");
    let (_, table) = text.split_once("## Commands").unwrap_or_default();
    let (table, _) = table.split_once("\n## ").unwrap_or_default();
    let lines = table.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    lines.map(|(command, _)| command.to_owned()).collect()
}

fn leaves(command: &Command, path: &str, into: &mut BTreeSet<String>) {
    let children: Vec<_> = command.get_subcommands().filter(|child| child.get_name() != "help").collect();
    if children.is_empty() {
        into.insert(path.trim().to_owned());
    }
    for child in children {
        leaves(child, &format!("{path} {}", child.get_name()), into);
    }
}

#[test]
fn the_readme_has_a_line_for_every_command_and_no_other() {
    let mut there = BTreeSet::new();
    leaves(&chainwright_cli::tree(), "", &mut there);
    assert_eq!(documented(), there);
}
