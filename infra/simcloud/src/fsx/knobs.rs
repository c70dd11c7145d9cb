//! What of FSx's behaviour can be set: how long things take, and what its documentation leaves open.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::pace::Span;

/// How long FSx takes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FsxPace {
    /// Until a new file system is AVAILABLE, or a new volume or storage virtual machine CREATED.
    #[serde(with = "crate::pace::text")]
    pub create: Duration,
    /// How long a file system is UPDATING whose capacity or throughput was changed.
    #[serde(with = "crate::pace::text")]
    pub update: Duration,
    /// How long a file system or volume still shows, as DELETING.
    #[serde(with = "crate::pace::text")]
    pub delete: Duration,
    /// A backup that a user asked FSx for, from its request to its end.
    pub backup: Span,
}

impl Default for FsxPace {
    /// Minutes; no figures are documented.
    fn default() -> Self {
        Self {
            create: Duration::from_mins(20),
            update: Duration::from_mins(30),
            delete: Duration::from_mins(10),
            backup: Span::new(Duration::from_mins(5), Duration::from_mins(30)),
        }
    }
}

impl FsxPace {
    pub(crate) fn fast() -> Self {
        Self {
            create: Duration::from_millis(500),
            update: Duration::from_millis(500),
            delete: Duration::from_millis(500),
            backup: Span::new(Duration::from_millis(200), Duration::from_millis(1_000)),
        }
    }

    pub(crate) fn instant() -> Self {
        Self { create: Duration::ZERO, update: Duration::ZERO, delete: Duration::ZERO, backup: Span::ZERO }
    }
}

/// What FSx, and AWS Backup over it, may do or not, for their documentation does not say.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct FsxSwitches {
    /// What cannot be backed up or copied at all is refused at once, instead of failing its job.
    pub refused_at_start: bool,
    /// A sixth copy to one Region waits, as CREATED, instead of being refused at once.
    pub copies_wait: bool,
    /// A backup job tells `BackupSizeInBytes`. The API reference says that FSx does not populate it.
    pub jobs_tell_size: bool,
    /// A point's `BackupSizeInBytes` is what a restore would bring back, as in FSx's own `SizeInBytes`, instead of what
    /// the backup added.
    pub points_tell_whole: bool,
}

impl Default for FsxSwitches {
    fn default() -> Self {
        Self { refused_at_start: true, copies_wait: false, jobs_tell_size: false, points_tell_whole: false }
    }
}

impl FsxSwitches {
    pub(crate) fn draw(rng: &mut fastrand::Rng) -> Self {
        Self {
            refused_at_start: rng.bool(),
            copies_wait: rng.bool(),
            jobs_tell_size: rng.bool(),
            points_tell_whole: rng.bool(),
        }
    }
}
