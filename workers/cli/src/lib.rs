//! Chainwright's program as a library: its commands, the hub, the worker, and whole installations in virtual time.
//!
//! `cli` is the tree of nouns and verbs; each noun has a file or folder of its own, whose functions return an
//! `output::Answer` and print nothing. Exit codes: 0 done, 1 failed, 2 usage.

mod cli;
pub mod demo;
mod explain;
pub mod hub;
mod output;
mod policy;
pub mod simulation;
pub mod worker;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Noun};

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
        Noun::Explain { code } => explain::run(&code, cli.output),
    };
    output::give(&answer)
}
