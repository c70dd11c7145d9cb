//! The story: four services, a policy for each, three workers, three weeks, and what goes wrong in them.

use chainwright_chain::state::{Owner, PointRecord, SideState};
use chainwright_contracts::{arn::Arn, jobs::Side};
use chainwright_jobs::hold;
use jiff::{SignedDuration, Timestamp};
use simcloud::{
    Service,
    faults::{CallMatcher, EventFault, FaultId, FaultRule, GatePoint, JobFault},
};

use super::{
    DemoError, automatic, check, policies,
    progress::Progress,
    report::{self, Report, Seen},
    resources::{self, Made},
};
use crate::simulation::{Settings, Simulation};

/// The most calls that the demo may make.
pub const CALL_BUDGET: u64 = 150_000;
const DAYS: u64 = 21;
const WORKERS: [&str; 3] = ["worker-1", "worker-2", "worker-3"];
/// The manual backup's job id, which names its point.
const MANUAL: &str = "before-migration-42";

/// Plays it, from Monday, 5 January 2026 on.
pub(super) async fn play(seed: u64) -> Result<Report, DemoError> {
    let settings = Settings::unhurried(seed)?;
    let start = settings.cloud.start;
    let simulation = Simulation::new(settings).await?;
    let made = resources::make(&simulation).await?;
    let mut story = Story {
        simulation,
        made,
        progress: Progress::over(DAYS, start),
        start,
        lost: None,
        doubled: None,
        failing: None,
        killed: 0,
    };
    story.set_up().await?;
    story.first_week().await?;
    story.second_week().await?;
    story.third_week().await?;
    story.end().await
}

struct Story {
    simulation: Simulation,
    made: Made,
    progress: Progress,
    start: Timestamp,
    lost: Option<FaultId>,
    doubled: Option<FaultId>,
    failing: Option<FaultId>,
    killed: u64,
}

impl Story {
    async fn set_up(&mut self) -> Result<(), DemoError> {
        self.say("five tables, a file system, a namespace, a cluster, four policies, three workers");
        for (policy, _) in policies::all(&self.made)? {
            self.simulation.apply(policy.file().clone()).await?;
        }
        for worker in WORKERS {
            self.simulation.start_worker(worker).await?;
        }
        let faults = self.simulation.cloud().faults();
        self.lost = Some(faults.add(FaultRule::event(None, EventFault::Drop).with_probability(0.2)));
        self.doubled = Some(faults.add(FaultRule::event(None, EventFault::Duplicate).with_probability(0.2)));
        Ok(())
    }

