//! What the ledger has of a chain: one entry per side with every point, and how that reads as a table.

use std::collections::BTreeMap;

use chainwright_chain::{
    exchange::Extent,
    prune::{Decision, plan},
    state::SideState,
};
use chainwright_contracts::{flag::Flag, jobs::Side};
use chainwright_jobs::{ledger::Family, prune};
use indicatif::HumanBytes;
use jiff::Timestamp;
use serde::Serialize;

use crate::output::table;

/// One side of one chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChainReport {
    /// The chain's id, or `manual`.
    pub chain: String,
    /// What is backed up.
    pub resource: String,
    /// The policy; none for manual backups.
    pub policy: Option<String>,
    /// The side.
    pub side: Side,
    /// Its points, by slot.
    pub points: Vec<PointReport>,
}

/// One point on one side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PointReport {
    /// Its id.
    pub point: String,
    /// Its slot; for a manual backup, when it was asked for.
    pub slot: Timestamp,
    /// Its flags, each with its expiry.
    pub flags: BTreeMap<Flag, Timestamp>,
    /// How far it has come.
    pub state: SideState,
    /// Whether it stores all that it holds, or what earlier points had not; none where that is not known.
    pub extent: Option<Extent>,
    /// The size of what it holds in bytes; none where that is not known.
    pub bytes: Option<i64>,
    /// Why it is kept, since when it may go, or what became of it.
    pub reason: String,
}

/// A chain by its sides, as the ledger has it at `now`.
pub(crate) fn sides(family: &Family, now: Timestamp) -> Vec<ChainReport> {
    let chain = &family.chain.value;
    let input = prune::recorded(family, now);
    let planned = plan(&input);
    let mut points: Vec<_> = family.points.iter().map(|point| &point.value).collect();
    points.sort_by_key(|point| point.slot);
    let mut sides: BTreeMap<Side, Vec<PointReport>> = BTreeMap::new();
    for point in points {
        for (side, record) in &point.sides {
            let decision = planned.decisions.iter().find(|planned| planned.id.id == point.id && planned.side == side);
            sides.entry(side.clone()).or_default().push(PointReport {
                point: point.id.to_string(),
                slot: point.slot,
                flags: record.flags.clone(),
                state: record.state,
                extent: record.extent,
                bytes: record.bytes,
                reason: reason(record.state, decision.map(|planned| &planned.decision)),
            });
        }
    }
    let entry = |(side, points)| ChainReport {
        chain: chain.owner.chain().map_or_else(|| "manual".to_owned(), ToString::to_string),
        resource: chain.resource.to_string(),
        policy: chain.policy.as_ref().map(ToString::to_string),
        side,
        points,
    };
    sides.into_iter().map(entry).collect()
}

fn reason(state: SideState, decision: Option<&Decision>) -> String {
    match (state, decision) {
        (SideState::Removed, _) => "pruned".to_owned(),
        (SideState::Removing, _) => "being removed".to_owned(),
        (SideState::Failed, _) => "failed".to_owned(),
        (_, Some(decision)) => decision.to_string(),
        (_, None) => String::new(),
    }
}

/// The points of one side for somebody who follows a story: days and times without year or zone.
pub(crate) fn brief(chain: &ChainReport) -> String {
    let minute = |slot: Timestamp| slot.strftime("%a %-d %b %H:%M").to_string();
    let rows = chain.points.iter().map(|point| {
        [minute(point.slot), flags(point, "%-d %b"), stores(point), state(point.state), point.reason.clone()]
    });
    table(["SLOT", "FLAGS", "STORES", "STATE", "REASON"], rows)
}

/// The points of one side with their ids.
pub(crate) fn full(chain: &ChainReport) -> String {
    let rows = chain.points.iter().map(|point| {
        [
            point.slot.to_string(),
            point.point.clone(),
            flags(point, "%Y-%m-%d"),
            stores(point),
            state(point.state),
            point.reason.clone(),
        ]
    });
    table(["SLOT", "POINT", "FLAGS", "STORES", "STATE", "REASON"], rows)
}

fn flags(point: &PointReport, format: &str) -> String {
    let flags = point.flags.iter().map(|(flag, expiry)| format!("{flag} to {}", expiry.strftime(format)));
    flags.collect::<Vec<_>>().join(", ")
}

/// Whether a point is full or incremental, and the size of what it holds.
fn stores(point: &PointReport) -> String {
    let told = [point.extent.map(state), point.bytes.map(size)];
    told.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// A number of bytes for people.
pub(crate) fn size(bytes: i64) -> String {
    HumanBytes(u64::try_from(bytes).unwrap_or_default()).to_string()
}

/// A state as the ledger writes it.
pub(crate) fn state(state: impl Serialize) -> String {
    serde_json::to_value(state).ok().and_then(|state| state.as_str().map(str::to_owned)).unwrap_or_default()
}
