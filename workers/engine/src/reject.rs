//! The dead letter: the message as it was, and beside it what was wrong.
//!
//! Code, reason, origin and job id travel as message attributes, so that the body stays what the sender wrote and a
//! replay needs no surgery. Only the engine's own `attempt` and `first_sent_at` are taken out: a replayed job starts
//! its deadline anew.

use chainwright_envelope::{Code, Envelope, encode_rest};

use crate::{
    batch::MAX_BYTES,
    message::{Received, Sending, TRACEPARENT},
};

const MAX_REASON: usize = 1000;

/// Whether the dead letter can be written.
pub(crate) enum DeadLetter {
    Written(Sending),
    /// Body and attributes together are more than SQS takes: it is left to SQS to redrive the message by itself.
    TooLarge,
}

/// Writes the dead letter for a message of `queue` (its full name).
pub(crate) fn dead_letter(received: &Received, raw: bool, queue: &str, code: Code, reason: &str) -> DeadLetter {
    let (body, id) = if raw { (received.body.clone(), None) } else { without_progress(&received.body) };
    let letter = Sending { body, group: received.group.clone(), ..Sending::default() }
        .attribute("error_code", Some(code))
        .attribute("error_reason", Some(presentable(reason)))
        .attribute("origin_queue", Some(queue))
        .attribute("job_id", Some(id.as_ref().unwrap_or(&received.message_id)))
        .attribute(TRACEPARENT, received.traceparent.as_ref());
    if letter.size() > MAX_BYTES { DeadLetter::TooLarge } else { DeadLetter::Written(letter) }
}

/// The body without what the engine wrote into it, and the job's id. What cannot be read stays as it is, to the byte.
fn without_progress(body: &str) -> (String, Option<String>) {
    let Ok((envelope, rest)) = Envelope::read(body) else { return (body.to_owned(), None) };
    let id = envelope.id.clone();
    if envelope.attempt == 1 && envelope.first_sent_at.is_none() {
        return (body.to_owned(), id);
    }
    (encode_rest(&Envelope { attempt: 1, first_sent_at: None, ..envelope }, rest), id)
}

/// The body of a dead letter as a replay sends it: without the engine's progress, which a message that SQS itself gave
/// up still has, and under the job's id. Without one, each repeat of an interrupted replay would get an id of its own,
/// and what a manual job makes is named by its id. What cannot be read stays as it is, to the byte.
#[must_use]
pub fn replayed(body: &str, job_id: &str) -> String {
    let (body, id) = without_progress(body);
    match Envelope::read(&body) {
        Ok((envelope, rest)) if id.is_none() => {
            encode_rest(&Envelope { id: Some(job_id.to_owned()), ..envelope }, rest)
        }
        _ => body,
    }
}

/// A reason as an attribute may carry it: not empty, not endless, and of characters that XML 1.0 allows.
fn presentable(reason: &str) -> String {
    let allowed =
        |c: &char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    let text: String = reason.chars().filter(allowed).take(MAX_REASON).collect();
    if text.trim().is_empty() { "no reason given".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_letter_is_without_attempt_and_first_sent_at() {
        let (body, id) = without_progress(r#"{"kind":"a","id":"x","attempt":3,"first_sent_at":5,"n":1}"#);
        assert_eq!((body.as_str(), id.as_deref()), (r#"{"kind":"a","id":"x","n":1}"#, Some("x")));
    }

    #[test]
    fn a_body_that_cannot_be_read_stays_as_it_is() {
        assert_eq!(without_progress("{ not json").0, "{ not json");
    }

    #[test]
    fn a_replayed_body_has_its_job_s_id_and_no_progress() {
        assert_eq!(replayed(r#"{ "kind": "a", "id": "x" }"#, "y"), r#"{ "kind": "a", "id": "x" }"#);
        assert_eq!(replayed(r#"{"kind":"a","attempt":2}"#, "y"), r#"{"kind":"a","id":"y"}"#);
        assert_eq!(replayed("{ not json", "y"), "{ not json");
    }

    #[test]
    fn a_reason_is_made_presentable() {
        assert_eq!(presentable("a\u{0}b\u{fffe}c"), "abc");
        assert_eq!(presentable("\u{1}"), "no reason given");
        assert_eq!(presentable(&"ü".repeat(5000)).chars().count(), MAX_REASON);
    }
}
