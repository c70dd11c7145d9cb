//! `dlq`: dead letters, listed, shown, sent again, dropped.
//!
//! SQS has no way to look at a message without receiving it. A walk through a dead-letter queue therefore hides what it
//! has seen for as long as it takes, and shows it again at its end (`scan`). What a letter says of itself, and what is
//! derived where SQS gave it up without a word, is in `letter`. What changes something first makes a `plan`, which names
//! every letter by its message id; `work` then touches those letters and no others, so that one which comes back dead in
//! the meantime is left for the next time. A letter is sent first and deleted afterwards: an interruption repeats work,
//! which is harmless (I7), and loses nothing (I1).

mod batch;
mod drop;
mod filter;
mod known;
mod letter;
mod list;
mod plan;
mod progress;
mod queues;
mod replay;
mod scan;
mod show;
mod work;

use clap::Subcommand;

use crate::{
    operator::Operator,
    output::{Answer, Format},
};

/// What can be done with dead letters.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Count the dead letters by queue, code and kind. Reading hides them for a moment and changes nothing.
    List(list::Arguments),
    /// Show everything that is known of a dead letter: body, code with remedy, origin, and what became of its point.
    Show(show::Arguments),
    /// Send dead letters back to the queues that they came from. Safe to repeat after an interruption.
    Replay(replay::Arguments),
    /// Delete dead letters for good.
    Drop(drop::Arguments),
}

/// Runs a verb.
pub(crate) async fn run(verb: &Verb, format: Format, operator: &Operator) -> Answer {
    let result = match verb {
        Verb::List(arguments) => list::run(arguments, format, operator).await,
        Verb::Show(arguments) => show::run(arguments, format, operator).await,
        Verb::Replay(arguments) => replay::run(arguments, format, operator).await,
        Verb::Drop(arguments) => drop::run(arguments, format, operator).await,
    };
    result.unwrap_or_else(Answer::failed)
}
