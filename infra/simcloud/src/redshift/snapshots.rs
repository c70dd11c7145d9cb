//! Snapshots that somebody asks for: made, kept longer, found.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::errors::{cluster_not_found, invalid, snapshot_not_found, snapshot_state};
use super::input::{self, flag, identifier, manual_retention, name, needed, page, text, time};
use super::snapshot::{self, Kind, LONGEST_NAME, New, Snapshot, Status};
use super::state::place_of;
use crate::call::{Answer, ApiError, Call};
use crate::clock::after;
use crate::warehouse::{Retention, Run};
use crate::world::World;

/// `CreateClusterSnapshot`. There is no token: the name makes it idempotent.
pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let (place, now) = (place_of(call), world.now());
    let (id, tags) = (identifier(call, "SnapshotIdentifier", LONGEST_NAME)?, input::tags(call)?);
    let days = manual_retention(call, "ManualSnapshotRetentionPeriod")?;
    let cluster = world.redshift.region(&place).cluster(&name(call, "ClusterIdentifier")?)?.clone();
    snapshot::has_room(world, &place, &id)?;
    cluster.idle(now)?;
    let new = New { id, kind: Kind::Manual, days: days.unwrap_or(cluster.manual_retention), tags };
    Ok(json!({ "Snapshot": snapshot::make(world, &place, &cluster, new)?.show(now) }))
}

/// The snapshot that a call names under `member`, of the cluster that it names under `of` if it names one.
pub(super) fn named(world: &mut World, call: &Call, member: &str, of: &str) -> Result<Snapshot, ApiError> {
    let id = name(call, member)?;
    let found = world.redshift.region(&place_of(call)).snapshot(&id)?.clone();
    let fits = text(call, of).is_none_or(|cluster| cluster.eq_ignore_ascii_case(&found.cluster));
    if fits { Ok(found) } else { Err(snapshot_not_found(&id)) }
}

/// `CopyClusterSnapshot`: a manual snapshot of the same Region that holds what an automated one does.
pub(super) fn copy(world: &mut World, call: &Call) -> Answer {
    let (place, now) = (place_of(call), world.now());
    let id = identifier(call, "TargetSnapshotIdentifier", LONGEST_NAME)?;
    let days = input::manual_retention_or_for_ever(call, "ManualSnapshotRetentionPeriod")?;
    let source = named(world, call, "SourceSnapshotIdentifier", "SourceSnapshotClusterIdentifier")?;
    if !source.is_automated() || source.status != Status::Available {
        return Err(snapshot_state(format!("{} is not an automated snapshot that is available.", source.id)));
    }
    snapshot::has_room(world, &place, &id)?;
    let copy = Snapshot {
        arn: snapshot::arn(&place, &source.cluster, &id),
        id,
        serial: world.uuid(),
        kind: Kind::Manual,
        status: Status::Creating,
        retention: Retention::new(days, now),
        run: Run { start: now, end: after(now, world.pace.redshift.snapshot.draw(&mut world.rng)) },
        tags: BTreeMap::new(),
        copying: 0,
        ..source
    };
    let fault = world.faults.job("backup", &copy.arn);
    snapshot::begin(world, &place, &copy, fault.as_ref());
    Ok(json!({ "Snapshot": copy.show(now) }))
}

/// `ModifyClusterSnapshot`: another retention. One that would be over already wants `Force`, and ends the snapshot.
pub(super) fn modify(world: &mut World, call: &Call) -> Answer {
    let (place, now) = (place_of(call), world.now());
    let days = manual_retention(call, "ManualSnapshotRetentionPeriod")?;
    let force = flag(call, "Force")?.unwrap_or(false);
    let snapshot = world.redshift.region(&place).snapshot(&name(call, "SnapshotIdentifier")?)?;
    if snapshot.is_automated() || snapshot.status != Status::Available {
        return Err(snapshot_state(format!("{} is not a manual snapshot that is available.", snapshot.id)));
    }
    let mut changed = snapshot.retention;
    changed.days = days.unwrap_or(changed.days);
    if changed.end().is_some_and(|end| end <= now) && !force {
        return Err(snapshot_state(format!("The retention of {} would have passed already.", snapshot.id)));
    }
    snapshot.retention = changed;
    let (serial, answer) = (snapshot.serial.clone(), json!({ "Snapshot": snapshot.show(now) }));
    snapshot::arm(world, &place, &serial);
    Ok(answer)
}

