//! A snapshot and its course: creating, then its end; deleted for a while, then gone.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::cluster::{Cluster, Nature};
use super::errors::snapshot_exists;
use super::events::{self, About};
use super::input::{iso, shown};
use super::state::Place;
use super::{Later, copying, deletion};
use crate::call::ApiError;
use crate::clock::after;
use crate::data::{Image, MIB, mebibytes};
use crate::faults::JobFault;
use crate::warehouse::{self, Ending, Retention, Run};
use crate::world::World;

/// A snapshot's name is so long at most (API reference, `CreateClusterSnapshot`).
pub(super) const LONGEST_NAME: usize = 255;
/// Snapshots that somebody asked for, per account and Region ("Quotas and limits in Amazon Redshift").
const MAX_MANUAL: usize = 700;

/// `Status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) enum Status {
    Available,
    Creating,
    Failed,
    Cancelled,
    Deleted,
}

impl Status {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Creating => "creating",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Deleted => "deleted",
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

/// Who wanted a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(super) enum Kind {
    /// Redshift itself.
    Automated,
    /// A caller.
    Manual,
    /// A caller, at the end of its cluster.
    Final,
}

/// A snapshot, or a copy of one.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Snapshot {
    pub(super) id: String,
    /// Another one for each snapshot that bears the name.
    pub(super) serial: String,
    pub(super) arn: String,
    pub(super) kind: Kind,
    pub(super) owner: String,
    pub(super) cluster: String,
    pub(super) cluster_created: Timestamp,
    /// Not shown: callers tell one cluster of a name from the next by when it was created.
    pub(super) namespace_arn: String,
    pub(super) nature: Nature,
    pub(super) status: Status,
    /// A copy has its source's.
    pub(super) created: Timestamp,
    pub(super) retention: Retention,
    pub(super) run: Run,
    pub(super) image: Image,
    /// Bytes that were not in an earlier one.
    pub(super) incremental: u64,
    pub(super) tags: BTreeMap<String, String>,
    /// The Region that a copy came from.
    pub(super) copied_from: Option<String>,
    /// How many copies of it are under way.
    pub(super) copying: u32,
}

/// What is asked for.
#[derive(Debug)]
pub(super) struct New {
    pub(super) id: String,
    pub(super) kind: Kind,
    pub(super) days: i64,
    pub(super) tags: BTreeMap<String, String>,
}

/// The ARN of a snapshot.
pub(super) fn arn(place: &Place, cluster: &str, id: &str) -> String {
    format!("arn:aws:redshift:{}:{}:snapshot:{cluster}/{id}", place.1, place.0)
}

impl Snapshot {
    pub(super) fn is_automated(&self) -> bool {
        self.kind == Kind::Automated
    }

    /// Whether it is gone as soon as the cluster of that namespace is.
    pub(super) fn goes_with(&self, namespace: &str) -> bool {
        self.is_automated() && self.copied_from.is_none() && self.namespace_arn == namespace
    }

    /// Whether a new snapshot may have its name.
    fn has_left(&self) -> bool {
        self.status == Status::Deleted
    }

    pub(super) fn show(&self, now: Timestamp) -> Json {
        let mut members = self.nature.show();
        let over = self.status != Status::Creating;
        let (elapsed, left) = self.run.seconds(now, over);
        let done = if over { self.incremental } else { self.progress(elapsed, left) };
        members.extend([
            ("SnapshotIdentifier".to_owned(), json!(self.id)),
            ("SnapshotArn".to_owned(), json!(self.arn)),
            ("SnapshotType".to_owned(), json!(if self.is_automated() { "automated" } else { "manual" })),
            ("OwnerAccount".to_owned(), json!(self.owner)),
            ("ClusterIdentifier".to_owned(), json!(self.cluster)),
            ("ClusterCreateTime".to_owned(), iso(self.cluster_created)),
            ("Port".to_owned(), json!(self.nature.port)),
            ("RestorableNodeTypes".to_owned(), json!([self.nature.node_type])),
            ("EncryptedWithHSM".to_owned(), json!(false)),
            ("Status".to_owned(), json!(self.status.name())),
            ("SnapshotCreateTime".to_owned(), iso(self.created)),
            ("SnapshotRetentionStartTime".to_owned(), iso(self.retention.since)),
            ("TotalBackupSizeInMegaBytes".to_owned(), json!(mebibytes(self.image.bytes))),
            ("ActualIncrementalBackupSizeInMegaBytes".to_owned(), json!(mebibytes(self.incremental))),
            ("BackupProgressInMegaBytes".to_owned(), json!(mebibytes(done))),
            ("CurrentBackupRateInMegaBytesPerSecond".to_owned(), json!(if over { 0.0 } else { 1.0 })),
            ("ElapsedTimeInSeconds".to_owned(), json!(elapsed)),
            ("EstimatedSecondsToCompletion".to_owned(), json!(left)),
            ("SourceRegion".to_owned(), json!(self.copied_from)),
            ("Tags".to_owned(), shown(&self.tags)),
        ]);
        if !self.is_automated() {
            members.insert("ManualSnapshotRetentionPeriod".to_owned(), json!(self.retention.days));
            members.insert("ManualSnapshotRemainingDays".to_owned(), json!(self.retention.remaining_days(now)));
        }
        Json::Object(members)
    }

