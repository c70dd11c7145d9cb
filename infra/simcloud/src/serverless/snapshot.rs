//! A snapshot and its course: CREATING, then its end; DELETED for a while, then gone.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::errors::{conflict, quota};
use super::input::{iso, put};
use super::namespaces::Namespace;
use super::state::Place;
use super::{Later, copying, events, recovery};
use crate::call::ApiError;
use crate::clock::after;
use crate::data::{Image, mebibytes};
use crate::warehouse::{self, Ending, Retention, Run};
use crate::world::World;

/// `SnapshotStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) enum Status {
    Available,
    Creating,
    Copying,
    Failed,
    Cancelled,
    Deleted,
}

impl Status {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Available => "AVAILABLE",
            Self::Creating => "CREATING",
            Self::Copying => "COPYING",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
            Self::Deleted => "DELETED",
        }
    }
}

impl From<Ending> for Status {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Success => Self::Available,
            Ending::Failure => Self::Failed,
            Ending::Cancellation => Self::Cancelled,
        }
    }
}

/// A snapshot, or a copy of one.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Snapshot {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) owner: String,
    pub(super) namespace_name: String,
    pub(super) namespace_arn: String,
    pub(super) admin: String,
    pub(super) key: String,
    pub(super) status: Status,
    /// A copy has its source's.
    pub(super) created: Timestamp,
    pub(super) retention: Retention,
    pub(super) run: Run,
    pub(super) image: Image,
    /// Bytes that were not in an earlier one.
    pub(super) incremental: u64,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) converted: bool,
    /// The Region that a copy came from.
    pub(super) copied_from: Option<String>,
    /// How many copies of it are under way.
    pub(super) copying: u32,
}

/// What is asked for.
#[derive(Debug, Default)]
pub(super) struct New {
    pub(super) name: String,
    pub(super) retention: i64,
    pub(super) tags: BTreeMap<String, String>,
    /// Of a recovery point, what it holds.
    pub(super) image: Option<Image>,
}

impl Snapshot {
    pub(super) fn show(&self, now: Timestamp) -> Json {
        let mut shown = json!({
            "snapshotName": self.name,
            "snapshotArn": self.arn,
            "ownerAccount": self.owner,
            "namespaceName": self.namespace_name,
            "namespaceArn": self.namespace_arn,
            "adminUsername": self.admin,
            "kmsKeyId": self.key,
            "status": self.status.name(),
            "snapshotCreateTime": iso(self.created),
            "snapshotRetentionPeriod": self.retention.days,
            "snapshotRetentionStartTime": iso(self.retention.since),
            "totalBackupSizeInMegaBytes": mebibytes(self.image.bytes),
            "actualIncrementalBackupSizeInMegaBytes": mebibytes(self.incremental),
            "accountsWithRestoreAccess": [],
            "accountsWithProvisionedRestoreAccess": [],
        });
        put(&mut shown, "snapshotRemainingDays", self.retention.remaining_days(now));
        let over = !matches!(self.status, Status::Creating | Status::Copying);
        let (elapsed, left) = self.run.seconds(now, over);
        put(&mut shown, "elapsedTimeInSeconds", Some(elapsed));
        put(&mut shown, "estimatedSecondsToCompletion", Some(left));
        shown
    }
}

/// Begins a snapshot of a namespace.
pub(super) fn make(world: &mut World, place: &Place, of: &Namespace, new: New) -> Result<Snapshot, ApiError> {
    let now = world.now();
    let most = world.switches.serverless.snapshot_quota;
    let region = world.serverless.region(place);
    if region.snapshots.contains_key(&new.name) {
        return Err(conflict(format!("The snapshot {} already exists.", new.name)));
    }
    if region.snapshots.len() >= most {
        return Err(quota(format!("There are {most} snapshots already.")));
    }
    let earlier = region
        .snapshots
        .values()
        .filter(|earlier| earlier.namespace_arn == of.arn && earlier.status == Status::Available);
    let base = earlier.map(|earlier| earlier.created).chain(recovery::newest(of, now)).max();
    let image = new.image.unwrap_or_else(|| of.data.image());
    let snapshot = Snapshot {
        arn: format!("arn:aws:redshift-serverless:{}:{}:snapshot/{}", place.1, place.0, world.uuid()),
        name: new.name,
        owner: place.0.clone(),
        namespace_name: of.name.clone(),
        namespace_arn: of.arn.clone(),
        admin: of.admin(),
        key: of.key(),
        status: Status::Creating,
        created: now,
        retention: Retention::new(new.retention, now),
        run: Run { start: now, end: after(now, world.pace.serverless.snapshot.draw(&mut world.rng)) },
        incremental: base.map_or(image.bytes, |base| of.data.changed(base, now)),
        image,
        tags: new.tags,
        converted: new.image.is_some(),
        copied_from: None,
        copying: 0,
    };
    world.serverless.region(place).snapshots.insert(snapshot.name.clone(), snapshot.clone());
    let fault = world.faults.job("backup", &of.arn);
    if let Some(how) = warehouse::ending(fault.as_ref()) {
        let (at, arn, place, how) = (snapshot.run.end, snapshot.arn.clone(), place.clone(), how.into());
        world.schedule(at, Later::EndSnapshot { place, arn, how });
    }
    Ok(snapshot)
}

/// Ends the making of a snapshot. Only success is announced, and only then is it copied.
pub(super) fn end(world: &mut World, place: &Place, arn: &str, how: Status) {
    let Some(snapshot) = world.serverless.region(place).by_arn(arn) else { return };
    if snapshot.status != Status::Creating {
        return;
    }
    snapshot.status = how;
    let snapshot = snapshot.clone();
    if how == Status::Available {
        arm(world, place, arn);
        events::snapshot(world, place, &snapshot);
        copying::begin(world, place, &snapshot);
    }
}

/// Puts the end of a snapshot's retention on the agenda. Called whenever the retention is set anew.
pub(super) fn arm(world: &mut World, place: &Place, arn: &str) {
    let Some(snapshot) = world.serverless.region(place).by_arn(arn) else { return };
    if let Some((at, armed)) = snapshot.retention.arm() {
        world.schedule(at, Later::Expire { place: place.clone(), arn: arn.to_owned(), armed });
    }
}

/// Ends a snapshot whose retention is still the same.
pub(super) fn expire(world: &mut World, place: &Place, arn: &str, armed: u64) {
    if world.serverless.region(place).by_arn(arn).is_some_and(|snapshot| snapshot.retention.is_armed(armed)) {
        leave(world, place, arn);
    }
}

/// Turns a snapshot DELETED, and takes it away when that is over.
pub(super) fn leave(world: &mut World, place: &Place, arn: &str) {
    let wait = world.pace.serverless.delete.draw(&mut world.rng);
    if let Some(snapshot) = world.serverless.region(place).by_arn(arn) {
        snapshot.status = Status::Deleted;
        let (place, arn) = (place.clone(), arn.to_owned());
        world.schedule_in(wait, Later::Vanish { place, arn });
    }
}

/// Takes a deleted snapshot away.
pub(super) fn vanish(world: &mut World, place: &Place, arn: &str) {
    world.serverless.region(place).snapshots.retain(|_, snapshot| snapshot.arn != arn);
}
