//! Changing vaults behind everybody's back, as people and accidents do.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::lifecycle::Lifecycle;
use super::point::{Content, Point, Status};
use super::resources::{DYNAMODB, capture, copy_arn, type_of};
use super::state::Place;
use crate::inspect::Inspect;

/// A point that nothing in the cloud made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignPoint {
    /// The account that is to hold it.
    pub account: String,
    /// The Region that is to hold it.
    pub region: String,
    /// The vault, which must exist.
    pub vault: String,
    /// The resource that it claims to be of; a table that exists lends it its content.
    pub resource: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Its creation date.
    pub created: Timestamp,
    /// Its status: `COMPLETED`, `PARTIAL`, `EXPIRED`, `DELETING`; anything else is `CREATING`.
    pub status: String,
}

/// A point that was taken out of its vault.
#[derive(Debug)]
pub struct TakenPoint {
    place: Place,
    point: Point,
}

impl Inspect {
    /// Puts a point there and tells its ARN; `None` without the vault.
    #[must_use]
    pub fn put_point(&self, foreign: ForeignPoint) -> Option<String> {
        let mut world = self.world();
        let place: Place = (foreign.account, foreign.region);
        let kind = type_of(&place, &foreign.resource).unwrap_or(DYNAMODB);
        let arn = copy_arn(&mut world, &place, kind);
        let captured = capture(&mut world, &place, &foreign.resource);
        let region = world.backup.region(&place);
        region.vault(&foreign.vault).ok()?;
        let statuses = [Status::Completed, Status::Partial, Status::Expired, Status::Deleting];
        let status = statuses.into_iter().find(|status| status.name() == foreign.status).unwrap_or(Status::Creating);
        let bytes = captured.as_ref().map_or(0, |captured| captured.bytes);
        region.points.insert(Point {
            arn: arn.clone(),
            vault: foreign.vault,
            resource_type: kind,
            resource: foreign.resource,
            role: format!("arn:aws:iam::{}:role/somebody", place.0),
            status,
            message: None,
            created: foreign.created,
            initiated: foreign.created,
            completed: Some(foreign.created),
            bytes,
            lifecycle: Lifecycle::default(),
            cold: false,
            tags: foreign.tags,
            content: captured.map_or(Content::Nothing, |captured| captured.content),
            source_vault: None,
            job: None,
            users: 0,
            armed: 0,
        });
        Some(arn)
    }

    /// Takes a point away at once, in whatever state it is; false when there is none.
    pub fn remove_point(&self, arn: &str) -> bool {
        let mut world = self.world();
        let now = world.now();
        let holder = world.backup.places().find(|(_, region)| region.points.get(arn).is_some());
        let Some(place) = holder.map(|(place, _)| place.clone()) else { return false };
        world.backup.region(&place).points.remove(arn, now).is_some()
    }

    /// As [`Inspect::remove_point`], and keeps it, so that it can be given back as it was; none when there is none.
    #[must_use]
    pub fn take_point(&self, arn: &str) -> Option<TakenPoint> {
        let mut world = self.world();
        let now = world.now();
        let place = world.backup.places().find(|(_, region)| region.points.get(arn).is_some())?.0.clone();
        let point = world.backup.region(&place).points.get(arn).cloned()?;
        world.backup.region(&place).points.remove(arn, now)?;
        Some(TakenPoint { place, point })
    }

    /// Puts a point back where it was taken.
    pub fn return_point(&self, taken: TakenPoint) {
        let mut world = self.world();
        world.backup.region(&taken.place).points.insert(taken.point);
    }

    /// Gives a point exactly these tags; false when there is none.
    pub fn set_point_tags(&self, arn: &str, tags: BTreeMap<String, String>) -> bool {
        self.change_point(arn, |point| point.tags = tags)
    }

    /// Makes a point look EXPIRED, as a deletion without permission leaves it; false when there is none.
    pub fn expire_point(&self, arn: &str) -> bool {
        self.change_point(arn, |point| point.status = Status::Expired)
    }

    fn change_point(&self, arn: &str, change: impl FnOnce(&mut Point)) -> bool {
        let mut world = self.world();
        let holder = world.backup.places().find(|(_, region)| region.points.get(arn).is_some());
        let Some(place) = holder.map(|(place, _)| place.clone()) else { return false };
        match world.backup.region(&place).points.get_mut(arn) {
            Some(point) => {
                change(point);
                true
            }
            None => false,
        }
    }
}
