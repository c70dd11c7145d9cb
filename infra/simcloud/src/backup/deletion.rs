//! Deleting points. The answer says only that the request was heard.

use serde_json::json;

use super::Later;
use super::errors::{busy, refused};
use super::events;
use super::input::needed;
use super::knobs::LockedDelete;
use super::point::Status;
use super::state::{Place, place_of};
use crate::call::{Answer, ApiError, Call};
use crate::clock::after;
use crate::faults::JobFault;
use crate::world::World;

/// `DeleteRecoveryPoint`.
pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let place = place_of(call);
    let (vault, arn) = (needed(call, "BackupVaultName")?, needed(call, "RecoveryPointArn")?);
    let locked_delete = world.switches.backup.locked_delete;
    let region = world.backup.region(&place);
    let point = region.point_in(vault, arn)?.clone();
    if region.vault(vault)?.lock.is_some() {
        let message = format!("Recovery point {arn} cannot be deleted: backup vault {vault} is locked");
        return Err(match locked_delete {
            LockedDelete::InvalidRequest => refused(message),
            LockedDelete::AccessDenied => ApiError::new("AccessDeniedException", message).status(403),
        });
    }
    if region.holds.values().any(|hold| hold.holds(&point)) {
        return Err(refused(format!("Recovery point {arn} cannot be deleted: it is under a legal hold")));
    }
    if point.status == Status::Creating || point.users > 0 {
        return Err(busy(format!("Recovery point {arn} is in use. Try again later")));
    }
    if point.status == Status::Deleting {
        return Ok(json!({}));
    }
    match world.faults.job("delete", arn) {
        Some(JobFault::Ignored) => {}
        Some(JobFault::Stalls) => set_status(world, &place, arn, Status::Deleting, None),
        Some(JobFault::Fails(text)) => set_status(world, &place, arn, Status::Expired, Some(text)),
        Some(JobFault::Expires | JobFault::Aborts | JobFault::EndsPartial | JobFault::CompletesWith(_)) => {
            let text = "The role has insufficient permissions to delete the recovery point.".to_owned();
            set_status(world, &place, arn, Status::Expired, Some(text));
        }
        None => begin(world, &place, arn),
    }
    Ok(json!({}))
}

fn set_status(world: &mut World, place: &Place, arn: &str, status: Status, message: Option<String>) {
    if let Some(point) = world.backup.region(place).points.get_mut(arn) {
        (point.status, point.message) = (status, message);
    }
    events::point(world, place, arn);
}

/// Turns a point DELETING, and takes it away when that is over.
pub(super) fn begin(world: &mut World, place: &Place, arn: &str) {
    set_status(world, place, arn, Status::Deleting, None);
    let wait = world.pace.backup.delete.draw(&mut world.rng);
    let (place, arn) = (place.clone(), arn.to_owned());
    world.schedule_in(wait, Later::Delete { place, arn });
}

/// Takes away a point that is being deleted.
pub(super) fn complete(world: &mut World, place: &Place, arn: &str) {
    let listed_until = after(world.now(), world.switches.backup.deleted_still_listed);
    let points = &mut world.backup.region(place).points;
    if points.get(arn).is_some_and(|point| point.status == Status::Deleting) {
        points.remove(arn, listed_until);
    }
}
