//! `policy`: what a policy file means and would do, which needs no AWS, and the policies that are applied to a hub.

mod apply;
mod change;
pub(crate) mod file;
mod get;
mod settings;
mod simulate;
mod slots;
mod validate;

use std::path::PathBuf;

use chainwright_contracts::{names::Region, policy::PolicyName};
use clap::{Args, Subcommand};
use jiff::Timestamp;

use crate::{
    consent::Yes,
    operator::Operator,
    output::{Answer, Format},
    trouble::Told,
};

/// What to do with policies.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// What needs no hub.
    #[command(flatten)]
    Local(LocalVerb),
    /// What needs one.
    #[command(flatten)]
    Hub(HubVerb),
}

/// What to do with policies that are applied, or to be.
#[derive(Debug, Subcommand)]
pub(crate) enum HubVerb {
    /// Apply policy files: each becomes the policy's next revision, which new sessions run. Shows first what changes.
    Apply {
        /// The files, YAML or JSON.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        #[command(flatten)]
        yes: Yes,
    },
    /// List the policies, or print the file of one as it was applied, as YAML or, with `-o json`, as JSON.
    Get {
        /// The policy.
        name: Option<PolicyName>,
    },
    /// Show how a policy stands, its next slots, and which resources it selects now.
    Describe {
        /// The policy.
        name: PolicyName,
    },
    /// Delete a policy. Its chains are orphaned: points expire, the newest stay.
    Delete {
        /// The policy.
        name: PolicyName,
        #[command(flatten)]
        yes: Yes,
    },
    /// Pause a policy: no sessions until it is unpaused, whatever files are applied. Retention goes on.
    Pause {
        /// The policy.
        name: PolicyName,
        #[command(flatten)]
        yes: Yes,
    },
    /// End a pause made at the command line. What fell due meanwhile is not caught up.
    Unpause {
        /// The policy.
        name: PolicyName,
        #[command(flatten)]
        yes: Yes,
    },
}

/// What to do with policy files alone.
#[derive(Debug, Subcommand)]
pub(crate) enum LocalVerb {
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

/// Runs a verb that needs no hub.
pub(crate) fn run(verb: &LocalVerb, format: Format) -> Answer {
    match verb {
        LocalVerb::Validate { file } => validate::run(file, format),
        LocalVerb::Slots(over) => slots::run(over, format),
        LocalVerb::Simulate(over) => simulate::run(over, format),
    }
}

/// Runs a verb over a hub.
pub(crate) async fn run_over_hub(verb: &HubVerb, format: Format, operator: &Operator) -> Told {
    match verb {
        HubVerb::Apply { files, yes } => apply::run(files, *yes, format, operator).await,
        HubVerb::Get { name: None } => get::list(format, operator).await,
        HubVerb::Get { name: Some(name) } => get::file(name, format, operator).await,
        HubVerb::Describe { name } => get::describe(name, format, operator).await,
        HubVerb::Delete { name, yes } => change::delete(name, *yes, format, operator).await,
        HubVerb::Pause { name, yes } => change::pause(name, *yes, format, operator).await,
        HubVerb::Unpause { name, yes } => change::unpause(name, *yes, format, operator).await,
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
            Noun::Policy { verb: Verb::Local(verb) } => run(&verb, cli.output),
            _ => unreachable!("the line needs no hub"),
        }
    }
}
