//! How a snapshot gets to the other Region. Nothing announces it, neither success nor failure: the copy shows there as
//! COPYING and then as AVAILABLE, under its source's name and creation time, with a retention of its own. A snapshot is
//! copied when the configuration stood at its creation and stands when it is complete.

use std::time::Duration;

use super::Later;
use super::snapshot::{self, Snapshot, Status};
use super::state::Place;
use crate::clock::after;
use crate::faults::JobFault;
use crate::warehouse::{self, Retention, Run};
use crate::world::World;

/// Begins to copy a snapshot that is complete, where a configuration wants that.
pub(super) fn begin(world: &mut World, place: &Place, of: &Snapshot) {
    let now = world.now();
    let region = world.serverless.region(place);
    let namespace = region.namespaces.values().find(|namespace| namespace.arn == of.namespace_arn);
    let Some(id) = namespace.map(|namespace| namespace.id.clone()) else { return };
    let mut standing = region.configurations.iter();
    let wanted = standing.rfind(|known| known.namespace_id == id && known.stood(of.created) && known.stood(now));
    let Some((to, retention)) = wanted.map(|known| (known.destination.clone(), known.retention)) else { return };
    let how = match world.faults.job("copy", &of.namespace_arn) {
        Some(JobFault::Ignored) => return,
        fault => warehouse::ending(fault.as_ref()).map_or(Status::Copying, Status::from),
    };
    let rest = world.pace.serverless.copy.draw(&mut world.rng) / 2;
    if let Some(source) = world.serverless.region(place).by_arn(&of.arn) {
        source.copying += 1;
    }
    let (from, arn) = (place.clone(), of.arn.clone());
    world.schedule_in(rest, Later::Arrive { from, arn, to, retention, rest, how });
}

/// Shows a copy in its destination, unless its source is gone or its name is taken there.
pub(super) fn arrive(
    world: &mut World,
    from: &Place,
    arn: &str,
    to: String,
    retention: i64,
    rest: Duration,
    how: Status,
) {
    let now = world.now();
    let switches = &world.switches.serverless;
    let (tagged, keeps_creation) = (switches.copies_carry_tags, switches.copies_keep_creation);
    let Some(source) = world.serverless.region(from).by_arn(arn) else { return };
    source.copying = source.copying.saturating_sub(1);
    let source = source.clone();
    let (place, id) = ((from.0.clone(), to), world.uuid());
    let region = world.serverless.region(&place);
    if source.status == Status::Deleted || region.snapshots.contains_key(&source.name) {
        return;
    }
    let copy = Snapshot {
        arn: format!("arn:aws:redshift-serverless:{}:{}:snapshot/{id}", place.1, place.0),
        status: Status::Copying,
        retention: Retention::new(retention, now),
        run: Run { start: now, end: after(now, rest) },
        tags: if tagged { source.tags.clone() } else { Default::default() },
        copied_from: Some(from.1.clone()),
        copying: 0,
        created: if keeps_creation { source.created } else { now },
        ..source
    };
    let arn = copy.arn.clone();
    region.snapshots.insert(copy.name.clone(), copy);
    if how != Status::Copying {
        world.schedule_in(rest, Later::EndCopy { place, arn, how });
    }
}

/// Ends a copy.
pub(super) fn end(world: &mut World, place: &Place, arn: &str, how: Status) {
    let Some(copy) = world.serverless.region(place).by_arn(arn) else { return };
    if copy.status == Status::Copying {
        copy.status = how;
        snapshot::arm(world, place, arn);
    }
}