/// `DescribeClusterSnapshots`, copies from other Regions among them.
pub(super) fn describe(world: &mut World, call: &Call) -> Answer {
    let (place, now) = (place_of(call), world.now());
    let (id, cluster) = (text(call, "SnapshotIdentifier"), text(call, "ClusterIdentifier"));
    let (arn, kind, owner) = (text(call, "SnapshotArn"), text(call, "SnapshotType"), text(call, "OwnerAccount"));
    let (from, to, exists) = (time(call, "StartTime")?, time(call, "EndTime")?, flag(call, "ClusterExists")?);
    if exists == Some(true) {
        needed(call, "ClusterIdentifier")?;
    }
    if let Some(other) = kind.filter(|kind| !["automated", "manual"].contains(kind)) {
        return Err(invalid(format!("SnapshotType must be automated or manual, not {other}.")));
    }
    let strict = world.switches.redshift.gone_clusters_unknown && exists.is_none();
    let region = world.redshift.region(&place);
    if let Some(gone) = cluster.filter(|it| strict && !region.clusters.contains_key(&it.to_ascii_lowercase())) {
        return Err(cluster_not_found(gone));
    }
    let lives = |snapshot: &Snapshot| {
        region.clusters.get(&snapshot.cluster).is_some_and(|it| it.created == snapshot.cluster_created)
    };
    let same = |wanted: Option<&str>, is: &str| wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(is));
    let fits = |snapshot: &&Snapshot| {
        same(id, &snapshot.id)
            && same(cluster, &snapshot.cluster)
            && same(arn, &snapshot.arn)
            && same(owner, &snapshot.owner)
            && kind.is_none_or(|kind| snapshot.is_automated() == (kind == "automated"))
            && from.is_none_or(|from| from <= snapshot.created)
            && to.is_none_or(|to| snapshot.created <= to)
            && exists.is_none_or(|exists| exists == lives(snapshot))
            && input::wants(call, &snapshot.tags)
    };
    let mut found: Vec<&Snapshot> = region.snapshots.values().filter(fits).collect();
    if let Some(missing) = id.or(arn).filter(|_| found.is_empty()) {
        return Err(snapshot_not_found(missing));
    }
    let order = order(call)?;
    let position =
        |snapshot: &Snapshot| format!("{}{}", order.iter().map(|key| key(snapshot)).collect::<String>(), snapshot.id);
    found.sort_by_cached_key(|snapshot| position(snapshot));
    page(call, "Snapshots", found.into_iter().map(|snapshot| (position(snapshot), snapshot.show(now))))
}

/// A part of a snapshot's position in an order.
type Key = Box<dyn Fn(&Snapshot) -> String>;

/// The order that `SortingEntities` asks for: texts of one length that sort as the values do.
fn order(call: &Call) -> Result<Vec<Key>, ApiError> {
    let entities = call.input.get("SortingEntities").and_then(Json::as_array).into_iter().flatten();
    let key = |entity: &Json| -> Result<Key, ApiError> {
        let value: fn(&Snapshot) -> u64 = match entity.get("Attribute").and_then(Json::as_str) {
            Some("SOURCE_TYPE") => |snapshot| u64::from(!snapshot.is_automated()),
            Some("TOTAL_SIZE") => |snapshot| snapshot.image.bytes,
            Some("CREATE_TIME") => |snapshot| snapshot.created.as_millisecond().unsigned_abs(),
            other => return Err(invalid(format!("There is no order by {other:?}."))),
        };
        let descending = entity.get("SortOrder").and_then(Json::as_str) == Some("DESC");
        Ok(Box::new(move |snapshot| {
            let value = value(snapshot);
            format!("{:020} ", if descending { u64::MAX - value } else { value })
        }))
    };
    entities.map(key).collect()
}
