//! The points that a service made of a chain's resource by itself: shown beside the chain, and never ours.

use std::collections::BTreeSet;

use chainwright_chain::{exchange::AutomaticPoint, state::ChainRecord};
use jiff::Timestamp;

use super::report::size;
use crate::{operator::Operator, output::table, trouble::Trouble};

/// Those of every Region that the chain has used, oldest first.
pub(super) async fn of(chain: &ChainRecord, operator: &Operator) -> Result<Vec<AutomaticPoint>, Trouble> {
    let source = operator.context().source(chain.source)?;
    let regions: BTreeSet<_> = chain.places.iter().map(|place| &place.region).collect();
    let mut found = Vec::new();
    for region in regions {
        found.extend(source.list_automatic(&chain.resource, region).await?);
    }
    Ok(found)
}

/// They as a table.
pub(super) fn shown(points: &[AutomaticPoint]) -> String {
    let rows = points.iter().map(|point| {
        [
            point.created.to_string(),
            point.place.region.to_string(),
            point.id.clone(),
            point.expires.as_ref().map(Timestamp::to_string).unwrap_or_default(),
            point.bytes.map(size).unwrap_or_default(),
        ]
    });
    table(["CREATED", "REGION", "ID", "GONE AT", "SIZE"], rows)
}
