//! The course of a copy job. The copy has its source's tags, content and creation date, and its own lifecycle.

use super::Later;
use super::copy_jobs::CopyJob;
use super::job::JobState;
use super::point::{Point, Status};
use super::state::Place;
use super::vaults::vault_arn;
use super::{contention, events, lifecycle, resources};
use crate::clock::after;
use crate::faults::JobFault;
use crate::world::World;

/// Begins to run the job if its resource is free, or tries again later: a copy has no start window.
pub(super) fn attempt(world: &mut World, place: &Place, id: &str) {
    let Some(mut job) = world.backup.region(place).copy_jobs.get(id).cloned() else { return };
    if job.progress.state != JobState::Created {
        return;
    }
    if berth(world, place, &mut job) && contention::take(world, place, &job.progress.resource, id) {
        return run(world, place, job);
    }
    let (place, id) = (place.clone(), id.to_owned());
    world.schedule_in(world.pace.backup.start_retry, Later::StartCopy { place, id });
}

/// Whether the job is counted against a quota, perhaps only now that there is room.
fn berth(world: &mut World, place: &Place, job: &mut CopyJob) -> bool {
    if job.berth.is_none() {
        let arrivals = &mut world.backup.region(&job.to).arrivals;
        job.berth = arrivals.take(job.progress.resource_type, &job.to_vault);
        world.backup.region(place).copy_jobs.insert(job.clone());
    }
    job.berth.is_some()
}

/// The source, in use from now on, and the key of the copy; or why there is none.
fn take_source(world: &mut World, place: &Place, job: &CopyJob) -> Result<(Point, String), String> {
    let vault = world.backup.region(&job.to).vaults.get(&job.to_vault);
    let vault = vault.ok_or_else(|| format!("Backup vault {} does not exist", job.to_vault))?;
    if let Some(objection) = vault.objects_to(&job.lifecycle) {
        return Err(objection);
    }
    let key = vault.key_arn.clone();
    let source = world.backup.region(place).points.get_mut(&job.source).filter(|point| point.is_good() && !point.cold);
    let source = source.ok_or_else(|| format!("Recovery point {} cannot be copied", job.source))?;
    if let Some(objection) = resources::copy_objection(source, (place, &job.to), &key) {
        return Err(objection);
    }
    source.users += 1;
    Ok((source.clone(), key))
}

fn run(world: &mut World, place: &Place, mut job: CopyJob) {
    let now = world.now();
    let id = job.progress.id.clone();
    let (source, key) = match take_source(world, place, &job) {
        Ok(source) => source,
        Err(obstacle) => return end(world, place, &id, (JobState::Failed, Some(obstacle))),
    };
    job.progress.bytes = resources::copied(world, &source, (place, &job.to), &key).transferred;
    let fault = world.faults.job("copy", &job.progress.resource);
    let until = after(now, world.pace.backup.copy.draw(&mut world.rng));
    (job.progress.state, job.progress.run) = (JobState::Running, Some((now, until)));
    world.backup.region(place).copy_jobs.insert(job);
    events::copy_job(world, place, &id);
    let how = match fault {
        None => (JobState::Completed, None),
        Some(JobFault::CompletesWith(text)) => (JobState::Completed, Some(text)),
        Some(JobFault::EndsPartial) => (JobState::Partial, Some("Not everything could be copied.".to_owned())),
        Some(JobFault::Fails(text)) => (JobState::Failed, Some(text)),
        Some(JobFault::Aborts) => (JobState::Failed, Some("The copy job was aborted.".to_owned())),
        Some(JobFault::Expires) => (JobState::Failed, Some("The copy job expired.".to_owned())),
        Some(JobFault::Stalls | JobFault::Ignored) => return,
    };
    let place = place.clone();
    world.schedule(until, Later::EndCopy { place, id, how });
}

/// Ends the job so.
pub(super) fn end(world: &mut World, place: &Place, id: &str, (state, message): (JobState, Option<String>)) {
    let Some(mut job) = world.backup.region(place).copy_jobs.get(id).cloned() else { return };
    let ran = job.progress.state == JobState::Running;
    (job.progress.state, job.progress.message, job.progress.completed) = (state, message, Some(world.now()));
    let copied = matches!(state, JobState::Completed | JobState::Partial);
    if let Some(source) = world.backup.region(place).points.get_mut(&job.source).filter(|_| ran) {
        source.users = source.users.saturating_sub(1);
        let source = source.clone();
        if copied {
            job.copy = Some(land(world, place, &job, source));
        }
    } else if copied {
        let gone = Some(format!("Recovery point {} does not exist", job.source));
        (job.progress.state, job.progress.message) = (JobState::Failed, gone);
    }
    job.depart(world);
    contention::release(world, place, &job.progress.resource, id);
    world.backup.region(place).copy_jobs.insert(job);
    events::copy_job(world, place, id);
}

/// Puts the copy into its vault and tells its ARN.
fn land(world: &mut World, place: &Place, job: &CopyJob, source: Point) -> String {
    let key = world.backup.region(&job.to).vaults.get(&job.to_vault).map(|vault| vault.key_arn.clone());
    let copied = resources::copied(world, &source, (place, &job.to), &key.unwrap_or_default());
    let arn = resources::copy_arn(world, &job.to, source.resource_type);
    let status = if job.progress.state == JobState::Partial { Status::Partial } else { Status::Completed };
    let copy = Point {
        arn: arn.clone(),
        vault: job.to_vault.clone(),
        role: job.progress.role.clone(),
        status,
        message: job.progress.message.clone(),
        initiated: job.progress.created,
        completed: Some(world.now()),
        lifecycle: job.lifecycle.clone(),
        cold: false,
        bytes: copied.bytes,
        content: copied.content,
        source_vault: Some(vault_arn(place, &job.source_vault)),
        job: Some(job.progress.id.clone()),
        users: 0,
        armed: 0,
        ..source
    };
    world.backup.region(&job.to).points.insert(copy);
    lifecycle::arm(world, &job.to, &arn);
    events::point(world, &job.to, &arn);
    arn
}
