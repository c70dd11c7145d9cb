//! `catalog`: what the ledger knows of points.

mod drift;
pub(crate) mod rebuild;

use chainwright_jobs::catalog;
use clap::Subcommand;
use serde_json::json;

use crate::{
    consent::Yes,
    operator::Operator,
    output::{self, Answer, Format},
    trouble::Told,
};

/// What can be done with the catalogue.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Declare a new, empty ledger whole, so that workers begin. Where points exist already, `catalog rebuild` is meant.
    Init {
        #[command(flatten)]
        yes: Yes,
    },
    /// Rebuild a lost ledger from the points themselves, then declare it whole. It may be run again after an interruption.
    Rebuild(rebuild::Rebuild),
    /// List what the comparisons with AWS have found and could not mend: points lost, foreign, or claimed twice.
    Drift,
}

/// Runs a verb.
pub(crate) async fn run(verb: &Verb, format: Format, operator: &Operator) -> Told {
    match verb {
        Verb::Init { yes } => init(*yes, format, operator).await,
        Verb::Rebuild(rebuild) => rebuild::run(rebuild, format, operator).await,
        Verb::Drift => drift::run(format, operator).await,
    }
}

async fn init(yes: Yes, format: Format, operator: &Operator) -> Told {
    let table = operator.ledger().store().table_name();
    if operator.ledger().is_ready().await? {
        return Ok(told(format, table, "is whole already"));
    }
    let plan = format!("The ledger {table} will be declared whole; workers begin at once, and know of no point.");
    yes.to(operator, &plan)?;
    catalog::init(operator.ledger(), operator.now()).await?;
    Ok(told(format, table, "is declared whole"))
}

fn told(format: Format, table: &str, what: &str) -> Answer {
    match format {
        Format::Table => Answer::done(format!("the ledger {table} {what}")),
        Format::Json => output::json(&json!({"ledger": table, "ready": true})),
    }
}
