//! Which dead letters are meant.

use chainwright_contracts::{
    arn::Arn,
    codes::{Code, PAGES, explain},
    jobs::{Copy, Delete, Drill, Job, Prune, Reconcile, Restore, Session, Settle, Snapshot, Tick},
};
use clap::Args;
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};

use super::{letter::Facts, queues::Source};

/// Every kind of job.
pub(super) const KINDS: [&str; 10] = [
    Tick::KIND,
    Session::KIND,
    Snapshot::KIND,
    Settle::KIND,
    Copy::KIND,
    Prune::KIND,
    Delete::KIND,
    Reconcile::KIND,
    Restore::KIND,
    Drill::KIND,
];
/// The kind of an event of AWS's.
pub(super) const EVENT: &str = "event";
/// What names no kind that there is.
const UNKNOWN: &str = "unknown";

/// What a dead letter must be like; without any of these, all are meant.
#[derive(Debug, Clone, Args)]
pub(super) struct Filter {
    /// Of this queue: sessions, snapshots, events, completions, copies, prunes, restores, or targets, for what
    /// EventBridge could not deliver.
    #[arg(long, value_parser = Source::parse)]
    pub(super) queue: Option<Source>,
    /// Of this kind of job; or `event` for AWS's own events, `unknown` for what names no kind that there is.
    #[arg(long, value_parser = kind)]
    kind: Option<String>,
    /// With this code, such as CW0301.
    #[arg(long, value_parser = code)]
    code: Option<Code>,
    /// Sent longer ago than this, such as 30m, 12h or 3 days.
    #[arg(long, value_name = "DURATION", value_parser = age)]
    older_than: Option<SignedDuration>,
    /// Sent less long ago than this.
    #[arg(long, value_name = "DURATION", value_parser = age)]
    newer_than: Option<SignedDuration>,
    /// About this resource: named in the body, or that of the point or chain named there.
    #[arg(long, value_name = "ARN")]
    pub(super) resource: Option<Arn>,
}

/// The dead letters that something is done with.
#[derive(Debug, Clone, Args)]
pub(super) struct Selection {
    /// What they must be like.
    #[command(flatten)]
    pub(super) filter: Filter,
    /// The one with this message id or job id; may be given several times.
    #[arg(long = "id", value_name = "ID")]
    pub(super) ids: Vec<String>,
}

impl Filter {
    /// Whether a letter is meant, as far as the letter itself tells; the resource may need the ledger.
    pub(super) fn fits(&self, facts: &Facts, now: Timestamp) -> bool {
        let age = now.duration_since(facts.sent);
        let named = |kind: &str| facts.kind.as_deref() == Some(kind);
        let known = || KINDS.iter().any(|kind| named(kind)) || named(EVENT);
        self.kind.as_deref().is_none_or(|kind| if kind == UNKNOWN { !known() } else { named(kind) })
            && self.code.is_none_or(|code| facts.code == code.to_string())
            && self.older_than.is_none_or(|least| age > least)
            && self.newer_than.is_none_or(|most| age < most)
    }
}

impl Selection {
    /// As [`Filter::fits`], and named, where letters are named.
    pub(super) fn fits(&self, facts: &Facts, now: Timestamp) -> bool {
        let named = self.ids.is_empty() || self.ids.iter().any(|id| facts.is_called(id));
        named && self.filter.fits(facts, now)
    }
}

fn kind(text: &str) -> Result<String, String> {
    let allowed = || KINDS.into_iter().chain([EVENT, UNKNOWN]);
    let refused = || format!("the kinds are {}", allowed().collect::<Vec<_>>().join(", "));
    allowed().find(|kind| *kind == text).map(str::to_owned).ok_or_else(refused)
}

fn code(text: &str) -> Result<Code, String> {
    let known = text.to_ascii_uppercase().parse::<Code>().ok().filter(|code| explain(*code).is_some());
    known.ok_or_else(|| {
        let codes: Vec<String> = PAGES.iter().map(|page| page.code.to_string()).collect();
        format!("the codes are {}", codes.join(", "))
    })
}

fn age(text: &str) -> Result<SignedDuration, String> {
    let read = text.parse::<Span>().and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()));
    let allowed = "a duration reads such as 30m, 12h, 3 days or 2 weeks";
    read.ok().filter(|age| age.is_positive()).ok_or_else(|| allowed.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_write_them() {
        for (text, hours) in [("90m", 1), ("12h", 12), ("3 days", 72), ("2w", 336), ("1 day 2 hours", 26)] {
            assert_eq!(age(text).unwrap().as_hours(), hours, "{text}");
        }
        for text in ["", "3", "0h", "-2h", "1 month", "soon"] {
            assert!(age(text).unwrap_err().contains("3 days"), "{text}");
        }
    }

    #[test]
    fn a_refused_kind_or_code_names_those_that_there_are() {
        assert!(kind("snapshots").unwrap_err().contains("snapshot, settle"));
        assert!(code("CW9999").unwrap_err().contains("CW0101, CW0102"));
        assert_eq!(code("cw0301").map(Code::number), Ok(301));
    }
}
