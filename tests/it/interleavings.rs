//! A hold, a deletion or a copy that comes between a prune's plan and its tombstone wins or loses cleanly, wherever it
//! comes between: each call of the one is held in turn while the other runs from its beginning to its end.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what helps a test fails as a test does"
)]

use std::{collections::BTreeMap, time::Duration};

use chainwright_chain::state::{Owner, SideState};
use chainwright_contracts::{
    ids::{ChainId, PointId},
    jobs::{Copy, Delete, OperationKind, Prune},
    sealed::HOLD_TAG,
};
use chainwright_engine::Outcome;
use chainwright_jobs::{Context, JobError, copy, delete, hold, prune, unhold};
use chainwright_tests::{
    gates::{between, to_its_end},
    installation::{AWAY, HOME, Installation},
    policy,
    witness::{begun, kept, letters, minutes, name, news},
};
use jiff::{SignedDuration, Timestamp};
use simcloud::{
    BackupPace, Pace, PointView, Span,
    faults::{FaultRule, QueueFault},
};

/// A point an hour, each kept for a day on both sides.
const HOURLY: &str = policy!(copied: "daily: {every: 1 hours, keep: 1 day, keep_copies: 1 day}");

/// A chain with more expired points than a prune makes calls, all of them held, and two workers that only do what they
/// are told: a pruner and another.
struct Stage {
    installation: Installation,
    chain: ChainId,
    points: Vec<PointId>,
}

impl Stage {
    async fn with_expired_points() -> Self {
        let mut installation = begun(1, &["orders"], HOURLY).await;
        quicken(&installation);
        installation.until("2026-01-05T23:45:00Z").await;
        hold_all(&installation).await;
        installation.until("2026-01-06T17:50:00Z").await;
        hold_all(&installation).await;
        installation.simulation.stop_worker("worker-1").await.unwrap();
        installation.until("2026-01-08T12:00:00Z").await;
        Self::of(installation).await
    }

    async fn of(mut installation: Installation) -> Self {
        for worker in ["pruner", "other"] {
            installation.simulation.start_worker(worker).await.unwrap();
            installation.simulation.engine(worker).unwrap().pause("it does what the test tells it");
        }
        minutes(&installation, 1).await;
        let mut home = kept(&installation);
        home.retain(|point| point.region == HOME);
        // The newest stays, whatever happens to the others.
        home.pop();
        let points = home.iter().map(|point| name(point).point).collect();
        let chain = name(&home[0]).chain.unwrap();
        Self { installation, chain, points }
    }

    fn context(&self, worker: &str) -> Context {
        self.installation.simulation.context(worker).unwrap().clone()
    }

    async fn prune(&self) {
        let job = Prune { chain: self.chain.clone() };
        let ended = to_its_end(|| prune::run(job.clone(), self.context("pruner"))).await;
        assert!(matches!(ended, Outcome::Done), "{ended:?}");
    }

    async fn delete(&self, point: &PointId) {
        let job = Delete { points: vec![point.clone()], side: None, last: false, expired: false };
        let ended = to_its_end(|| delete::run(job.clone(), self.context("other"))).await;
        assert!(matches!(ended, Outcome::Done), "{ended:?}");
    }

    async fn copy(&self, point: &PointId) {
        let job = Copy { point: point.clone(), to: AWAY.parse().unwrap() };
        let ended = to_its_end(|| copy::run(job.clone(), self.context("other"))).await;
        assert!(matches!(ended, Outcome::Done), "{ended:?}");
    }

    /// Lets a worker finish everything, and looks whether anything is left half done.
    async fn drained(&mut self) -> BTreeMap<PointId, Vec<PointView>> {
        self.installation.simulation.start_worker("finisher").await.unwrap();
        minutes(&self.installation, 6 * 60).await;
        assert_eq!(letters(&self.installation), []);
        let family = self.context("other").ledger().family(&Owner::Chain(self.chain.clone())).await.unwrap().unwrap();
        for point in self.points.iter().map(|id| &family.point(id).unwrap().value) {
            for (side, record) in &point.sides {
                assert!(
                    matches!(record.state, SideState::Available | SideState::Removed | SideState::Failed),
                    "{side} of {point:?}"
                );
                assert_eq!(record.tombstone.is_some(), record.state == SideState::Removed, "{side} of {point:?}");
            }
        }
        for kind in [OperationKind::Copy, OperationKind::Delete] {
            let unfinished = family.unfinished(kind).filter(|operation| self.points.contains(&operation.point));
            assert_eq!(unfinished.collect::<Vec<_>>(), Vec::<&chainwright_chain::state::OperationRecord>::new());
        }
        let mut sides: BTreeMap<PointId, Vec<PointView>> =
            self.points.iter().map(|id| (id.clone(), Vec::new())).collect();
        for point in kept(&self.installation) {
            if let Some(sides) = sides.get_mut(&name(&point).point) {
                sides.push(point);
            }
        }
        sides
    }
}

