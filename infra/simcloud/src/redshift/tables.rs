//! Restoring one table of a snapshot into the cluster that it is of, under another name.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::Later;
use super::errors::{cluster_not_found, snapshot_state};
use super::input::{iso, name, needed, page, text};
use super::snapshot::Status;
use super::snapshots::named;
use super::state::{Place, place_of};
use crate::call::{Answer, ApiError, Call};
use crate::data::MIB;
use crate::warehouse::{self, Ending};
use crate::world::World;

/// What of a request is shown as it came.
const KEPT: [&str; 5] =
    ["SourceDatabaseName", "SourceSchemaName", "SourceTableName", "TargetDatabaseName", "TargetSchemaName"];

/// The restore of a table.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct TableRestore {
    id: String,
    cluster: String,
    snapshot: String,
    new_name: String,
    given: Map<String, Json>,
    begun: Timestamp,
    mebibytes: u64,
    /// How it ended.
    done: Option<bool>,
}

impl TableRestore {
    fn show(&self) -> Json {
        let status = match self.done {
            None => "IN_PROGRESS",
            Some(true) => "SUCCEEDED",
            Some(false) => "FAILED",
        };
        let mut shown = self.given.clone();
        shown.extend([
            ("TableRestoreRequestId".to_owned(), json!(self.id)),
            ("Status".to_owned(), json!(status)),
            ("RequestTime".to_owned(), iso(self.begun)),
            ("ProgressInMegaBytes".to_owned(), json!(if self.done == Some(true) { self.mebibytes } else { 0 })),
            ("TotalDataInMegaBytes".to_owned(), json!(self.mebibytes)),
            ("ClusterIdentifier".to_owned(), json!(self.cluster)),
            ("SnapshotIdentifier".to_owned(), json!(self.snapshot)),
            ("NewTableName".to_owned(), json!(self.new_name)),
        ]);
        Json::Object(shown)
    }
}

/// `RestoreTableFromClusterSnapshot`.
pub(super) fn restore(world: &mut World, call: &Call) -> Answer {
    let (place, now) = (place_of(call), world.now());
    let cluster = world.redshift.region(&place).cluster(&name(call, "ClusterIdentifier")?)?.clone();
    cluster.idle(now)?;
    let snapshot = named(world, call, "SnapshotIdentifier", "")?;
    if snapshot.status != Status::Available {
        return Err(snapshot_state(format!("The snapshot {} is {}.", snapshot.id, snapshot.status.name())));
    }
    let new_name = needed(call, "NewTableName")?.to_owned();
    needed(call, "SourceDatabaseName")?;
    if snapshot.namespace_arn != cluster.namespace_arn || new_name == needed(call, "SourceTableName")? {
        let message = "The snapshot is of another cluster, or the new table's name is the old one's.";
        return Err(ApiError::new("InvalidTableRestoreArgument", message));
    }
    let id = world.uuid();
    let restore = TableRestore {
        id: id.clone(),
        cluster: cluster.id,
        snapshot: snapshot.id,
        new_name,
        given: KEPT.into_iter().filter_map(|kept| Some((kept.to_owned(), json!(text(call, kept)?)))).collect(),
        begun: now,
        mebibytes: snapshot.image.bytes / MIB / 10,
        done: None,
    };
    let answer = json!({ "TableRestoreStatus": restore.show() });
    world.redshift.region(&place).tables.insert(id.clone(), restore);
    let fault = world.faults.job("restore", &cluster.arn);
    if let Some(how) = warehouse::ending(fault.as_ref()) {
        let wait = world.pace.redshift.restore.draw(&mut world.rng);
        world.schedule_in(wait, Later::EndTable { place, id, done: how == Ending::Success });
    }
    Ok(answer)
}

/// Ends the restore of a table.
pub(super) fn end(world: &mut World, place: &Place, id: &str, done: bool) {
    if let Some(restore) = world.redshift.region(place).tables.get_mut(id) {
        restore.done = Some(done);
    }
}

/// `DescribeTableRestoreStatus`.
pub(super) fn describe(world: &mut World, call: &Call) -> Answer {
    let region = world.redshift.region(&place_of(call));
    let cluster = text(call, "ClusterIdentifier").map(str::to_ascii_lowercase);
    if let Some(id) = cluster.as_ref().filter(|id| !region.clusters.contains_key(*id)) {
        return Err(cluster_not_found(id));
    }
    let id = text(call, "TableRestoreRequestId");
    if let Some(id) = id.filter(|id| !region.tables.contains_key(*id)) {
        return Err(ApiError::new("TableRestoreNotFoundFault", format!("There is no restore {id} of a table.")));
    }
    let fits = |restore: &&TableRestore| {
        id.is_none_or(|id| id == restore.id) && cluster.as_ref().is_none_or(|cluster| *cluster == restore.cluster)
    };
    let found = region.tables.values().filter(fits);
    page(call, "TableRestoreStatusDetails", found.map(|restore| (restore.id.clone(), restore.show())))
}
