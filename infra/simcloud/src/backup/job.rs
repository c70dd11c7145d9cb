//! What all jobs have in common, and how they are found and listed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::errors::not_found;
use super::input::{epoch, put, text, time};
use super::listing::{self, Page};
use super::resources::{self, ResourceType};
use crate::call::{Answer, ApiError, Call};
use crate::clock::after;
use crate::world::World;

/// Lists reach back this far (API reference, ListBackupJobs).
const LISTED: Duration = Duration::from_hours(30 * 24);

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) enum JobState {
    Created,
    Pending,
    Running,
    Completed,
    Partial,
    Failed,
    Aborted,
    Expired,
}

impl JobState {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::Pending => "PENDING",
            Self::Running => "RUNNING",
            Self::Completed => "COMPLETED",
            Self::Partial => "PARTIAL",
            Self::Failed => "FAILED",
            Self::Aborted => "ABORTED",
            Self::Expired => "EXPIRED",
        }
    }
}

/// The common part of a job.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Progress {
    pub(super) id: String,
    pub(super) state: JobState,
    pub(super) message: Option<String>,
    pub(super) created: Timestamp,
    /// When it began to run and will end, unless a fault decides otherwise.
    pub(super) run: Option<(Timestamp, Timestamp)>,
    pub(super) completed: Option<Timestamp>,
    pub(super) resource: String,
    #[serde(deserialize_with = "resources::known")]
    pub(super) resource_type: ResourceType,
    pub(super) role: String,
    pub(super) bytes: u64,
    /// The idempotency token of the call that made it.
    pub(super) token: Option<String>,
}

impl Progress {
    /// A new job that a call asks for.
    pub(super) fn new(
        world: &mut World,
        call: &Call,
        state: JobState,
        (resource, resource_type): (String, ResourceType),
        role: String,
    ) -> Self {
        Self {
            id: world.uuid().to_uppercase(),
            state,
            message: None,
            created: world.now(),
            run: None,
            completed: None,
            resource,
            resource_type,
            role,
            bytes: 0,
            token: text(call, "IdempotencyToken").map(str::to_owned),
        }
    }

    /// Hundredths of the run that are over.
    pub(super) fn percent(&self, now: Timestamp) -> f64 {
        let elapsed = |from: Timestamp, to: Timestamp| to.duration_since(from).as_secs_f64();
        match (self.state, self.run) {
            (JobState::Completed | JobState::Partial, _) => 100.0,
            (JobState::Running, Some((start, end))) if start < end => {
                (elapsed(start, now) / elapsed(start, end) * 100.0).clamp(0.0, 99.0).floor()
            }
            _ => 0.0,
        }
    }

    /// The resource's own name.
    pub(super) fn resource_name(&self) -> &str {
        self.resource.rsplit(['/', ':']).next().unwrap_or_default()
    }

    /// The members that every description of a job has.
    pub(super) fn describe(&self, account: &str) -> Json {
        let mut json = json!({
            "AccountId": account,
            "CreationDate": epoch(self.created),
            "ResourceType": self.resource_type,
            "IamRoleArn": self.role,
        });
        put(&mut json, "CompletionDate", self.completed.map(epoch));
        put(&mut json, "StatusMessage", self.message.clone());
        json
    }
}

/// A job of one of the kinds.
pub(super) trait Job {
    fn progress(&self) -> &Progress;
}

/// Jobs by id, and in the order of their creation.
#[derive(Deserialize, Serialize)]
pub(super) struct Jobs<J> {
    by_id: BTreeMap<String, J>,
    by_time: BTreeSet<(Timestamp, String)>,
}

impl<J> Default for Jobs<J> {
    fn default() -> Self {
        Self { by_id: BTreeMap::new(), by_time: BTreeSet::new() }
    }
}

impl<J: Job> Jobs<J> {
    pub(super) fn insert(&mut self, job: J) {
        let progress = job.progress();
        self.by_time.insert((progress.created, progress.id.clone()));
        self.by_id.insert(progress.id.clone(), job);
    }

    pub(super) fn get(&self, id: &str) -> Option<&J> {
        self.by_id.get(id)
    }

    pub(super) fn get_mut(&mut self, id: &str) -> Option<&mut J> {
        self.by_id.get_mut(id)
    }

    /// The job that a call names.
    pub(super) fn find(&self, id: &str) -> Result<&J, ApiError> {
        self.get(id).ok_or_else(|| not_found(format!("Job {id} does not exist")))
    }

    /// All jobs, oldest first.
    pub(super) fn all(&self) -> impl Iterator<Item = &J> {
        self.by_time.iter().filter_map(|(_, id)| self.by_id.get(id))
    }

    /// One page of the jobs that the common filters and `fits` let through, under `member`.
    pub(super) fn list(
        &self,
        call: &Call,
        now: Timestamp,
        member: &str,
        fits: impl Fn(&J) -> bool,
        describe: impl Fn(&J) -> Json,
    ) -> Answer {
        let filter = Filter::read(call)?;
        let horizon = now.checked_sub(jiff::SignedDuration::try_from(LISTED).unwrap_or_default());
        let oldest = horizon.unwrap_or(Timestamp::MIN);
        let page = Page::read(call)?;
        let start = filter.created_after.map_or(oldest, |after| oldest.max(after));
        let recent = self.by_time.range((start, String::new())..);
        let jobs = recent.filter_map(|(_, id)| self.by_id.get(id));
        let jobs = jobs.filter(|job| filter.fits(job.progress(), now) && fits(job));
        let position = |job: &&J| listing::time_and_id(job.progress().created, &job.progress().id);
        Ok(page.collect(member, jobs, position, describe))
    }
}

/// The filters that all lists of jobs share.
struct Filter<'a> {
    state: Option<&'a str>,
    resource: Option<&'a str>,
    resource_type: Option<&'a str>,
    created_after: Option<Timestamp>,
    created_before: Option<Timestamp>,
    complete_after: Option<Timestamp>,
    complete_before: Option<Timestamp>,
}

impl<'a> Filter<'a> {
    fn read(call: &'a Call) -> Result<Self, ApiError> {
        let at = |member: &str| time(call.input.get(member));
        Ok(Self {
            state: text(call, "ByState").or_else(|| text(call, "ByStatus")),
            resource: text(call, "ByResourceArn"),
            resource_type: text(call, "ByResourceType"),
            created_after: at("ByCreatedAfter")?,
            created_before: at("ByCreatedBefore")?,
            complete_after: at("ByCompleteAfter")?,
            complete_before: at("ByCompleteBefore")?,
        })
    }

    fn fits(&self, job: &Progress, now: Timestamp) -> bool {
        let before =
            |limit: Option<Timestamp>, at: Option<Timestamp>| limit.is_none_or(|limit| at.is_some_and(|at| at < limit));
        let behind =
            |limit: Option<Timestamp>, at: Option<Timestamp>| limit.is_none_or(|limit| at.is_some_and(|at| at > limit));
        self.state.is_none_or(|state| state == job.state.name())
            && self.resource.is_none_or(|resource| resource == job.resource)
            && self.resource_type.is_none_or(|kind| kind == job.resource_type)
            && before(self.created_before, Some(job.created))
            && behind(self.created_after, Some(job.created))
            && before(self.complete_before, job.completed)
            && behind(self.complete_after, job.completed)
            && after(job.created, LISTED) > now
    }
}
