//! A cluster and what it is like.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::copies::Copying;
use super::errors::{cluster_state, invalid};
use super::input::{self, iso, list, number, text};
use super::state::Place;
use crate::call::{ApiError, Call};
use crate::data::{Data, MIB};

/// What of a request is kept and shown as it came.
const KEPT: [&str; 9] = [
    "AllowVersionUpgrade",
    "ClusterSubnetGroupName",
    "ClusterVersion",
    "DefaultIamRoleArn",
    "EnhancedVpcRouting",
    "IpAddressType",
    "MaintenanceTrackName",
    "PreferredMaintenanceWindow",
    "PubliclyAccessible",
];
/// Nodes that a cluster has at most (API reference, `CreateCluster`).
const MAX_NODES: i64 = 100;

/// What a snapshot remembers of its cluster, and a cluster that is restored from it begins with.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Nature {
    pub(super) node_type: String,
    pub(super) nodes: i64,
    pub(super) master: String,
    pub(super) database: String,
    pub(super) port: i64,
    pub(super) zone: String,
    /// The key that its data are encrypted with, if they are.
    pub(super) key: Option<String>,
    given: Map<String, Json>,
}

/// What a cluster is about, beside being available.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(super) enum Phase {
    /// Until it is ready.
    Creating,
    /// Until it is ready.
    Modifying,
    /// Until the restore ends.
    Restoring,
    RestoreFailed,
    /// Until the last snapshot ends.
    FinalSnapshot,
    Deleting,
}

/// A cluster.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Cluster {
    pub(super) id: String,
    pub(super) arn: String,
    /// Another one for each cluster that bears the name.
    pub(super) namespace_arn: String,
    pub(super) created: Timestamp,
    pub(super) phase: Phase,
    pub(super) ready_at: Timestamp,
    pub(super) nature: Nature,
    /// In days; none are made where it is 0.
    pub(super) automated_retention: i64,
    /// In days, of snapshots that are made without saying so.
    pub(super) manual_retention: i64,
    /// What of it is by choice and not restored: security and parameter groups, roles.
    pub(super) groups: Map<String, Json>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) data: Data,
    pub(super) copying: Option<Copying>,
    /// When the last automated snapshot was made, or the cluster began.
    pub(super) automated_at: Timestamp,
    /// How often the next automated snapshot was put on the agenda; earlier entries count for nothing.
    pub(super) armed: u64,
}

impl Nature {
    /// What a request asks for, beginning with `self`.
    pub(super) fn changed(mut self, call: &Call) -> Result<Self, ApiError> {
        let nodes = number(call, "NumberOfNodes")?.unwrap_or(self.nodes);
        if nodes > MAX_NODES {
            let message = format!("A cluster has at most {MAX_NODES} nodes.");
            return Err(ApiError::new("NumberOfNodesPerClusterLimitExceeded", message));
        }
        if nodes < 1 {
            return Err(invalid(format!("A cluster cannot have {nodes} nodes.")));
        }
        self.nodes = nodes;
        self.port = number(call, "Port")?.unwrap_or(self.port);
        for (member, place) in [("NodeType", &mut self.node_type), ("AvailabilityZone", &mut self.zone)] {
            if let Some(given) = text(call, member) {
                given.clone_into(place);
            }
        }
        match (input::flag(call, "Encrypted")?, text(call, "KmsKeyId")) {
            (Some(false), _) => self.key = None,
            (_, Some(key)) => self.key = Some(key.to_owned()),
            (Some(true), None) => {
                let aws = || format!("arn:aws:kms:{}:{}:alias/aws/redshift", call.region, call.account);
                self.key.get_or_insert_with(aws);
            }
            (None, None) => {}
        }
        let kept = KEPT.into_iter().filter_map(|member| Some((member.to_owned(), json!(text(call, member)?))));
        self.given.extend(kept);
        Ok(self)
    }

    /// What a request for a new cluster asks for.
    pub(super) fn new(call: &Call) -> Result<Self, ApiError> {
        let defaults = [
            ("AllowVersionUpgrade", json!(true)),
            ("ClusterVersion", json!("1.0")),
            ("EnhancedVpcRouting", json!(false)),
            ("MaintenanceTrackName", json!("current")),
            ("PreferredMaintenanceWindow", json!("sun:03:00-sun:03:30")),
            ("PubliclyAccessible", json!(false)),
        ];
        let begun = Self {
            node_type: input::needed(call, "NodeType")?.to_owned(),
            nodes: 1,
            master: input::needed(call, "MasterUsername")?.to_owned(),
            database: text(call, "DBName").unwrap_or("dev").to_owned(),
            port: 5_439,
            zone: format!("{}a", call.region),
            key: None,
            given: defaults.into_iter().map(|(member, value)| (member.to_owned(), value)).collect(),
        };
        begun.changed(call)
    }

