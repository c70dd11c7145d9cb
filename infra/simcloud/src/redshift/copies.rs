//! The standing copy of a cluster's snapshots to another Region: one destination at a time, with one retention for the
//! copies of automated snapshots and another for those of manual ones.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::automatic;
use super::cluster::Cluster;
use super::errors::{self, grant_not_found};
use super::input::{automated_retention, flag, manual_retention_or_for_ever, name, needed, number, text};
use super::state::place_of;
use crate::call::{Answer, ApiError, Call};
use crate::warehouse;
use crate::world::World;

/// Copies of automated snapshots are kept so long unless the request says otherwise (API reference,
/// `EnableSnapshotCopy`).
const AUTOMATED_DAYS: i64 = 7;

/// Where a cluster's snapshots are copied to.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Copying {
    pub(super) destination: String,
    /// In days, of the copies of automated snapshots.
    pub(super) automated: i64,
    /// In days, of the copies of manual ones.
    pub(super) manual: i64,
    /// Which grant, in the destination, lets Redshift encrypt the copies.
    pub(super) grant: Option<String>,
    pub(super) since: Timestamp,
}

impl Copying {
    pub(super) fn show(&self) -> Json {
        json!({
            "DestinationRegion": self.destination,
            "RetentionPeriod": self.automated,
            "ManualSnapshotRetentionPeriod": self.manual,
            "SnapshotCopyGrantName": self.grant,
        })
    }
}

/// Whether a text looks like a Region: which ones there are is not simcloud's to know.
fn is_region(text: &str) -> bool {
    let mut parts = text.rsplit('-');
    let number = parts.next().is_some_and(|last| !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()));
    let words: Vec<&str> = parts.collect();
    let lower = |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    number && words.len() >= 2 && words.iter().all(lower)
}

/// The grant that an encrypted cluster needs in the destination.
fn grant(world: &mut World, call: &Call, cluster: &Cluster, destination: &str) -> Result<Option<String>, ApiError> {
    let given = text(call, "SnapshotCopyGrantName").map(str::to_ascii_lowercase);
    let there = (call.account.clone(), destination.to_owned());
    match given {
        Some(name) if world.redshift.region(&there).grants.contains_key(&name) => Ok(Some(name)),
        Some(name) => Err(grant_not_found(&name)),
        None if cluster.nature.key.is_some() => Err(grant_not_found("that an encrypted cluster needs")),
        None => Ok(None),
    }
}

/// `EnableSnapshotCopy`.
pub(super) fn enable(world: &mut World, call: &Call) -> Answer {
    let (place, now) = (place_of(call), world.now());
    let (id, destination) = (name(call, "ClusterIdentifier")?, needed(call, "DestinationRegion")?);
    let automated = automated_retention(call, "RetentionPeriod", 1)?.unwrap_or(AUTOMATED_DAYS);
    let manual = manual_retention_or_for_ever(call, "ManualSnapshotRetentionPeriod")?;
    let cluster = world.redshift.region(&place).cluster(&id)?.clone();
    cluster.idle(now)?;
    if let Some(known) = &cluster.copying {
        let message = format!("Snapshots of {id} are copied to {} already.", known.destination);
        return Err(ApiError::new("SnapshotCopyAlreadyEnabledFault", message));
    }
    if !is_region(destination) || destination == call.region {
        let message = format!("Snapshots cannot be copied to {destination}.");
        return Err(ApiError::new("UnknownSnapshotCopyRegionFault", message).status(404));
    }
    let grant = grant(world, call, &cluster, destination)?;
    let cluster = world.redshift.region(&place).cluster(&id)?;
    cluster.copying = Some(Copying { destination: destination.to_owned(), automated, manual, grant, since: now });
    Ok(json!({ "Cluster": cluster.show(&place, now) }))
}

/// `DisableSnapshotCopy`. What was copied stays.
pub(super) fn disable(world: &mut World, call: &Call) -> Answer {
    let (place, now) = (place_of(call), world.now());
    let cluster = world.redshift.region(&place).cluster(&name(call, "ClusterIdentifier")?)?;
    cluster.idle(now)?;
    if cluster.copying.take().is_none() {
        let message = format!("Snapshots of {} are not copied.", cluster.id);
        return Err(ApiError::new("SnapshotCopyAlreadyDisabledFault", message));
    }
    Ok(json!({ "Cluster": cluster.show(&place, now) }))
}

/// `ModifySnapshotCopyRetentionPeriod`: of all copies of automated snapshots or, where it is about manual ones, of
/// those that are still to come.
pub(super) fn modify(world: &mut World, call: &Call) -> Answer {
    let (place, now) = (place_of(call), world.now());
    let manual = flag(call, "Manual")?.unwrap_or(false);
    let days = number(call, "RetentionPeriod")?.ok_or_else(|| errors::missing("RetentionPeriod"))?;
    let cluster = world.redshift.region(&place).cluster(&name(call, "ClusterIdentifier")?)?;
    cluster.idle(now)?;
    let Some(copying) = &mut cluster.copying else {
        let message = format!("Snapshots of {} are not copied.", cluster.id);
        return Err(ApiError::new("SnapshotCopyDisabledFault", message));
    };
    let fits = if manual { warehouse::is_retention(days) } else { (1..=35).contains(&days) };
    if !fits {
        return Err(errors::retention("RetentionPeriod", days));
    }
    if manual {
        copying.manual = days;
    } else {
        copying.automated = days;
    }
    let there = (place.0.clone(), copying.destination.clone());
    let (answer, namespace) = (json!({ "Cluster": cluster.show(&place, now) }), cluster.namespace_arn.clone());
    if !manual {
        automatic::retain(world, &there, days, |copy| copy.is_automated() && copy.namespace_arn == namespace);
    }
    Ok(answer)
}
