//! Legal holds: what they cover is not deleted until they are cancelled.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::errors::{exceeded, not_found, refused};
use super::input::{epoch, needed, put, time};
use super::listing::Page;
use super::point::Point;
use super::state::place_of;
use super::tokens;
use crate::call::{Answer, ApiError, Call};
use crate::world::World;

/// Legal holds per account and Region.
const MAX_HOLDS: usize = 50;

/// A legal hold.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Hold {
    id: String,
    arn: String,
    title: String,
    description: String,
    created: Timestamp,
    cancelled: Option<Timestamp>,
    selection: Json,
    vaults: Vec<String>,
    resources: Vec<String>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

impl Hold {
    /// Whether the hold keeps this point.
    pub(super) fn holds(&self, point: &Point) -> bool {
        self.cancelled.is_none()
            && (self.vaults.is_empty() || self.vaults.contains(&point.vault))
            && (self.resources.is_empty() || self.resources.contains(&point.resource))
            && self.from.is_none_or(|from| from <= point.created)
            && self.to.is_none_or(|to| point.created <= to)
    }

    fn show(&self) -> Json {
        let status = if self.cancelled.is_some() { "CANCELED" } else { "ACTIVE" };
        let mut json = json!({
            "LegalHoldId": self.id,
            "LegalHoldArn": self.arn,
            "Title": self.title,
            "Description": self.description,
            "Status": status,
            "CreationDate": epoch(self.created),
        });
        put(&mut json, "CancellationDate", self.cancelled.map(epoch));
        json
    }

    fn show_in_full(&self) -> Json {
        let mut json = self.show();
        put(&mut json, "RecoveryPointSelection", Some(self.selection.clone()));
        json
    }
}

/// `CreateLegalHold`.
pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let (place, now) = (place_of(call), world.now());
    if let Some(id) = tokens::recall(world, call)? {
        return found(world, call, &id).map(|hold| hold.show_in_full());
    }
    if world.backup.region(&place).holds.len() >= MAX_HOLDS {
        return Err(exceeded("Limit of 50 legal holds exceeded"));
    }
    let (account, region) = &place;
    let id = world.uuid();
    let arn = format!("arn:aws:backup:{region}:{account}:legal-hold:{id}");
    let selection = call.input.get("RecoveryPointSelection").cloned().unwrap_or_else(|| json!({}));
    let names = |member: &str| {
        let names = selection.get(member).and_then(Json::as_array).into_iter().flatten();
        names.filter_map(Json::as_str).map(str::to_owned).collect::<Vec<_>>()
    };
    let range = |member: &str| time(selection.get("DateRange").and_then(|range| range.get(member)));
    let hold = Hold {
        id: id.clone(),
        arn,
        title: needed(call, "Title")?.to_owned(),
        description: needed(call, "Description")?.to_owned(),
        created: now,
        cancelled: None,
        vaults: names("VaultNames"),
        resources: names("ResourceIdentifiers"),
        from: range("FromDate")?,
        to: range("ToDate")?,
        selection: selection.clone(),
    };
    let answer = hold.show_in_full();
    world.backup.region(&place).holds.insert(id.clone(), hold);
    tokens::remember(world, call, &id);
    Ok(answer)
}

fn found<'a>(world: &'a mut World, call: &Call, id: &str) -> Result<&'a mut Hold, ApiError> {
    let holds = &mut world.backup.region(&place_of(call)).holds;
    holds.get_mut(id).ok_or_else(|| not_found(format!("Legal hold {id} does not exist")))
}

/// `GetLegalHold`.
pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    found(world, call, needed(call, "LegalHoldId")?).map(|hold| hold.show_in_full())
}

/// `ListLegalHolds`.
pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let holds = &world.backup.region(&place_of(call)).holds;
    Ok(Page::read(call)?.collect("LegalHolds", holds.values(), |hold| hold.id.clone(), Hold::show))
}

/// `CancelLegalHold`.
pub(super) fn cancel(world: &mut World, call: &Call) -> Answer {
    let now = world.now();
    let hold = found(world, call, needed(call, "LegalHoldId")?)?;
    if hold.cancelled.is_some() {
        return Err(refused(format!("Legal hold {} is cancelled already", hold.id)));
    }
    hold.cancelled = Some(now);
    Ok(json!({}))
}

/// `ListRecoveryPointsByLegalHold`.
pub(super) fn list_points(world: &mut World, call: &Call) -> Answer {
    let place = place_of(call);
    let hold = found(world, call, needed(call, "LegalHoldId")?)?.clone();
    let points = world.backup.region(&place).points.all().filter(|point| hold.holds(point));
    let show = |point: &Point| {
        json!({
            "RecoveryPointArn": point.arn,
            "ResourceArn": point.resource,
            "ResourceType": point.resource_type,
            "BackupVaultName": point.vault,
        })
    };
    Ok(Page::read(call)?.collect("RecoveryPoints", points, |point| point.arn.clone(), show))
}
