//! What must hold at the end, checked against simcloud's own model and the policy's own simulation.

use std::collections::{BTreeMap, BTreeSet};

use chainwright_chain::{exchange::Extent, simulate::simulate};
use chainwright_contracts::names::Region;
use jiff::Timestamp;
use serde::Serialize;
use simcloud::Stats;

use super::{
    DemoError, policies,
    report::Report,
    resources::{HOME, Made},
    story::CALL_BUDGET,
    there::{self, There},
};
use crate::simulation::Simulation;

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// The invariant's name.
    pub invariant: &'static str,
    /// What it says here.
    pub says: &'static str,
    /// How many cases were looked at.
    pub cases: usize,
    /// The cases in which it does not hold.
    pub broken: Vec<String>,
}

/// Checks everything.
pub(super) async fn all(
    simulation: &Simulation,
    made: &Made,
    report: &Report,
    calls: &Stats,
) -> Result<Vec<Checked>, DemoError> {
    let points = there::open(simulation).await?;
    Ok(vec![
        nothing_lost(simulation, report),
        one_backup_per_side(&points),
        newest_stays(&points),
        manual_and_held_stay(&points),
        automatic_stay(report),
        extents_are_as_each_service_has_them(made, report),
        as_the_policies_say(simulation, made, &points)?,
        calls_within_budget(calls),
        ledger_agrees(report, &points),
    ])
}

fn nothing_lost(simulation: &Simulation, report: &Report) -> Checked {
    let inspect = simulation.cloud().inspect();
    let mut broken = Vec::new();
    for arn in inspect.queues().into_iter().filter(|arn| !arn.ends_with("-dlq")) {
        let stuck = inspect.queue_messages(&arn).into_iter().filter(|message| message.receives > 1);
        broken.extend(stuck.map(|message| format!("{arn} still holds {}", message.body)));
    }
    let unexplained = report.totals.dead_letters.iter().filter(|dead| dead.code.is_empty() || dead.origin.is_empty());
    broken.extend(unexplained.map(|dead| format!("a dead letter without code or origin: {}", dead.reason)));
    let says = "every job ended, or is a dead letter with code, reason and origin";
    Checked { invariant: "I1", says, cases: usize::try_from(report.totals.jobs).unwrap_or(usize::MAX), broken }
}

fn one_backup_per_side(points: &[There]) -> Checked {
    let mut counts: BTreeMap<(String, Timestamp, String), usize> = BTreeMap::new();
    for identity in points.iter().filter_map(There::identity) {
        *counts.entry(identity).or_default() += 1;
    }
    let doubled = counts.iter().filter(|(_, count)| **count > 1);
    let broken =
        doubled.map(|((resource, slot, region), n)| format!("{resource} {slot} has {n} in {region}")).collect();
    Checked { invariant: "I2", says: "at most one backup per point and side", cases: counts.len(), broken }
}

fn newest_stays(points: &[There]) -> Checked {
    let sides: BTreeSet<(String, String)> =
        points.iter().map(|point| (point.resource.clone(), point.region.clone())).collect();
    let regions: BTreeSet<&String> = sides.iter().map(|(_, region)| region).collect();
    let resources: BTreeSet<&String> = sides.iter().map(|(resource, _)| resource).collect();
    let mut broken = Vec::new();
    for resource in &resources {
        for region in &regions {
            if !sides.contains(&((*resource).clone(), (*region).clone())) {
                broken.push(format!("{resource} has no point in {region}"));
            }
        }
    }
    Checked { invariant: "I3", says: "every chain has a good point on each side", cases: sides.len(), broken }
}

/// A manual backup of a table, and of namespace and cluster, whose copy configurations copy those, too.
const MANUAL_SIDES: usize = 1 + 2 + 2;

fn manual_and_held_stay(points: &[There]) -> Checked {
    let manual = points.iter().filter(|point| point.is_manual()).count();
    let held = points.iter().filter(|point| point.is_held()).count();
    let mut broken = Vec::new();
    if manual != MANUAL_SIDES {
        broken.push(format!("{manual} sides of manual points, not {MANUAL_SIDES}"));
    }
    if held != 2 {
        broken.push(format!("{held} held sides, not two"));
    }
    Checked { invariant: "I4", says: "the manual backups and the held point are there", cases: manual + held, broken }
}

