//! All that FSx keeps, by account and Region.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::associations::Association;
use super::backup::Backup;
use super::errors::{no_file_system, no_volume};
use super::file_system::FileSystem;
use super::svms::Svm;
use super::tokens::Tokens;
use super::volume::Volume;
use crate::call::ApiError;
use crate::data::Data;
pub(super) use crate::place::{Place, place_of};

/// FSx everywhere.
#[derive(Default, Deserialize, Serialize)]
pub(crate) struct State {
    regions: BTreeMap<Place, Region>,
    /// By the id of a file system or volume, also of what is gone: by it the backups are compared that are left.
    pub(super) data: BTreeMap<String, Data>,
}

/// FSx in one account and Region; everything by its id.
#[derive(Default, Deserialize, Serialize)]
pub(super) struct Region {
    pub(super) file_systems: BTreeMap<String, FileSystem>,
    /// Links of Lustre file systems to data repositories.
    pub(super) associations: BTreeMap<String, Association>,
    pub(super) svms: BTreeMap<String, Svm>,
    pub(super) volumes: BTreeMap<String, Volume>,
    /// Those that FSx was asked for; AWS Backup's are its points.
    pub(super) backups: BTreeMap<String, Backup>,
    pub(super) tokens: Tokens,
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
}

impl Region {
    /// The file system with that id.
    pub(super) fn file_system(&mut self, id: &str) -> Result<&mut FileSystem, ApiError> {
        self.file_systems.get_mut(id).ok_or_else(|| no_file_system(id))
    }

    /// The volume with that id.
    pub(super) fn volume(&mut self, id: &str) -> Result<&mut Volume, ApiError> {
        self.volumes.get_mut(id).ok_or_else(|| no_volume(id))
    }
}
