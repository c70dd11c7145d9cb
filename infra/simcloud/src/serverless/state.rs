//! All that Redshift Serverless keeps, by account and Region.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::configurations::Configuration;
use super::errors::not_found;
use super::namespaces::Namespace;
use super::snapshot::Snapshot;
use super::workgroups::Workgroup;
use crate::call::ApiError;
pub(super) use crate::call::{Place, place_of};

/// Redshift Serverless everywhere.
#[derive(Default, Deserialize, Serialize)]
pub(crate) struct State {
    regions: BTreeMap<Place, Region>,
}

/// Redshift Serverless in one account and Region.
#[derive(Default, Deserialize, Serialize)]
pub(super) struct Region {
    pub(super) namespaces: BTreeMap<String, Namespace>,
    pub(super) workgroups: BTreeMap<String, Workgroup>,
    /// By name.
    pub(super) snapshots: BTreeMap<String, Snapshot>,
    /// Those that ended too, since what they copied stays a while.
    pub(super) configurations: Vec<Configuration>,
}

impl State {
    /// A place as it is; what was never used is empty.
    pub(super) fn region(&mut self, place: &Place) -> &mut Region {
        self.regions.entry(place.clone()).or_default()
    }

    /// Every place that was used.
    pub(super) fn places(&self) -> impl Iterator<Item = (&Place, &Region)> {
        self.regions.iter()
    }

    /// As [`State::places`], to be changed.
    pub(super) fn places_mut(&mut self) -> impl Iterator<Item = (&Place, &mut Region)> {
        self.regions.iter_mut()
    }
}

impl Region {
    /// The namespace of that name.
    pub(super) fn namespace(&mut self, name: &str) -> Result<&mut Namespace, ApiError> {
        self.namespaces.get_mut(name).ok_or_else(|| not_found("namespace", name))
    }

    /// The snapshot with that ARN.
    pub(super) fn by_arn(&mut self, arn: &str) -> Option<&mut Snapshot> {
        self.snapshots.values_mut().find(|snapshot| snapshot.arn == arn)
    }

    /// The workgroup that a namespace is attached to.
    pub(super) fn workgroup_of(&self, namespace: &str) -> Option<&Workgroup> {
        self.workgroups.values().find(|workgroup| workgroup.namespace == namespace)
    }
}
