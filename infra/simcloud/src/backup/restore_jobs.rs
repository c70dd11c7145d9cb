//! Restore jobs: a point becomes a new resource, its [target](super::targets).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::Later;
use super::errors::{not_found, refused};
use super::input::{needed, put, role, text_map};
use super::job::{Job, JobState, Progress};
use super::state::{Place, place_of};
use super::targets::Target;
use super::vaults::vault_arn;
use super::{events, tokens};
use crate::call::{Answer, ApiError, Call};
use crate::clock::after;
use crate::faults::JobFault;
use crate::world::World;

/// A restore job.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct RestoreJob {
    pub(super) progress: Progress,
    pub(super) point: String,
    pub(super) vault: String,
    pub(super) target: Target,
    pub(super) made: Option<String>,
}

impl Job for RestoreJob {
    fn progress(&self) -> &Progress {
        &self.progress
    }
}

/// `StartRestoreJob`.
pub(super) fn start(world: &mut World, call: &Call) -> Answer {
    let place = place_of(call);
    if let Some(id) = tokens::recall(world, call)? {
        return Ok(json!({ "RestoreJobId": id }));
    }
    let job = read(world, call, &place)?;
    let id = job.progress.id.clone();
    if let Some(point) = world.backup.region(&place).points.get_mut(&job.point) {
        point.users += 1;
    }
    world.backup.region(&place).restore_jobs.insert(job);
    tokens::remember(world, call, &id);
    events::restore_job(world, &place, &id);
    let (wait, answer) = (world.pace.backup.start.draw(&mut world.rng), json!({ "RestoreJobId": id }));
    world.schedule_in(wait, Later::StartRestore { place, id });
    Ok(answer)
}

fn read(world: &mut World, call: &Call, place: &Place) -> Result<RestoreJob, ApiError> {
    let arn = needed(call, "RecoveryPointArn")?;
    let role = role(call)?;
    // The keys of the metadata are case-insensitive.
    let given = text_map(call, "Metadata")?;
    let metadata: BTreeMap<String, String> =
        given.into_iter().map(|(key, value)| (key.to_lowercase(), value)).collect();
    let region = world.backup.region(place);
    let point = region.points.get(arn).ok_or_else(|| not_found(format!("Recovery point {arn} does not exist")))?;
    let point = point.clone();
    if !point.is_good() {
        return Err(refused(format!("Recovery point {arn} is not COMPLETED but {}", point.status.name())));
    }
    let target = Target::read(world, place, &point, &metadata)?;
    let about = (point.resource, point.resource_type);
    let progress = Progress { bytes: point.bytes, ..Progress::new(world, call, JobState::Pending, about, role) };
    Ok(RestoreJob { progress, point: arn.to_owned(), vault: point.vault, target, made: None })
}

/// Begins to run the job.
pub(super) fn run(world: &mut World, place: &Place, id: &str) {
    let now = world.now();
    let until = after(now, world.pace.backup.restore.draw(&mut world.rng));
    let Some(job) = world.backup.region(place).restore_jobs.get_mut(id) else { return };
    (job.progress.state, job.progress.run) = (JobState::Running, Some((now, until)));
    let resource = job.progress.resource.clone();
    events::restore_job(world, place, id);
    let refusal = match world.faults.job("restore", &resource) {
        None | Some(JobFault::CompletesWith(_) | JobFault::EndsPartial) => None,
        Some(JobFault::Fails(text)) => Some((JobState::Failed, text)),
        Some(JobFault::Aborts | JobFault::Expires) => Some((JobState::Aborted, "The job was aborted.".to_owned())),
        Some(JobFault::Stalls | JobFault::Ignored) => return,
    };
    let (place, id) = (place.clone(), id.to_owned());
    world.schedule(until, Later::EndRestore { place, id, refusal });
}

/// Ends the job, as refused where there is a reason.
pub(super) fn end(world: &mut World, place: &Place, id: &str, refusal: Option<(JobState, String)>) {
    let Some(mut job) = world.backup.region(place).restore_jobs.get(id).cloned() else { return };
    let content = world.backup.region(place).points.get_mut(&job.point).map(|point| {
        point.users = point.users.saturating_sub(1);
        point.content.clone()
    });
    let made = match (refusal, content) {
        (Some(refusal), _) => Err(refusal),
        (None, content) => job.target.make(world, place, content).map_err(|message| (JobState::Failed, message)),
    };
    match made {
        Ok(arn) => (job.progress.state, job.made) = (JobState::Completed, Some(arn)),
        Err((state, message)) => (job.progress.state, job.progress.message) = (state, Some(message)),
    }
    job.progress.completed = Some(world.now());
    world.backup.region(place).restore_jobs.insert(job);
    events::restore_job(world, place, id);
}

fn show(job: &RestoreJob, place: &Place, now: Timestamp) -> Json {
    let progress = &job.progress;
    let mut json = progress.describe(&place.0);
    put(&mut json, "RestoreJobId", Some(progress.id.clone()));
    put(&mut json, "Status", Some(progress.state.name()));
    put(&mut json, "RecoveryPointArn", Some(job.point.clone()));
    put(&mut json, "SourceResourceArn", Some(progress.resource.clone()));
    put(&mut json, "BackupVaultArn", Some(vault_arn(place, &job.vault)));
    put(&mut json, "PercentDone", Some(format!("{:.2}%", progress.percent(now))));
    put(&mut json, "BackupSizeInBytes", Some(progress.bytes));
    put(&mut json, "CreatedResourceArn", job.made.clone());
    json
}

/// `DescribeRestoreJob`.
pub(super) fn describe(world: &mut World, call: &Call) -> Answer {
    let (place, now) = (place_of(call), world.now());
    let region = world.backup.region(&place);
    Ok(show(region.restore_jobs.find(needed(call, "RestoreJobId")?)?, &place, now))
}

/// `ListRestoreJobs`.
pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let (place, now) = (place_of(call), world.now());
    world.backup.region(&place).restore_jobs.list(call, now, "RestoreJobs", |_| true, |job| show(job, &place, now))
}
