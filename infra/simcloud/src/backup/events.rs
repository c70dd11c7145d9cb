//! AWS Backup's events, with the peculiarities of the official samples (developer guide, "Monitoring events using
//! EventBridge"): the point's ARN only in `resources`, and only when the job completed; `{}` where a copy's destination
//! is not known yet; sizes as text in backup events and as numbers in copy events; a copy's CREATED event without its
//! id. They are collected and leave together, and reach the copy's source Region, perhaps its destination's too.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};

use super::Later;
use super::backup_jobs::BackupJob;
use super::copy_jobs::CopyJob;
use super::input::put;
use super::job::{JobState, Progress};
use super::restore_jobs::RestoreJob;
use super::state::Place;
use super::vaults::vault_arn;
use crate::events::Event;
use crate::world::World;

/// Adds an event to the next batch of its place.
fn emit(world: &mut World, place: &Place, detail_type: &str, resources: Vec<String>, detail: Json) {
    let event = Event { source: "aws.backup".to_owned(), detail_type: detail_type.to_owned(), resources, detail };
    let (now, batch) = (world.now(), world.pace.backup.event_batch.as_nanos());
    let region = world.backup.region(place);
    region.outbox.push(event);
    if region.batch_scheduled {
        return;
    }
    region.batch_scheduled = true;
    let at = next_mark(now, batch);
    let place = place.clone();
    world.schedule(at, Later::SendEvents { place });
}

/// The next multiple of the batch's period.
fn next_mark(now: Timestamp, period: u128) -> Timestamp {
    let Some(period) = i128::try_from(period).ok().filter(|period| *period > 0) else { return now };
    let wait = period - now.as_nanosecond().rem_euclid(period);
    i64::try_from(wait).ok().and_then(|wait| now.checked_add(SignedDuration::from_nanos(wait)).ok()).unwrap_or(now)
}

/// Sends what a place has collected.
pub(super) fn send_batch(world: &mut World, place: &Place) {
    let region = world.backup.region(place);
    region.batch_scheduled = false;
    let (account, name) = place;
    for event in std::mem::take(&mut region.outbox) {
        world.emit_event(account, name, event);
    }
}

