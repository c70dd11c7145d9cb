//! The resources that AWS Backup protects, and what of a job depends on their service: it is asked here and nowhere
//! else.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::{Value as Json, json};

use super::errors::{invalid, not_found};
use super::input::{epoch, needed};
use super::lifecycle::Lifecycle;
use super::listing::Page;
use super::point::{Content, Point};
use super::settings::{Settings, TYPES};
use super::state::{Place, place_of};
use crate::call::{Answer, ApiError, Call};
use crate::dynamodb::name_of;
use crate::fsx::{self, Held};
use crate::world::World;

pub(super) use crate::fsx::Readiness;

/// `ResourceType` of tables.
pub(super) const DYNAMODB: &str = "DynamoDB";
/// `ResourceType` of file systems and volumes of FSx.
pub(super) const FSX: &str = "FSx";

/// A `ResourceType`.
pub(super) type ResourceType = &'static str;

/// Reads a type that was saved.
pub(super) fn known<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ResourceType, D::Error> {
    let saved = String::deserialize(deserializer)?;
    let unknown = || D::Error::custom(format!("there is no resource type {saved}"));
    TYPES.into_iter().find(|known| *known == saved).ok_or_else(unknown)
}

/// The type of the resource with that ARN, if it is one of this place that can be backed up at all.
pub(super) fn type_of(place: &Place, arn: &str) -> Option<ResourceType> {
    let (account, region) = place;
    let table = arn.starts_with(&format!("arn:aws:dynamodb:{region}:{account}:table/"));
    table.then_some(DYNAMODB).or_else(|| fsx::is_unit(place, arn).then_some(FSX))
}

/// The type by the service that the ARN names, wherever it is.
fn kind_of(arn: &str) -> ResourceType {
    if arn.starts_with("arn:aws:fsx:") { FSX } else { DYNAMODB }
}

/// Whether AWS Backup manages new points of the type fully, as the settings have it. Of FSx it never does.
pub(super) fn manages(settings: &Settings, kind: ResourceType) -> bool {
    kind != FSX && settings.manages(kind)
}

/// Whether points of the type have tags and a key and can be copied: all but those of tables without advanced features.
pub(super) fn is_advanced(kind: ResourceType, managed: bool) -> bool {
    managed || kind == FSX
}

/// Whether backup jobs tell the size of what they made. FSx "does not populate this value" (API reference, BackupJob).
pub(super) fn tells_size(world: &World, kind: ResourceType) -> bool {
    kind != FSX || world.switches.fsx.jobs_tell_size
}

/// Whether copies of the type wait for room, instead of being refused.
pub(super) fn copies_wait(world: &World, kind: ResourceType) -> bool {
    kind == FSX && world.switches.fsx.copies_wait
}

/// The lifecycle that a point gets. Of FSx there is no cold storage, and AWS Backup ignores that it is asked for (API
/// reference, StartBackupJob).
pub(super) fn lifecycle(kind: ResourceType, managed: bool, given: Lifecycle) -> Result<Lifecycle, ApiError> {
    match kind {
        FSX => Ok(Lifecycle { cold_after: None, ..given }),
        _ if given.cold_after.is_some() && !managed => Err(invalid(format!("{kind} does not support cold storage"))),
        _ => Ok(given),
    }
}

/// Whether the resource is there.
pub(super) fn exists(world: &World, place: &Place, arn: &str) -> bool {
    match kind_of(arn) {
        FSX => fsx::exists(world, place, arn),
        _ => world.dynamodb.table(&place.0, &place.1, name_of(arn), world.now()).is_some(),
    }
}

/// Why a backup of the resource is refused at once, if it is.
pub(super) fn objection(world: &World, place: &Place, arn: &str) -> Option<String> {
    let asked = kind_of(arn) == FSX && world.switches.fsx.refused_at_start;
    asked.then(|| fsx::objection(world, place, arn))?
}

/// Whether a backup of the resource can start now.
pub(super) fn readiness(world: &World, place: &Place, arn: &str) -> Readiness {
    if kind_of(arn) == FSX { fsx::readiness(world, place, arn) } else { Readiness::Ready }
}

