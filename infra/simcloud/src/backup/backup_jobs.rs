//! Backup jobs: starting, describing, listing. How they run is in [`super::backup_run`].

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::Later;
use super::errors::{exceeded, invalid, not_found, refused};
use super::input::{epoch, needed, number, put, role, text};
use super::job::{Job, JobState, Progress};
use super::lifecycle::Lifecycle;
use super::state::{Place, place_of};
use super::vaults::vault_arn;
use super::{events, input, resources, tokens};
use crate::call::{Answer, ApiError, Call};
use crate::clock::after;
use crate::world::World;

/// Windows in minutes: the start window's least and default, and the completion window's default (API reference,
/// StartBackupJob; developer guide, "Backup plan options").
const MIN_START: i64 = 60;
const DEFAULT_START: i64 = 8 * 60;
const DEFAULT_COMPLETE: i64 = 7 * 24 * 60;
const MAX_WINDOW: i64 = 52_560_000;

/// A backup job.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct BackupJob {
    pub(super) progress: Progress,
    pub(super) vault: String,
    /// Known from the start only where AWS Backup manages the point fully.
    pub(super) point: Option<String>,
    pub(super) managed: bool,
    /// `BackupSizeInBytes`, where the job tells it.
    pub(super) size: Option<u64>,
    pub(super) start_by: Timestamp,
    pub(super) complete_by: Timestamp,
    pub(super) lifecycle: Lifecycle,
    pub(super) tags: BTreeMap<String, String>,
}

impl Job for BackupJob {
    fn progress(&self) -> &Progress {
        &self.progress
    }
}

/// `StartBackupJob`.
pub(super) fn start(world: &mut World, call: &Call) -> Answer {
    let place = place_of(call);
    if let Some(id) = tokens::recall(world, call)? {
        let job = world.backup.region(&place).backup_jobs.find(&id)?;
        return Ok(started(job));
    }
    let job = read(world, call, &place)?;
    let id = job.progress.id.clone();
    let answer = started(&job);
    world.backup.region(&place).backup_jobs.insert(job);
    tokens::remember(world, call, &id);
    events::backup_job(world, &place, &id);
    let wait = world.pace.backup.start.draw(&mut world.rng);
    world.schedule_in(wait, Later::StartBackup { place, id });
    Ok(answer)
}

fn started(job: &BackupJob) -> Json {
    let mut answer = json!({
        "BackupJobId": job.progress.id,
        "CreationDate": epoch(job.progress.created),
        "IsParent": false,
    });
    put(&mut answer, "RecoveryPointArn", job.point.clone().filter(|_| job.managed));
    answer
}

fn read(world: &mut World, call: &Call, place: &Place) -> Result<BackupJob, ApiError> {
    let (vault, resource) = (needed(call, "BackupVaultName")?, needed(call, "ResourceArn")?);
    let role = role(call)?;
    let resource_type = resources::type_of(place, resource)
        .ok_or_else(|| invalid(format!("Unsupported resource type, account or Region: {resource}")))?;
    let lifecycle = Lifecycle::read(call)?.unwrap_or_default();
    let tags = input::tags(call, "RecoveryPointTags")?;
    if tags.len() > world.switches.backup.tag_limit {
        return Err(exceeded(format!("RecoveryPointTags must have at most {} tags", world.switches.backup.tag_limit)));
    }
    let (start_by, complete_by) = windows(world, call)?;
    let region = world.backup.region(place);
    let objection = region.vault(vault)?.objects_to(&lifecycle);
    let managed = resources::manages(&region.settings, resource_type);
    let lifecycle = resources::lifecycle(resource_type, managed, lifecycle)?;
    if !resources::exists(world, place, resource) {
        return Err(not_found(format!("Resource does not exist: {resource}")));
    }
    if let Some(objection) = resources::objection(world, place, resource) {
        return Err(refused(objection));
    }
    if let Some(objection) = objection.filter(|_| world.switches.backup.lock_refuses_at_start) {
        return Err(refused(objection));
    }
    let progress = Progress::new(world, call, JobState::Created, (resource.to_owned(), resource_type), role);
    let (account, region_name) = place;
    let point = managed.then(|| format!("arn:aws:backup:{region_name}:{account}:recovery-point:{}", world.uuid()));
    let (vault, size) = (vault.to_owned(), resources::tells_size(world, resource_type).then_some(0));
    Ok(BackupJob { progress, vault, point, managed, size, start_by, complete_by, lifecycle, tags })
}

