//! All that AWS Backup keeps, by account and Region.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::arrivals::Arrivals;
use super::backup_jobs::BackupJob;
use super::copy_jobs::CopyJob;
use super::errors::{denied, not_found};
use super::holds::Hold;
use super::job::Jobs;
use super::point::Point;
use super::restore_jobs::RestoreJob;
use super::settings::Settings;
use super::tokens::Tokens;
use super::vaults::Vault;
use crate::call::ApiError;
use crate::events::Event;
pub(super) use crate::place::{Place, place_of};

/// AWS Backup everywhere.
#[derive(Default, Deserialize, Serialize)]
pub(crate) struct State {
    regions: BTreeMap<Place, Region>,
}

/// AWS Backup in one account and Region.
#[derive(Default, Deserialize, Serialize)]
pub(super) struct Region {
    pub(super) vaults: BTreeMap<String, Vault>,
    pub(super) points: Points,
    pub(super) backup_jobs: Jobs<BackupJob>,
    pub(super) copy_jobs: Jobs<CopyJob>,
    pub(super) restore_jobs: Jobs<RestoreJob>,
    pub(super) holds: BTreeMap<String, Hold>,
    pub(super) settings: Settings,
    pub(super) tokens: Tokens,
    /// The job that runs on each resource.
    pub(super) running: BTreeMap<String, String>,
    /// Copies on their way here.
    pub(super) arrivals: Arrivals,
    /// Events that leave with the next batch.
    pub(super) outbox: Vec<Event>,
    pub(super) batch_scheduled: bool,
}

impl State {
    /// A place as it is; what was never used is empty.
    pub(super) fn region(&mut self, place: &Place) -> &mut Region {
        self.regions.entry(place.clone()).or_default()
    }

    /// A place that was used before.
    pub(super) fn known(&self, place: &Place) -> Option<&Region> {
        self.regions.get(place)
    }

    /// Every place that was used.
    pub(super) fn places(&self) -> impl Iterator<Item = (&Place, &Region)> {
        self.regions.iter()
    }

    /// Which these are.
    pub(crate) fn used(&self) -> impl Iterator<Item = &Place> {
        self.regions.keys()
    }
}

impl Region {
    /// The vault of that name.
    pub(super) fn vault(&self, name: &str) -> Result<&Vault, ApiError> {
        self.vaults.get(name).ok_or_else(|| not_found(format!("Backup vault {name} does not exist")))
    }

    /// The vault of that name, for who looks at it: that it is missing may be told as a missing right.
    pub(super) fn vault_seen(&self, name: &str, missing_denied: bool) -> Result<&Vault, ApiError> {
        self.vault(name).map_err(|missing| if missing_denied { denied() } else { missing })
    }

    /// The point in that vault.
    pub(super) fn point_in(&mut self, vault: &str, arn: &str) -> Result<&mut Point, ApiError> {
        self.vault(vault)?;
        let found = self.points.get_mut(arn).filter(|point| point.vault == vault);
        found.ok_or_else(|| not_found(format!("Recovery point {arn} does not exist in vault {vault}")))
    }
}

/// Points by ARN, and in the order of vault and resource for listings. ARNs are random, so that order tells nothing.
#[derive(Default, Deserialize, Serialize)]
pub(super) struct Points {
    by_arn: BTreeMap<String, Point>,
    by_vault: BTreeSet<(String, String, String)>,
    /// What is gone and may still be listed until then.
    gone: VecDeque<(Timestamp, Point)>,
}

impl Points {
    pub(super) fn insert(&mut self, point: Point) {
        self.by_vault.insert((point.vault.clone(), point.resource.clone(), point.arn.clone()));
        self.by_arn.insert(point.arn.clone(), point);
    }

    /// Takes a point away; listings may show it until `listed_until`.
    pub(super) fn remove(&mut self, arn: &str, listed_until: Timestamp) -> Option<Point> {
        let point = self.by_arn.remove(arn)?;
        self.by_vault.remove(&(point.vault.clone(), point.resource.clone(), point.arn.clone()));
        self.gone.push_back((listed_until, point.clone()));
        Some(point)
    }

    pub(super) fn get(&self, arn: &str) -> Option<&Point> {
        self.by_arn.get(arn)
    }

    pub(super) fn get_mut(&mut self, arn: &str) -> Option<&mut Point> {
        self.by_arn.get_mut(arn)
    }

    /// All points, by ARN.
    pub(super) fn all(&self) -> impl Iterator<Item = &Point> {
        self.by_arn.values()
    }

    /// The points of a vault, of one resource if it is named.
    pub(super) fn of_vault<'a>(&'a self, vault: &'a str, resource: Option<&'a str>) -> impl Iterator<Item = &'a Point> {
        let start = (vault.to_owned(), resource.unwrap_or_default().to_owned(), String::new());
        let within = move |place: &&(String, String, String)| {
            place.0 == vault && resource.is_none_or(|resource| place.1 == resource)
        };
        self.by_vault.range(start..).take_while(within).filter_map(|(_, _, arn)| self.by_arn.get(arn))
    }

    /// Points that are gone but may still be listed.
    pub(super) fn lingering(&mut self, now: Timestamp) -> impl Iterator<Item = &Point> {
        while self.gone.pop_front_if(|(until, _)| *until <= now).is_some() {}
        self.gone.iter().map(|(_, point)| point)
    }
}
