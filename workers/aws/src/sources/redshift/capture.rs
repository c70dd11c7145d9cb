//! Reading a cluster's configuration: what a restore into a new cluster needs, and does not bring back by itself.
//!
//! Source: Amazon Redshift API reference, `RestoreFromClusterSnapshot`, whose parameters begin at the defaults of the
//! account and not at what the cluster had.

use aws_sdk_redshift::types::Cluster;
use chainwright_chain::exchange::Configuration;
use serde_json::{Value, json};

use super::{
    cluster::{Home, namespace_of, read},
    copies, names,
};
use crate::{
    error::SourceError,
    sources::parts::{Parts, present},
};

impl Home<'_> {
    pub(super) async fn capture(&self) -> Result<Configuration, SourceError> {
        let cluster = self.cluster().await?;
        let incarnation = namespace_of(&cluster)?;
        let mut parts = Parts::default();
        parts.add(names::CLUSTER, Some(nature(&cluster)));
        parts.add(names::NETWORK, Some(network(&cluster)));
        let groups = cluster.cluster_parameter_groups().iter().filter_map(|group| group.parameter_group_name());
        parts.add(names::PARAMETER_GROUPS, listed(groups));
        parts.add(names::ROLES, roles(&cluster));
        parts.add(names::SETTINGS, Some(settings(&cluster)));
        parts.add(names::COPIES, copies::standing(&cluster)?.map(|copies| json!(copies)));
        let tags = read(cluster.tags());
        parts.add(names::TAGS, (!tags.is_empty()).then(|| json!(tags)));
        parts.not_captured.extend(names::NOT_READ.map(str::to_owned));
        Ok(parts.of(incarnation))
    }
}

fn nature(cluster: &Cluster) -> Value {
    present(json!({
        "name": cluster.cluster_identifier(),
        "node_type": cluster.node_type(),
        "nodes": cluster.number_of_nodes(),
        "database": cluster.db_name(),
        "admin": cluster.master_username(),
        "admin_secret": cluster.master_password_secret_arn(),
        "admin_secret_key": cluster.master_password_secret_kms_key_id(),
        "kms_key": cluster.kms_key_id(),
        "encrypted": cluster.encrypted(),
        "hsm": cluster.hsm_status().and_then(|hsm| hsm.hsm_configuration_identifier()),
        "version": cluster.cluster_version(),
        "multi_az": cluster.multi_az(),
    }))
}

fn network(cluster: &Cluster) -> Value {
    let vpc_groups = cluster.vpc_security_groups().iter().filter_map(|group| group.vpc_security_group_id());
    let groups = cluster.cluster_security_groups().iter().filter_map(|group| group.cluster_security_group_name());
    present(json!({
        "vpc": cluster.vpc_id(),
        "subnet_group": cluster.cluster_subnet_group_name(),
        "vpc_security_groups": listed(vpc_groups),
        "security_groups": listed(groups),
        "zone": cluster.availability_zone(),
        "port": cluster.endpoint().and_then(|endpoint| endpoint.port()),
        "public": cluster.publicly_accessible(),
        "elastic_ip": cluster.elastic_ip_status().and_then(|status| status.elastic_ip()),
        "enhanced_vpc_routing": cluster.enhanced_vpc_routing(),
        "ip_address_type": cluster.ip_address_type(),
    }))
}

fn roles(cluster: &Cluster) -> Option<Value> {
    let roles = listed(cluster.iam_roles().iter().filter_map(|role| role.iam_role_arn()));
    let default = cluster.default_iam_role_arn();
    (roles.is_some() || default.is_some()).then(|| present(json!({ "roles": roles, "default": default })))
}

fn settings(cluster: &Cluster) -> Value {
    present(json!({
        "maintenance_window": cluster.preferred_maintenance_window(),
        "maintenance_track": cluster.maintenance_track_name(),
        "version_upgrade": cluster.allow_version_upgrade(),
        "relocation": cluster.availability_zone_relocation_status(),
        "aqua": cluster.aqua_configuration().and_then(|aqua| aqua.aqua_configuration_status()).map(|it| it.as_str()),
        "automated_keep": cluster.automated_snapshot_retention_period(),
        "manual_keep": cluster.manual_snapshot_retention_period(),
        "snapshot_schedule": cluster.snapshot_schedule_identifier(),
    }))
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> Option<Value> {
    let names: Vec<&str> = names.collect();
    (!names.is_empty()).then(|| json!(names))
}
