//! What restores make, by the service that makes it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::errors::{invalid, missing};
use super::point::{Content, Point};
use super::resources::{FSX, exists};
use super::state::Place;
use crate::call::ApiError;
use crate::world::World;
use crate::{dynamodb, fsx};

/// What a restore is to make.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) enum Target {
    /// A table of that name.
    Table(String),
    /// A file system or volume, by the request that makes it.
    FileSystem(Json),
}

impl Target {
    /// What the metadata of a restore ask for. Their keys are in small letters.
    pub(super) fn read(
        world: &World,
        place: &Place,
        point: &Point,
        metadata: &BTreeMap<String, String>,
    ) -> Result<Self, ApiError> {
        match &point.content {
            Content::FileSystem(held) => fsx::restore_request(held, metadata).map(Self::FileSystem).map_err(invalid),
            Content::Nothing if point.resource_type == FSX => {
                Err(invalid(format!("Recovery point {} cannot be restored", point.arn)))
            }
            Content::Table(_) | Content::Nothing => table(world, place, point, metadata),
        }
    }

    /// Makes it with what a point holds, and tells its ARN.
    pub(super) fn make(&self, world: &mut World, place: &Place, content: Option<Content>) -> Result<String, String> {
        match (self, content) {
            (Self::Table(name), Some(Content::Table(image))) => dynamodb::restore(world, place, name, &image),
            (Self::FileSystem(request), Some(Content::FileSystem(held))) => fsx::restore(world, place, &held, request),
            _ => Err("The recovery point cannot be restored.".to_owned()),
        }
    }
}

fn table(world: &World, place: &Place, point: &Point, metadata: &BTreeMap<String, String>) -> Result<Target, ApiError> {
    let name = metadata.get("targettablename").ok_or_else(|| missing("Metadata.targetTableName"))?;
    if point.source_vault.is_some() && !metadata.contains_key("encryptiontype") {
        return Err(invalid("encryptionType is required to restore a copy"));
    }
    if exists(world, place, name) {
        return Err(invalid(format!("Table already exists: {name}")));
    }
    Ok(Target::Table(name.clone()))
}

/// The members by which a restore of the point starts (`GetRecoveryPointRestoreMetadata`).
pub(super) fn restore_metadata(point: &Point) -> BTreeMap<String, String> {
    match &point.content {
        Content::FileSystem(held) => fsx::restore_metadata(held),
        Content::Table(_) | Content::Nothing => {
            let members = [("originalTableName", point.resource_name()), ("encryptionType", "Default")];
            members.into_iter().map(|(member, value)| (member.to_owned(), value.to_owned())).collect()
        }
    }
}
