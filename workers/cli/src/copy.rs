//! `copy`: copies in other Regions that are missing.

use chainwright_contracts::{
    codes::Code,
    ids::{ChainId, PointId},
    jobs::Copy,
};
use chainwright_jobs::{
    JobError,
    backfill::{Missing, backfill, plan_backfill},
};
use clap::Subcommand;
use serde_json::{Value, json};

use crate::{
    consent::Yes,
    naming::Chains,
    operator::Operator,
    output::{self, Answer, Format},
    progress::Progress,
    retention::flags,
    trouble::Told,
};

/// What can be done about copies.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Have the copies made that the policy asks for now and that are not there: of points made before it did, and those
    /// that were given up or lost. What was removed is not made again.
    Backfill {
        #[command(flatten)]
        chains: Chains,
        #[command(flatten)]
        yes: Yes,
    },
}

/// Runs a verb.
pub(crate) async fn run(verb: &Verb, format: Format, operator: &Operator) -> Told {
    match verb {
        Verb::Backfill { chains, yes } => fill(chains, *yes, format, operator).await,
    }
}

async fn fill(chains: &Chains, yes: Yes, format: Format, operator: &Operator) -> Told {
    let ctx = operator.context();
    let mut missing: Vec<(ChainId, Missing)> = Vec::new();
    for chain in chains.ids(operator).await? {
        missing.extend(plan_backfill(ctx, &chain).await?.into_iter().map(|missing| (chain.clone(), missing)));
    }
    if !missing.is_empty() {
        yes.to(operator, &shown(&missing))?;
    }
    let progress = Progress::begin("asking for copies");
    let (mut sent, mut left): (Vec<Value>, Vec<(PointId, Code, String)>) = (Vec::new(), Vec::new());
    for (index, (chain, of)) in missing.iter().enumerate() {
        progress.at(index, missing.len());
        match backfill(ctx, chain, &of.point).await {
            Ok(Some(to)) => {
                let id = operator.send(&Copy { point: of.point.clone(), to: to.clone() }, None).await?;
                sent.push(json!({"kind": "copy", "point": of.point, "to": to, "id": id}));
            }
            Ok(None) => {}
            Err(JobError::Rejected { code, reason }) => left.push((of.point.clone(), code, reason)),
            Err(error) => return Err(error.into()),
        }
    }
    drop(progress);
    Ok(answer(&sent, &left, format))
}

fn shown(missing: &[(ChainId, Missing)]) -> String {
    let rows = missing.iter().map(|(chain, missing)| {
        let hindered = missing.hindered.as_ref().map(|why| format!("not now: {why}")).unwrap_or_default();
        [
            chain.to_string(),
            missing.slot.to_string(),
            missing.point.to_string(),
            missing.to.to_string(),
            flags(&missing.flags),
            hindered,
        ]
    });
    output::table(["CHAIN", "SLOT", "POINT", "TO", "FLAGS", ""], rows)
}

fn answer(sent: &[Value], left: &[(PointId, Code, String)], format: Format) -> Answer {
    let answer = match format {
        Format::Table if sent.is_empty() && left.is_empty() => Answer::done("no copy is missing"),
        Format::Table => Answer::done(format!("{} copies are asked for", sent.len())),
        Format::Json => {
            let left = left.iter();
            let left = left.map(|(point, code, why)| json!({"point": point, "code": code.to_string(), "reason": why}));
            output::json(&json!({"sent": sent, "left": left.collect::<Vec<_>>()}))
        }
    };
    let Some((_, code, first)) = left.first() else { return answer };
    answer.failing(format!("{} points are as they were, the first: {code}: {first}", left.len()))
}
