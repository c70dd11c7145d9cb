//! Redshift Serverless's events. Only their ids and messages are documented (management guide, "Monitoring Amazon
//! Redshift Serverless with EventBridge"), not what else stands in `detail`: that is a switch. They are delivered at
//! once; there is none for a snapshot that failed, nor for copies.

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::restores::Source;
use super::snapshot::Snapshot;
use super::state::Place;
use crate::events::Event;
use crate::world::World;

fn emit(world: &mut World, place: &Place, kind: &str, (id, severity): (u32, &str), about: (&str, &str), message: &str) {
    let event_id = format!("REDSHIFT-SERVERLESS-EVENT-{id}");
    let detail: Json = if world.switches.serverless.detailed_events {
        let (member, name) = about;
        json!({ "eventId": event_id, "severity": severity, "message": message, member: name })
    } else {
        json!({ "message": format!("{event_id} {severity}: {message}") })
    };
    let detail_type = format!("Redshift Serverless {kind}");
    let source = "aws.redshift-serverless".to_owned();
    world.emit_event(&place.0, &place.1, Event { source, detail_type, resources: Vec::new(), detail });
}

fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// A snapshot is complete.
pub(super) fn snapshot(world: &mut World, place: &Place, snapshot: &Snapshot) {
    if snapshot.converted && !world.switches.serverless.conversion_announced {
        return;
    }
    let message = format!("Snapshot {} completed successfully at {}.", snapshot.name, time(world.now()));
    emit(world, place, "Monitoring", (1000, "INFO"), ("snapshotName", &snapshot.name), &message);
}

/// A restore into a namespace has ended. That one from a recovery point failed has the severity INFO too.
pub(super) fn restore(world: &mut World, place: &Place, namespace: &str, of: Source, done: bool) {
    let (id, severity, from) = match (of, done) {
        (Source::Snapshot, true) => (1004, "INFO", "snapshot"),
        (Source::Snapshot, false) => (1005, "ERROR", "snapshot"),
        (Source::RecoveryPoint, true) => (1006, "INFO", "recovery point"),
        (Source::RecoveryPoint, false) => (1007, "INFO", "recovery point"),
    };
    let end = if done { "completed successfully" } else { "failed" };
    let message = format!("Restore from {from} on namespace {namespace} {end} at {}.", time(world.now()));
    emit(world, place, "Management", (id, severity), ("namespaceName", namespace), &message);
}

/// A workgroup was made or deleted.
pub(super) fn workgroup(world: &mut World, place: &Place, id: u32, name: &str) {
    let what = if id == 1008 { "created" } else { "deleted" };
    let message = format!("Workgroup {name} was {what} at {}.", time(world.now()));
    emit(world, place, "Management", (id, "INFO"), ("workgroupName", name), &message);
}
