//! All that Redshift Serverless keeps, by account and Region.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::configurations::Configuration;
use super::errors::not_found;
use super::namespaces::Namespace;
use super::snapshot::Snapshot;
use super::workgroups::Workgroup;
use crate::call::ApiError;
use crate::place::Places;
pub(super) use crate::place::{Place, place_of};

/// Redshift Serverless everywhere.
pub(crate) type State = Places<Region>;

/// Redshift Serverless in one account and Region.
#[derive(Default, Deserialize, Serialize)]
pub(crate) struct Region {
    pub(super) namespaces: BTreeMap<String, Namespace>,
    pub(super) workgroups: BTreeMap<String, Workgroup>,
    /// By name.
    pub(super) snapshots: BTreeMap<String, Snapshot>,
    /// Those that ended too, since what they copied stays a while.
    pub(super) configurations: Vec<Configuration>,
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
