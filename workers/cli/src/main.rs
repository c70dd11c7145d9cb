//! Chainwright: backup chains for DynamoDB, FSx, Redshift Serverless and Redshift.
//!
//! `cli` is the tree of nouns and verbs; each noun has a file or folder of its own, whose functions return an
//! [`output::Answer`] and print nothing. Exit codes: 0 done, 1 failed, 2 usage.

mod cli;
mod explain;
mod output;
mod policy;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Noun};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return output::usage(&error),
    };
    let answer = match cli.noun {
        Noun::Policy { verb } => policy::run(&verb, cli.output),
        Noun::Explain { code } => explain::run(&code, cli.output),
    };
    output::give(&answer)
}
