//! Reading vaults and jobs past the API, for assertions.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::job::{Job, Progress};
use super::point::Point;
use crate::inspect::Inspect;

/// A point as the model has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PointView {
    /// The account that holds it.
    pub account: String,
    /// The Region that holds it.
    pub region: String,
    /// Its vault.
    pub vault: String,
    /// Its ARN.
    pub arn: String,
    /// The resource it was made of.
    pub resource: String,
    /// `Status`, such as `COMPLETED`.
    pub status: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// `CreationDate`; a copy has its source's.
    pub created: Timestamp,
    /// When it was complete.
    pub completed: Option<Timestamp>,
    /// When AWS Backup itself will delete it, where its lifecycle says so.
    pub delete_at: Option<Timestamp>,
    /// Whether it lies in cold storage.
    pub cold: bool,
    /// Whether it is a copy.
    pub is_copy: bool,
    /// The job that made it; a foreign point has none.
    pub job: Option<String>,
}

/// A job as the model has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobView {
    /// The account in which it was started.
    pub account: String,
    /// The Region in which it was started.
    pub region: String,
    /// Its id.
    pub id: String,
    /// `State`, such as `RUNNING`.
    pub state: String,
    /// `StatusMessage`.
    pub message: Option<String>,
    /// The resource backed up, copied or restored.
    pub resource: String,
    /// The idempotency token of its call.
    pub token: Option<String>,
    /// When it was created.
    pub created: Timestamp,
    /// When it ended.
    pub completed: Option<Timestamp>,
    /// The point that it made, once it did; of a restore, the point that it restores.
    pub point: Option<String>,
    /// Of a copy, the point that is copied.
    pub source: Option<String>,
}

impl PointView {
    fn of(account: &str, region: &str, point: &Point) -> Self {
        Self {
            account: account.to_owned(),
            region: region.to_owned(),
            vault: point.vault.clone(),
            arn: point.arn.clone(),
            resource: point.resource.clone(),
            status: point.status.name().to_owned(),
            tags: point.tags.clone(),
            created: point.created,
            completed: point.completed,
            delete_at: point.lifecycle.delete_at(point.created),
            cold: point.cold,
            is_copy: point.source_vault.is_some(),
            job: point.job.clone(),
        }
    }
}

impl JobView {
    fn of((account, region): (&str, &str), progress: &Progress, point: Option<String>, source: Option<String>) -> Self {
        Self {
            account: account.to_owned(),
            region: region.to_owned(),
            id: progress.id.clone(),
            state: progress.state.name().to_owned(),
            message: progress.message.clone(),
            resource: progress.resource.clone(),
            token: progress.token.clone(),
            created: progress.created,
            completed: progress.completed,
            point,
            source,
        }
    }
}

impl Inspect {
    /// Every point of every account, Region and vault, ordered by account, Region and ARN.
    #[must_use]
    pub fn points(&self) -> Vec<PointView> {
        let world = self.world();
        let places = world.backup.places();
        places.flat_map(|((a, r), region)| region.points.all().map(|point| PointView::of(a, r, point))).collect()
    }

    /// Every backup job ever started, ordered by account, Region and creation.
    #[must_use]
    pub fn backup_jobs(&self) -> Vec<JobView> {
        let world = self.world();
        let jobs = world.backup.places().flat_map(|((a, r), region)| {
            let view =
                |job: &super::backup_jobs::BackupJob| JobView::of((a, r), job.progress(), job.point.clone(), None);
            region.backup_jobs.all().map(view).collect::<Vec<_>>()
        });
        jobs.collect()
    }

    /// Every copy job ever started, in the same order.
    #[must_use]
    pub fn copy_jobs(&self) -> Vec<JobView> {
        let world = self.world();
        let jobs = world.backup.places().flat_map(|((a, r), region)| {
            let view = |job: &super::copy_jobs::CopyJob| {
                JobView::of((a, r), job.progress(), job.copy.clone(), Some(job.source.clone()))
            };
            region.copy_jobs.all().map(view).collect::<Vec<_>>()
        });
        jobs.collect()
    }

    /// Every restore job ever started, in the same order.
    #[must_use]
    pub fn restore_jobs(&self) -> Vec<JobView> {
        let world = self.world();
        let jobs = world.backup.places().flat_map(|((a, r), region)| {
            let view = |job: &super::restore_jobs::RestoreJob| {
                JobView::of((a, r), job.progress(), Some(job.point.clone()), None)
            };
            region.restore_jobs.all().map(view).collect::<Vec<_>>()
        });
        jobs.collect()
    }

    /// How many backup jobs there have been per resource and idempotency token; without a token counts as the empty one.
    #[must_use]
    pub fn backups_by_token(&self) -> BTreeMap<(String, String), usize> {
        let mut counts = BTreeMap::new();
        for job in self.backup_jobs() {
            *counts.entry((job.resource, job.token.unwrap_or_default())).or_default() += 1;
        }
        counts
    }
}