/// Times as the events have them, with milliseconds.
fn iso(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// The step that a backup job has taken.
pub(super) fn backup_job(world: &mut World, place: &Place, id: &str) {
    let Some(job) = world.backup.region(place).backup_jobs.get(id) else { return };
    let progress = &job.progress;
    let detail = match progress.state {
        JobState::Created => json!({
            "backupJobId": progress.id,
            "state": "CREATED",
            "creationDate": iso(progress.created),
        }),
        _ => backup_detail(job, place),
    };
    let resources = job.point.clone().filter(|_| progress.state == JobState::Completed).into_iter().collect();
    emit(world, place, "Backup Job State Change", resources, detail);
}

fn backup_detail(job: &BackupJob, place: &Place) -> Json {
    let progress = &job.progress;
    let done = progress.state == JobState::Completed;
    let mut detail = json!({
        "backupJobId": progress.id,
        "backupSizeInBytes": job.size.unwrap_or(0).to_string(),
        "backupVaultArn": vault_arn(place, &job.vault),
        "backupVaultName": job.vault,
        "bytesTransferred": if done { progress.bytes.to_string() } else { "0".to_owned() },
        "creationDate": iso(progress.created),
        "iamRoleArn": progress.role,
        "resourceArn": progress.resource,
        "resourceType": progress.resource_type,
        "state": progress.state.name(),
        "startBy": iso(job.start_by),
        "percentDone": if done { 100 } else { 0 },
    });
    ending(&mut detail, progress);
    if let (JobState::Running, Some((_, end))) = (progress.state, progress.run) {
        put(&mut detail, "expectedCompletionDate", Some(end.strftime("%b %-d, %Y %-I:%M:%S %p").to_string()));
    }
    detail
}

fn ending(detail: &mut Json, progress: &Progress) {
    put(detail, "completionDate", progress.completed.map(iso));
    put(detail, "statusMessage", progress.message.clone());
}

/// The step that a copy job has taken.
pub(super) fn copy_job(world: &mut World, place: &Place, id: &str) {
    let both = world.switches.backup.copy_events_in_destination;
    let Some(job) = world.backup.region(place).copy_jobs.get(id) else { return };
    let (detail, resources, to) = (copy_detail(job, place), vec![job.source.clone()], job.to.clone());
    if both && to != *place {
        emit(world, &to, "Copy Job State Change", resources.clone(), detail.clone());
    }
    emit(world, place, "Copy Job State Change", resources, detail);
}

fn copy_detail(job: &CopyJob, place: &Place) -> Json {
    let progress = &job.progress;
    let mut detail = json!({
        "creationDate": iso(progress.created),
        "state": progress.state.name(),
        "sourceBackupVaultArn": vault_arn(place, &job.source_vault),
        "destinationBackupVaultArn": vault_arn(&job.to, &job.to_vault),
    });
    if progress.state == JobState::Created {
        return detail;
    }
    put(&mut detail, "copyJobId", Some(progress.id.clone()));
    put(&mut detail, "backupSizeInBytes", Some(progress.bytes));
    put(&mut detail, "iamRoleArn", Some(progress.role.clone()));
    put(&mut detail, "resourceArn", Some(progress.resource.clone()));
    put(&mut detail, "resourceType", Some(progress.resource_type));
    let destination = job.copy.clone().map_or_else(|| json!({}), Json::from);
    put(&mut detail, "destinationRecoveryPointArn", Some(destination));
    ending(&mut detail, progress);
    detail
}

/// The step that a restore job has taken. Its first event calls the state `state`, the others `status`.
pub(super) fn restore_job(world: &mut World, place: &Place, id: &str) {
    let Some(job) = world.backup.region(place).restore_jobs.get(id) else { return };
    let (detail, resources) = (restore_detail(job, place), vec![job.point.clone()]);
    emit(world, place, "Restore Job State Change", resources, detail);
}

fn restore_detail(job: &RestoreJob, place: &Place) -> Json {
    let progress = &job.progress;
    if progress.state == JobState::Pending {
        return json!({
            "restoreJobId": progress.id,
            "state": "CREATED",
            "creationDate": iso(progress.created),
        });
    }
    let mut detail = json!({
        "restoreJobId": progress.id,
        "backupVaultArn": vault_arn(place, &job.vault),
        "recoveryPointArn": job.point,
        "sourceResourceArn": progress.resource,
        "backupSizeInBytes": progress.bytes.to_string(),
        "creationDate": iso(progress.created),
        "iamRoleArn": progress.role,
        "percentDone": 0,
        "resourceType": progress.resource_type,
        "status": progress.state.name(),
    });
    put(&mut detail, "createdResourceArn", job.made.clone());
    ending(&mut detail, progress);
    detail
}

/// What has become of a point.
pub(super) fn point(world: &mut World, place: &Place, arn: &str) {
    let Some(point) = world.backup.region(place).points.get(arn) else { return };
    let mut detail = json!({
        "backupVaultName": point.vault,
        "backupVaultArn": vault_arn(place, &point.vault),
        "creationDate": iso(point.created),
        "iamRoleArn": point.role,
        "resourceType": point.resource_type,
        "resourceArn": point.resource,
        "status": point.status.name(),
        "isEncrypted": point.is_advanced().to_string(),
        "storageClass": if point.cold { "COLD" } else { "WARM" },
    });
    put(&mut detail, "completionDate", point.completed.map(iso));
    put(&mut detail, "statusMessage", point.message.clone());
    if let Some(days) = point.lifecycle.delete_after {
        put(&mut detail, "lifecycle", Some(json!({ "deleteAfterDays": days })));
    }
    if let Some(at) = point.lifecycle.delete_at(point.created) {
        put(&mut detail, "calculatedLifeCycle", Some(json!({ "deleteAt": iso(at) })));
    }
    emit(world, place, "Recovery Point State Change", vec![arn.to_owned()], detail);
}

/// What has become of a vault.
pub(super) fn vault(world: &mut World, place: &Place, name: &str, state: &str, locked: bool) {
    let mut detail = json!({ "backupVaultName": name, "state": state });
    put(&mut detail, "isLocked", locked.then_some("true"));
    emit(world, place, "Backup Vault State Change", vec![vault_arn(place, name)], detail);
}
