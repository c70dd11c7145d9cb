//! The points that the services made by themselves: seen beside the chains, and nobody's to remove.

use chainwright_contracts::policy::SourceKind;
use jiff::Timestamp;
use serde::Serialize;

use super::{
    DemoError,
    resources::{AWAY, HOME, Made},
};
use crate::simulation::Simulation;

/// The automatic points of one resource in one Region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Automatic {
    /// Of what they were made.
    pub resource: String,
    /// Where they lie.
    pub region: String,
    /// How many there are.
    pub points: usize,
    /// When the oldest of them was made.
    pub oldest: Option<Timestamp>,
    /// When the newest of them was made.
    pub newest: Option<Timestamp>,
}

/// Those of the namespace and of the cluster.
pub(super) async fn of(simulation: &Simulation, made: &Made) -> Result<Vec<Automatic>, DemoError> {
    let mut all = Vec::new();
    let Some(context) = simulation.workers().first().and_then(|name| simulation.context(name)) else { return Ok(all) };
    let sources = [(SourceKind::RedshiftServerless, &made.namespace), (SourceKind::Redshift, &made.cluster)];
    for (kind, resource) in sources {
        for region in [HOME, AWAY] {
            let listed = context.source(kind)?.list_automatic(resource, &region.parse()?).await;
            let points = listed.map_err(chainwright_jobs::JobError::from)?;
            let created = || points.iter().map(|point| point.created);
            all.push(Automatic {
                resource: resource.to_string(),
                region: region.to_owned(),
                points: points.len(),
                oldest: created().min(),
                newest: created().max(),
            });
        }
    }
    Ok(all)
}
