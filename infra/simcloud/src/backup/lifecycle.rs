//! How long AWS Backup itself keeps a point, and when it makes it cold.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::Later;
use super::deletion;
use super::errors::invalid;
use super::input::{epoch, put};
use super::state::Place;
use crate::call::{ApiError, Call};
use crate::clock::after;
use crate::world::World;

/// What is made cold stays at least so many days.
const COLD_DAYS: i64 = 90;

/// When an expiry that something put off is tried again.
const EXPIRY_RETRY: Duration = Duration::from_hours(1);

/// A point's lifecycle, in days from its creation date; without an end it is kept for ever.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Lifecycle {
    pub(super) delete_after: Option<i64>,
    pub(super) cold_after: Option<i64>,
}

impl Lifecycle {
    /// Reads `Lifecycle`; none when the request has none.
    pub(super) fn read(call: &Call) -> Result<Option<Self>, ApiError> {
        let Some(given) = call.input.get("Lifecycle").filter(|given| given.is_object()) else { return Ok(None) };
        let days = |member: &str| match given.get(member).and_then(Json::as_i64) {
            // On a copy, -1 stands for what the source has.
            Some(-1) | None => Ok(None),
            Some(days) if days < 1 => Err(invalid(format!("{member} must be at least 1"))),
            days => Ok(days),
        };
        let lifecycle =
            Self { delete_after: days("DeleteAfterDays")?, cold_after: days("MoveToColdStorageAfterDays")? };
        if let (Some(cold), Some(delete)) = (lifecycle.cold_after, lifecycle.delete_after)
            && delete < cold + COLD_DAYS
        {
            return Err(invalid("DeleteAfterDays cannot be less than 90 days apart from MoveToColdStorageAfterDays"));
        }
        Ok((lifecycle != Self::default()).then_some(lifecycle))
    }

    /// `Lifecycle` in answers.
    pub(super) fn show(&self) -> Json {
        let mut json = json!({});
        put(&mut json, "DeleteAfterDays", self.delete_after);
        put(&mut json, "MoveToColdStorageAfterDays", self.cold_after);
        json
    }

    /// `CalculatedLifecycle` of a point created then.
    pub(super) fn calculated(&self, created: Timestamp) -> Json {
        let mut json = json!({});
        put(&mut json, "DeleteAt", self.delete_at(created).map(epoch));
        put(&mut json, "MoveToColdStorageAt", days_after(created, self.cold_after).map(epoch));
        json
    }

    /// When a point created then expires.
    pub(super) fn delete_at(&self, created: Timestamp) -> Option<Timestamp> {
        days_after(created, self.delete_after)
    }
}

fn days_after(created: Timestamp, days: Option<i64>) -> Option<Timestamp> {
    created.checked_add(SignedDuration::from_hours(days?.saturating_mul(24))).ok()
}

/// Puts on the agenda what a point's lifecycle will do. Called whenever the lifecycle is set anew.
pub(super) fn arm(world: &mut World, place: &Place, arn: &str) {
    let wait = world.pace.backup.expiry.draw(&mut world.rng);
    let Some(point) = world.backup.region(place).points.get_mut(arn) else { return };
    point.armed += 1;
    let (armed, created, lifecycle) = (point.armed, point.created, point.lifecycle.clone());
    if let Some(at) = days_after(created, lifecycle.cold_after) {
        let (place, arn) = (place.clone(), arn.to_owned());
        world.schedule(at, Later::Chill { place, arn, armed });
    }
    if let Some(at) = lifecycle.delete_at(created) {
        let (place, arn) = (place.clone(), arn.to_owned());
        world.schedule(after(at, wait), Later::Expire { place, arn, armed });
    }
}

/// Makes a point cold whose lifecycle is still the same.
pub(super) fn chill(world: &mut World, place: &Place, arn: &str, armed: u64) {
    if let Some(point) = world.backup.region(place).points.get_mut(arn).filter(|point| point.armed == armed) {
        point.cold = true;
    }
}

/// Ends a point whose time has come; a legal hold or a running copy or restore puts that off.
pub(super) fn expire(world: &mut World, place: Place, arn: String, armed: u64) {
    let region = world.backup.region(&place);
    let Some(point) = region.points.get(&arn).filter(|point| point.armed == armed) else { return };
    if point.users > 0 || region.holds.values().any(|hold| hold.holds(point)) {
        world.schedule_in(EXPIRY_RETRY, Later::Expire { place, arn, armed });
        return;
    }
    deletion::begin(world, &place, &arn);
}