    /// The bytes that are safe after so many seconds, with so many to go.
    fn progress(&self, elapsed: i64, left: i64) -> u64 {
        let (elapsed, all) = (elapsed.unsigned_abs(), (elapsed + left).unsigned_abs().max(1));
        (self.incremental / MIB).saturating_mul(elapsed) / all * MIB
    }
}

/// Whether a snapshot of that name can be added for a caller.
pub(super) fn has_room(world: &mut World, place: &Place, id: &str) -> Result<(), ApiError> {
    let region = world.redshift.region(place);
    if region.snapshots.get(id).is_some_and(|known| !known.has_left()) {
        return Err(snapshot_exists(id));
    }
    let manual = region.snapshots.values().filter(|known| !known.is_automated() && !known.has_left());
    if manual.count() >= MAX_MANUAL {
        let message = format!("There are {MAX_MANUAL} manual snapshots already.");
        return Err(ApiError::new("ClusterSnapshotQuotaExceeded", message));
    }
    Ok(())
}

/// Begins a snapshot of a cluster. Faults meet those that somebody asked for.
pub(super) fn make(world: &mut World, place: &Place, of: &Cluster, new: New) -> Result<Snapshot, ApiError> {
    let now = world.now();
    let fault = if new.kind == Kind::Automated {
        None
    } else {
        has_room(world, place, &new.id)?;
        world.faults.job("backup", &of.arn)
    };
    let snapshot = Snapshot {
        arn: arn(place, &of.id, &new.id),
        id: new.id,
        serial: world.uuid(),
        kind: new.kind,
        owner: place.0.clone(),
        cluster: of.id.clone(),
        cluster_created: of.created,
        namespace_arn: of.namespace_arn.clone(),
        nature: of.nature.clone(),
        status: Status::Creating,
        created: now,
        retention: Retention::new(new.days, now),
        run: Run { start: now, end: after(now, world.pace.redshift.snapshot.draw(&mut world.rng)) },
        incremental: world.redshift.region(place).incremental(of, now),
        image: of.data.image(),
        tags: new.tags,
        copied_from: None,
        copying: 0,
    };
    begin(world, place, &snapshot, fault.as_ref());
    Ok(snapshot)
}

/// Shows a snapshot, and puts its end on the agenda.
pub(super) fn begin(world: &mut World, place: &Place, snapshot: &Snapshot, fault: Option<&JobFault>) {
    world.redshift.region(place).snapshots.insert(snapshot.id.clone(), snapshot.clone());
    events::snapshot(world, place, snapshot, About::Started);
    if let Some(how) = warehouse::ending(fault) {
        let (serial, place, how) = (snapshot.serial.clone(), place.clone(), how.into());
        world.schedule(snapshot.run.end, Later::EndSnapshot { place, serial, how });
    }
}

/// Ends the making of a snapshot, and begins to copy it.
pub(super) fn end(world: &mut World, place: &Place, serial: &str, how: Status) {
    let Some(snapshot) = world.redshift.region(place).by_serial(serial) else { return };
    if snapshot.status != Status::Creating {
        return;
    }
    snapshot.status = how;
    let snapshot = snapshot.clone();
    let about = match how {
        Status::Available => About::Completed,
        Status::Cancelled => About::Cancelled,
        _ => About::Failed,
    };
    events::snapshot(world, place, &snapshot, about);
    if how == Status::Available {
        arm(world, place, serial);
        copying::begin(world, place, &snapshot);
    }
    if snapshot.kind == Kind::Final && snapshot.copied_from.is_none() {
        deletion::go_on(world, place, &snapshot.namespace_arn, how);
    }
}

/// Puts the end of a snapshot's retention on the agenda. Called whenever the retention is set anew.
pub(super) fn arm(world: &mut World, place: &Place, serial: &str) {
    let Some(snapshot) = world.redshift.region(place).by_serial(serial) else { return };
    if let Some((at, armed)) = snapshot.retention.arm() {
        world.schedule(at, Later::Expire { place: place.clone(), serial: serial.to_owned(), armed });
    }
}

/// Ends a snapshot whose retention is still the same.
pub(super) fn expire(world: &mut World, place: &Place, serial: &str, armed: u64) {
    if world.redshift.region(place).by_serial(serial).is_some_and(|snapshot| snapshot.retention.is_armed(armed)) {
        leave(world, place, serial);
    }
}

/// Turns a snapshot deleted, and takes it away when that is over.
pub(super) fn leave(world: &mut World, place: &Place, serial: &str) {
    let wait = world.pace.redshift.delete.draw(&mut world.rng);
    let Some(snapshot) = world.redshift.region(place).by_serial(serial) else { return };
    snapshot.status = Status::Deleted;
    let snapshot = snapshot.clone();
    events::snapshot(world, place, &snapshot, About::Deleted);
    let (place, serial) = (place.clone(), serial.to_owned());
    world.schedule_in(wait, Later::Vanish { place, serial });
}

/// Takes a deleted snapshot away.
pub(super) fn vanish(world: &mut World, place: &Place, serial: &str) {
    world.redshift.region(place).snapshots.retain(|_, snapshot| snapshot.serial != serial);
}
