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
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Looks, Owner};
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
    /// The looks at it.
    #[serde(flatten)]
    pub looks: Looks,
    /// Looks in a row at which the service said that it is done and what it made could not be seen, or proven, yet.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unseen: u32,
    /// Looks in a row at which the service did not know it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unknown: u32,
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
            looks: Looks::first(now),
            unseen: 0,
            unknown: 0,
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
        self.looks.due_at()
    }

    /// The next look is on its way. It stays the next one; should it be lost, it is sent again a look's interval later,
    /// and ever more rarely.
    #[must_use]
    pub fn look_sent(mut self, now: Timestamp) -> Self {
        self.looks.on_their_way(now);
        self
    }

    /// The message that asks for the next look.
    #[must_use]
    pub fn settle(&self) -> Settle {
        Settle {
            operation: self.kind,
            point: self.point.clone(),
            to: self.side.copied_to().cloned(),
            look: Some(self.looks.number),
        }
    }

    /// A new attempt with a new request, in the epoch that the last failure opened.
    #[must_use]
    pub fn requested_again(mut self, request: Request, now: Timestamp) -> Self {
        self.request = request;
        self.phase = Phase::Requested;
        (self.unseen, self.unknown) = (0, 0);
        self.job = None;
        self.looks.moved(now);
        self
    }

    /// The service has begun.
    #[must_use]
    pub fn started(mut self, started: Started, now: Timestamp) -> Self {
        self.phase = Phase::Started;
        self.job = Some(started.id);
        self.reason = None;
        self.looks.moved(now);
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
        self.looks.wait_longer(self.epoch);
        self.looks.unmoved(now);
        if !self.may_try(now) {
            self.phase = Phase::ToRetry;
            self.looks.next = Some(now);
        }
        self
    }

    /// What a look found. The caller has checked that this look is the next one.
    #[must_use]
    pub fn looked(mut self, observed: &Observed, now: Timestamp) -> Self {
        match observed {
            Observed::Unknown if self.unknown >= PATIENCE_WITH_UNKNOWN => {
                self.failed_once("the service no longer knows the job".into(), now)
            }
            Observed::Running | Observed::Unknown => {
                self.unknown = if *observed == Observed::Unknown { self.unknown + 1 } else { 0 };
                self.looks.unmoved(now);
                self
            }
            Observed::Done { remark, .. } => {
                self.phase = Phase::Done;
                self.reason.clone_from(remark);
                self.looks.end();
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

    /// The service says that it is done, and what it made cannot be seen or proven yet.
    #[must_use]
    pub fn not_seen(mut self, now: Timestamp) -> Self {
        self.unseen += 1;
        self.looked(&Observed::Running, now)
    }

    /// The same operation begun anew after an earlier one that was called off; its counts go on.
    #[must_use]
    pub fn after(mut self, earlier: &Self) -> Self {
        self.looks.number = earlier.looks.number + 1;
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
        self.looks.moved(now);
        self
    }

    /// What it was to make again is there after all: nobody need be asked.
    #[must_use]
    pub fn spared(mut self) -> Self {
        self.phase = Phase::Done;
        self.reason = None;
        self.looks.end();
        self
    }

    /// Whoever asks the service was sent on its way once more; should that be lost, too, it is sent again later.
    #[must_use]
    pub fn asked_again(mut self, now: Timestamp) -> Self {
        self.looks.unmoved(now);
        self.looks.sent = true;
        self
    }

    /// It is no longer wanted, or not to be had. Whoever records this also records what becomes of the point.
    #[must_use]
    pub fn given_up(mut self, reason: String) -> Self {
        self.phase = Phase::Failed;
        self.reason = Some(reason);
        self.looks.end();
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
        self.looks.wait_longer(self.epoch);
        self.looks.unmoved(now);
        self
    }

    /// Whether another attempt may begin at `now`.
    #[must_use]
    pub fn may_try(&self, now: Timestamp) -> bool {
        self.retry.attempts.is_none_or(|most| self.attempts < most) && self.retry.until.is_none_or(|until| now < until)
    }
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}
