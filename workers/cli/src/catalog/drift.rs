//! `catalog drift`: what the comparisons with AWS have found and could not mend.

use chainwright_chain::state::SideState;
use chainwright_contracts::codes;
use chainwright_jobs::ledger::Family;
use serde::Serialize;
use serde_json::json;

use crate::{
    operator::Operator,
    output::{self, Answer, Format},
    trouble::Told,
};

/// One thing in which AWS is not as it should be.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Row {
    resource: String,
    chain: String,
    code: String,
    about: String,
    drift: String,
}

/// Lists what is amiss in any chain.
pub(super) async fn run(format: Format, operator: &Operator) -> Told {
    let mut rows = Vec::new();
    for chain in operator.ledger().chains().await? {
        if let Some(family) = operator.ledger().family(&chain.owner).await? {
            rows.extend(of_chain(&family));
        }
    }
    rows.sort();
    Ok(match format {
        Format::Json => output::json(&json!({ "drift": rows })),
        Format::Table if rows.is_empty() => Answer::done("no chain differs from AWS, as far as they were compared"),
        Format::Table => {
            let cells = rows.into_iter().map(|row| [row.resource, row.chain, row.code, row.about, row.drift]);
            Answer::done(output::table(["RESOURCE", "CHAIN", "CODE", "ABOUT", "DRIFT"], cells))
        }
    })
}

fn of_chain(family: &Family) -> Vec<Row> {
    let chain = &family.chain.value;
    let row = |code: codes::Code, about: String, drift: String| Row {
        resource: chain.resource.to_string(),
        chain: chain.owner.chain().map_or_else(|| "manual".to_owned(), ToString::to_string),
        code: code.to_string(),
        about,
        drift,
    };
    let mut rows = Vec::new();
    for point in family.points.iter().map(|point| &point.value) {
        for (side, record) in &point.sides {
            let about = format!("{} {side}", point.id);
            if record.state == SideState::Lost {
                let drift = format!("{} is gone, and not by us", record.arn.as_deref().unwrap_or("its point"));
                rows.push(row(codes::POINT_LOST, about.clone(), drift));
            }
            if record.doubtful {
                let drift = "it has nothing but its own word for being this point".to_owned();
                rows.push(row(codes::DOUBTFUL_POINT, about.clone(), drift));
            }
            rows.extend(record.rivals.iter().map(|rival| {
                row(codes::TWO_CLAIMANTS, about.clone(), format!("{rival} claims to be this point, too"))
            }));
        }
    }
    rows.extend(chain.suspects.iter().map(|(arn, why)| row(codes::FOREIGN_POINT, arn.clone(), why.clone())));
    rows
}
