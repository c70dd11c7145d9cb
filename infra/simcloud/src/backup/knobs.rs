//! What of AWS Backup's behaviour can be set: how long things take, and what its documentation leaves open.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::pace::Span;

/// How long AWS Backup takes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BackupPace {
    /// From a job's creation to its first attempt to run.
    pub start: Span,
    /// A backup job, running.
    pub backup: Span,
    /// A copy job, running.
    pub copy: Span,
    /// A restore job, running.
    pub restore: Span,
    /// From an accepted deletion to the point's end.
    pub delete: Span,
    /// From a point's expiry by its own lifecycle to its end.
    pub expiry: Span,
    /// Events are collected and leave together at the multiples of this.
    #[serde(with = "crate::pace::text")]
    pub event_batch: Duration,
    /// A job that cannot start tries again after this.
    #[serde(with = "crate::pace::text")]
    pub start_retry: Duration,
}

impl Default for BackupPace {
    /// Expiry within 8 h, events every 5 min, start retries every 10 min as AWS documents (Backup developer guide,
    /// "Deleting backups", "Monitoring events using EventBridge"; StartBackupJob); the rest as small tables behave.
    fn default() -> Self {
        let minutes = |least, most| Span::new(Duration::from_mins(least), Duration::from_mins(most));
        Self {
            start: Span::new(Duration::from_secs(1), Duration::from_mins(2)),
            backup: minutes(2, 20),
            copy: minutes(5, 40),
            restore: minutes(10, 60),
            delete: minutes(1, 30),
            expiry: Span::new(Duration::ZERO, Duration::from_hours(8)),
            event_batch: Duration::from_mins(5),
            start_retry: Duration::from_mins(10),
        }
    }
}

impl BackupPace {
    pub(crate) fn fast() -> Self {
        let millis = |least, most| Span::new(Duration::from_millis(least), Duration::from_millis(most));
        Self {
            start: millis(50, 200),
            backup: millis(200, 1_000),
            copy: millis(200, 1_500),
            restore: millis(500, 2_000),
            delete: millis(100, 500),
            expiry: millis(0, 1_000),
            event_batch: Duration::from_millis(500),
            start_retry: Duration::from_secs(1),
        }
    }

    /// Everything at once, except that waiting for another job still takes its steps.
    pub(crate) fn instant() -> Self {
        Self {
            start: Span::ZERO,
            backup: Span::ZERO,
            copy: Span::ZERO,
            restore: Span::ZERO,
            delete: Span::ZERO,
            expiry: Span::ZERO,
            event_batch: Duration::ZERO,
            start_retry: Duration::from_secs(1),
        }
    }
}

/// The error by which a locked vault refuses a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum LockedDelete {
    /// `InvalidRequestException`.
    InvalidRequest,
    /// `AccessDeniedException`.
    AccessDenied,
}

/// What AWS Backup may do or not, for its documentation does not say.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct BackupSwitches {
    /// How long an idempotency token is remembered.
    pub token_lifetime: Duration,
    /// A token used again with other parameters is refused, instead of answered with the first job.
    pub token_mismatch_refused: bool,
    /// How many tags `RecoveryPointTags` may have.
    pub tag_limit: usize,
    /// How a locked vault refuses a deletion.
    pub locked_delete: LockedDelete,
    /// A lifecycle outside a vault lock's limits is refused at once, instead of failing the job.
    pub lock_refuses_at_start: bool,
    /// Copy events arrive in the destination's Region too.
    pub copy_events_in_destination: bool,
    /// A job that outlasts its completion window ends as EXPIRED, instead of ABORTED.
    pub overrun_expires: bool,
    /// A point is dated by when its job began to run, instead of when the job was created.
    pub dated_by_run: bool,
    /// How long lists may still show a point that is gone.
    pub deleted_still_listed: Duration,
    /// Of a vault that is not there, describing and listing say that access is denied, as is observed; documented is
    /// `ResourceNotFoundException`.
    pub missing_vaults_denied: bool,
}

impl Default for BackupSwitches {
    fn default() -> Self {
        Self {
            token_lifetime: Duration::from_hours(24 * 30),
            token_mismatch_refused: false,
            tag_limit: 50,
            locked_delete: LockedDelete::InvalidRequest,
            lock_refuses_at_start: false,
            copy_events_in_destination: false,
            overrun_expires: false,
            dated_by_run: false,
            deleted_still_listed: Duration::ZERO,
            missing_vaults_denied: false,
        }
    }
}

impl BackupSwitches {
    pub(crate) fn draw(rng: &mut fastrand::Rng) -> Self {
        Self {
            token_lifetime: Duration::from_hours(*rng.choice(&[1, 24, 24 * 30]).unwrap_or(&24)),
            token_mismatch_refused: rng.bool(),
            tag_limit: if rng.bool() { 10 } else { 50 },
            locked_delete: if rng.bool() { LockedDelete::InvalidRequest } else { LockedDelete::AccessDenied },
            lock_refuses_at_start: rng.bool(),
            copy_events_in_destination: rng.bool(),
            overrun_expires: rng.bool(),
            dated_by_run: rng.bool(),
            deleted_still_listed: if rng.bool() { Duration::ZERO } else { Duration::from_secs(rng.u64(1..=120)) },
            missing_vaults_denied: rng.bool(),
        }
    }
}
