//! `chain`: the points of one resource under one policy.

mod automatic;
mod get;
pub(crate) mod report;
mod verify;

use chainwright_contracts::{
    arn::Arn,
    jobs::{Prune, Reconcile},
    policy::PolicyName,
};
use clap::Subcommand;
use serde_json::json;

use crate::{
    consent::Yes,
    naming::ChainName,
    operator::Operator,
    output::{self, Answer, Format},
    trouble::{Told, Trouble},
};

/// What can be done with chains.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// List the chains, a line per side: how many points are there, how old the newest is, what expires next.
    Get {
        /// Only those of this resource.
        #[arg(long)]
        resource: Option<Arn>,
        /// Only those of this policy.
        #[arg(long)]
        policy: Option<PolicyName>,
    },
    /// Show every point of a chain, a table per side: flags, expiries, state, and the reason for which it stays or goes.
    Describe(ChainName),
    /// Open every seal of a chain at AWS and compare it with the ledger. Changes nothing; fails where they differ.
    Verify(ChainName),
    /// Have a worker compare a chain with AWS now and mend the ledger.
    Reconcile {
        #[command(flatten)]
        chain: ChainName,
        #[command(flatten)]
        yes: Yes,
    },
    /// Give an orphaned chain up: its newest point may go, too, once its flags have ended.
    Release {
        #[command(flatten)]
        chain: ChainName,
        #[command(flatten)]
        yes: Yes,
    },
}

/// Runs a verb.
pub(crate) async fn run(verb: &Verb, format: Format, operator: &Operator) -> Told {
    match verb {
        Verb::Get { resource, policy } => get::run(resource.as_ref(), policy.as_ref(), format, operator).await,
        Verb::Describe(chain) => describe(chain, format, operator).await,
        Verb::Verify(chain) => verify::run(chain, format, operator).await,
        Verb::Reconcile { chain, yes } => reconcile(chain, *yes, format, operator).await,
        Verb::Release { chain, yes } => release(chain, *yes, format, operator).await,
    }
}

async fn describe(chain: &ChainName, format: Format, operator: &Operator) -> Told {
    let (id, family) = chain.family(operator).await?;
    let sides = report::sides(&family, operator.now());
    let record = &family.chain.value;
    let automatic = automatic::of(record, operator).await?;
    Ok(match format {
        Format::Json => {
            let sides: Vec<_> = sides.iter().map(|side| json!({"side": side.side, "points": side.points})).collect();
            output::json(&json!({"chain": {
                "chain": id,
                "resource": record.resource,
                "incarnation": record.incarnation,
                "policy": record.policy,
                "source": record.source,
                "places": record.places,
                "orphaned": record.orphaned,
                "released": record.released,
                "waiting_flags": record.waiting,
                "reconciled_at": record.reconciled_at,
                "next_reconcile": record.next_reconcile,
                "sides": sides,
                "automatic": automatic,
            }}))
        }
        Format::Table => {
            let policy = record.policy.as_ref().map_or("-", PolicyName::as_str);
            let mut text = format!("chain {id}\nresource {}\npolicy {policy}", record.resource);
            if let Some(orphaned) = &record.orphaned {
                text += &format!("\norphaned since {}: {}", orphaned.since, orphaned.reason);
                text += if record.released { "; released" } else { "" };
            }
            for side in &sides {
                text += &format!("\n\n{}\n{}", side.side, report::full(side));
            }
            if !automatic.is_empty() {
                text += &format!("\n\nautomatic, the service's own\n{}", automatic::shown(&automatic));
            }
            Answer::done(text)
        }
    })
}

async fn reconcile(chain: &ChainName, yes: Yes, format: Format, operator: &Operator) -> Told {
    let (id, family) = chain.family(operator).await?;
    let resource = &family.chain.value.resource;
    yes.to(operator, &format!("A worker will compare chain {id} of {resource} with AWS and mend the ledger."))?;
    let message = operator.send(&Reconcile { chain: id.clone() }, None).await?;
    Ok(match format {
        Format::Table => Answer::done(format!("chain {id}: reconcile {message} is sent")),
        Format::Json => output::json(&json!({"sent": {"kind": "reconcile", "chain": id, "id": message}})),
    })
}

async fn release(chain: &ChainName, yes: Yes, format: Format, operator: &Operator) -> Told {
    let (id, family) = chain.family(operator).await?;
    let record = &family.chain.value;
    let Some(orphaned) = &record.orphaned else {
        return Err(Trouble::from(chainwright_jobs::JobError::rejected(
            chainwright_contracts::codes::DELETE_FORBIDDEN,
            format!("chain {id} is not orphaned: its policy and its resource are there"),
        )));
    };
    let left = family.points.iter().filter(|point| !point.value.is_over()).count();
    let plan = format!(
        "Chain {id} of {} is orphaned since {}: {}.\nReleased, none of its {left} points is kept for being the newest: \
         each goes when its last flag has ended and nothing holds or locks it.",
        record.resource, orphaned.since, orphaned.reason,
    );
    yes.to(operator, &plan)?;
    chainwright_jobs::release(operator.context(), &id).await?;
    let message = operator.send(&Prune { chain: id.clone() }, None).await?;
    Ok(match format {
        Format::Table => Answer::done(format!("chain {id} is released; prune {message} is sent")),
        Format::Json => output::json(&json!({"released": id, "sent": {"kind": "prune", "chain": id, "id": message}})),
    })
}
