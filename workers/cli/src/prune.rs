//! `prune`: what retention would do to one chain, and doing it.

use chainwright_chain::prune::{Decision, Plan, plan};
use chainwright_contracts::jobs::Prune;
use chainwright_jobs::{prune::PointOf, survey::Survey};
use clap::Subcommand;
use serde_json::{Value, json};

use crate::{
    consent::Yes,
    naming::ChainName,
    operator::Operator,
    output::{self, Answer, Format},
    trouble::Told,
};

/// What can be done about retention.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Show what a prune would decide now, AWS asked: one decision for each point and side, with all its reasons. Changes
    /// nothing.
    Plan(ChainName),
    /// Have a worker prune a chain now. It plans anew; what came in between is seen.
    Apply {
        #[command(flatten)]
        chain: ChainName,
        #[command(flatten)]
        yes: Yes,
    },
}

/// Runs a verb.
pub(crate) async fn run(verb: &Verb, format: Format, operator: &Operator) -> Told {
    match verb {
        Verb::Plan(chain) => show(chain, format, operator).await,
        Verb::Apply { chain, yes } => apply(chain, *yes, format, operator).await,
    }
}

async fn show(chain: &ChainName, format: Format, operator: &Operator) -> Told {
    let id = chain.id(operator).await?;
    let survey = Survey::of(&operator.quiet()?, &id).await?;
    let input = survey.input();
    let planned = plan(&input);
    Ok(match format {
        Format::Table => Answer::done(table(&planned)),
        Format::Json => {
            let decisions = decisions(&planned);
            output::json(&json!({"plan": {"chain": id, "now": survey.date(), "decisions": decisions}}))
        }
    })
}

async fn apply(chain: &ChainName, yes: Yes, format: Format, operator: &Operator) -> Told {
    let id = chain.id(operator).await?;
    let survey = Survey::of(&operator.quiet()?, &id).await?;
    let input = survey.input();
    let planned = plan(&input);
    let going = planned.removals().count();
    if going == 0 {
        return Ok(match format {
            Format::Table => Answer::done(format!("chain {id}: nothing is due for removal")),
            Format::Json => output::json(&json!({"removals": 0, "sent": null})),
        });
    }
    yes.to(operator, &format!("{}\n{going} of these go.", table(&planned)))?;
    let message = operator.send(&Prune { chain: id.clone() }, None).await?;
    Ok(match format {
        Format::Table => Answer::done(format!("chain {id}: {going} are due for removal; prune {message} is sent")),
        Format::Json => {
            let sent = json!({"kind": "prune", "chain": id, "id": message});
            output::json(&json!({"removals": going, "sent": sent}))
        }
    })
}

fn table(planned: &Plan<'_, PointOf>) -> String {
    let rows = planned.decisions.iter().map(|planned| {
        [planned.slot.to_string(), planned.id.id.to_string(), planned.side.to_string(), planned.decision.to_string()]
    });
    output::table(["SLOT", "POINT", "SIDE", "DECISION"], rows)
}

fn decisions(planned: &Plan<'_, PointOf>) -> Vec<Value> {
    let decision = |decision: &Decision| match decision {
        Decision::Kept(reasons) => ("kept", reasons.iter().map(ToString::to_string).collect::<Vec<_>>(), None),
        Decision::Removed { since } => ("removed", Vec::new(), Some(*since)),
        Decision::Lost => ("lost", Vec::new(), None),
    };
    let row = |planned: &chainwright_chain::prune::Planned<'_, PointOf>| {
        let (word, reasons, since) = decision(&planned.decision);
        json!({
            "point": planned.id.id, "slot": planned.slot, "side": planned.side,
            "decision": word, "reasons": reasons, "since": since,
        })
    };
    planned.decisions.iter().map(row).collect()
}
