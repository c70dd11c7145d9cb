//! The course of a backup job: CREATED, then RUNNING, then its end.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Later;
use super::backup_jobs::BackupJob;
use super::job::JobState;
use super::point::{Point, Status};
use super::resources::{self, Captured, Readiness, capture};
use super::state::Place;
use super::{contention, events, lifecycle};
use crate::clock::after;
use crate::faults::JobFault;
use crate::world::World;

/// What a job says that waited for another one until its start window ended (sample event in the developer guide).
const CONTENDED: &str = "\"Backup job failed because there was a running job for the same resource.\"";
/// A point has so many tags at most: those given, then those of its resource.
const MAX_TAGS: usize = 50;

/// How a job ends.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct End {
    state: JobState,
    message: Option<String>,
}

impl End {
    fn new(state: JobState, message: Option<&str>) -> Self {
        Self { state, message: message.map(str::to_owned) }
    }
}

/// Begins to run the job if its resource is free, or tries again later, while its start window lasts.
pub(super) fn attempt(world: &mut World, place: &Place, id: &str) {
    let Some(job) = world.backup.region(place).backup_jobs.get(id).cloned() else { return };
    if job.progress.state != JobState::Created {
        return;
    }
    if !contention::take(world, place, &job.progress.resource, id) {
        return put_off(world, place, &job, CONTENDED);
    }
    match resources::readiness(world, place, &job.progress.resource) {
        Readiness::Ready => run(world, place, job),
        Readiness::Refused(why) => end(world, place, id, End::new(JobState::Failed, Some(&why))),
        Readiness::Busy(why) => {
            contention::release(world, place, &job.progress.resource, id);
            put_off(world, place, &job, &why);
        }
    }
}

/// Tries the job again later, unless its start window has ended.
fn put_off(world: &mut World, place: &Place, job: &BackupJob, why: &str) {
    let (now, id) = (world.now(), &job.progress.id);
    if now >= job.start_by {
        end(world, place, id, End::new(JobState::Expired, Some(why)));
    } else {
        let again = after(now, world.pace.backup.start_retry).min(job.start_by);
        let (place, id) = (place.clone(), id.clone());
        world.schedule(again, Later::StartBackup { place, id });
    }
}

fn run(world: &mut World, place: &Place, mut job: BackupJob) {
    let now = world.now();
    let id = job.progress.id.clone();
    let vault = world.backup.region(place).vaults.get(&job.vault).map(|vault| vault.objects_to(&job.lifecycle));
    let captured = capture(world, place, &job.progress.resource);
    let obstacle = match (&vault, &captured) {
        (None, _) => Some(format!("Backup vault {} does not exist", job.vault)),
        (Some(Some(objection)), _) => Some(objection.clone()),
        (_, None) => Some(format!("Resource does not exist: {}", job.progress.resource)),
        (Some(None), Some(_)) => None,
    };
    let (None, Some(captured)) = (&obstacle, captured) else {
        return end(world, place, &id, End::new(JobState::Failed, obstacle.as_deref()));
    };
    let fault = world.faults.job("backup", &job.progress.resource);
    let until = after(now, world.pace.backup.backup.draw(&mut world.rng));
    (job.progress.state, job.progress.run, job.progress.bytes) =
        (JobState::Running, Some((now, until)), captured.transferred);
    job.size = job.size.map(|_| captured.bytes);
    let arn = job.point.take().unwrap_or_else(|| resources::plain_arn(world, place, &job.progress.resource));
    job.point = Some(arn.clone());
    let created = if world.switches.backup.dated_by_run { now } else { job.progress.created };
    let complete_by = job.complete_by;
    let point = point(&job, arn, created, captured);
    let region = world.backup.region(place);
    region.points.insert(point);
    region.backup_jobs.insert(job);
    events::backup_job(world, place, &id);
    schedule_end(world, place, id, ending(fault).filter(|_| until <= complete_by), (until, complete_by));
}

