//! Making, changing and finding clusters.

use serde_json::json;

use super::automatic;
use super::cluster::{self, Cluster, Nature, Phase};
use super::errors::cluster_not_found;
use super::input::{self, automated_retention, identifier, manual_retention, manual_retention_or_for_ever, name, page};
use super::state::{Place, place_of};
use crate::call::{Answer, ApiError, Call};
use crate::clock::after;
use crate::data::{Data, GIB, MIB};
use crate::world::World;

/// A cluster's name is so long at most (API reference, `CreateCluster`).
const LONGEST_NAME: usize = 63;
/// What a new cluster holds, and how much of it changes in an hour.
const BYTES: u64 = 20 * GIB;
const HOURLY: u64 = 100 * MIB;
/// How long automated snapshots are kept unless the request says otherwise.
const AUTOMATED_DAYS: i64 = 1;

/// A cluster that a request asks for, as it begins: being created, with new data.
pub(super) fn begun(world: &mut World, call: &Call, nature: Nature) -> Result<Cluster, ApiError> {
    let (place, now) = (place_of(call), world.now());
    let id = identifier(call, "ClusterIdentifier", LONGEST_NAME)?;
    if world.redshift.region(&place).clusters.contains_key(&id) {
        return Err(ApiError::new("ClusterAlreadyExists", format!("Cluster {id} already exists.")));
    }
    let ready_at = after(now, world.pace.redshift.change);
    Ok(Cluster {
        arn: cluster::arn(&place, &id),
        namespace_arn: format!("arn:aws:redshift:{}:{}:namespace:{}", call.region, call.account, world.uuid()),
        id,
        created: now,
        phase: Phase::Creating,
        ready_at,
        nature,
        automated_retention: automated_retention(call, "AutomatedSnapshotRetentionPeriod", 0)?
            .unwrap_or(AUTOMATED_DAYS),
        manual_retention: manual_retention_or_for_ever(call, "ManualSnapshotRetentionPeriod")?,
        groups: cluster::groups(call),
        tags: input::tags(call)?,
        data: Data::new(BYTES, HOURLY),
        copying: None,
        automated_at: ready_at,
        armed: 0,
    })
}

/// Keeps a cluster that has begun, and shows it.
pub(super) fn keep(world: &mut World, place: &Place, cluster: Cluster) -> serde_json::Value {
    let (shown, namespace) = (cluster.show(place, world.now()), cluster.namespace_arn.clone());
    world.redshift.region(place).clusters.insert(cluster.id.clone(), cluster);
    automatic::arm(world, place, &namespace);
    json!({ "Cluster": shown })
}

/// `CreateCluster`.
pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let cluster = begun(world, call, Nature::new(call)?)?;
    Ok(keep(world, &place_of(call), cluster))
}

/// `DescribeClusters`.
pub(super) fn describe(world: &mut World, call: &Call) -> Answer {
    let (place, now) = (place_of(call), world.now());
    let region = world.redshift.region(&place);
    let id = input::text(call, "ClusterIdentifier").map(str::to_ascii_lowercase);
    if let Some(id) = id.as_ref().filter(|id| !region.clusters.contains_key(*id)) {
        return Err(cluster_not_found(id));
    }
    let fits = |cluster: &&Cluster| id.as_ref().is_none_or(|id| *id == cluster.id) && input::wants(call, &cluster.tags);
    let clusters = region.clusters.values().filter(fits);
    page(call, "Clusters", clusters.map(|cluster| (cluster.id.clone(), cluster.show(&place, now))))
}

/// `ModifyCluster`. What changes only how snapshots are kept takes no time. Clusters keep their names here.
pub(super) fn modify(world: &mut World, call: &Call) -> Answer {
    let (place, now) = (place_of(call), world.now());
    let id = name(call, "ClusterIdentifier")?;
    let automated = automated_retention(call, "AutomatedSnapshotRetentionPeriod", 0)?;
    let manual = manual_retention(call, "ManualSnapshotRetentionPeriod")?;
    if input::text(call, "NewClusterIdentifier").is_some() {
        return Err(ApiError::new("UnsupportedOperation", "simcloud renames no clusters."));
    }
    let change = world.pace.redshift.change;
    let cluster = world.redshift.region(&place).cluster(&id)?;
    cluster.idle(now)?;
    let nature = cluster.nature.clone().changed(call)?;
    if (nature.nodes, &nature.node_type, &nature.key)
        != (cluster.nature.nodes, &cluster.nature.node_type, &cluster.nature.key)
    {
        (cluster.phase, cluster.ready_at) = (Phase::Modifying, after(now, change));
    }
    cluster.nature = nature;
    cluster.manual_retention = manual.unwrap_or(cluster.manual_retention);
    for (group, asked) in cluster::groups(call) {
        let member = match group.as_str() {
            "ClusterParameterGroups" => "ClusterParameterGroupName",
            "VpcSecurityGroups" => "VpcSecurityGroupIds",
            other => other,
        };
        if call.input.get(member).is_some() {
            cluster.groups.insert(group, asked);
        }
    }
    let namespace = cluster.namespace_arn.clone();
    if let Some(days) = automated {
        automatic::keep_for(world, &place, &namespace, days);
    }
    automatic::arm(world, &place, &namespace);
    Ok(json!({ "Cluster": world.redshift.region(&place).cluster(&id)?.show(&place, now) }))
}
