//! The record of an operation, and its life.
//!
//! ```text
//!            start                 looked at: done
//! requested ------> started ----------------------------> done
//!     ^                |  \
//!     |                |   failed, tries left: epoch + 1
//!     |                v
//!     +---------- to retry          failed, none left ---> failed
//!       new request
//! ```
//!
//! The *epoch* counts the attempts that the service shows to have ended without a point, and makes each attempt's token
//! its own; `attempts` counts true failures only. A service that was merely occupied costs neither patience nor an
//! attempt, only time.

use chainwright_contracts::{
    ids::{self, PointId},
    jobs::{OperationKind, Settle, Side},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Owner;
use crate::exchange::{BackupRequest, CopyRequest, DeleteRequest, Observed, Operation, Started};

/// Looks without an answer after which a job that the service does not know counts as failed.
const PATIENCE_WITH_UNKNOWN: u32 = 3;

/// Something slow that a service does for us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationRecord {
    /// What is done.
    pub kind: OperationKind,
    /// To which point.
    pub point: PointId,
    /// Whose point that is.
    pub owner: Owner,
    /// To which side.
    pub side: Side,
    /// How far it has come.
    pub phase: Phase,
    /// Counts the attempts that ended without effect.
    pub epoch: u32,
    /// Counts those among them that were failures.
    pub attempts: u32,
    /// The number of the next look; it only grows, so that an older number is known to be stale.
    pub look: u32,
    /// Looks since the operation last moved: the longer nothing happens, the rarer the looks.
    pub idle: u32,
    /// Whether the last look sent somebody to ask the service again: what a repeat of that look sends, too.
    #[serde(default)]
    pub sent: bool,
    /// When the next look is due; none once the operation is over.
    pub next_look: Option<Timestamp>,
    /// When the next look, sent once already, is sent again, should nothing have come of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resend_at: Option<Timestamp>,
    /// How often the next look was sent.
    #[serde(default)]
    pub sendings: u32,
    /// By which the service knows it.
    pub job: Option<String>,
    /// Why it waits, failed, or what the service remarked.
    pub reason: Option<String>,
    /// What is asked for, whole.
    pub request: Request,
    /// How long and how often it is tried.
    pub retry: Retry,
    /// When its point was over, after which nobody asks for it any more.
    pub ended_at: Option<Timestamp>,
}

/// How far an operation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Written down; the service may or may not have been asked.
    Requested,
    /// The service runs it.
    Started,
    /// The last attempt ended without effect; another is to be requested.
    ToRetry,
    /// Over, with its effect.
    Done,
    /// Over, given up.
    Failed,
}

/// What is asked of the service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Request {
    /// A backup.
    Backup(BackupRequest),
    /// A copy.
    Copy(CopyRequest),
    /// A removal.
    Delete(DeleteRequest),
}

/// How long and how often an operation is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// Failures after which it is given up; none: as long as it is wanted.
    pub attempts: Option<u32>,
    /// No new attempt begins at or after this instant; none: it is tried for ever.
    pub until: Option<Timestamp>,
}

/// How asking the service to start went, where it did not start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempted {
    /// The service cannot do it just now; the same request is sent again later.
    Occupied(String),
    /// The service will not do it.
    Refused(String),
}

/// How long until the next look at an operation that `idle` looks found unmoved: 2, 5, 15, then every 30 minutes.
#[must_use]
pub fn look_delay(idle: u32) -> SignedDuration {
    SignedDuration::from_mins(match idle {
        0 => 2,
        1 => 5,
        2 => 15,
        _ => 30,
    })
}

impl OperationRecord {
    /// A new operation, just requested.
    #[must_use]
    pub fn requested(owner: Owner, point: PointId, side: Side, request: Request, retry: Retry, now: Timestamp) -> Self {
        let kind = match request {
            Request::Backup(_) => OperationKind::Backup,
            Request::Copy(_) => OperationKind::Copy,
            Request::Delete(_) => OperationKind::Delete,
        };
        Self {
            kind,
            point,
            owner,
            side,
            phase: Phase::Requested,
            epoch: 0,
            attempts: 0,
            look: 0,
            idle: 0,
            sent: false,
            next_look: Some(later(now, look_delay(0))),
            resend_at: None,
            sendings: 0,
            job: None,
            reason: None,
            request,
            retry,
            ended_at: None,
        }
    }

    /// The token of the present epoch.
    #[must_use]
    pub fn token(kind: OperationKind, point: &PointId, side: &Side, epoch: u32) -> String {
        ids::token(kind.as_str(), point, &side.to_string(), epoch)
    }

