//! What became of jobs and deletions.

use aws_sdk_backup::types::{BackupJobState, CopyJobState, RecoveryPointStatus};
use chainwright_chain::exchange::{Observed, Operation};
use chainwright_contracts::place::Place;

use super::Backup;
use crate::error::{Class, SourceError, failed, says_occupied};

const BACKUP_JOB: &str = "backup:DescribeBackupJob";
const COPY_JOB: &str = "backup:DescribeCopyJob";

impl Backup {
    /// What AWS Backup says of each operation, in the order given.
    ///
    /// # Errors
    /// The first error of any of the looks, except that an unknown job is [`Observed::Unknown`].
    pub async fn observe(&self, operations: &[Operation]) -> Result<Vec<Observed>, SourceError> {
        let mut observed = Vec::with_capacity(operations.len());
        for operation in operations {
            observed.push(match operation {
                Operation::Backup { id, place } => self.observe_backup(id, place).await,
                Operation::Copy { id, from, .. } => self.observe_copy(id, from).await,
                Operation::Delete { point, place } => self.observe_deletion(point, place).await,
            }?);
        }
        Ok(observed)
    }

    async fn observe_backup(&self, id: &str, place: &Place) -> Result<Observed, SourceError> {
        let look = self.at(place)?.describe_backup_job().backup_job_id(id).send().await.map_err(failed(BACKUP_JOB));
        known(look, |job| backup(job.state.as_ref(), job.status_message, job.recovery_point_arn))
    }

    async fn observe_copy(&self, id: &str, from: &Place) -> Result<Observed, SourceError> {
        let look = self.at(from)?.describe_copy_job().copy_job_id(id).send().await.map_err(failed(COPY_JOB));
        known(look, |answer| {
            answer.copy_job.map_or(Observed::Unknown, |job| {
                copy(job.state.as_ref(), job.status_message, job.destination_recovery_point_arn)
            })
        })
    }

    async fn observe_deletion(&self, point: &str, place: &Place) -> Result<Observed, SourceError> {
        match self.describe(place, point).await {
            Err(error) if error.class == Class::NotFound => Ok(Observed::Done { point: None, remark: None }),
            Err(error) => Err(error),
            Ok(found) => Ok(match found.status() {
                Some(RecoveryPointStatus::Deleting) => Observed::Running,
                status => {
                    Observed::Refused { status: status.map_or("unknown", RecoveryPointStatus::as_str).to_owned() }
                }
            }),
        }
    }
}

fn known<T>(look: Result<T, SourceError>, read: impl FnOnce(T) -> Observed) -> Result<Observed, SourceError> {
    match look {
        Ok(found) => Ok(read(found)),
        Err(error) if error.class == Class::NotFound => Ok(Observed::Unknown),
        Err(error) => Err(error),
    }
}

/// A backup job's end, by its state. EXPIRED means that it never began: the start window passed, for whatever reason.
pub(super) fn backup(state: Option<&BackupJobState>, message: Option<String>, point: Option<String>) -> Observed {
    match state {
        Some(BackupJobState::Completed) => done(point, message),
        Some(BackupJobState::Expired) => Observed::Failed { reason: reason("EXPIRED", message), occupied: true },
        Some(state @ (BackupJobState::Aborted | BackupJobState::Failed | BackupJobState::Partial)) => {
            ended(state.as_str(), message)
        }
        // Created, pending, running, aborting, or a state that this release does not know: not over yet.
        _ => Observed::Running,
    }
}

/// A copy job's end, by its state.
pub(super) fn copy(state: Option<&CopyJobState>, message: Option<String>, point: Option<String>) -> Observed {
    match state {
        Some(CopyJobState::Completed) => done(point, message),
        Some(state @ (CopyJobState::Failed | CopyJobState::Partial)) => ended(state.as_str(), message),
        _ => Observed::Running,
    }
}

/// COMPLETED without the point's ARN is not over for us: nothing could be verified, tagged or copied.
fn done(point: Option<String>, remark: Option<String>) -> Observed {
    let remark = remark.filter(|text| !text.is_empty());
    point.filter(|arn| !arn.is_empty()).map_or(Observed::Running, |point| Observed::Done { point: Some(point), remark })
}

fn ended(state: &str, message: Option<String>) -> Observed {
    let occupied = message.as_deref().is_some_and(says_occupied);
    Observed::Failed { reason: reason(state, message), occupied }
}

/// The state, and the service's text without the quotation marks that it sometimes wraps around it.
fn reason(state: &str, message: Option<String>) -> String {
    let message = message.unwrap_or_default();
    match message.trim_matches('"') {
        "" => state.to_owned(),
        text => format!("{state}: {text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn an_expired_job_was_occupied_whatever_its_message() {
        let contended = text("\"Backup job failed because there was a running job for the same resource.\"");
        for message in [contended, None] {
            let observed = backup(Some(&BackupJobState::Expired), message, None);
            assert!(matches!(observed, Observed::Failed { occupied: true, .. }), "{observed:?}");
        }
    }

    #[test]
    fn failed_aborted_and_partial_jobs_failed_in_the_services_words() {
        for state in [BackupJobState::Failed, BackupJobState::Aborted, BackupJobState::Partial] {
            let expected = Observed::Failed { reason: format!("{state}: no \"more\" space"), occupied: false };
            assert_eq!(backup(Some(&state), text("\"no \"more\" space\""), None), expected);
        }
    }

    #[test]
    fn states_that_nobody_knows_yet_are_not_over() {
        assert_eq!(backup(Some(&BackupJobState::from("REHEARSING")), None, text("arn")), Observed::Running);
        assert_eq!(copy(Some(&CopyJobState::from("REHEARSING")), None, text("arn")), Observed::Running);
        assert_eq!(backup(None, None, None), Observed::Running);
    }

    #[test]
    fn completed_with_a_message_is_done_with_a_remark() {
        let expected = Observed::Done { point: text("arn"), remark: text("some items were skipped") };
        assert_eq!(backup(Some(&BackupJobState::Completed), text("some items were skipped"), text("arn")), expected);
        assert_eq!(backup(Some(&BackupJobState::Completed), None, None), Observed::Running);
    }

    #[test]
    fn a_copy_refused_by_a_quota_was_occupied() {
        let observed = copy(Some(&CopyJobState::Failed), text("Limit exceeded: concurrent copy jobs"), None);
        assert!(matches!(observed, Observed::Failed { occupied: true, .. }), "{observed:?}");
        let observed = copy(Some(&CopyJobState::Failed), text("Access denied"), None);
        assert!(matches!(observed, Observed::Failed { occupied: false, .. }), "{observed:?}");
    }
}
