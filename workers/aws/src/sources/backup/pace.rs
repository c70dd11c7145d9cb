//! How long the last week's jobs took.

use aws_sdk_backup::types::{BackupJobState, CopyJobState};
use aws_smithy_types::DateTime;
use chainwright_chain::{finding::Obstacle, policy::Policy};
use chainwright_contracts::policy::{PolicyFile, Select};
use jiff::{SignedDuration, Timestamp};

use super::{Backup, PAGE};
use crate::{
    convert::{date_time, timestamp},
    date::AnswerDate,
    error::{SourceError, failed},
    sources::{
        Scope,
        pace::{Took, since},
    },
};

const BACKUPS: &str = "backup:ListBackupJobs";
const COPIES: &str = "backup:ListCopyJobs";

/// Pages of jobs that are read at most: what is looked at is how long jobs take, and ten thousand of them tell.
const PAGES: usize = 10;

impl Backup {
    /// Whether sessions leave the time that a backup and its copy took at most, of the policy's own resources where it names
    /// them, else of all of the type that it does not exclude by name: whose a resource is its tags say, and those cost a
    /// call each.
    pub(super) async fn pace(&self, policy: &Policy, scope: &Scope) -> Result<Option<Obstacle>, SourceError> {
        let mut took = Took::default();
        let now = self.backups_took(policy.file(), scope, &mut took).await?;
        if policy.file().copy_to.contains_key(&scope.region) {
            self.copies_took(policy.file(), scope, now, &mut took).await?;
        }
        Ok(took.too_slow(policy, now))
    }

    /// Reads how long backups took; gives the date of the answers.
    async fn backups_took(&self, file: &PolicyFile, scope: &Scope, took: &mut Took) -> Result<Timestamp, SourceError> {
        let client = self.clients.backup(&scope.account, &scope.region)?;
        // How far back is asked by AWS's clock, which its first answer tells.
        let date = AnswerDate::default();
        let call = client.list_backup_jobs().by_resource_type(self.resource_type).max_results(1);
        call.customize().interceptor(date.clone()).send().await.map_err(failed(BACKUPS))?;
        let now = date.get(BACKUPS)?;
        let call = client.list_backup_jobs().by_resource_type(self.resource_type).by_state(BackupJobState::Completed);
        let call = call.by_created_after(date_time(since(now))).max_results(PAGE);
        let mut next = None;
        for _ in 0..PAGES {
            let page = call.clone().set_next_token(next).send().await.map_err(failed(BACKUPS))?;
            for job in page.backup_jobs.unwrap_or_default() {
                if let (Some(resource), Some(time)) =
                    (job.resource_arn(), between(job.creation_date(), job.completion_date()))
                    && may_be_own(file, resource)
                {
                    took.backup(resource, time);
                }
            }
            next = page.next_token;
            if next.is_none() {
                break;
            }
        }
        Ok(now)
    }

    async fn copies_took(
        &self,
        file: &PolicyFile,
        scope: &Scope,
        now: Timestamp,
        took: &mut Took,
    ) -> Result<(), SourceError> {
        let client = self.clients.backup(&scope.account, &scope.region)?;
        let call = client.list_copy_jobs().by_resource_type(self.resource_type).by_state(CopyJobState::Completed);
        let call = call.by_created_after(date_time(since(now))).max_results(PAGE);
        let mut next = None;
        for _ in 0..PAGES {
            let page = call.clone().set_next_token(next).send().await.map_err(failed(COPIES))?;
            for job in page.copy_jobs.unwrap_or_default() {
                if let (Some(resource), Some(time)) =
                    (job.resource_arn(), between(job.creation_date(), job.completion_date()))
                    && may_be_own(file, resource)
                {
                    took.copy(resource, time);
                }
            }
            next = page.next_token;
            if next.is_none() {
                break;
            }
        }
        Ok(())
    }
}

fn between(from: Option<&DateTime>, to: Option<&DateTime>) -> Option<SignedDuration> {
    Some(timestamp(to?)?.duration_since(timestamp(from?)?))
}

fn may_be_own(file: &PolicyFile, resource: &str) -> bool {
    let named = |arns: &[chainwright_contracts::arn::Arn]| arns.iter().any(|arn| arn.as_str() == resource);
    match &file.select {
        Select::Arns(arns) => named(arns),
        Select::Tags(_) | Select::All => !named(&file.exclude.arns),
    }
}