fn windows(world: &World, call: &Call) -> Result<(Timestamp, Timestamp), ApiError> {
    let start = number(call, "StartWindowMinutes").unwrap_or(DEFAULT_START);
    if !(MIN_START..=MAX_WINDOW).contains(&start) {
        return Err(invalid(format!("Invalid start window: {start}. It must be at least {MIN_START} minutes")));
    }
    let complete = number(call, "CompleteWindowMinutes").unwrap_or(DEFAULT_COMPLETE);
    if !(1..=MAX_WINDOW).contains(&complete) || (complete <= start && call.input.get("CompleteWindowMinutes").is_some())
    {
        return Err(invalid(format!("Invalid completion window: {complete}. It must exceed the start window")));
    }
    let minutes = |minutes: i64| Duration::from_mins(minutes.unsigned_abs());
    Ok((after(world.now(), minutes(start)), after(world.now(), minutes(complete))))
}

/// `StopBackupJob`, which the backups of neither DynamoDB nor FSx allow.
pub(super) fn stop(world: &mut World, call: &Call) -> Answer {
    let region = world.backup.region(&place_of(call));
    let job = region.backup_jobs.find(needed(call, "BackupJobId")?)?;
    Err(refused(format!("StopBackupJob is not supported for resources of type {}", job.progress.resource_type)))
}

fn show(job: &BackupJob, place: &Place, now: Timestamp) -> Json {
    let progress = &job.progress;
    let mut json = progress.describe(&place.0);
    put(&mut json, "BackupJobId", Some(progress.id.clone()));
    put(&mut json, "State", Some(progress.state.name()));
    put(&mut json, "ResourceArn", Some(progress.resource.clone()));
    put(&mut json, "ResourceName", Some(progress.resource_name()));
    put(&mut json, "BackupVaultName", Some(job.vault.clone()));
    put(&mut json, "BackupVaultArn", Some(vault_arn(place, &job.vault)));
    put(&mut json, "PercentDone", Some(format!("{:.1}", progress.percent(now))));
    put(&mut json, "BackupSizeInBytes", job.size);
    put(&mut json, "BytesTransferred", Some(progress.bytes));
    put(&mut json, "StartBy", Some(epoch(job.start_by)));
    put(&mut json, "InitiationDate", Some(epoch(progress.created)));
    put(&mut json, "IsParent", Some(false));
    put(&mut json, "RecoveryPointArn", job.shown_point());
    if job.lifecycle != Lifecycle::default() {
        put(&mut json, "RecoveryPointLifecycle", Some(job.lifecycle.show()));
    }
    if let (JobState::Running, Some((_, end))) = (progress.state, progress.run) {
        put(&mut json, "ExpectedCompletionDate", Some(epoch(end)));
    }
    json
}

impl BackupJob {
    /// The point's ARN as far as the job tells it.
    fn shown_point(&self) -> Option<String> {
        let there = matches!(self.progress.state, JobState::Running | JobState::Completed | JobState::Partial);
        self.point.clone().filter(|_| there)
    }
}

/// `DescribeBackupJob`.
pub(super) fn describe(world: &mut World, call: &Call) -> Answer {
    let (place, now) = (place_of(call), world.now());
    let region = world.backup.region(&place);
    Ok(show(region.backup_jobs.find(needed(call, "BackupJobId")?)?, &place, now))
}

/// `ListBackupJobs`.
pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let (place, now) = (place_of(call), world.now());
    let vault = text(call, "ByBackupVaultName");
    let fits = |job: &BackupJob| vault.is_none_or(|vault| vault == job.vault);
    world.backup.region(&place).backup_jobs.list(call, now, "BackupJobs", fits, |job| show(job, &place, now))
}
