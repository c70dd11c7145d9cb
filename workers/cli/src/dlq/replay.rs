//! `dlq replay`.

use std::num::NonZeroU32;

use clap::Args;
use serde_json::json;

use super::{
    filter::Selection,
    letter::{Facts, Reader},
    plan::{Plan, groups, printable, table},
    work::{Action, Done, carry_out},
};
use crate::{
    operator::Operator,
    output::{self, Answer, Format},
};

/// Arguments of `dlq replay`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    selection: Selection,
    /// Send at most so many a second.
    #[arg(long, value_name = "N")]
    rate: Option<NonZeroU32>,
    /// Send those, too, whose body would surely fail again.
    #[arg(long)]
    all: bool,
    /// Do it without a question.
    #[arg(long)]
    yes: bool,
}

pub(super) async fn run(arguments: &Arguments, format: Format, operator: &Operator) -> Result<Answer, String> {
    let reader = Reader::new(operator);
    let mut plan = Plan::make(operator, &reader, &arguments.selection).await?;
    let hopeless = |facts: &Facts| facts.origin.is_none() || (!arguments.all && facts.fails_again.is_some());
    let (left_out, chosen) = plan.chosen.into_iter().partition::<Vec<_>, _>(hopeless);
    plan.chosen = chosen;
    let agreed = arguments.yes || (!plan.chosen.is_empty() && output::confirm(&told(&plan, &left_out)));
    let done = if agreed {
        let action = Action::Replay { rate: arguments.rate };
        carry_out(operator, &reader, &plan, action).await
    } else {
        Done::default()
    };
    let answer = match format {
        Format::Json => output::json(&json!({
            "planned": groups(&plan.chosen),
            "left_out": groups(&left_out),
            "agreed": agreed,
            "replayed": done.done,
            "not_found": done.not_found,
            "failed": done.failed,
        })),
        Format::Table if agreed && !plan.chosen.is_empty() => {
            Answer::done(format!("{}\n{} of {} replayed", told(&plan, &left_out), done.done, plan.chosen.len()))
        }
        Format::Table => Answer::done(told(&plan, &left_out)),
    };
    let answer = plan.remarks.iter().fold(answer, Answer::remarking);
    Ok(done.conclude(answer, agreed || plan.chosen.is_empty()))
}

fn told(plan: &Plan, left_out: &[Facts]) -> String {
    let mut text = match plan.chosen.len() {
        0 => "no dead letters to replay".to_owned(),
        count => format!("{count} to replay, each to the queue that it came from:\n{}", table(&groups(&plan.chosen))),
    };
    if let Some(first) = left_out.first() {
        let reason = first.fails_again.as_deref().unwrap_or_default();
        let why = format!("left out, since the same body would fail again (first: {}); --all takes them, too", reason);
        text.push_str(&format!("\n{} {}:\n{}", left_out.len(), printable(&why), table(&groups(left_out))));
    }
    text
}
