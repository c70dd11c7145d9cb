//! Questions to simcloud's own model, and the ledger beside it where a test compares the two.

use std::{collections::BTreeMap, time::Duration};

use chainwright_chain::state::{OperationRecord, Owner};
use chainwright_cli::simulation::Settings;
use chainwright_contracts::{
    ids::{ChainId, Incarnation, PointId},
    sealed::{NAME_TAG, NameTag},
};
use chainwright_jobs::ledger::Family;
use jiff::{SignedDuration, Timestamp};
use simcloud::{JobView, PointView, faults::FaultId};

use crate::installation::{HOME, Installation, arn, must};

/// The policy of the tests.
pub const POLICY: &str = "gold";

/// A complete point, as far as two runs can be compared: which point it is, of what, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kept {
    /// The resource.
    pub resource: String,
    /// The day of its creation; a copy has its source's.
    pub day: String,
    /// Where it is.
    pub region: String,
    /// The point that its tags name.
    pub point: String,
}

impl Kept {
    fn of(point: &PointView) -> Self {
        Self {
            resource: point.resource.clone(),
            day: day(point.created),
            region: point.region.clone(),
            point: named(point).map_or_else(|| "nobody's".to_owned(), |name| name.point.to_string()),
        }
    }
}

/// The point that a point's tags name.
#[must_use]
pub fn named(point: &PointView) -> Option<NameTag> {
    point.tags.get(NAME_TAG)?.parse().ok()
}

/// The day of an instant, in UTC.
#[must_use]
pub fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

/// How many complete points there are of each point and Region, where there is more than one.
#[must_use]
pub fn doubled(points: &[PointView]) -> BTreeMap<(String, String), usize> {
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for point in points {
        if let Some(name) = named(point) {
            *counts.entry((name.point.to_string(), point.region.clone())).or_default() += 1;
        }
    }
    counts.retain(|_, count| *count > 1);
    counts
}

/// The jobs that ended with a point.
#[must_use]
pub fn completed(jobs: Vec<JobView>) -> Vec<JobView> {
    jobs.into_iter().filter(|job| job.state == "COMPLETED").collect()
}

/// A tick every ten minutes and polls of six hours: what a test over virtual days needs.
#[must_use]
pub fn brisk(seed: u64) -> Settings {
    let mut settings = must(Settings::unhurried(seed));
    settings.tick_minutes = 10;
    settings.cloud.max_wait = Duration::from_hours(6);
    settings
}

/// Ticks and comparisons with AWS so rare that a virtual year costs little.
#[must_use]
pub fn sparse(seed: u64) -> Settings {
    let mut settings = brisk(seed);
    settings.tick_minutes = 6 * 60;
    settings.cloud.max_wait = Duration::from_hours(5 * 24);
    settings.reconcile_every = SignedDuration::from_hours(20 * 24);
    settings
}

impl Installation {
    /// As [`Installation::new`], with these tables, a policy, and so many workers, `worker-1` and on.
    pub async fn with(settings: Settings, tables: &[&str], policy: &str, workers: usize) -> Self {
        let mut installation = Self::new(settings).await;
        for table in tables {
            installation.table(table).await;
        }
        installation.apply(policy).await;
        for number in 1..=workers {
            must(installation.simulation.start_worker(&format!("worker-{number}")).await);
        }
        installation
    }

    /// Every complete point of both Regions, in order, repeats included.
    #[must_use]
    pub fn kept(&self) -> Vec<Kept> {
        let points = self.simulation.cloud().inspect().points();
        let mut kept: Vec<Kept> = points.iter().filter(|point| point.status == "COMPLETED").map(Kept::of).collect();
        kept.sort();
        kept
    }

    /// The days of a Region's complete points of one table, in order.
    #[must_use]
    pub fn days(&self, region: &str, table: &str) -> Vec<String> {
        let of = arn(table).to_string();
        self.points(region).iter().filter(|point| point.resource == of).map(|point| day(point.created)).collect()
    }

