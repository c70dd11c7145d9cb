//! The timing chain: each link must be longer than the next, or the engine does not start.

use std::{fmt, time::Duration};

use chainwright_envelope::QueueName;

use crate::{Settings, lease::MAX_AGE};

/// One thing that keeps an engine from starting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A queue does not exist.
    NoQueue {
        /// Its full name.
        queue: String,
    },
    /// A queue cannot be looked at.
    Unreachable {
        /// Its full name.
        queue: String,
        /// What SQS or the connection says.
        reason: String,
    },
    /// A queue's attribute does not fit.
    Attribute {
        /// The queue's full name.
        queue: String,
        /// The attribute and what it must be.
        reason: String,
    },
    /// A setting contradicts another, or itself.
    Setting {
        /// The setting and what it must be.
        reason: String,
    },
    /// A queue is to be served and no handler waits on it.
    NoHandler {
        /// The queue.
        queue: QueueName,
    },
    /// Two handlers for one kind.
    KindTwice {
        /// The kind.
        kind: &'static str,
    },
    /// Two handlers for one queue of foreign events.
    RawTwice {
        /// The queue.
        queue: QueueName,
    },
    /// A queue of foreign events is also a queue of jobs.
    JobsAmongRaw {
        /// The queue.
        queue: QueueName,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoQueue { queue } => write!(f, "queue {queue} does not exist"),
            Self::Unreachable { queue, reason } => write!(f, "queue {queue} cannot be looked at: {reason}"),
            Self::Attribute { queue, reason } => write!(f, "queue {queue}: {reason}"),
            Self::Setting { reason } => write!(f, "settings: {reason}"),
            Self::NoHandler { queue } => write!(f, "queue {queue} is to be served, but nothing handles its messages"),
            Self::KindTwice { kind } => write!(f, "two handlers for the kind `{kind}`"),
            Self::RawTwice { queue } => write!(f, "two handlers for the events on queue {queue}"),
            Self::JobsAmongRaw { queue } => write!(f, "queue {queue} cannot carry both jobs and foreign events"),
        }
    }
}

/// What the settings say against each other.
pub(crate) fn check_settings(settings: &Settings) -> Vec<Problem> {
    let s = settings;
    let rules = [
        (s.concurrency >= 1, "concurrency is at least 1"),
        (s.receives >= 1, "receives is at least 1"),
        (s.max_receives >= 2, "max_receives is at least 2, or no job would ever run again after a crash"),
        (s.visibility.subsec_nanos() == 0, "visibility is in whole seconds"),
        (s.visibility >= Duration::from_secs(4), "visibility is at least 4 s"),
        (s.visibility <= Duration::from_secs(43_200), "visibility is at most 12 h"),
        (s.receive_timeout > s.long_poll, "receive_timeout is longer than long_poll, or idle polls would look broken"),
        (
            s.call_timeout + s.linger < s.visibility * 2 / 5,
            "call_timeout and linger are together less than two fifths of visibility: a renewal begins at half-life",
        ),
        (s.linger <= Duration::from_secs(1), "linger is at most 1 s"),
        (s.job_limit < MAX_AGE, "job_limit is under 11 h: SQS keeps no message for one receiver beyond 12 h"),
        (s.job_limit < s.deadline, "job_limit is shorter than deadline"),
        (s.retry_cap < s.deadline, "retry_cap is shorter than deadline"),
        (s.retry_base > Duration::ZERO && s.retry_base <= s.retry_cap, "retry_base is above 0 and at most retry_cap"),
        (
            s.drain * 3 / 10 > s.call_timeout,
            "three tenths of drain are longer than call_timeout: they remain after handlers are cancelled",
        ),
    ];
    let broken = rules.into_iter().filter(|(holds, _)| !holds);
    broken.map(|(_, reason)| Problem::Setting { reason: reason.to_owned() }).collect()
}

/// What the engine reads of a queue's attributes.
#[derive(Debug, Default)]
pub(crate) struct QueueFacts {
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) retention: Option<Duration>,
    pub(crate) redrive_to: Option<String>,
    pub(crate) max_receive_count: Option<u32>,
}

/// What a queue and its dead-letter queue say against the settings.
pub(crate) fn check_queue(settings: &Settings, queue: &QueueFacts, dlq: &QueueFacts) -> Vec<Problem> {
    let mut reasons = Vec::new();
    let mut must = |holds: bool, reason: String| {
        if !holds {
            reasons.push(reason);
        }
    };
    must(
        queue.redrive_to.as_deref() == Some(dlq.arn.as_str()),
        format!("its RedrivePolicy must name {} as deadLetterTargetArn", dlq.name),
    );
    must(
        queue.max_receive_count.is_some_and(|count| count > settings.max_receives),
        format!("its maxReceiveCount must be above {}, at which the engine itself rejects", settings.max_receives),
    );
    if let (Some(kept), Some(dead)) = (queue.retention, dlq.retention) {
        let deadline = settings.deadline.max(settings.newer_wait) + settings.visibility;
        must(
            kept > deadline,
            format!(
                "its MessageRetentionPeriod must be above {} s, or jobs vanish before their deadline",
                deadline.as_secs()
            ),
        );
        must(
            dead > kept,
            format!("the MessageRetentionPeriod of {} must be longer: it counts from the first sending", dlq.name),
        );
    }
    reasons.into_iter().map(|reason| Problem::Attribute { queue: queue.name.clone(), reason }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_do_not_contradict_themselves() {
        assert_eq!(check_settings(&Settings::default()), []);
    }

    #[test]
    fn every_broken_rule_is_named() {
        let settings = Settings {
            long_poll: Duration::from_secs(30),
            visibility: Duration::from_millis(9500),
            drain: Duration::from_secs(5),
            ..Settings::default()
        };
        let words: Vec<_> = check_settings(&settings).iter().map(ToString::to_string).collect();
        assert_eq!(words.len(), 4, "{words:?}");
        for part in ["receive_timeout", "whole seconds", "two fifths", "drain"] {
            assert!(words.iter().any(|words| words.contains(part)), "{part} in {words:?}");
        }
    }
}