fn automatic_stay(report: &Report) -> Checked {
    let of_home = report.automatic.iter().filter(|automatic| automatic.region == HOME);
    let none = of_home.clone().filter(|automatic| automatic.points == 0);
    let broken = none.map(|automatic| format!("{} has no automatic points", automatic.resource)).collect();
    let cases = of_home.map(|automatic| automatic.points).sum();
    Checked { invariant: "I4", says: "the services' own snapshots and recovery points are theirs", cases, broken }
}

/// DynamoDB's points are full each time; FSx's are after the first of a side what has changed.
fn extents_are_as_each_service_has_them(made: &Made, report: &Report) -> Checked {
    let files = made.files.to_string();
    let (mut cases, mut broken) = (0, Vec::new());
    for chain in report.chains.iter().filter(|chain| chain.policy.is_some()) {
        let is_table = made.tables.iter().any(|table| table.as_str() == chain.resource);
        let seen = chain.points.iter().filter(|point| point.extent.is_some());
        for (index, point) in seen.enumerate() {
            let expected = match (is_table, chain.resource == files, index) {
                (true, ..) | (_, true, 0) => Extent::Full,
                (_, true, _) => Extent::Incremental,
                _ => continue,
            };
            cases += 1;
            if point.extent != Some(expected) {
                broken.push(format!("{} {} {} is {:?}", chain.resource, chain.side, point.slot, point.extent));
            }
        }
    }
    let says = "DynamoDB's points are full each time, FSx's full first and then incremental, copies alike";
    Checked { invariant: "chains", says, cases, broken }
}

/// What is there is what each policy's simulation keeps, and what a hold keeps besides.
fn as_the_policies_say(simulation: &Simulation, made: &Made, points: &[There]) -> Result<Checked, DemoError> {
    let region: Region = HOME.parse()?;
    let (start, now) = (simulation.start(), simulation.cloud().now());
    let mut expected = BTreeSet::new();
    for (policy, resources) in policies::all(made)? {
        let simulated = simulate(&policy, &region, start, now).points.into_iter();
        for point in simulated.filter(|point| point.removed_at.is_none()) {
            let place = point.chain.copied_to().unwrap_or(&region).to_string();
            expected.extend(resources.iter().map(|resource| (resource.to_string(), point.slot, place.clone())));
        }
    }
    let there: BTreeSet<_> = points.iter().filter_map(There::identity).collect();
    let held: BTreeSet<_> = points.iter().filter(|point| point.is_held()).filter_map(There::identity).collect();
    let show = |(resource, slot, place): &(String, Timestamp, String)| format!("{resource} {slot} in {place}");
    let mut broken: Vec<String> =
        expected.difference(&there).map(|point| format!("{} is missing", show(point))).collect();
    let surplus = there.difference(&expected).filter(|point| !held.contains(*point));
    broken.extend(surplus.map(|point| format!("{} should be gone", show(point))));
    let says = "what is there is what `policy simulate` keeps, and what is held";
    Ok(Checked { invariant: "I5", says, cases: expected.union(&there).count(), broken })
}

fn calls_within_budget(calls: &Stats) -> Checked {
    let broken = (calls.total > CALL_BUDGET).then(|| format!("{} calls", calls.total)).into_iter().collect();
    let cases = usize::try_from(calls.total).unwrap_or(usize::MAX);
    Checked { invariant: "I11", says: "at most 150,000 calls to AWS", cases, broken }
}

/// Every seal opens with the key, and what the seals say is what the ledger says.
fn ledger_agrees(report: &Report, points: &[There]) -> Checked {
    let mut broken: Vec<String> = points
        .iter()
        .filter(|point| point.record.is_none())
        .map(|point| format!("the seal of {} does not open", point.arn))
        .collect();
    let sealed: BTreeSet<(String, String)> = points.iter().filter_map(There::sealed_name).collect();
    let recorded: BTreeSet<(String, String)> = report.available();
    broken.extend(sealed.difference(&recorded).map(|(point, side)| format!("the ledger has no {point} {side}")));
    broken.extend(recorded.difference(&sealed).map(|(point, side)| format!("AWS has no {point} {side}")));
    let says = "every seal opens, and the ledger has what the seals say";
    Checked { invariant: "I12", says, cases: points.len(), broken }
}
