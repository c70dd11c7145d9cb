//! Recovery points: made by the service each 30 minutes, kept for 24 hours, gone with their namespace. They are not
//! kept here: which there are follows from the clock. Where a copy configuration stands, its destination has them too,
//! for a day.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use super::configurations::Configuration;
use super::errors::not_found;
use super::input::{self, iso, name, needed, page, retention, text, time};
use super::namespaces::Namespace;
use super::snapshot::{self, New};
use super::state::{Place, State, place_of};
use crate::call::{Answer, ApiError, Call};
use crate::clock::after;
use crate::data::{Image, mebibytes};
use crate::world::World;

/// How often they are made and how long they are kept (management guide, "Snapshots and recovery points").
const PERIOD: Duration = Duration::from_mins(30);
const KEPT: Duration = Duration::from_hours(24);

/// A recovery point.
#[derive(Clone, Debug)]
struct Point {
    id: String,
    namespace_name: String,
    namespace_arn: String,
    workgroup: Option<String>,
    created: Timestamp,
    bytes: u64,
}

impl Point {
    fn show(&self) -> Json {
        let mut shown = json!({
            "recoveryPointId": self.id,
            "recoveryPointCreateTime": iso(self.created),
            "namespaceName": self.namespace_name,
            "namespaceArn": self.namespace_arn,
            "totalSizeInMegaBytes": mebibytes(self.bytes),
        });
        input::put(&mut shown, "workgroupName", self.workgroup.clone());
        shown
    }
}

/// The instants of a namespace's recovery points, oldest first.
fn instants(of: &Namespace, now: Timestamp) -> impl Iterator<Item = Timestamp> {
    let since = of.recovering_since.filter(|since| *since < now);
    let passed = since.and_then(|since| Duration::try_from(now.duration_since(since)).ok()).unwrap_or_default();
    let (passed, period, kept) = (passed.as_secs(), PERIOD.as_secs(), KEPT.as_secs());
    let (first, last) = ((passed.saturating_sub(kept) / period).max(1), passed / period);
    let instants = since.into_iter().flat_map(move |since| {
        (first..=last).map(move |number| after(since, Duration::from_secs(number.saturating_mul(period))))
    });
    instants.filter(move |at| now < after(*at, KEPT))
}

/// When a namespace's newest recovery point was made.
pub(super) fn newest(of: &Namespace, now: Timestamp) -> Option<Timestamp> {
    instants(of, now).last()
}

/// The id of a recovery point in a Region.
fn id(namespace: &str, region: &str, at: Timestamp) -> String {
    let digest = Sha256::digest(format!("{namespace} {region} {}", at.as_millisecond()));
    let hex = data_encoding::HEXLOWER.encode(&digest);
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

/// Every recovery point that a place has: its own, and those copied to it.
fn points(state: &State, place: &Place, now: Timestamp, lag: Duration) -> Vec<Point> {
    let mut points = Vec::new();
    for (source, region) in state.places().filter(|(source, _)| source.0 == place.0) {
        for namespace in region.namespaces.values() {
            let copied = |at: Timestamp| {
                let stood = |standing: &Configuration| standing.copies(&namespace.id, &place.1, at);
                after(at, lag) <= now && region.configurations.iter().any(stood)
            };
            let there = instants(namespace, now).filter(|at| source == place || copied(*at));
            points.extend(there.map(|created| Point {
                id: id(&namespace.id, &place.1, created),
                namespace_name: namespace.name.clone(),
                namespace_arn: namespace.arn.clone(),
                workgroup: region.workgroup_of(&namespace.name).map(|workgroup| workgroup.name.clone()),
                created,
                bytes: namespace.data.image_at(created).bytes,
            }));
        }
    }
    points
}

/// How long copies of recovery points are under way.
fn lag(world: &World) -> Duration {
    world.pace.serverless.copy.most
}

/// `ListRecoveryPoints`, oldest first.
pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let (name, arn) = (text(call, "namespaceName"), text(call, "namespaceArn"));
    let (from, to) = (time(call, "startTime")?, time(call, "endTime")?);
    let mut points = points(&world.serverless, &place_of(call), world.now(), lag(world));
    points.retain(|point| {
        name.is_none_or(|name| name == point.namespace_name)
            && arn.is_none_or(|arn| arn == point.namespace_arn)
            && from.is_none_or(|from| from <= point.created)
            && to.is_none_or(|to| point.created <= to)
    });
    let position = |point: &Point| format!("{:016} {}", point.created.as_millisecond(), point.id);
    points.sort_by_cached_key(position);
    page(call, "recoveryPoints", points.iter().map(|point| (position(point), point.show())))
}

fn find(world: &World, call: &Call) -> Result<Point, ApiError> {
    let id = needed(call, "recoveryPointId")?;
    let points = points(&world.serverless, &place_of(call), world.now(), lag(world));
    points.into_iter().find(|point| point.id == id).ok_or_else(|| not_found("recovery point", id))
}

/// `GetRecoveryPoint`.
pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    Ok(json!({ "recoveryPoint": find(world, call)?.show() }))
}

/// A recovery point's namespace, and what the point holds of it.
pub(super) fn held(world: &mut World, call: &Call) -> Result<(Namespace, Image), ApiError> {
    let point = find(world, call)?;
    let mut namespaces = world.serverless.places().flat_map(|(_, region)| region.namespaces.values());
    let namespace = namespaces.find(|namespace| namespace.arn == point.namespace_arn).cloned();
    let namespace = namespace.ok_or_else(|| not_found("recovery point", &point.id))?;
    let image = namespace.data.image_at(point.created);
    Ok((namespace, image))
}

/// `ConvertRecoveryPointToSnapshot`.
pub(super) fn convert(world: &mut World, call: &Call) -> Answer {
    let (place, now) = (place_of(call), world.now());
    let name = name(call, "snapshotName")?;
    let (tags, retention) = (input::tags(call, name)?, retention(call, "retentionPeriod")?);
    let (namespace, image) = held(world, call)?;
    let new = New { name: name.to_owned(), retention, tags, image: Some(image) };
    Ok(json!({ "snapshot": snapshot::make(world, &place, &namespace, new)?.show(now) }))
}