/// How the job will end; with some faults it does not end by itself.
fn ending(fault: Option<JobFault>) -> Option<End> {
    match fault {
        None => Some(End::new(JobState::Completed, None)),
        Some(JobFault::CompletesWith(text)) => Some(End::new(JobState::Completed, Some(&text))),
        Some(JobFault::Fails(text)) => Some(End::new(JobState::Failed, Some(&text))),
        Some(JobFault::Aborts) => Some(End::new(JobState::Aborted, Some("The job was aborted."))),
        Some(JobFault::Expires) => Some(End::new(JobState::Expired, Some("The job expired."))),
        Some(JobFault::EndsPartial) => Some(End::new(JobState::Partial, Some("Not everything could be backed up."))),
        Some(JobFault::Stalls | JobFault::Ignored) => None,
    }
}

/// Ends the job as it will end, or else when its completion window closes.
fn schedule_end(
    world: &mut World,
    place: &Place,
    id: String,
    ending: Option<End>,
    (until, complete_by): (Timestamp, Timestamp),
) {
    let state = if world.switches.backup.overrun_expires { JobState::Expired } else { JobState::Aborted };
    let overrun = End::new(state, Some("The job did not complete within its completion window."));
    let (at, how) = ending.map_or((complete_by, overrun), |ending| (until, ending));
    let place = place.clone();
    world.schedule(at, Later::EndBackup { place, id, how });
}

fn point(job: &BackupJob, arn: String, created: Timestamp, captured: Captured) -> Point {
    Point {
        arn,
        vault: job.vault.clone(),
        resource: job.progress.resource.clone(),
        resource_type: job.progress.resource_type,
        role: job.progress.role.clone(),
        status: Status::Creating,
        message: None,
        created,
        initiated: job.progress.created,
        completed: None,
        bytes: captured.bytes,
        lifecycle: job.lifecycle.clone(),
        cold: false,
        tags: if resources::is_advanced(job.progress.resource_type, job.managed) {
            merged(&job.tags, captured.tags)
        } else {
            BTreeMap::new()
        },
        content: captured.content,
        source_vault: None,
        job: Some(job.progress.id.clone()),
        users: 0,
        armed: 0,
    }
}

/// The given tags win over the resource's; of these, as many as there is room for, in alphabetical order.
fn merged(given: &BTreeMap<String, String>, of_resource: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let room = MAX_TAGS.saturating_sub(given.len());
    let others = of_resource.into_iter().filter(|(key, _)| !given.contains_key(key) && !key.starts_with("aws:"));
    let mut tags: BTreeMap<_, _> = others.take(room).collect();
    tags.extend(given.clone());
    tags
}

/// Ends the job so.
pub(super) fn end(world: &mut World, place: &Place, id: &str, how: End) {
    let now = world.now();
    let listed_until = after(now, world.switches.backup.deleted_still_listed);
    let region = world.backup.region(place);
    let Some(job) = region.backup_jobs.get_mut(id) else { return };
    let waited_only = job.progress.state == JobState::Created;
    (job.progress.state, job.progress.message, job.progress.completed) = (how.state, how.message.clone(), Some(now));
    let (resource, arn) = (job.progress.resource.clone(), job.point.clone());
    let status = match how.state {
        JobState::Completed => Some(Status::Completed),
        JobState::Partial => Some(Status::Partial),
        _ => None,
    };
    contention::release(world, place, &resource, id);
    if let Some(arn) = arn.filter(|_| !waited_only) {
        let points = &mut world.backup.region(place).points;
        match (status, points.get_mut(&arn)) {
            (Some(status), Some(point)) => {
                (point.status, point.message, point.completed) = (status, how.message, Some(now));
                lifecycle::arm(world, place, &arn);
                events::point(world, place, &arn);
            }
            (Some(_), None) => {}
            (None, _) => {
                points.remove(&arn, listed_until);
            }
        }
    }
    events::backup_job(world, place, id);
}
