//! `policy`: what a policy file means and what it would do. All of it works without AWS.

mod file;
mod simulate;
mod slots;
mod validate;

use std::path::PathBuf;

use chainwright_contracts::names::Region;
use clap::{Args, Subcommand};
use jiff::Timestamp;

use crate::output::{Answer, Format};

/// What to do with policies.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Check a policy file and name every mistake with its line and key.
    Validate {
        /// The file, YAML or JSON.
        file: PathBuf,
    },
    /// List the slots of a policy file: when its sessions would run, and with which flags.
    Slots(Over),
    /// List every point that a policy file would make of one resource, and when it would be removed.
    Simulate(Over),
}

/// A policy file over an interval.
#[derive(Debug, Args)]
pub(crate) struct Over {
    /// The file, YAML or JSON.
    file: PathBuf,
    /// The first instant: RFC 3339, or a date, which means its midnight in UTC.
    #[arg(long, value_parser = file::instant)]
    from: Timestamp,
    /// The end, itself not included: RFC 3339, or a date.
    #[arg(long, value_parser = file::instant)]
    to: Timestamp,
    /// The Region of the resource; the first of the policy's where not given.
    #[arg(long)]
    region: Option<Region>,
}

/// Runs a verb.
pub(crate) fn run(verb: &Verb, format: Format) -> Answer {
    match verb {
        Verb::Validate { file } => validate::run(file, format),
        Verb::Slots(over) => slots::run(over, format),
        Verb::Simulate(over) => simulate::run(over, format),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Noun};

    /// The answer to a command line whose files are among the sample policies.
    pub(super) fn answer(line: &str) -> Answer {
        let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/../../contracts/examples/policies/");
        let line = line.replace("@", samples);
        let cli = Cli::try_parse_from(format!("chainwright policy {line}").split(' ')).unwrap();
        match cli.noun {
            Noun::Policy { verb } => run(&verb, cli.output),
            _ => unreachable!("the line begins with policy"),
        }
    }
}