    /// Whether nothing more is going to happen.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Done | Phase::Failed)
    }

    /// What to look at, once the service has begun.
    #[must_use]
    pub fn looked_at(&self) -> Option<Operation> {
        let id = self.job.clone()?;
        Some(match &self.request {
            Request::Backup(request) => Operation::Backup { id, place: request.place.clone() },
            Request::Copy(request) => Operation::Copy { id, from: request.from.clone(), to: request.to.clone() },
            Request::Delete(request) => {
                Operation::Delete { point: request.point.clone(), place: request.place.clone() }
            }
        })
    }

    /// When a tick must send the next look; none once the operation is over.
    #[must_use]
    pub fn due_at(&self) -> Option<Timestamp> {
        let due = self.next_look?;
        Some(self.resend_at.map_or(due, |resend| due.max(resend)))
    }

    /// The next look is on its way. It stays the next one; should it be lost, it is sent again a look's interval later,
    /// and ever more rarely.
    #[must_use]
    pub fn look_sent(mut self, now: Timestamp) -> Self {
        self.sendings = self.sendings.saturating_add(1);
        self.resend_at = Some(later(now, look_delay(self.idle.saturating_add(self.sendings))));
        self
    }

    /// The message that asks for the next look.
    #[must_use]
    pub fn settle(&self) -> Settle {
        Settle {
            operation: self.kind,
            point: self.point.clone(),
            to: self.side.copied_to().cloned(),
            look: Some(self.look),
        }
    }

    /// A new attempt with a new request, in the epoch that the last failure opened.
    #[must_use]
    pub fn requested_again(mut self, request: Request, now: Timestamp) -> Self {
        self.request = request;
        self.phase = Phase::Requested;
        self.job = None;
        self.moved(now);
        self
    }

    /// The service has begun.
    #[must_use]
    pub fn started(mut self, started: Started, now: Timestamp) -> Self {
        self.phase = Phase::Started;
        self.job = Some(started.id);
        self.reason = None;
        self.moved(now);
        self
    }

    /// The service did not begin. Where it may not be tried again, the next look, due at once, gives it up: what else
    /// follows from that is for the look to record.
    #[must_use]
    pub fn not_started(mut self, attempted: Attempted, now: Timestamp) -> Self {
        let reason = match attempted {
            Attempted::Occupied(reason) => reason,
            Attempted::Refused(reason) => {
                self.epoch += 1;
                self.attempts += 1;
                self.phase = Phase::ToRetry;
                reason
            }
        };
        self.reason = Some(reason);
        self.wait_longer();
        self.schedule(now);
        if !self.may_try(now) {
            self.phase = Phase::ToRetry;
            self.next_look = Some(now);
        }
        self
    }

    /// What a look found. The caller has checked that this look is the next one.
    #[must_use]
    pub fn looked(mut self, observed: &Observed, now: Timestamp) -> Self {
        match observed {
            Observed::Unknown if self.idle >= PATIENCE_WITH_UNKNOWN => {
                self.failed_once("the service no longer knows the job".into(), now)
            }
            Observed::Running | Observed::Unknown => {
                self.schedule(now);
                self
            }
            Observed::Done { remark, .. } => {
                self.phase = Phase::Done;
                self.reason.clone_from(remark);
                self.look += 1;
                self.next_look = None;
                self
            }
            Observed::Failed { reason, occupied: true } => {
                self.epoch += 1;
                self.retry_or_give_up(reason.clone(), now)
            }
            Observed::Failed { reason, occupied: false } => self.failed_once(reason.clone(), now),
            Observed::Refused { status } => {
                self.failed_once(format!("the deletion was answered, yet the point is {status}"), now)
            }
        }
    }

    /// The same operation begun anew after an earlier one that was called off; its counts go on.
    #[must_use]
    pub fn after(mut self, earlier: &Self) -> Self {
        self.look = earlier.look + 1;
        self.epoch = earlier.epoch + 1;
        self.attempts = earlier.attempts;
        self
    }

    /// What it had made is gone, and not by us, while it is wanted still: a new epoch begins.
    #[must_use]
    pub fn reopened(mut self, reason: String, now: Timestamp) -> Self {
        self.epoch += 1;
        self.phase = Phase::ToRetry;
        self.job = None;
        self.reason = Some(reason);
        self.moved(now);
        self
    }

    /// What it was to make again is there after all: nobody need be asked.
    #[must_use]
    pub fn spared(mut self) -> Self {
        self.phase = Phase::Done;
        self.reason = None;
        self.look += 1;
        self.next_look = None;
        self
    }

    /// Whoever asks the service was sent on its way once more; should that be lost, too, it is sent again later.
    #[must_use]
    pub fn asked_again(mut self, now: Timestamp) -> Self {
        self.schedule(now);
        self.sent = true;
        self
    }

    /// It is no longer wanted, or not to be had. Whoever records this also records what becomes of the point.
    #[must_use]
    pub fn given_up(mut self, reason: String) -> Self {
        self.phase = Phase::Failed;
        self.reason = Some(reason);
        self.look += 1;
        self.next_look = None;
        self
    }

    fn failed_once(mut self, reason: String, now: Timestamp) -> Self {
        self.epoch += 1;
        self.attempts += 1;
        self.retry_or_give_up(reason, now)
    }

    fn retry_or_give_up(mut self, reason: String, now: Timestamp) -> Self {
        if !self.may_try(now) {
            return self.given_up(reason);
        }
        self.phase = Phase::ToRetry;
        self.reason = Some(reason);
        self.job = None;
        self.wait_longer();
        self.schedule(now);
        self
    }

    /// Whether another attempt may begin at `now`.
    #[must_use]
    pub fn may_try(&self, now: Timestamp) -> bool {
        self.retry.attempts.is_none_or(|most| self.attempts < most) && self.retry.until.is_none_or(|until| now < until)
    }

    /// Each attempt that ends without effect makes the next one wait longer, as looks do.
    fn wait_longer(&mut self) {
        self.idle = self.idle.max(self.epoch.saturating_sub(1));
    }

    fn moved(&mut self, now: Timestamp) {
        self.look += 1;
        self.idle = 0;
        self.not_sent_yet();
        self.next_look = Some(later(now, look_delay(0)));
    }

    fn schedule(&mut self, now: Timestamp) {
        self.look += 1;
        self.idle += 1;
        self.not_sent_yet();
        self.next_look = Some(later(now, look_delay(self.idle)));
    }

    fn not_sent_yet(&mut self) {
        self.sent = false;
        self.resend_at = None;
        self.sendings = 0;
    }
}

/// Instants end in the year 9999; nothing here is planned that far ahead.
fn later(now: Timestamp, delay: SignedDuration) -> Timestamp {
    now.checked_add(delay).unwrap_or(Timestamp::MAX)
}
