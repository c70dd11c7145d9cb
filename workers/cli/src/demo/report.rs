//! The report: one entry per chain and side with every point, then totals.

use std::collections::BTreeSet;

use chainwright_chain::state::SideState;
use chainwright_contracts::jobs::Side;
use chainwright_jobs::ledger::Family;
use serde::Serialize;
use simcloud::Stats;

use super::{Automatic, Checked, DemoError};
use crate::{
    chain::report::{ChainReport, sides},
    simulation::{Simulation, SimulationError},
};

/// What the demo has to tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// One entry per chain and side, and one per resource with manual backups.
    pub chains: Vec<ChainReport>,
    /// What the services made by themselves.
    pub automatic: Vec<Automatic>,
    /// Counts, and what was checked.
    pub totals: Totals,
}

impl Report {
    /// The points, by id and side, that are said to be there.
    pub(super) fn available(&self) -> BTreeSet<(String, String)> {
        let sides = self.chains.iter().flat_map(|chain| chain.points.iter().map(move |point| (chain, point)));
        let there = sides.filter(|(_, point)| point.state == SideState::Available);
        there.map(|(chain, point)| (point.point.clone(), chain.side.to_string())).collect()
    }
}

/// The sums.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Jobs done by all workers.
    pub jobs: u64,
    /// Calls to AWS of every kind.
    pub aws_calls: u64,
    /// Calls to AWS by a worker, queues not counted, per side of a point that was made.
    pub aws_calls_per_point: u64,
    /// Backups that were made.
    pub backups: usize,
    /// Copies that were made.
    pub copies: usize,
    /// Points that were pruned, by side.
    pub pruned: usize,
    /// Backups that AWS was made to fail.
    pub backups_failed: u64,
    /// Workers killed in the middle of a job.
    pub workers_killed: u64,
    /// Events that AWS sent and nobody received.
    pub events_lost: u64,
    /// Events that came twice.
    pub events_doubled: u64,
    /// Those among the lost whose operation was settled all the same, by a look that the tick sent.
    pub events_found: u64,
    /// Dead letters: queue, code and reason.
    pub dead_letters: Vec<DeadLetter>,
    /// What was checked against simcloud's own model.
    pub invariants: Vec<Checked>,
}

/// A message that was rejected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeadLetter {
    /// Where it came from.
    pub origin: String,
    /// Its code.
    pub code: String,
    /// The reason.
    pub reason: String,
}

/// What the story saw of its own faults.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) events_lost: u64,
    pub(super) events_doubled: u64,
    pub(super) backups_failed: u64,
    pub(super) workers_killed: u64,
}

/// Makes the report.
pub(super) async fn of(simulation: &Simulation, seen: &Seen, calls: &Stats) -> Result<Report, DemoError> {
    let families = chains(simulation).await?;
    let now = simulation.cloud().now();
    let mut chains: Vec<ChainReport> = families.iter().flat_map(|family| sides(family, now)).collect();
    let order = |chain: &ChainReport| (chain.policy.is_none(), chain.resource.clone(), chain.side.clone());
    chains.sort_by_key(order);
    let unsettled = families.iter().flat_map(|family| &family.operations).filter(|op| !op.value.is_over()).count();
    let mut totals = totals(simulation, &chains, seen, calls);
    totals.events_found = seen.events_lost.saturating_sub(u64::try_from(unsettled).unwrap_or(u64::MAX));
    Ok(Report { chains, automatic: Vec::new(), totals })
}

/// Every chain that the ledger knows, and every resource's manual points.
pub(super) async fn chains(simulation: &Simulation) -> Result<Vec<Family>, DemoError> {
    let ledger = simulation.ledger()?;
    let owners = ledger.owners().await.map_err(SimulationError::from)?;
    let mut families = Vec::new();
    for owner in owners {
        families.extend(ledger.family(&owner).await.map_err(SimulationError::from)?);
    }
    Ok(families)
}

fn totals(simulation: &Simulation, chains: &[ChainReport], seen: &Seen, calls: &Stats) -> Totals {
    let made = |regular: bool| {
        let sides = chains.iter().filter(|chain| (chain.side == Side::Regular) == regular);
        sides.flat_map(|chain| &chain.points).filter(|point| was_made(point.state)).count()
    };
    let (backups, copies) = (made(true), made(false));
    let pruned = chains.iter().flat_map(|chain| &chain.points).filter(|point| point.state == SideState::Removed);
    let by_workers = calls.labels.iter().filter(|(label, _)| label.starts_with("worker"));
    let not_queues =
        by_workers.flat_map(|(_, calls)| calls).filter(|((service, _), _)| *service != simcloud::Service::Sqs);
    let worked: u64 = not_queues.map(|(_, count)| count).sum();
    let points = u64::try_from(backups + copies).unwrap_or(u64::MAX).max(1);
    Totals {
        jobs: simulation.jobs_done(),
        aws_calls: calls.total,
        aws_calls_per_point: worked / points,
        backups,
        copies,
        pruned: pruned.count(),
        backups_failed: seen.backups_failed,
        workers_killed: seen.workers_killed,
        events_lost: seen.events_lost,
        events_doubled: seen.events_doubled,
        events_found: 0,
        dead_letters: dead_letters(simulation),
        invariants: Vec::new(),
    }
}

fn was_made(state: SideState) -> bool {
    matches!(state, SideState::Available | SideState::Removing | SideState::Removed)
}

fn dead_letters(simulation: &Simulation) -> Vec<DeadLetter> {
    let inspect = simulation.cloud().inspect();
    let queues = inspect.queues().into_iter().filter(|arn| arn.ends_with("-dlq"));
    let messages = queues.flat_map(|arn| inspect.queue_messages(&arn));
    messages
        .map(|message| {
            let attribute = |name: &str| message.attributes.get(name).cloned().unwrap_or_default();
            DeadLetter {
                origin: attribute("origin_queue"),
                code: attribute("error_code"),
                reason: attribute("error_reason"),
            }
        })
        .collect()
}
