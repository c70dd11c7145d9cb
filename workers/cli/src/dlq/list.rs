//! `dlq list`.

use clap::Args;
use serde_json::json;

use super::{
    filter::{Filter, Selection},
    letter::{Facts, Reader},
    plan::{Plan, groups, printable, table},
};
use crate::{
    operator::Operator,
    output::{self, Answer, Format},
};

/// How much of a reason a line shows.
const REASON: usize = 60;

/// Arguments of `dlq list`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    filter: Filter,
    /// One line per dead letter instead of counts.
    #[arg(long)]
    each: bool,
}

pub(super) async fn run(arguments: &Arguments, format: Format, operator: &Operator) -> Result<Answer, String> {
    let selection = Selection { filter: arguments.filter.clone(), ids: Vec::new() };
    let plan = Plan::make(operator, &Reader::new(operator), &selection).await?;
    let total = plan.chosen.len();
    let answer = match (format, arguments.each) {
        (Format::Json, true) => output::json(&json!({"dead_letters": plan.chosen, "total": total})),
        (Format::Json, false) => output::json(&json!({"dead_letters": groups(&plan.chosen), "total": total})),
        (Format::Table, _) if total == 0 => Answer::done("no dead letters"),
        (Format::Table, true) => Answer::done(rows(&plan.chosen)),
        (Format::Table, false) => Answer::done(table(&groups(&plan.chosen))),
    };
    Ok(plan.remarks.into_iter().fold(answer, Answer::remarking))
}

fn rows(letters: &[Facts]) -> String {
    let rows = letters.iter().map(|facts| {
        let subject = &facts.subject;
        let mut about: Vec<&str> = subject.points.iter().map(String::as_str).collect();
        about.extend([&subject.chain, &subject.policy, &subject.resource].into_iter().flatten().map(String::as_str));
        let reason: String = facts.reason.chars().take(REASON).collect();
        let cut = if facts.reason.chars().count() > REASON { "…" } else { "" };
        [
            facts.message_id.clone(),
            facts.job_id.clone(),
            facts.queue.clone(),
            facts.kind.clone().unwrap_or_else(|| "-".to_owned()),
            facts.code.clone(),
            facts.origin.clone().unwrap_or_else(|| "-".to_owned()),
            facts.sent.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            about.join(" "),
            format!("{reason}{cut}"),
        ]
        .map(|cell| printable(&cell).replace(['\n', '\t'], " "))
    });
    output::table(["MESSAGE", "JOB", "QUEUE", "KIND", "CODE", "ORIGIN", "SENT", "ABOUT", "REASON"], rows)
}