/// Backups and copies that are over well within their hour, so that nothing is unfinished when the worker stops.
fn quicken(installation: &Installation) {
    let few = Span::new(Duration::from_mins(1), Duration::from_mins(5));
    let backup = BackupPace { backup: few, copy: few, ..BackupPace::default() };
    installation.simulation.cloud().set_pace(Pace { backup, ..Pace::default() });
}

async fn hold_all(installation: &Installation) {
    let context = installation.simulation.context("worker-1").unwrap();
    for point in kept(installation).iter().filter(|point| point.region == HOME && !point.tags.contains_key(HOLD_TAG)) {
        hold(context, &name(point).point, "until it is its turn").await.unwrap();
    }
}

/// The hold has succeeded and the point is there on both sides, with the tag; or it was refused and the point is gone.
fn won_or_lost(held: &Result<(), JobError>, sides: &[PointView]) -> bool {
    match held {
        Ok(()) => {
            assert_eq!(sides.len(), 2, "{sides:?}");
            assert!(
                sides.iter().all(|side| side.status == "COMPLETED" && side.tags.contains_key(HOLD_TAG)),
                "{sides:?}"
            );
            true
        }
        Err(JobError::Rejected { code, .. }) => {
            assert_eq!((code.to_string().as_str(), sides), ("CW0506", [].as_slice()));
            false
        }
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_hold_that_comes_between_the_calls_of_a_prune_wins_or_loses_cleanly() {
    let mut stage = Stage::with_expired_points().await;
    let mut held = Vec::new();
    for point in &stage.points {
        unhold(&stage.context("other"), point).await.unwrap();
        let other = stage.context("other");
        let cloud = stage.installation.simulation.cloud();
        let hold = hold(&other, point, "evidence");
        let Some(((), result)) = between(cloud, "pruner", held.len(), stage.prune(), hold).await else { break };
        stage.prune().await;
        held.push((point.clone(), result));
    }
    ended_cleanly(&mut stage, held).await;
}

#[tokio::test(start_paused = true)]
async fn a_prune_that_comes_between_the_calls_of_a_hold_wins_or_loses_cleanly() {
    let mut stage = Stage::with_expired_points().await;
    let mut held = Vec::new();
    for point in &stage.points {
        unhold(&stage.context("other"), point).await.unwrap();
        let other = stage.context("other");
        let cloud = stage.installation.simulation.cloud();
        let hold = hold(&other, point, "evidence");
        let Some((result, ())) = between(cloud, "other", held.len(), hold, stage.prune()).await else { break };
        held.push((point.clone(), result));
    }
    ended_cleanly(&mut stage, held).await;
}

async fn ended_cleanly(stage: &mut Stage, held: Vec<(PointId, Result<(), JobError>)>) {
    assert!(held.len() < stage.points.len(), "every call had its turn: {}", held.len());
    let sides = stage.drained().await;
    let won = held.iter().filter(|(point, result)| won_or_lost(result, &sides[point])).count();
    assert!((1..held.len()).contains(&won), "both happen: {won} of {}", held.len());
}

#[tokio::test(start_paused = true)]
async fn a_hold_that_stands_in_the_tags_alone_wins_until_the_last_look_at_them() {
    let mut stage = Stage::with_expired_points().await;
    let mut tried = Vec::new();
    for point in &stage.points {
        unhold(&stage.context("other"), point).await.unwrap();
        let cloud = stage.installation.simulation.cloud();
        let inspect = cloud.inspect();
        let tag = async {
            // What another hub writes, past our ledger.
            for side in inspect.points().into_iter().filter(|side| name(side).point == *point) {
                let mut tags = side.tags.clone();
                tags.insert(HOLD_TAG.to_owned(), "another hub".to_owned());
                assert!(inspect.set_point_tags(&side.arn, tags));
            }
        };
        let Some(((), ())) = between(cloud, "pruner", tried.len(), stage.prune(), tag).await else { break };
        stage.prune().await;
        tried.push(point.clone());
    }
    assert!(tried.len() < stage.points.len());
    let sides = stage.drained().await;
    let left: Vec<usize> = tried.iter().map(|point| sides[point].len()).collect();
    assert!(left.is_sorted_by(|a, b| a >= b), "the later it comes the less it saves: {left:?}");
    assert_eq!((left.first(), left.last()), (Some(&2), Some(&0)), "{left:?}");
    assert!(left.iter().filter(|left| **left == 2).count() > left.len() / 3, "{left:?}");
    let kept: Vec<&PointView> = tried.iter().flat_map(|point| &sides[point]).collect();
    assert!(kept.iter().all(|side| side.status == "COMPLETED" && side.tags.contains_key(HOLD_TAG)), "{kept:?}");
}

#[tokio::test(start_paused = true)]
async fn a_deletion_and_a_prune_that_come_between_each_other_are_one_removal() {
    let mut stage = Stage::with_expired_points().await;
    let mut points = stage.points.clone().into_iter();
    let cloud = stage.installation.simulation.cloud().clone();
    let (mut within_prune, mut within_delete) = (0, 0);
    for point in points.by_ref() {
        unhold(&stage.context("other"), &point).await.unwrap();
        if between(&cloud, "other", within_delete, stage.delete(&point), stage.prune()).await.is_none() {
            break;
        }
        within_delete += 1;
    }
    for point in points.by_ref() {
        unhold(&stage.context("other"), &point).await.unwrap();
        if between(&cloud, "pruner", within_prune, stage.prune(), stage.delete(&point)).await.is_none() {
            break;
        }
        within_prune += 1;
    }
    let tried = within_prune + within_delete + 2;
    assert!(within_prune > 10 && within_delete > 10, "{within_prune} and {within_delete}");
    let all = stage.points.clone();
    let sides = stage.drained().await;
    for (number, point) in all.iter().enumerate() {
        assert_eq!(sides[point].len(), if number < tried { 0 } else { 2 }, "{number} of {tried}: {point}");
    }
}

/// The end of the point's regular side.
fn expiry(stage: &Stage, point: &PointId) -> Timestamp {
    let points = stage.installation.simulation.cloud().inspect().points();
    let view = points.into_iter().find(|view| name(view).point == *point).unwrap();
    // Points are made on the hour, a little late, and kept for a day.
    let slot = Timestamp::from_second(view.created.as_second() / 3600 * 3600).unwrap();
    slot + SignedDuration::from_hours(24)
}

#[tokio::test(start_paused = true)]
async fn a_prune_that_comes_between_the_calls_of_a_copy_leaves_no_copy_unfinished() {
    let mut installation = begun(1, &["orders"], HOURLY).await;
    let cloud = installation.simulation.cloud().clone();
    let queue = format!("{}copies", installation.simulation.hub().prefix);
    let late = QueueFault::Late(Duration::from_hours(24 * 60));
    let late = cloud.faults().add(FaultRule::queue(Some(&queue), late));
    installation.until("2026-01-05T22:50:00Z").await;
    assert!(cloud.faults().fired(late) > 20, "no copy has been asked for");
    installation.simulation.stop_worker("worker-1").await.unwrap();
    let mut stage = Stage::of(installation).await;
    let mut tried = 0;
    for point in stage.points.clone() {
        let end = expiry(&stage, &point);
        stage.installation.simulation.until(end - SignedDuration::from_secs(2)).await;
        let meanwhile = async {
            stage.installation.simulation.until(end + SignedDuration::from_secs(2)).await;
            stage.prune().await;
        };
        if between(&cloud, "other", tried, stage.copy(&point), meanwhile).await.is_none() {
            break;
        }
        stage.prune().await;
        tried += 1;
    }
    assert!((8..stage.points.len()).contains(&tried), "{tried}");
    stage.points.truncate(tried);
    let sides = stage.drained().await;
    assert!(sides.values().all(Vec::is_empty), "{sides:?}");
    let ends = |kind: &str| {
        let about = news(&stage.installation).into_iter().filter(|news| news.kind == kind);
        about.map(|news| news.detail["point"].as_str().unwrap().to_owned()).collect::<std::collections::BTreeSet<_>>()
    };
    let (made, failed) = (ends("Copy Available"), ends("Copy Failed"));
    assert!(!made.is_empty() && !failed.is_empty(), "{made:?} {failed:?}");
    assert!(stage.points.iter().all(|id| made.contains(id.as_str()) != failed.contains(id.as_str())));
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_comes_between_the_calls_of_a_prune_leaves_no_copy_unfinished() {
    let mut installation = begun(1, &["orders"], HOURLY).await;
    let cloud = installation.simulation.cloud().clone();
    let queue = format!("{}copies", installation.simulation.hub().prefix);
    let late = QueueFault::Late(Duration::from_hours(24 * 60));
    cloud.faults().add(FaultRule::queue(Some(&queue), late));
    installation.until("2026-01-05T23:50:00Z").await;
    installation.simulation.stop_worker("worker-1").await.unwrap();
    let mut stage = Stage::of(installation).await;
    let mut tried = 0;
    for point in stage.points.clone() {
        stage.installation.simulation.until(expiry(&stage, &point) + SignedDuration::from_secs(2)).await;
        if between(&cloud, "pruner", tried, stage.prune(), stage.copy(&point)).await.is_none() {
            break;
        }
        stage.prune().await;
        tried += 1;
    }
    assert!((8..=stage.points.len()).contains(&tried), "{tried}");
    stage.points.truncate(tried);
    let sides = stage.drained().await;
    assert!(sides.values().all(Vec::is_empty), "{sides:?}");
}
