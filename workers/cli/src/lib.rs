//! Chainwright's program as a library: its commands, the hub, the worker, and whole installations in virtual time.
//!
//! `cli` is the tree of nouns and verbs; each noun has a file or folder of its own, whose functions return an
//! `output::Answer` and print nothing. Exit codes: 0 done, 1 failed, 2 usage.

pub mod assembly;
mod catalog;
mod cli;
pub mod demo;
mod dev;
mod dlq;
pub mod environment;
mod explain;
pub mod hub;
pub mod operator;
pub mod output;
mod policy;
mod queue;
mod signals;
mod simcloud;
pub mod simulation;
pub mod worker;

use std::process::ExitCode;

use clap::Parser;

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
        Noun::Policy { verb } => policy::run(&verb, cli.output),
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

/// Runs one command line, such as `["queue", "list"]`, over a connection that is there already.
///
/// A command that needs no hub is a usage error here.
pub async fn command(operator: &Operator, line: &[&str]) -> Answer {
    match Cli::try_parse_from(["chainwright"].iter().chain(line)) {
        Ok(Cli { noun: Noun::Hub(noun), output }) => hub_command(&noun, output, operator).await,
        Ok(_) => Answer::usage("this command needs no hub"),
        Err(error) => Answer::usage(error.to_string()),
    }
}

async fn hub_command(noun: &HubNoun, format: Format, operator: &Operator) -> Answer {
    match noun {
        HubNoun::Catalog { verb } => catalog::run(verb, format, operator).await,
        HubNoun::Dlq { verb } => dlq::run(verb, format, operator).await,
        HubNoun::Queue { verb } => queue::run(verb, format, operator).await,
    }
}
