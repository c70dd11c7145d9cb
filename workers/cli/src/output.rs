//! The only place that writes to the terminal.
//!
//! What was asked for goes to standard output, remarks and reasons of failure to standard error, so that a pipe gets
//! data alone.

use std::{
    io::{self, BufRead, IsTerminal, Write},
    process::ExitCode,
};

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;
use serde_json::Value;

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// For programs.
    Json,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Done,
    /// 1: tried, and failed.
    Failed,
    /// 2: the command line makes no sense.
    Usage,
}

/// What a command has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What was asked for.
    pub text: String,
    /// Remarks, and reasons of failure.
    pub remarks: Vec<String>,
    /// How it ended.
    pub exit: Exit,
}

impl Answer {
    /// Done, with this answer.
    pub(crate) fn done(text: impl Into<String>) -> Self {
        Self { text: text.into(), remarks: Vec::new(), exit: Exit::Done }
    }

    /// Failed, for this reason.
    pub(crate) fn failed(reason: impl Into<String>) -> Self {
        Self { text: String::new(), remarks: vec![reason.into()], exit: Exit::Failed }
    }

    /// Not understood, for this reason.
    pub(crate) fn usage(reason: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, ..Self::failed(reason) }
    }

    /// The same answer, but failed, for this reason.
    pub(crate) fn failing(mut self, reason: impl Into<String>) -> Self {
        self.remarks.push(reason.into());
        self.exit = Exit::Failed;
        self
    }

    /// The same with a remark.
    pub(crate) fn remarking(mut self, remark: impl Into<String>) -> Self {
        self.remarks.push(remark.into());
        self
    }
}

/// Data as JSON, one line per member.
pub(crate) fn json(data: &impl Serialize) -> Answer {
    match serde_json::to_string_pretty(data) {
        Ok(text) => Answer::done(text),
        Err(error) => Answer::failed(format!("the answer cannot be written as JSON: {error}")),
    }
}

/// The members of two objects in one.
pub(crate) fn merged(object: Value, more: Value) -> Value {
    match (object, more) {
        (Value::Object(mut members), Value::Object(more)) => {
            members.extend(more);
            Value::Object(members)
        }
        (object, _) => object,
    }
}

/// Rows under headings, without frames: easy to read, easy to cut.
pub(crate) fn table<const N: usize>(headings: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled).set_header(headings);
    for row in rows {
        table.add_row(row);
    }
    let lines: Vec<_> =
        table.lines().map(|line| line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned()).collect();
    lines.join("\n")
}

/// Writes a line at once, for whoever waits for it while the command goes on.
pub(crate) fn announce(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// Writes the answer and tells how the process ends.
pub(crate) fn give(answer: &Answer) -> ExitCode {
    let remarks = answer.remarks.iter().try_for_each(|remark| writeln!(io::stderr().lock(), "{remark}"));
    let text = if answer.text.is_empty() { Ok(()) } else { writeln!(io::stdout().lock(), "{}", answer.text) };
    // A reader that has seen enough, such as `head`, closes the pipe; that is no failure of the command.
    let broken = |result: io::Result<()>| result.is_err_and(|error| error.kind() != io::ErrorKind::BrokenPipe);
    match answer.exit {
        Exit::Usage => ExitCode::from(2),
        Exit::Done if !broken(remarks) && !broken(text) => ExitCode::SUCCESS,
        Exit::Done | Exit::Failed => ExitCode::FAILURE,
    }
}

/// Writes what is wrong with the command line, or the help that was asked for.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    // Where even this cannot be written, the exit code still tells.
    let _unwritten = error.print();
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// Asks the person at the terminal; whoever is no person has to say `--yes` beforehand.
pub(crate) fn confirm(question: &str) -> bool {
    if !io::stdin().is_terminal() {
        return false;
    }
    let asked = write!(io::stderr().lock(), "{question} [y/N] ").and_then(|()| io::stderr().flush());
    let mut line = String::new();
    let answered = asked.is_ok() && io::stdin().lock().read_line(&mut line).is_ok();
    answered && ["y", "yes"].contains(&line.trim().to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_headings_and_a_line_per_row() {
        let rows = [["regular".to_owned(), "1".to_owned()], ["copy:eu-central-1".to_owned(), "22".to_owned()]];
        let text = table(["SIDE", "POINTS"], rows);
        assert_eq!(text.lines().count(), 3);
        assert!(text.starts_with("SIDE"), "{text}");
    }
}
