//! What is at AWS in the end, by simcloud's own model: the good points of every service, as one list.

use std::collections::BTreeMap;

use chainwright_contracts::{
    names::Region,
    sealed::{HOLD_TAG, Record},
};
use jiff::Timestamp;

use super::DemoError;
use crate::simulation::Simulation;

/// A good point at AWS that bears tags of ours, with what its seal says.
pub(super) struct There {
    pub(super) arn: String,
    pub(super) resource: String,
    pub(super) region: String,
    tags: BTreeMap<String, String>,
    pub(super) record: Option<Record>,
}

/// All of them, opened.
pub(super) async fn open(simulation: &Simulation) -> Result<Vec<There>, DemoError> {
    let mut points = listed(simulation);
    let Some(context) = simulation.workers().first().and_then(|name| simulation.context(name)) else {
        return Ok(points);
    };
    for point in &mut points {
        if let (Ok(resource), Ok(region)) = (point.resource.parse(), point.region.parse::<Region>()) {
            let opened = context.sealer().open(&point.tags, &resource, &region).await;
            point.record = opened.ok().map(|(_, record)| record);
        }
    }
    Ok(points)
}

fn listed(simulation: &Simulation) -> Vec<There> {
    let inspect = simulation.cloud().inspect();
    let of = |arn, resource, region, tags| There { arn, resource, region, tags, record: None };
    let points = inspect.points().into_iter().filter(|point| point.status == "COMPLETED");
    let mut all: Vec<There> = points.map(|point| of(point.arn, point.resource, point.region, point.tags)).collect();
    let snapshots = inspect.serverless_snapshots().into_iter().filter(|snapshot| snapshot.status == "AVAILABLE");
    all.extend(snapshots.map(|snapshot| of(snapshot.arn, snapshot.namespace, snapshot.region, snapshot.tags)));
    let snapshots = inspect.redshift_snapshots().into_iter();
    let snapshots = snapshots.filter(|snapshot| snapshot.status == "available" && !snapshot.automated);
    all.extend(snapshots.map(|snapshot| {
        let home = snapshot.copied_from.unwrap_or_else(|| snapshot.region.clone());
        let resource = format!("arn:aws:redshift:{home}:{}:cluster:{}", snapshot.account, snapshot.cluster);
        of(snapshot.arn, resource, snapshot.region, snapshot.tags)
    }));
    all
}

impl There {
    /// Resource, slot and Region: what one backup or copy stands for. Manual ones have no slot.
    pub(super) fn identity(&self) -> Option<(String, Timestamp, String)> {
        let record = self.record.as_ref()?;
        record.chain.as_ref()?;
        Some((self.resource.clone(), record.slot, self.region.clone()))
    }

    /// The point's name and side, by its seal.
    pub(super) fn sealed_name(&self) -> Option<(String, String)> {
        let record = self.record.as_ref()?;
        let side = record.sides.iter().find(|sealed| sealed.place.region.as_str() == self.region)?;
        Some((record.point.to_string(), side.side.to_string()))
    }

    pub(super) fn is_held(&self) -> bool {
        self.tags.contains_key(HOLD_TAG)
    }

    pub(super) fn is_manual(&self) -> bool {
        self.record.as_ref().is_some_and(|record| record.chain.is_none())
    }
}
