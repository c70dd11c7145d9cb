//! The dead-letter queues: one per queue, and one for what EventBridge could not deliver.

use std::fmt;

use chainwright_aws::error::said;
use chainwright_contracts::queues::{self, QueueName};

use crate::operator::Operator;

/// What the dead letters of EventBridge's targets are called on the command line.
pub(super) const TARGETS: &str = "targets";

/// Whose dead letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// Those of a queue of jobs or events.
    Queue(QueueName),
    /// Those of the rules' targets.
    Targets,
}

impl Source {
    fn all() -> impl Iterator<Item = Self> {
        queues::ALL.into_iter().map(Self::Queue).chain([Self::Targets])
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Queue(queue) => queue.as_str(),
            Self::Targets => TARGETS,
        }
    }

    /// Reads `snapshots`, also as `snapshots-dlq`.
    ///
    /// # Errors
    /// With the names that there are.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let name = text.strip_suffix("-dlq").unwrap_or(text);
        let names = || Self::all().map(Self::as_str).collect::<Vec<_>>().join(", ");
        Self::all().find(|source| source.as_str() == name).ok_or_else(|| format!("the queues are {}", names()))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A dead-letter queue.
#[derive(Debug, Clone)]
pub(super) struct DeadQueue {
    /// Whose dead letters it takes.
    pub(super) source: Source,
    /// Its full name.
    pub(super) name: String,
    /// Where it is.
    pub(super) url: String,
}

/// The dead-letter queues that are meant, in order, and remarks on those that are not there.
///
/// # Errors
/// Where a queue is asked for by name and is not there, or SQS does not answer.
pub(super) async fn find(operator: &Operator, wanted: Option<Source>) -> Result<(Vec<DeadQueue>, Vec<String>), String> {
    let mut found = Vec::new();
    let mut remarks = Vec::new();
    for source in Source::all().filter(|source| wanted.is_none_or(|wanted| wanted == *source)) {
        let name = format!("{}{source}-dlq", operator.hub().prefix);
        let answer = operator.sqs().get_queue_url().queue_name(&name).send().await;
        match answer {
            Ok(answer) => found.push(DeadQueue { source, url: answer.queue_url.unwrap_or_default(), name }),
            Err(error) if wanted.is_none() && error.as_service_error().is_some_and(|e| e.is_queue_does_not_exist()) => {
                remarks.push(format!("there is no queue {name}"));
            }
            Err(error) => return Err(format!("queue {name}: {}", said(error))),
        }
    }
    Ok((found, remarks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_known_with_and_without_its_ending_and_an_unknown_one_names_those_that_there_are() {
        assert_eq!(Source::parse("snapshots"), Ok(Source::Queue(queues::SNAPSHOTS)));
        assert_eq!(Source::parse("targets-dlq"), Ok(Source::Targets));
        let refusal = Source::parse("snapshot").unwrap_err();
        assert!(refusal.contains("sessions, snapshots") && refusal.contains("targets"), "{refusal}");
    }
}
