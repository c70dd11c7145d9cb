//! The resources that AWS Backup protects.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::{Value as Json, json};

use super::errors::not_found;
use super::input::{epoch, needed};
use super::listing::Page;
use super::point::{Content, Point};
use super::settings::TYPES;
use super::state::{Place, place_of};
use crate::call::{Answer, Call};
use crate::dynamodb::name_of;
use crate::world::World;

/// `ResourceType` of tables.
pub(super) const DYNAMODB: &str = "DynamoDB";

/// A `ResourceType`.
pub(super) type ResourceType = &'static str;

/// Reads a type that was saved.
pub(super) fn known<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ResourceType, D::Error> {
    let saved = String::deserialize(deserializer)?;
    let unknown = || D::Error::custom(format!("there is no resource type {saved}"));
    TYPES.into_iter().find(|known| *known == saved).ok_or_else(unknown)
}

/// The type of the resource with that ARN, if it is one of this place that can be backed up at all.
pub(super) fn type_of((account, region): &Place, arn: &str) -> Option<&'static str> {
    arn.starts_with(&format!("arn:aws:dynamodb:{region}:{account}:table/")).then_some(DYNAMODB)
}

/// Whether the resource is there.
pub(super) fn exists(world: &World, (account, region): &Place, arn: &str) -> bool {
    world.dynamodb.table(account, region, name_of(arn), world.now()).is_some()
}

/// What a backup finds.
pub(super) struct Captured {
    pub(super) tags: BTreeMap<String, String>,
    pub(super) content: Content,
    pub(super) bytes: u64,
}

/// Reads the resource as it is now.
pub(super) fn capture(world: &mut World, (account, region): &Place, arn: &str) -> Option<Captured> {
    let now = world.now();
    let table = world.dynamodb.table_mut(account, region, name_of(arn), now)?;
    let image = table.image();
    let (tags, bytes) = (table.tags.clone(), image.bytes);
    Some(Captured { tags, content: Content::Table(image), bytes })
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

/// The members by which a restore of the point starts (`GetRecoveryPointRestoreMetadata`).
pub(super) fn restore_metadata(point: &Point) -> BTreeMap<&'static str, String> {
    BTreeMap::from([("originalTableName", point.resource_name().to_owned()), ("encryptionType", "Default".to_owned())])
}
