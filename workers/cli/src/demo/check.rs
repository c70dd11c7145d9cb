//! What must hold at the end, checked against simcloud's own model and the policy's own simulation.

use std::collections::{BTreeMap, BTreeSet};

use chainwright_chain::{policy::Policy, simulate::simulate};
use chainwright_contracts::{
    jobs::Side,
    names::{AccountId, Region},
    policy,
    sealed::{HOLD_TAG, Record},
};
use jiff::Timestamp;
use serde::Serialize;
use simcloud::{PointView, Stats};

use super::{
    DemoError,
    report::Report,
    story::{CALL_BUDGET, POLICY},
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

/// A point at AWS, with what its seal says.
struct Opened {
    view: PointView,
    record: Option<Record>,
}

/// Checks everything.
pub(super) async fn all(simulation: &Simulation, report: &Report, calls: &Stats) -> Result<Vec<Checked>, DemoError> {
    let points = open(simulation).await?;
    Ok(vec![
        nothing_lost(simulation, report),
        one_backup_per_side(&points),
        newest_stays(&points),
        manual_and_held_stay(&points),
        as_the_policy_says(simulation, &points)?,
        calls_within_budget(calls),
        ledger_agrees(report, &points),
    ])
}

async fn open(simulation: &Simulation) -> Result<Vec<Opened>, DemoError> {
    let mut points = Vec::new();
    let Some(context) = simulation.workers().first().and_then(|name| simulation.context(name)) else {
        return Ok(points);
    };
    for view in simulation.cloud().inspect().points() {
        if view.status != "COMPLETED" {
            continue;
        }
        let record = match (view.resource.parse(), view.region.parse::<Region>()) {
            (Ok(resource), Ok(region)) => {
                context.sealer().open(&view.tags, &resource, &region).await.ok().map(|(_, record)| record)
            }
            _ => None,
        };
        points.push(Opened { view, record });
    }
    Ok(points)
}

impl Opened {
    /// Resource, slot and Region: what one backup or copy stands for. Manual ones have no slot.
    fn identity(&self) -> Option<(String, Timestamp, String)> {
        let record = self.record.as_ref()?;
        record.chain.as_ref()?;
        Some((self.view.resource.clone(), record.slot, self.view.region.clone()))
    }
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

fn one_backup_per_side(points: &[Opened]) -> Checked {
    let mut counts: BTreeMap<(String, Timestamp, String), usize> = BTreeMap::new();
    for identity in points.iter().filter_map(Opened::identity) {
        *counts.entry(identity).or_default() += 1;
    }
    let doubled = counts.iter().filter(|(_, count)| **count > 1);
    let broken =
        doubled.map(|((resource, slot, region), n)| format!("{resource} {slot} has {n} in {region}")).collect();
    Checked { invariant: "I2", says: "at most one backup per point and side", cases: counts.len(), broken }
}

fn newest_stays(points: &[Opened]) -> Checked {
    let sides: BTreeSet<(String, String)> =
        points.iter().map(|point| (point.view.resource.clone(), point.view.region.clone())).collect();
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

fn manual_and_held_stay(points: &[Opened]) -> Checked {
    let manual = points.iter().filter(|point| point.record.as_ref().is_some_and(|record| record.chain.is_none()));
    let held = points.iter().filter(|point| point.view.tags.contains_key(HOLD_TAG));
    let (manual, held) = (manual.count(), held.count());
    let mut broken = Vec::new();
    if manual != 1 {
        broken.push(format!("{manual} manual points, not one"));
    }
    if held != 2 {
        broken.push(format!("{held} held sides, not two"));
    }
    Checked { invariant: "I4", says: "the manual backup and the held point are there", cases: manual + held, broken }
}

/// What is there is what the policy's simulation keeps, and what a hold keeps besides.
fn as_the_policy_says(simulation: &Simulation, points: &[Opened]) -> Result<Checked, DemoError> {
    let policy = Policy::new(policy::parse("gold.yaml", POLICY)?);
    let region: Region = "eu-west-1".parse()?;
    let (start, now) = (simulation.start(), simulation.cloud().now());
    let account: AccountId = simcloud::DEFAULT_ACCOUNT.parse()?;
    let mut expected = BTreeSet::new();
    for point in simulate(&policy, &region, start, now).points.into_iter().filter(|point| point.removed_at.is_none()) {
        let place = match &point.chain {
            Side::Regular => region.to_string(),
            Side::Copy(region) => region.to_string(),
        };
        for table in super::story::TABLES {
            let resource = format!("arn:aws:dynamodb:{region}:{account}:table/{table}");
            expected.insert((resource, point.slot, place.clone()));
        }
    }
    let there: BTreeSet<_> = points.iter().filter_map(Opened::identity).collect();
    let held: BTreeSet<_> =
        points.iter().filter(|point| point.view.tags.contains_key(HOLD_TAG)).filter_map(Opened::identity).collect();
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
fn ledger_agrees(report: &Report, points: &[Opened]) -> Checked {
    let mut broken: Vec<String> = points
        .iter()
        .filter(|point| point.record.is_none())
        .map(|point| format!("the seal of {} does not open", point.view.arn))
        .collect();
    let sealed: BTreeSet<(String, String)> = points.iter().filter_map(Opened::sealed_name).collect();
    let recorded: BTreeSet<(String, String)> = report.available();
    broken.extend(sealed.difference(&recorded).map(|(point, side)| format!("the ledger has no {point} {side}")));
    broken.extend(recorded.difference(&sealed).map(|(point, side)| format!("AWS has no {point} {side}")));
    let says = "every seal opens, and the ledger has what the seals say";
    Checked { invariant: "I12", says, cases: points.len(), broken }
}

impl Opened {
    /// The point's name and side, by its seal.
    fn sealed_name(&self) -> Option<(String, String)> {
        let record = self.record.as_ref()?;
        let side = record.sides.iter().find(|sealed| sealed.place.region.as_str() == self.view.region)?;
        Some((record.point.to_string(), side.side.to_string()))
    }
}