/// What a backup or copy finds.
pub(super) struct Captured {
    pub(super) tags: BTreeMap<String, String>,
    pub(super) content: Content,
    /// The point's size.
    pub(super) bytes: u64,
    /// What the job moves.
    pub(super) transferred: u64,
}

impl Captured {
    fn held(world: &World, tags: BTreeMap<String, String>, held: Held) -> Self {
        let (whole, transferred) = (held.whole(), held.added);
        let bytes = if world.switches.fsx.points_tell_whole { whole } else { transferred };
        Self { tags, content: Content::FileSystem(Arc::new(held)), bytes, transferred }
    }
}

/// Reads the resource as it is now.
pub(super) fn capture(world: &mut World, place: &Place, arn: &str) -> Option<Captured> {
    if kind_of(arn) == FSX {
        let (tags, held) = fsx::capture(world, place, arn)?;
        return Some(Captured::held(world, tags, held));
    }
    let now = world.now();
    let table = world.dynamodb.table_mut(&place.0, &place.1, name_of(arn), now)?;
    let image = table.image();
    let (tags, bytes) = (table.tags.clone(), image.bytes);
    Some(Captured { tags, content: Content::Table(image), bytes, transferred: bytes })
}

/// Why a point cannot be copied under a key, if it cannot.
pub(super) fn copy_objection(point: &Point, (from, to): (&Place, &Place), key: &str) -> Option<String> {
    match &point.content {
        Content::FileSystem(held) => fsx::copy_objection(held, from, to, key),
        Content::Table(_) | Content::Nothing => None,
    }
}

/// What a copy of a point under a key is.
pub(super) fn copied(world: &World, source: &Point, (from, to): (&Place, &Place), key: &str) -> Captured {
    let (tags, bytes) = (source.tags.clone(), source.bytes);
    match &source.content {
        Content::FileSystem(held) => {
            let held = fsx::copied(world, (&source.arn, held), from, to, key);
            Captured::held(world, tags, held)
        }
        content => Captured { tags, content: content.clone(), bytes, transferred: bytes },
    }
}

/// The ARN of a new point that its own service keeps.
pub(super) fn plain_arn(world: &mut World, place: &Place, resource: &str) -> String {
    match kind_of(resource) {
        FSX => fsx::new_arn(world, place),
        _ => format!("{resource}/backup/{:014}-{:08x}", world.now().as_millisecond(), world.rng.u32(..)),
    }
}

/// The ARN of a new copy or foreign point.
pub(super) fn copy_arn(world: &mut World, place: &Place, kind: ResourceType) -> String {
    let (account, region) = place;
    match kind {
        FSX => fsx::new_arn(world, place),
        _ => format!("arn:aws:backup:{region}:{account}:recovery-point:{}", world.uuid()),
    }
}

/// The newest point per resource.
fn protected(world: &World, place: &Place) -> BTreeMap<String, (&'static str, String, Timestamp)> {
    let mut newest: BTreeMap<String, (&'static str, String, Timestamp)> = BTreeMap::new();
    let points = world.backup.known(place).into_iter().flat_map(|region| region.points.all());
    for point in points.filter(|point| point.is_good()) {
        let entry = || (point.resource_type, point.resource_name().to_owned(), point.created);
        let known = newest.entry(point.resource.clone()).or_insert_with(entry);
        known.2 = known.2.max(point.created);
    }
    newest
}

fn show(arn: &str, (kind, name, last): &(&'static str, String, Timestamp)) -> Json {
    json!({ "ResourceArn": arn, "ResourceType": kind, "ResourceName": name, "LastBackupTime": epoch(*last) })
}

/// `ListProtectedResources`.
pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let protected = protected(world, &place_of(call));
    let page = Page::read(call)?;
    Ok(page.collect("Results", protected.iter(), |(arn, _)| (*arn).clone(), |(arn, about)| show(arn, about)))
}

/// `DescribeProtectedResource`.
pub(super) fn describe(world: &mut World, call: &Call) -> Answer {
    let arn = needed(call, "ResourceArn")?;
    let protected = protected(world, &place_of(call));
    let about = protected.get(arn).ok_or_else(|| not_found(format!("{arn} is not a protected resource")))?;
    Ok(show(arn, about))
}