    /// The members that clusters and snapshots both have.
    pub(super) fn show(&self) -> Map<String, Json> {
        let mut shown = Map::new();
        shown.extend([
            ("NodeType".to_owned(), json!(self.node_type)),
            ("NumberOfNodes".to_owned(), json!(self.nodes)),
            ("MasterUsername".to_owned(), json!(self.master)),
            ("DBName".to_owned(), json!(self.database)),
            ("AvailabilityZone".to_owned(), json!(self.zone)),
            ("Encrypted".to_owned(), json!(self.key.is_some())),
            ("KmsKeyId".to_owned(), json!(self.key)),
        ]);
        for both in ["ClusterVersion", "EnhancedVpcRouting", "MaintenanceTrackName"] {
            shown.extend(self.given.get(both).map(|given| (both.to_owned(), given.clone())));
        }
        shown
    }
}

/// Security groups, parameter group and roles that a request asks for.
pub(super) fn groups(call: &Call) -> Map<String, Json> {
    let memberships = |from: &str, name: &str, state: (&str, &str)| -> Json {
        list(call, from).into_iter().map(|given| json!({ name: given, state.0: state.1 })).collect()
    };
    let parameters = text(call, "ClusterParameterGroupName").unwrap_or("default.redshift-1.0");
    let mut groups = Map::new();
    groups.extend([
        (
            "ClusterParameterGroups".to_owned(),
            json!([{ "ParameterGroupName": parameters, "ParameterApplyStatus": "in-sync" }]),
        ),
        (
            "ClusterSecurityGroups".to_owned(),
            memberships("ClusterSecurityGroups", "ClusterSecurityGroupName", ("Status", "active")),
        ),
        (
            "VpcSecurityGroups".to_owned(),
            memberships("VpcSecurityGroupIds", "VpcSecurityGroupId", ("Status", "active")),
        ),
        ("IamRoles".to_owned(), memberships("IamRoles", "IamRoleArn", ("ApplyStatus", "in-sync"))),
    ]);
    groups
}

/// The ARN of a cluster.
pub(super) fn arn(place: &Place, id: &str) -> String {
    format!("arn:aws:redshift:{}:{}:cluster:{id}", place.1, place.0)
}

impl Cluster {
    /// `ClusterStatus`.
    pub(super) fn status(&self, now: Timestamp) -> &'static str {
        match self.phase {
            Phase::Creating | Phase::Restoring if now < self.ready_at => "creating",
            Phase::Modifying if now < self.ready_at => "modifying",
            Phase::Creating | Phase::Modifying | Phase::Restoring => "available",
            Phase::RestoreFailed => "incompatible-restore",
            Phase::FinalSnapshot => "final-snapshot",
            Phase::Deleting => "deleting",
        }
    }

    /// Nothing can be done to a cluster that is not available.
    pub(super) fn idle(&self, now: Timestamp) -> Result<(), ApiError> {
        match self.status(now) {
            "available" => Ok(()),
            status => Err(cluster_state(&self.id, status)),
        }
    }

    pub(super) fn show(&self, place: &Place, now: Timestamp) -> Json {
        let mut shown = self.nature.given.clone();
        shown.extend(self.nature.show());
        shown.extend(self.groups.clone());
        shown.extend([
            ("ClusterIdentifier".to_owned(), json!(self.id)),
            ("ClusterStatus".to_owned(), json!(self.status(now))),
            ("ClusterAvailabilityStatus".to_owned(), json!(self.availability(now))),
            ("ClusterCreateTime".to_owned(), iso(self.created)),
            ("ClusterNamespaceArn".to_owned(), json!(self.namespace_arn)),
            ("AutomatedSnapshotRetentionPeriod".to_owned(), json!(self.automated_retention)),
            ("ManualSnapshotRetentionPeriod".to_owned(), json!(self.manual_retention)),
            ("Tags".to_owned(), input::shown(&self.tags)),
            ("ClusterSnapshotCopyStatus".to_owned(), json!(self.copying.as_ref().map(Copying::show))),
            ("RestoreStatus".to_owned(), json!(self.restore_status(now))),
        ]);
        if self.phase != Phase::Creating || self.ready_at <= now {
            let address = format!("{}.simcloud.{}.redshift.amazonaws.com", self.id, place.1);
            shown.insert("Endpoint".to_owned(), json!({ "Address": address, "Port": self.nature.port }));
        }
        Json::Object(shown)
    }

    fn availability(&self, now: Timestamp) -> &'static str {
        match self.status(now) {
            "available" => "Available",
            "modifying" => "Modifying",
            "incompatible-restore" => "Failed",
            _ => "Unavailable",
        }
    }

    /// `RestoreStatus`, of a cluster that was restored.
    fn restore_status(&self, now: Timestamp) -> Option<Json> {
        let status = match self.phase {
            Phase::Restoring if now < self.ready_at => "restoring",
            Phase::Restoring => "completed",
            Phase::RestoreFailed => "failed",
            _ => return None,
        };
        Some(json!({ "Status": status, "SnapshotSizeInMegaBytes": self.data.image().bytes / MIB }))
    }
}
