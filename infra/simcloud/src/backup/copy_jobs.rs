//! Copy jobs: starting, describing, listing. How they run is in [`super::copy_run`].

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::Later;
use super::arrivals::Berth;
use super::errors::{exceeded, invalid, not_found, refused};
use super::input::{epoch, needed, put, role, text};
use super::job::{Job, JobState, Progress};
use super::lifecycle::Lifecycle;
use super::point::Point;
use super::state::{Place, place_of};
use super::vaults::{parse_arn, vault_arn};
use super::{events, resources, tokens};
use crate::call::{Answer, ApiError, Call};
use crate::world::World;

/// A copy job. It lives where it was started: in the source's Region.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct CopyJob {
    pub(super) progress: Progress,
    pub(super) source: String,
    pub(super) source_vault: String,
    pub(super) to: Place,
    pub(super) to_vault: String,
    /// Where the copy landed.
    pub(super) copy: Option<String>,
    pub(super) lifecycle: Lifecycle,
    /// What it is counted against; none while it waits for room.
    pub(super) berth: Option<Berth>,
}

impl Job for CopyJob {
    fn progress(&self) -> &Progress {
        &self.progress
    }
}

/// `StartCopyJob`.
pub(super) fn start(world: &mut World, call: &Call) -> Answer {
    let place = place_of(call);
    if let Some(id) = tokens::recall(world, call)? {
        return Ok(started(world.backup.region(&place).copy_jobs.find(&id)?));
    }
    let job = read(world, call, &place)?;
    let (id, answer) = (job.progress.id.clone(), started(&job));
    world.backup.region(&place).copy_jobs.insert(job);
    tokens::remember(world, call, &id);
    events::copy_job(world, &place, &id);
    let wait = world.pace.backup.start.draw(&mut world.rng);
    world.schedule_in(wait, Later::StartCopy { place, id });
    Ok(answer)
}

fn started(job: &CopyJob) -> Json {
    json!({ "CopyJobId": job.progress.id, "CreationDate": epoch(job.progress.created), "IsParent": false })
}

fn read(world: &mut World, call: &Call, place: &Place) -> Result<CopyJob, ApiError> {
    let (arn, source_vault) = (needed(call, "RecoveryPointArn")?, needed(call, "SourceBackupVaultName")?);
    let destination = needed(call, "DestinationBackupVaultArn")?;
    let role = role(call)?;
    let given = Lifecycle::read(call)?;
    let (to, to_vault) = parse_arn(destination).ok_or_else(|| invalid(format!("Invalid vault ARN: {destination}")))?;
    let point = world.backup.region(place).point_in(source_vault, arn)?.clone();
    copyable(&point)?;
    let lifecycle = given.unwrap_or_else(|| point.lifecycle.clone());
    let lifecycle = resources::lifecycle(point.resource_type, point.is_managed(), lifecycle)?;
    let target = world.backup.known(&to).and_then(|region| region.vaults.get(&to_vault));
    let target = target.ok_or_else(|| not_found(format!("Backup vault {destination} does not exist")))?;
    if (&to, to_vault.as_str()) == (place, source_vault) {
        return Err(invalid("Source and destination vault must not be the same"));
    }
    if let Some(objection) = target.objects_to(&lifecycle).filter(|_| world.switches.backup.lock_refuses_at_start) {
        return Err(refused(objection));
    }
    let key = target.key_arn.clone();
    if let Some(objection) =
        resources::copy_objection(&point, (place, &to), &key).filter(|_| world.switches.fsx.refused_at_start)
    {
        return Err(refused(objection));
    }
    let berth = world.backup.region(&to).arrivals.take(point.resource_type, &to_vault);
    if berth.is_none() && !resources::copies_wait(world, point.resource_type) {
        return Err(exceeded(format!("Limit of concurrent copy jobs to {} exceeded", to.1)));
    }
    let about = (point.resource, point.resource_type);
    let progress = Progress { bytes: point.bytes, ..Progress::new(world, call, JobState::Created, about, role) };
    let (source, source_vault) = (arn.to_owned(), source_vault.to_owned());
    Ok(CopyJob { progress, source, source_vault, to, to_vault, copy: None, lifecycle, berth })
}

fn copyable(point: &Point) -> Result<(), ApiError> {
    if !point.is_advanced() {
        return Err(refused(format!("{} can be copied only with advanced features", point.resource_type)));
    }
    if point.cold {
        return Err(refused(format!("Recovery point {} is in cold storage and cannot be copied", point.arn)));
    }
    if !point.is_good() {
        return Err(refused(format!("Recovery point {} is not COMPLETED but {}", point.arn, point.status.name())));
    }
    Ok(())
}

impl CopyJob {
    /// Frees its place in the quotas.
    pub(super) fn depart(&mut self, world: &mut World) {
        if let Some(berth) = self.berth.take() {
            world.backup.region(&self.to).arrivals.release(berth, &self.to_vault);
        }
    }
}

fn show(job: &CopyJob, place: &Place) -> Json {
    let progress = &job.progress;
    let mut json = progress.describe(&place.0);
    put(&mut json, "CopyJobId", Some(progress.id.clone()));
    put(&mut json, "State", Some(progress.state.name()));
    put(&mut json, "ResourceArn", Some(progress.resource.clone()));
    put(&mut json, "ResourceName", Some(progress.resource_name()));
    put(&mut json, "SourceRecoveryPointArn", Some(job.source.clone()));
    put(&mut json, "SourceBackupVaultArn", Some(vault_arn(place, &job.source_vault)));
    put(&mut json, "DestinationBackupVaultArn", Some(vault_arn(&job.to, &job.to_vault)));
    put(&mut json, "DestinationRecoveryPointArn", job.copy.clone());
    put(&mut json, "BackupSizeInBytes", Some(progress.bytes));
    put(&mut json, "IsParent", Some(false));
    json
}

/// `DescribeCopyJob`.
pub(super) fn describe(world: &mut World, call: &Call) -> Answer {
    let place = place_of(call);
    let region = world.backup.region(&place);
    Ok(json!({ "CopyJob": show(region.copy_jobs.find(needed(call, "CopyJobId")?)?, &place) }))
}

/// `ListCopyJobs`.
pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let (place, now): (Place, Timestamp) = (place_of(call), world.now());
    let (source, destination) = (text(call, "BySourceRecoveryPointArn"), text(call, "ByDestinationVaultArn"));
    let fits = |job: &CopyJob| {
        source.is_none_or(|source| source == job.source)
            && destination.is_none_or(|destination| destination == vault_arn(&job.to, &job.to_vault))
    };
    world.backup.region(&place).copy_jobs.list(call, now, "CopyJobs", fits, |job| show(job, &place))
}
