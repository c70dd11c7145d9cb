//! `chain verify`: every seal at AWS against the ledger.

use chainwright_jobs::survey::{self, Difference};
use serde_json::json;

use crate::{
    naming::ChainName,
    operator::Operator,
    output::{self, Answer, Format},
    progress::Progress,
    trouble::Told,
};

/// Compares, and fails where they differ.
pub(super) async fn run(chain: &ChainName, format: Format, operator: &Operator) -> Told {
    let id = chain.id(operator).await?;
    let progress = Progress::begin("opening seals");
    let verified = survey::verify(&operator.quiet()?, &id, |done, of| progress.at(done, of)).await?;
    drop(progress);
    let differences = &verified.differences;
    let answer = match format {
        Format::Json => {
            let rows: Vec<_> = differences
                .iter()
                .map(|difference| {
                    json!({
                        "point": difference.point,
                        "side": difference.side,
                        "arn": difference.arn,
                        "code": difference.code.to_string(),
                        "difference": difference.what,
                    })
                })
                .collect();
            output::json(&json!({"chain": id, "seals_opened": verified.opened, "differences": rows}))
        }
        Format::Table if differences.is_empty() => Answer::done(format!(
            "chain {id}: {} seals were opened, and the ledger says what they say",
            verified.opened
        )),
        Format::Table => {
            Answer::done(output::table(["POINT", "SIDE", "CODE", "DIFFERENCE", "ARN"], differences.iter().map(row)))
        }
    };
    Ok(match differences.len() {
        0 => answer,
        n => {
            answer.failing(format!("chain {id}: {n} differences; `chainwright chain reconcile {id}` mends the ledger"))
        }
    })
}

fn row(difference: &Difference) -> [String; 5] {
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    [
        or_none(difference.point.as_ref().map(ToString::to_string)),
        or_none(difference.side.as_ref().map(ToString::to_string)),
        difference.code.to_string(),
        difference.what.clone(),
        difference.arn.clone(),
    ]
}
