//! `retention`: a policy's present periods, given to the points that it made before.

use std::collections::BTreeMap;

use chainwright_contracts::{
    codes::Code,
    flag::Flag,
    ids::{ChainId, PointId},
    jobs::Prune,
};
use chainwright_jobs::{
    JobError,
    reapply::{Planned, Reapplication, plan_reapply, reapply_to},
};
use clap::Subcommand;
use jiff::Timestamp;
use serde_json::json;

use crate::{
    consent::Yes,
    naming::Chains,
    operator::Operator,
    output::{self, Answer, Format},
    progress::Progress,
    trouble::Told,
};

/// What can be done about the retention of points that are there.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Give the points of a chain the periods that its policy has now. An edit of a policy reaches new points alone until
    /// then.
    Reapply {
        #[command(flatten)]
        chains: Chains,
        #[command(flatten)]
        yes: Yes,
    },
}

/// Runs a verb.
pub(crate) async fn run(verb: &Verb, format: Format, operator: &Operator) -> Told {
    match verb {
        Verb::Reapply { chains, yes } => reapply(chains, *yes, format, operator).await,
    }
}

/// What was done, and what was not.
#[derive(Default)]
struct Done {
    sealed: Vec<PointId>,
    left: Vec<(PointId, Code, String)>,
}

async fn reapply(chains: &Chains, yes: Yes, format: Format, operator: &Operator) -> Told {
    let ctx = operator.context();
    let mut plans = Vec::new();
    for chain in chains.ids(operator).await? {
        let planned = plan_reapply(ctx, &chain, operator.now()).await?;
        if !planned.points.is_empty() {
            plans.push((chain, planned));
        }
    }
    let count = plans.iter().map(|(_, planned)| planned.points.len()).sum();
    if count > 0 {
        let plan: Vec<String> = plans.iter().map(|(chain, planned)| shown(chain, planned)).collect();
        yes.to(operator, &plan.join("\n\n"))?;
    }
    let progress = Progress::begin("sealing");
    let mut done = Done::default();
    for (chain, planned) in &plans {
        for point in &planned.points {
            let id = &point.point.id;
            progress.at(done.sealed.len() + done.left.len(), count);
            match reapply_to(ctx, chain, id).await {
                Ok(_) => done.sealed.push(id.clone()),
                Err(JobError::Rejected { code, reason }) => done.left.push((id.clone(), code, reason)),
                Err(error) => return Err(error.into()),
            }
        }
        operator.send(&Prune { chain: chain.clone() }, None).await?;
    }
    drop(progress);
    Ok(done.answer(format))
}

impl Done {
    fn answer(&self, format: Format) -> Answer {
        let answer = match format {
            Format::Table if self.sealed.is_empty() && self.left.is_empty() => {
                Answer::done("every point has its policy's present retention")
            }
            Format::Table => Answer::done(format!("{} points are sealed anew", self.sealed.len())),
            Format::Json => {
                let left = self
                    .left
                    .iter()
                    .map(|(point, code, why)| json!({"point": point, "code": code.to_string(), "reason": why}));
                output::json(&json!({"reapplied": self.sealed, "left": left.collect::<Vec<_>>()}))
            }
        };
        let Some((_, code, first)) = self.left.first() else { return answer };
        answer.failing(format!("{} points are as they were, the first: {code}: {first}", self.left.len()))
    }
}

fn shown(chain: &ChainId, planned: &Reapplication) -> String {
    let rows = planned.points.iter().flat_map(rows);
    let table = output::table(["SLOT", "POINT", "SIDE", "NOW", "THEN"], rows);
    let (before, after) = planned.removals;
    let going = format!("Retention removes {before} sides of it as things are, and {after} then.");
    format!("chain {chain}\n{table}\n{going}")
}

fn rows(planned: &Planned) -> Vec<[String; 5]> {
    let (slot, id) = (planned.point.slot.to_string(), planned.point.id.to_string());
    let mut rows: Vec<[String; 5]> = Vec::new();
    for (side, then) in &planned.reapplied.sides {
        let now = planned.point.sides.get(side).map(|side| flags(&side.flags)).unwrap_or_default();
        rows.push([slot.clone(), id.clone(), side.to_string(), now, flags(then)]);
    }
    if let Some(then) = planned.reapplied.keep_last {
        let kept = |number: u32| format!("keep_last {number}");
        rows.push([slot.clone(), id.clone(), String::new(), kept(planned.point.keep_last), kept(then)]);
    }
    if let Some(why) = &planned.hindered {
        rows.push([slot, id, String::new(), String::new(), format!("not now: {why}")]);
    }
    rows
}

/// Flags with the day of their end.
pub(crate) fn flags(flags: &BTreeMap<Flag, Timestamp>) -> String {
    let flags = flags.iter().map(|(flag, expiry)| format!("{flag} to {}", expiry.strftime("%Y-%m-%d")));
    flags.collect::<Vec<_>>().join(", ")
}