    async fn first_week(&mut self) -> Result<(), DemoError> {
        self.until(1, 12, "one event in five is lost, one in five comes twice").await;
        self.say("manual backups of a table, the namespace and the cluster");
        for resource in self.manual() {
            let body = format!(r#"{{"kind":"snapshot","resource":"{resource}","manual":true,"id":"{MANUAL}"}}"#);
            self.simulation.send("snapshots", &body).await?;
        }
        self.until(2, 9, "a poison message").await;
        self.simulation.send("snapshots", "this is not a job").await?;
        self.until(2, 12, "a hold on the newest point of customers").await;
        self.hold_newest("customers").await?;
        self.until(2, 18, "somebody removes the first point of the file system").await;
        self.remove_the_first_of_the_files().await?;
        self.until(3, 5, "a worker is about to be killed in the middle of a job").await;
        self.kill_in_the_middle().await
    }

    async fn second_week(&mut self) -> Result<(), DemoError> {
        self.until(8, 5, "the backup of invoices fails twice").await;
        let failure = JobFault::Fails("the table could not be exported".into());
        let rule = FaultRule::job(Some("backup"), Some("table/invoices"), failure).times(2);
        self.failing = Some(self.simulation.cloud().faults().add(rule));
        self.until(10, 0, "all workers are out for a day").await;
        for worker in self.simulation.workers() {
            self.simulation.kill_worker(&worker);
        }
        self.until(11, 0, "the workers are back").await;
        for worker in WORKERS {
            self.simulation.start_worker(worker).await?;
        }
        Ok(())
    }

    async fn third_week(&mut self) -> Result<(), DemoError> {
        for day in 12..=DAYS {
            self.until(day, 0, "retention at work").await;
        }
        Ok(())
    }

    async fn end(self) -> Result<Report, DemoError> {
        self.progress.finish();
        let faults = self.simulation.cloud().faults();
        let fired = |id: Option<FaultId>| id.map_or(0, |id| faults.fired(id));
        let seen = Seen {
            events_lost: fired(self.lost),
            events_doubled: fired(self.doubled),
            backups_failed: fired(self.failing),
            workers_killed: self.killed,
        };
        let calls = self.simulation.cloud().stats();
        let mut report = report::of(&self.simulation, &seen, &calls).await?;
        report.automatic = automatic::of(&self.simulation, &self.made).await?;
        report.totals.invariants = check::all(&self.simulation, &self.made, &report, &calls).await?;
        Ok(report)
    }

    fn say(&self, what: &str) {
        self.progress.at(self.simulation.cloud().now(), what);
    }

    /// Lets time pass until this hour of this day, counted from 0 at the story's start.
    async fn until(&self, day: u64, hour: u64, what: &str) {
        let hours = i64::try_from(day * 24 + hour).unwrap_or(i64::MAX);
        let instant = self.start.checked_add(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MAX);
        while self.simulation.cloud().now() < instant {
            let step = self.simulation.cloud().now().checked_add(SignedDuration::from_hours(6)).unwrap_or(instant);
            self.simulation.until(step.min(instant)).await;
            self.say(what);
        }
    }

    /// What has manual backups; DynamoDB's table first.
    fn manual(&self) -> impl Iterator<Item = &Arn> {
        let orders = self.made.tables.iter().filter(|arn| arn.name() == "orders");
        orders.chain([&self.made.namespace, &self.made.cluster])
    }

    /// The first point was full, and those after it are what had changed: each restores by itself all the same.
    async fn remove_the_first_of_the_files(&mut self) -> Result<(), DemoError> {
        let chains = report::chains(&self.simulation).await?;
        let points = chains.into_iter().flat_map(|chain| chain.points).map(|point| point.value);
        let first = points.filter(|point| point.resource == self.made.files).min_by_key(|point| point.slot);
        if let Some(first) = first {
            let body = format!(r#"{{"kind":"delete","points":["{}"]}}"#, first.id);
            self.simulation.send("prunes", &body).await?;
        }
        Ok(())
    }

    async fn hold_newest(&self, table: &str) -> Result<(), DemoError> {
        let Some(resource) = self.made.tables.iter().find(|arn| arn.name() == table) else { return Ok(()) };
        let mut newest: Option<PointRecord> = None;
        for chain in report::chains(&self.simulation).await? {
            let points = chain.points.into_iter().map(|point| point.value);
            newest = newest.max_by_slot(points.filter(|point| point.resource == *resource && is_available(point)));
        }
        if let (Some(point), Some(context)) = (newest, self.simulation.context("worker-1")) {
            hold(context, &point.id, "audit of 2026").await?;
        }
        Ok(())
    }

    /// Kills a worker after AWS has begun what it asked for, and before it learns of it: whichever worker that is.
    async fn kill_in_the_middle(&mut self) -> Result<(), DemoError> {
        let cloud = self.simulation.cloud().clone();
        let gate = |worker: &str| {
            let matcher = CallMatcher::operation(Service::Backup, "StartBackupJob").from_label(worker);
            cloud.gate(matcher, GatePoint::AfterEffect)
        };
        let gates = WORKERS.map(|worker| (worker, gate(worker)));
        let [(first, at_first), (second, at_second), (third, at_third)] = &gates;
        let victim = tokio::select! {
            biased;
            () = at_first.reached() => *first,
            () = at_second.reached() => *second,
            () = at_third.reached() => *third,
        };
        self.say("a worker is killed between AWS's effect and AWS's answer");
        self.simulation.kill_worker(victim);
        self.killed += 1;
        drop(gates);
        self.simulation.pass(SignedDuration::from_mins(10)).await;
        self.simulation.start_worker(victim).await?;
        Ok(())
    }
}

/// The newer of a point that is known and some that are looked at.
trait Newest {
    fn max_by_slot(self, points: impl Iterator<Item = PointRecord>) -> Self;
}

impl Newest for Option<PointRecord> {
    fn max_by_slot(self, points: impl Iterator<Item = PointRecord>) -> Self {
        self.into_iter().chain(points).max_by_key(|point| point.slot)
    }
}

fn is_available(point: &PointRecord) -> bool {
    let chained = matches!(point.owner, Owner::Chain(_));
    chained && point.sides.get(&Side::Regular).is_some_and(|side| side.state == SideState::Available)
}
