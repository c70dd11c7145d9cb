//! `catalog`: what the ledger knows of points.

use chainwright_jobs::catalog;
use clap::Subcommand;
use serde_json::json;

use crate::{
    operator::Operator,
    output::{self, Answer, Format},
};

/// What can be done with the catalogue.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Declare a new, empty ledger whole, so that workers begin. Where points exist already, `catalog rebuild` is meant.
    Init {
        /// Do it without a question.
        #[arg(long)]
        yes: bool,
    },
}

/// Runs a verb.
pub(crate) async fn run(verb: &Verb, format: Format, operator: &Operator) -> Answer {
    match verb {
        Verb::Init { yes } => init(*yes, format, operator).await,
    }
}

async fn init(yes: bool, format: Format, operator: &Operator) -> Answer {
    let table = operator.ledger().store().table_name();
    match operator.ledger().is_ready().await {
        Ok(true) => return told(format, table, "is whole already"),
        Ok(false) => {}
        Err(error) => return Answer::failed(error.to_string()),
    }
    let plan = format!("The ledger {table} will be declared whole; workers begin at once, and know of no point.");
    if !yes && !output::confirm(&plan) {
        return Answer::failed(format!("{plan}\nNothing was done: say --yes."));
    }
    match catalog::init(operator.ledger(), operator.now()).await {
        Ok(()) => told(format, table, "is declared whole"),
        Err(error) => Answer::failed(error.to_string()),
    }
}

fn told(format: Format, table: &str, what: &str) -> Answer {
    match format {
        Format::Table => Answer::done(format!("the ledger {table} {what}")),
        Format::Json => output::json(&json!({"ledger": table, "ready": true})),
    }
}
