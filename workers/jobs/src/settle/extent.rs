//! Whether a point stores all that it holds, where its service does not tell.
//!
//! Such a service stores what the earlier points of a resource have not, those in one Region and under one key. So the first
//! of a side is full and those after it are not; what is no chain's may have been before it, which cannot be known here.

use chainwright_chain::{
    exchange::Extent,
    state::{SideRecord, SideState},
};
use chainwright_contracts::jobs::Side;

use super::Look;
use crate::{Context, error::JobError};

/// Says so of a side that has just been taken in.
pub(super) async fn derive(ctx: &Context, look: &mut Look, side: &Side) -> Result<(), JobError> {
    let Some(this) = look.point.value.sides.get(side).filter(|this| this.extent.is_none()) else { return Ok(()) };
    let Some(family) = ctx.ledger().family(&look.owner).await? else { return Ok(()) };
    let is_base = |other: &SideRecord| {
        let there = matches!(other.state, SideState::Available | SideState::Removing);
        let same = other.place.region == this.place.region && (side == &Side::Regular || other.key == this.key);
        there && same && other.created < this.created
    };
    let others = family.points.iter().filter(|other| other.value.id != look.point.value.id);
    let follows = others.filter_map(|other| other.value.sides.get(side)).any(is_base);
    if let Some(this) = look.point.value.sides.get_mut(side) {
        this.extent = Some(if follows { Extent::Incremental } else { Extent::Full });
    }
    Ok(())
}
