//! The search for jobs whose start was answered into the void.

use std::time::Duration;

use chainwright_chain::exchange::{BackupRequest, Candidate, CopyRequest, Observed};
use jiff::Timestamp;

use super::{Backup, PAGE, observe, vault_arn, vault_name};
use crate::{
    convert::{date_time, timestamp},
    error::{SourceError, failed},
};

const LIST_BACKUPS: &str = "backup:ListBackupJobs";
const LIST_COPIES: &str = "backup:ListCopyJobs";

/// How much older than the request a job may be: our clock against the service's.
const MARGIN: Duration = Duration::from_secs(300);

impl Backup {
    /// The backup jobs of the request's resource into its vault since it was requested, oldest first. Others' jobs are
    /// among them: only the tags of the point that a job made prove whose it is.
    ///
    /// # Errors
    /// As AWS Backup answers.
    pub async fn find_backups(&self, request: &BackupRequest) -> Result<Vec<Candidate>, SourceError> {
        let vault = vault_name(LIST_BACKUPS, &request.place)?;
        let client = self.at(&request.place)?;
        let (mut found, mut next) = (Vec::new(), None);
        loop {
            let page = client
                .list_backup_jobs()
                .by_resource_arn(request.resource.as_str())
                .by_backup_vault_name(vault)
                .by_created_after(date_time(since(request.requested_at)))
                .max_results(PAGE)
                .set_next_token(next)
                .send()
                .await
                .map_err(failed(LIST_BACKUPS))?;
            for job in page.backup_jobs.unwrap_or_default() {
                let created = job.creation_date.as_ref().and_then(timestamp);
                let observed = observe::backup(job.state.as_ref(), job.status_message, job.recovery_point_arn.clone());
                found.extend(candidate(job.backup_job_id, job.recovery_point_arn, observed, created));
            }
            next = page.next_token;
            if next.is_none() {
                return Ok(oldest_first(found, request.requested_at));
            }
        }
    }

    /// The copy jobs of the request's point into its destination since it was requested, oldest first.
    ///
    /// # Errors
    /// As AWS Backup answers.
    pub async fn find_copies(&self, request: &CopyRequest) -> Result<Vec<Candidate>, SourceError> {
        let client = self.at(&request.from)?;
        let to = vault_arn(LIST_COPIES, &request.to)?;
        let (mut found, mut next) = (Vec::new(), None);
        loop {
            let page = client
                .list_copy_jobs()
                .by_source_recovery_point_arn(&request.point)
                .by_destination_vault_arn(&to)
                .by_created_after(date_time(since(request.requested_at)))
                .max_results(PAGE)
                .set_next_token(next)
                .send()
                .await
                .map_err(failed(LIST_COPIES))?;
            for job in page.copy_jobs.unwrap_or_default() {
                let created = job.creation_date.as_ref().and_then(timestamp);
                let point = job.destination_recovery_point_arn;
                let observed = observe::copy(job.state.as_ref(), job.status_message, point.clone());
                found.extend(candidate(job.copy_job_id, point, observed, created));
            }
            next = page.next_token;
            if next.is_none() {
                return Ok(oldest_first(found, request.requested_at));
            }
        }
    }
}

fn since(requested_at: Timestamp) -> Timestamp {
    requested_at.checked_sub(MARGIN).unwrap_or(Timestamp::MIN)
}

/// A job without an id or a date can be neither looked at nor placed; it is none of ours.
fn candidate(
    id: Option<String>,
    point: Option<String>,
    observed: Observed,
    created: Option<Timestamp>,
) -> Option<Candidate> {
    Some(Candidate { id: id?, point, observed, created: created? })
}

/// The service filters by time already; what its filter lets through by rounding is dropped here.
fn oldest_first(mut found: Vec<Candidate>, requested_at: Timestamp) -> Vec<Candidate> {
    found.retain(|candidate| candidate.created >= since(requested_at));
    found.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
    found
}
