//! Chainwright's program as a library: its commands, the hub, the worker, and whole installations in virtual time.
//!
//! `cli` is the tree of nouns and verbs; each noun has a file or folder of its own, whose functions return an
//! `output::Answer` and print nothing. Exit codes: 0 done, 1 failed, 2 usage.

pub mod assembly;
mod backup;
mod catalog;
mod chain;
mod checks;
mod cli;
mod consent;
mod copy;
pub mod demo;
mod dev;
mod dlq;
mod doctor;
pub mod environment;
mod explain;
pub mod hub;
mod naming;
pub mod operator;
pub mod output;
mod point;
mod policy;
mod preflight;
mod progress;
mod prune;
mod queue;
mod retention;
mod session;
mod signals;
mod simcloud;
pub mod simulation;
mod state_file;
pub mod telemetry;
mod trouble;
pub mod worker;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::{
    cli::{Cli, HubNoun, Noun},
    operator::Operator,
    output::{Answer, Format},
};

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return output::usage(&error),
    };
    let answer = match cli.noun {
        Noun::Policy { verb: policy::Verb::Local(verb) } => policy::run(&verb, cli.output),
        Noun::Policy { verb: policy::Verb::Hub(verb) } => {
            operator::run(async |operator| answer(policy::run_over_hub(&verb, cli.output, &operator).await))
        }
        Noun::Demo(arguments) => demo::run(&arguments, cli.output),
        Noun::Dev(arguments) => dev::run(&arguments, cli.output),
        Noun::Simcloud(arguments) => simcloud::run(&arguments, cli.output),
        Noun::Explain { code } => explain::run(&code, cli.output),
        Noun::Worker => worker::run(),
        Noun::Health => worker::probe(cli.output),
        Noun::Hub(noun) => operator::run(async |operator| hub_command(&noun, cli.output, &operator).await),
    };
    output::give(&answer)
}

/// The tree of commands, for whoever documents or completes it.
#[must_use]
pub fn tree() -> clap::Command {
    Cli::command()
}

/// Runs one command line, such as `["queue", "list"]`, over a connection that is there already.
///
/// A command that needs no hub is a usage error here.
pub async fn command(operator: &Operator, line: &[&str]) -> Answer {
    match Cli::try_parse_from(["chainwright"].iter().chain(line)) {
        Ok(Cli { noun: Noun::Hub(noun), output }) => hub_command(&noun, output, operator).await,
        Ok(Cli { noun: Noun::Policy { verb: policy::Verb::Hub(verb) }, output }) => {
            answer(policy::run_over_hub(&verb, output, operator).await)
        }
        Ok(_) => Answer::usage("this command needs no hub"),
        Err(error) => Answer::usage(error.to_string()),
    }
}

async fn hub_command(noun: &HubNoun, format: Format, operator: &Operator) -> Answer {
    match noun {
        HubNoun::Backup { verb } => answer(backup::run(verb, format, operator).await),
        HubNoun::Chain { verb } => answer(chain::run(verb, format, operator).await),
        HubNoun::Copy { verb } => answer(copy::run(verb, format, operator).await),
        HubNoun::Point { verb } => answer(point::run(verb, format, operator).await),
        HubNoun::Prune { verb } => answer(prune::run(verb, format, operator).await),
        HubNoun::Retention { verb } => answer(retention::run(verb, format, operator).await),
        HubNoun::Session { verb } => answer(session::run(verb, format, operator).await),
        HubNoun::Catalog { verb } => answer(catalog::run(verb, format, operator).await),
        HubNoun::Doctor => answer(doctor::run(format, operator).await),
        HubNoun::Dlq { verb } => dlq::run(verb, format, operator).await,
        HubNoun::Queue { verb } => queue::run(verb, format, operator).await,
    }
}

fn answer(told: trouble::Told) -> Answer {
    told.unwrap_or_else(Answer::from)
}
