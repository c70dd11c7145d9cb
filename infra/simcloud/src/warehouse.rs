//! What the two APIs of Redshift have in common: how long things take, retentions in days, the course of what is made
//! over time, how faults end it, which tags are legal, and pages.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::faults::JobFault;
use crate::pace::Span;

/// For ever, as a retention in days; and the longest that is not.
pub(crate) const FOR_EVER: i64 = -1;
const MAX_RETENTION: i64 = 3_653;
/// A resource has so many tags at most (management guide, "Tagging resources").
pub(crate) const MAX_TAGS: usize = 50;

/// How long Redshift takes, either of the two.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WarehousePace {
    /// Until a new, changed or deleted cluster, namespace or workgroup has reached its next state.
    #[serde(with = "crate::pace::text")]
    pub change: Duration,
    /// A snapshot, from its request to its end.
    pub snapshot: Span,
    /// A copy, from the snapshot's end to its own; in the second half it shows in its destination.
    pub copy: Span,
    /// How long a deleted snapshot still shows, as deleted.
    pub delete: Span,
    /// A restore into a cluster or namespace.
    pub restore: Span,
}

impl Default for WarehousePace {
    /// Minutes; no figures are documented.
    fn default() -> Self {
        let minutes = |least, most| Span::new(Duration::from_mins(least), Duration::from_mins(most));
        Self {
            change: Duration::from_mins(2),
            snapshot: minutes(2, 15),
            copy: minutes(5, 40),
            delete: minutes(0, 5),
            restore: minutes(5, 30),
        }
    }
}

impl WarehousePace {
    pub(crate) fn fast() -> Self {
        let millis = |least, most| Span::new(Duration::from_millis(least), Duration::from_millis(most));
        Self {
            change: Duration::from_millis(200),
            snapshot: millis(200, 1_000),
            copy: millis(200, 1_500),
            delete: millis(0, 500),
            restore: millis(500, 2_000),
        }
    }

    pub(crate) fn instant() -> Self {
        let none = Span::ZERO;
        Self { change: Duration::ZERO, snapshot: none, copy: none, delete: none, restore: none }
    }
}

/// Whether a snapshot that somebody asked for may be kept for so many days.
pub(crate) fn is_retention(days: i64) -> bool {
    days == FOR_EVER || (1..=MAX_RETENTION).contains(&days)
}

/// How long a snapshot is kept.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(crate) struct Retention {
    /// In days; -1 for ever.
    pub(crate) days: i64,
    pub(crate) since: Timestamp,
    /// How often its end was put on the agenda; earlier entries count for nothing.
    armed: u64,
}

impl Retention {
    pub(crate) const fn new(days: i64, since: Timestamp) -> Self {
        Self { days, since, armed: 0 }
    }

    /// When it ends.
    pub(crate) fn end(&self) -> Option<Timestamp> {
        let days = (self.days != FOR_EVER).then_some(self.days)?;
        self.since.checked_add(SignedDuration::from_hours(days.saturating_mul(24))).ok()
    }

    /// The days that are left of it, begun ones included.
    pub(crate) fn remaining_days(&self, now: Timestamp) -> Option<i64> {
        let hours = self.end()?.duration_since(now).as_hours().max(0);
        Some((hours + 23) / 24)
    }

    /// The entry for the agenda: when it ends, and by which number that end is known. Voids earlier ones.
    pub(crate) fn arm(&mut self) -> Option<(Timestamp, u64)> {
        self.armed += 1;
        Some((self.end()?, self.armed))
    }

    /// Whether an entry of the agenda is still the right one.
    pub(crate) fn is_armed(&self, as_number: u64) -> bool {
        self.armed == as_number
    }
}

/// When the making of something began and will end, unless a fault decides otherwise.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(crate) struct Run {
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
}

impl Run {
    /// The seconds that it has taken, and those that it will still take; `over` says that it takes no more.
    pub(crate) fn seconds(&self, now: Timestamp, over: bool) -> (i64, i64) {
        let done = if over { self.end } else { now };
        let seconds = |from: Timestamp, to: Timestamp| to.duration_since(from).as_secs().max(0);
        (seconds(self.start, done), seconds(done, self.end))
    }
}

/// How a snapshot or copy ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Success,
    Failure,
    Cancellation,
}

/// How a fault lets a snapshot or copy end; with some it does not.
pub(crate) fn ending(fault: Option<&JobFault>) -> Option<Ending> {
    match fault {
        None | Some(JobFault::CompletesWith(_)) => Some(Ending::Success),
        Some(JobFault::Fails(_) | JobFault::Expires | JobFault::EndsPartial) => Some(Ending::Failure),
        Some(JobFault::Aborts) => Some(Ending::Cancellation),
        Some(JobFault::Stalls | JobFault::Ignored) => None,
    }
}

/// Whether a tag may be put on something.
pub(crate) fn is_legal_tag(key: &str, value: &str) -> bool {
    let lengths_fit = (1..=128).contains(&key.chars().count()) && value.chars().count() <= 256;
    let legal = |c: char| c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c);
    lengths_fit && !key.starts_with("aws:") && key.chars().chain(value.chars()).all(legal)
}

/// Where a page ended, from the token that says so.
pub(crate) fn position(token: &str) -> Option<String> {
    String::from_utf8(BASE64URL_NOPAD.decode(token.as_bytes()).ok()?).ok()
}

/// So many of the entries behind a position, in whose order they are, and the token for those that are left.
pub(crate) fn page<T>(
    entries: impl Iterator<Item = (String, T)>,
    behind: Option<&str>,
    size: usize,
) -> (Vec<T>, Option<String>) {
    let mut rest = entries.filter(|(position, _)| behind.is_none_or(|behind| position.as_str() > behind));
    let page: Vec<(String, T)> = rest.by_ref().take(size).collect();
    let last = page.last().filter(|_| rest.next().is_some());
    let token = last.map(|(position, _)| BASE64URL_NOPAD.encode(position.as_bytes()));
    (page.into_iter().map(|(_, entry)| entry).collect(), token)
}
