//! `doctor`: everything that a hub needs, looked at, with the command that mends what is amiss.
//!
//! What a worker checks before it starts is checked by the same functions (`checks`); the rest is what a worker can run
//! without and a backup cannot: rules, Regions, vaults, the ready mark.

mod mend;

use chainwright_chain::finding::{Obstacle, Weight};
use chainwright_contracts::{
    codes::{self, Code},
    queues,
};
use jiff::SignedDuration;
use serde_json::json;

use crate::{
    checks,
    operator::Operator,
    output::{self, Answer, Format},
    preflight,
    progress::Progress,
    queue::depths,
    trouble::{Told, Trouble},
};

/// How far this machine's clock may be from AWS's; a worker works within the same.
const MOST_SKEW: SignedDuration = SignedDuration::from_mins(1);

/// Looks at everything.
pub(crate) async fn run(format: Format, operator: &Operator) -> Told {
    let progress = Progress::begin("looking at the hub");
    let mut found = of_the_hub(operator).await?;
    progress.at(1, 3);
    found.extend(preflight::of_policies(operator).await?);
    progress.at(2, 3);
    found.extend(of_the_queues(operator).await);
    drop(progress);
    Ok(answer(operator, &found, format))
}

async fn of_the_hub(operator: &Operator) -> Result<Vec<Obstacle>, Trouble> {
    let parts = operator.parts();
    let missing = checks::of_hub(parts).await?;
    let engine = checks::engine(parts, operator.context(), |builder| builder).await;
    let missing = missing.iter().chain(engine.as_ref().err().into_iter().flatten());
    // The key is looked at more closely together with what policies need of it.
    let missing = missing.filter(|missing| !matches!(missing, checks::Missing::Key { .. }));
    let of_worker = |missing: &checks::Missing| {
        Obstacle::missing(codes::MISSING_AT_START, missing.to_string(), mend::missing(operator, missing))
    };
    let mut found: Vec<Obstacle> = missing.map(of_worker).collect();
    // A table that is not there has been found already.
    if let Ok(false) = operator.ledger().is_ready().await {
        let wrong = format!("the ledger {} carries no ready mark", operator.ledger().store().table_name());
        let remedy = "chainwright catalog init (a new hub), or chainwright catalog rebuild (a ledger that was lost)";
        found.push(Obstacle::missing(codes::LEDGER_NOT_READY, wrong, remedy));
    }
    if operator.skew().abs() > MOST_SKEW {
        let wrong = format!("this machine's clock and AWS's differ by {:#}", operator.skew().abs());
        found.push(Obstacle::notice(codes::CLOCK_SKEW, wrong, "sudo chronyc makestep"));
    }
    Ok(found)
}

async fn of_the_queues(operator: &Operator) -> Vec<Obstacle> {
    let mut found = Vec::new();
    for queue in queues::ALL {
        let full = format!("{}{queue}", operator.hub().prefix);
        // A queue that is not there has been found already.
        if let Ok([waiting, in_hand, _]) = depths(operator, queue.as_str()).await
            && waiting > 0
            && in_hand == 0
        {
            let wrong = format!("{waiting} messages wait on {full}, and none is in hand: is a worker running?");
            found.push(Obstacle::notice(codes::MISSING_AT_START, wrong, "chainwright worker"));
        }
        if let Ok(dead) = depths(operator, &format!("{queue}-dlq")).await
            && dead.iter().sum::<u64>() > 0
        {
            let wrong = format!("{} dead letters lie on {full}-dlq", dead.iter().sum::<u64>());
            found.push(Obstacle::notice(Code::TOO_MANY_RECEIVES, wrong, "chainwright dlq list"));
        }
    }
    found
}

fn answer(operator: &Operator, found: &[Obstacle], format: Format) -> Answer {
    let (account, region) = (operator.clients().own_account(), operator.clients().home_region());
    let answer = match format {
        Format::Json => {
            let rows = found.iter().map(|finding| {
                json!({
                    "code": finding.code.to_string(), "weight": finding.weight.name(),
                    "wrong": finding.wrong, "remedy": finding.remedy,
                })
            });
            output::json(&json!({"account": account, "region": region, "findings": rows.collect::<Vec<_>>()}))
        }
        Format::Table if found.is_empty() => Answer::done(format!("hub in {account}/{region}: nothing is amiss")),
        Format::Table => {
            let rows = found.iter().map(|finding| {
                [
                    finding.code.to_string(),
                    finding.weight.name().to_owned(),
                    finding.wrong.clone(),
                    finding.remedy.clone(),
                ]
            });
            let rows = output::table(["CODE", "WEIGHT", "WRONG", "REMEDY"], rows);
            Answer::done(format!("hub in {account}/{region}\n\n{rows}"))
        }
    };
    match found.iter().filter(|finding| finding.weight < Weight::Notice).count() {
        0 => answer,
        n => answer.failing(format!("{n} things are missing")),
    }
}
