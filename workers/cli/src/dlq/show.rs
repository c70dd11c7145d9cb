//! `dlq show`.

use chainwright_contracts::codes;
use clap::Args;
use serde::Serialize;
use serde_json::Value;

use super::{
    known::{Known, known},
    letter::{Facts, GivenUpBy, Letter, Reader},
    plan::printable,
    queues::find,
    scan::survey,
};
use crate::{
    operator::Operator,
    output::{self, Answer, Format},
};

/// How much of a body is shown to people, in characters; `-o json` gives all of it.
const SHOWN: usize = 4000;

/// Arguments of `dlq show`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The message id, or the id of the job.
    id: String,
}

/// A letter with everything that is known of it.
#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    facts: Facts,
    title: Option<&'static str>,
    /// What to do, from the code's page.
    remedy: Option<String>,
    first_sent_at: Option<i64>,
    trace_id: Option<String>,
    attributes: Vec<(String, String)>,
    known: Vec<Known>,
    /// The body as data where it is JSON, else as text.
    body: Value,
    #[serde(skip)]
    text: String,
}

pub(super) async fn run(arguments: &Arguments, format: Format, operator: &Operator) -> Result<Answer, String> {
    let reader = Reader::new(operator);
    let (queues, remarks) = find(operator, None).await?;
    let keep = |letter: Letter| Some(letter).filter(|letter| letter.facts.is_called(&arguments.id));
    let (letters, said) = survey(operator, &reader, &queues, keep).await?;
    let mut shown = Vec::with_capacity(letters.len());
    for letter in letters {
        let known = known(operator, &letter.facts).await.map_err(|error| error.to_string())?;
        shown.push(Shown::of(letter, known));
    }
    shown.sort_by(|a, b| (a.facts.sent, &a.facts.message_id).cmp(&(b.facts.sent, &b.facts.message_id)));
    let answer = match format {
        _ if shown.is_empty() => {
            Answer::failed(format!("no dead letter has the message id or job id {}", arguments.id))
        }
        Format::Json => output::json(&serde_json::json!({"dead_letters": shown})),
        Format::Table => Answer::done(shown.iter().map(Shown::told).collect::<Vec<_>>().join("\n\n")),
    };
    Ok(remarks.into_iter().chain(said).fold(answer, Answer::remarking))
}

impl Shown {
    fn of(letter: Letter, known: Vec<Known>) -> Self {
        let body: Value = serde_json::from_str(&letter.body).unwrap_or_else(|_| Value::String(letter.body.clone()));
        let explained = letter.facts.code.parse().ok().and_then(codes::explain);
        // The second of the four parts that a traceparent has (W3C Trace Context).
        let trace_id = letter.text("traceparent").and_then(|parent| parent.split('-').nth(1)).map(str::to_owned);
        let attributes = letter.attributes.iter().map(|(name, value)| {
            let bytes = || format!("{} bytes", value.binary_value().map_or(0, |blob| blob.as_ref().len()));
            (name.clone(), value.string_value().map_or_else(bytes, str::to_owned))
        });
        Self {
            title: letter.facts.title(),
            remedy: explained.and_then(|explained| remedy(explained.page)),
            first_sent_at: body.get("first_sent_at").and_then(Value::as_i64),
            trace_id,
            attributes: attributes.collect(),
            known,
            text: if body.is_object() || body.is_array() { pretty(&body) } else { letter.body },
            body,
            facts: letter.facts,
        }
    }

    fn told(&self) -> String {
        let Facts { message_id, job_id, queue, kind, code, reason, origin, sent, received, .. } = &self.facts;
        let by = match self.facts.given_up_by {
            GivenUpBy::Worker => "a worker",
            GivenUpBy::Sqs => "SQS itself; the code is derived",
            GivenUpBy::EventBridge => "EventBridge",
        };
        let again = self.facts.fails_again.as_ref();
        let again = again.map_or_else(|| "may be replayed".to_owned(), |why| format!("would fail again: {why}"));
        let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        let mut lines = vec![
            ("message", message_id.clone()),
            ("job", job_id.clone()),
            ("queue", queue.clone()),
            ("kind", or_dash(kind)),
            ("code", format!("{code}  {}", self.title.unwrap_or_default())),
            ("reason", reason.clone()),
            ("remedy", or_dash(&self.remedy)),
            ("origin", or_dash(origin)),
            ("sent", sent.to_string()),
            ("received", format!("{received} times, each reading counted")),
            ("given up by", by.to_owned()),
            ("again", again),
            ("trace", or_dash(&self.trace_id)),
        ];
        let first = self.first_sent_at.and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
        lines.extend(first.map(|at| ("first sent", at.to_string())));
        lines.extend(self.attributes.iter().map(|(name, value)| ("attribute", format!("{name} = {value}"))));
        lines.extend(
            self.known.iter().map(|known| ("known", format!("{} {}: {}", known.what, known.name, known.state))),
        );
        let lines =
            lines.iter().map(|(name, value)| format!("{name:<12} {}", printable(value.trim_end()).replace('\n', " ")));
        format!("{}\n\n{}", lines.collect::<Vec<_>>().join("\n"), bounded(&printable(&self.text)))
    }
}

fn pretty(body: &Value) -> String {
    serde_json::to_string_pretty(body).unwrap_or_default()
}

/// The beginning of a long text, and how long the whole is.
fn bounded(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}\n… {} bytes in all", text.get(..end).unwrap_or_default(), text.len()),
        None => text.to_owned(),
    }
}

/// The first paragraph of what a page says is to be done, on one line.
fn remedy(page: &str) -> Option<String> {
    let (_, part) = page.split_once("## What to do")?;
    let paragraph = part.trim().split("\n\n").next()?;
    Some(paragraph.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_has_a_remedy() {
        for explained in codes::PAGES {
            assert!(remedy(explained.page).is_some_and(|text| !text.is_empty()), "{}", explained.code);
        }
    }

    #[test]
    fn a_long_body_is_cut_at_a_character() {
        let text = "ü".repeat(SHOWN + 1);
        let cut = bounded(&text);
        assert!(cut.starts_with('ü') && cut.ends_with("… 8002 bytes in all"), "{}", cut.len());
        assert_eq!(bounded("short"), "short");
    }
}
