//! How a snapshot gets to the other Region: the copy shows there as creating and then as available, under its source's
//! name and creation time, with a retention of its own. A snapshot is copied when the standing copy stood at its
//! creation and stands when it is complete. Only success is announced, in the Region that the copy came from.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Later;
use super::events;
use super::snapshot::{self, Snapshot, Status};
use super::state::Place;
use crate::clock::after;
use crate::faults::JobFault;
use crate::warehouse::{self, Retention, Run};
use crate::world::World;

/// A copy on its way.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Arrival {
    from: Place,
    serial: String,
    to: String,
    days: i64,
    grant: Option<String>,
    rest: Duration,
    /// What will become of it; none where it never ends.
    how: Option<Status>,
}

/// Begins to copy a snapshot that is complete, where its cluster's standing copy wants that. Faults meet copies of
/// manual snapshots.
pub(super) fn begin(world: &mut World, place: &Place, of: &Snapshot) {
    let Some(cluster) = world.redshift.region(place).by_namespace(&of.namespace_arn) else { return };
    let Some(copying) = cluster.copying.clone().filter(|copying| copying.since <= of.created) else { return };
    let arn = cluster.arn.clone();
    let fault = if of.is_automated() { None } else { world.faults.job("copy", &arn) };
    if fault == Some(JobFault::Ignored) {
        return;
    }
    let how = warehouse::ending(fault.as_ref()).map(Status::from);
    let rest = world.pace.redshift.copy.draw(&mut world.rng) / 2;
    if let Some(source) = world.redshift.region(place).by_serial(&of.serial) {
        source.copying += 1;
    }
    let (from, serial) = (place.clone(), of.serial.clone());
    let days = if of.is_automated() { copying.automated } else { copying.manual };
    let (to, grant) = (copying.destination, copying.grant);
    world.schedule_in(rest, Later::Arrive(Arrival { from, serial, to, days, grant, rest, how }));
}

/// Shows a copy in its destination, unless its source is gone or its name is taken there.
pub(super) fn arrive(world: &mut World, Arrival { from, serial, to, days, grant, rest, how }: Arrival) {
    let now = world.now();
    let switches = &world.switches.redshift;
    let (tagged, keeps_creation) = (switches.copies_carry_tags, switches.copies_keep_creation);
    let Some(source) = world.redshift.region(&from).by_serial(&serial) else { return };
    source.copying = source.copying.saturating_sub(1);
    let source = source.clone();
    let (place, serial) = ((from.0.clone(), to), world.uuid());
    let region = world.redshift.region(&place);
    if source.status == Status::Deleted || region.snapshots.contains_key(&source.id) {
        return;
    }
    let mut copy = Snapshot {
        arn: snapshot::arn(&place, &source.cluster, &source.id),
        serial: serial.clone(),
        status: Status::Creating,
        retention: Retention::new(days, now),
        run: Run { start: now, end: after(now, rest) },
        tags: if tagged { source.tags.clone() } else { Default::default() },
        copied_from: Some(from.1),
        copying: 0,
        created: if keeps_creation { source.created } else { now },
        ..source
    };
    copy.nature.key =
        grant.and_then(|name| region.grants.get(&name)).map(|grant| grant.key.clone()).or(copy.nature.key);
    copy.nature.zone = format!("{}a", place.1);
    region.snapshots.insert(copy.id.clone(), copy);
    if let Some(how) = how {
        world.schedule_in(rest, Later::EndCopy { place, serial, how });
    }
}

/// Ends a copy.
pub(super) fn end(world: &mut World, place: &Place, serial: &str, how: Status) {
    let Some(copy) = world.redshift.region(place).by_serial(serial) else { return };
    if copy.status != Status::Creating {
        return;
    }
    copy.status = how;
    let copy = copy.clone();
    if how == Status::Available {
        snapshot::arm(world, place, serial);
        events::copied(world, place, &copy);
    }
}
