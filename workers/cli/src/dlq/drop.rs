//! `dlq drop`.

use clap::Args;
use serde_json::json;

use super::{
    filter::Selection,
    letter::Reader,
    plan::{Plan, groups, table},
    work::{Action, Done, carry_out},
};
use crate::{
    operator::Operator,
    output::{self, Answer, Format},
};

/// Arguments of `dlq drop`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    selection: Selection,
    /// Do it without a question.
    #[arg(long)]
    yes: bool,
}

pub(super) async fn run(arguments: &Arguments, format: Format, operator: &Operator) -> Result<Answer, String> {
    let reader = Reader::new(operator);
    let plan = Plan::make(operator, &reader, &arguments.selection).await?;
    let total = plan.chosen.len();
    let told = match total {
        0 => "no dead letters to drop".to_owned(),
        _ => format!("{total} to delete for good:\n{}", table(&groups(&plan.chosen))),
    };
    let agreed = arguments.yes || (total > 0 && output::confirm(&told));
    let done = if agreed { carry_out(operator, &reader, &plan, Action::Drop).await } else { Done::default() };
    let answer = match format {
        Format::Json => output::json(&json!({
            "planned": groups(&plan.chosen),
            "agreed": agreed,
            "dropped": done.done,
            "not_found": done.not_found,
            "failed": done.failed,
        })),
        Format::Table if agreed && total > 0 => Answer::done(format!("{told}\n{} of {total} dropped", done.done)),
        Format::Table => Answer::done(told),
    };
    let answer = plan.remarks.iter().fold(answer, Answer::remarking);
    Ok(done.conclude(answer, agreed || total == 0))
}