    /// Nothing was ever made twice: no two points of one name in one Region, no two completed jobs of one token, no
    /// point with two completed copies.
    #[must_use]
    pub fn made_twice(&self) -> Vec<String> {
        let inspect = self.simulation.cloud().inspect();
        let mut twice: Vec<String> = doubled(&inspect.points()).into_keys().map(|key| format!("{key:?}")).collect();
        twice.extend(repeated(completed(inspect.backup_jobs()), |job| job.token.clone()));
        twice.extend(repeated(completed(inspect.copy_jobs()), |job| job.source.clone()));
        twice
    }

    /// The chain of the table that has this name now.
    #[must_use]
    pub fn chain(&self, table: &str) -> ChainId {
        let tables = self.simulation.cloud().inspect().tables(simcloud::DEFAULT_ACCOUNT, HOME);
        let incarnation = tables.get(table).map(|table| table.id.clone()).unwrap_or_default();
        ChainId::of(&arn(table), &Incarnation(incarnation), POLICY)
    }

    /// The point of a slot of the table that has this name now.
    #[must_use]
    pub fn point(&self, table: &str, slot: &str) -> PointId {
        PointId::of_slot(&self.chain(table), crate::installation::at(slot))
    }

    /// Everything that the ledger has of every chain, by owner, points by slot.
    pub async fn families(&self) -> Vec<Family> {
        let ledger = must(self.simulation.ledger());
        let mut families = Vec::new();
        for owner in must(ledger.owners().await) {
            families.extend(must(ledger.family(&owner).await));
        }
        for family in &mut families {
            family.points.sort_by_key(|point| point.value.slot);
        }
        families
    }

    /// Everything that the ledger has of one chain.
    ///
    /// # Panics
    /// Where it has nothing.
    pub async fn family(&self, chain: ChainId) -> Family {
        let ledger = must(self.simulation.ledger());
        let family = must(ledger.family(&Owner::Chain(chain)).await);
        must(family.ok_or("the ledger does not know the chain"))
    }

    /// The operations that are not over.
    pub async fn unfinished(&self) -> Vec<OperationRecord> {
        let families = self.families().await;
        let operations = families.into_iter().flat_map(|family| family.operations);
        operations.map(|operation| operation.value).filter(|operation| !operation.is_over()).collect()
    }

    /// The codes and subjects of everything that a worker's health reports.
    #[must_use]
    pub fn conditions(&self, worker: &str) -> Vec<(String, String)> {
        let conditions = self.simulation.context(worker).map(|context| context.conditions().all()).unwrap_or_default();
        conditions.into_iter().map(|condition| (condition.code.to_string(), condition.subject)).collect()
    }

    /// How often a fault fired.
    #[must_use]
    pub fn fired(&self, fault: FaultId) -> u64 {
        self.simulation.cloud().faults().fired(fault)
    }

    /// Puts a message into a queue.
    pub async fn send(&self, queue: &str, body: &serde_json::Value) {
        must(self.simulation.send(queue, &body.to_string()).await);
    }

    /// Puts everything that lies in the dead-letter queues back into the queues that it came from.
    pub async fn replay_dead(&self) -> usize {
        let inspect = self.simulation.cloud().inspect();
        let mut replayed = 0;
        for dead in inspect.queues().into_iter().filter(|queue| queue.ends_with("-dlq")) {
            let queue = dead.rsplit(':').next().unwrap_or_default().trim_end_matches("-dlq").to_owned();
            let queue = queue.trim_start_matches(self.simulation.hub().prefix.as_str());
            for message in inspect.queue_messages(&dead) {
                must(self.simulation.send(queue, &message.body).await);
                replayed += 1;
            }
        }
        replayed
    }
}

fn repeated(jobs: Vec<JobView>, key: impl Fn(&JobView) -> Option<String>) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for job in jobs {
        if let Some(key) = key(&job) {
            *counts.entry(key).or_default() += 1;
        }
    }
    counts.into_iter().filter(|(_, count)| *count > 1).map(|(key, count)| format!("{key} {count} times")).collect()
}
