//! The ledger can be lost: nothing happens until it is rebuilt from what the points say of themselves (I12).

use std::collections::BTreeMap;

use chainwright_chain::state::{PointRecord, SideState};
use chainwright_contracts::{arn::Arn, codes, flag::Flag, jobs::Side, names::Region, place::Place};
use chainwright_engine::Condition;
use chainwright_jobs::hold;
use chainwright_tests::{
    installation::{AWAY, GOLD, HOME, Installation, VAULT, arn, must},
    loss::{rebuild, wipe},
    model::{brisk, named},
};
use jiff::Timestamp;
use serde_json::json;
use simcloud::{
    Service,
    faults::{CallFault, CallMatcher, FaultRule, JobFault},
};

/// What a rebuild must bring back of a side: its state, its place, its flags with their ends, and its ARN while it is there.
type SideAsWas = (SideState, Place, BTreeMap<Flag, Timestamp>, Option<String>);

/// What it must bring back of a point: chain, resource, slot, `keep_last`, end, whether it is held, and its sides.
#[derive(Debug, PartialEq)]
struct AsWas {
    owner: String,
    resource: Arn,
    slot: Timestamp,
    requested_at: Timestamp,
    created_before: Option<Timestamp>,
    keep_last: u32,
    keep_until: Option<Timestamp>,
    held: bool,
    substituted: Vec<Flag>,
    configuration: Vec<(String, serde_json::Value)>,
    sides: BTreeMap<Side, SideAsWas>,
}

impl AsWas {
    fn of(point: &PointRecord) -> Self {
        let side = |side: &chainwright_chain::state::SideRecord| {
            let arn = side.arn.clone().filter(|_| side.state == SideState::Available);
            (side.state, side.place.clone(), side.flags.clone(), arn)
        };
        Self {
            owner: point.owner.to_string(),
            resource: point.resource.clone(),
            slot: point.slot,
            requested_at: point.requested_at,
            created_before: point.created_before,
            keep_last: point.keep_last,
            keep_until: point.keep_until,
            held: point.hold.is_some(),
            substituted: point.substituted.iter().copied().collect(),
            configuration: point.configuration.parts.clone(),
            sides: point.sides.iter().map(|(name, record)| (name.clone(), side(record))).collect(),
        }
    }
}

/// All points of which something is left, by id.
async fn as_was(installation: &Installation) -> BTreeMap<String, AsWas> {
    let families = installation.families().await;
    let points = families.iter().flat_map(|family| &family.points).map(|point| &point.value);
    points.filter(|point| !point.is_over()).map(|point| (point.id.to_string(), AsWas::of(point))).collect()
}

/// Two tables, some days, a manual backup, a hold; then the ledger is lost.
async fn lived_in(seed: u64, workers: usize) -> Installation {
    let installation = Installation::with(brisk(seed), &["orders", "stock"], GOLD, workers).await;
    let manual = json!({"kind": "snapshot", "resource": arn("orders"), "manual": true, "id": "before-migration",
                        "keep": "30 days"});
    installation.send("snapshots", &manual).await;
    installation.until("2026-01-07T12:00:00Z").await;
    let context = must(installation.simulation.context("worker-1").ok_or("no worker")).clone();
    let held = installation.point("stock", "2026-01-06T06:00:00Z");
    must(hold(&context, &held, "audit").await);
    installation.until("2026-01-09T12:00:00Z").await;
    // Tuesday's regular sides have ended; of stock's, the hold keeps it.
    assert_eq!(installation.days(HOME, "orders").len(), 5);
    assert_eq!(installation.days(HOME, "stock").len(), 5);
    installation
}

#[tokio::test(start_paused = true)]
async fn every_point_opens_with_its_own_regions_key_and_names_its_chain() {
    let installation = lived_in(50, 1).await;
    let context = must(installation.simulation.context("worker-1").ok_or("no worker")).clone();
    for (region, other) in [(HOME, AWAY), (AWAY, HOME)] {
        let gone = CallFault::Error { code: "KMSInvalidStateException".into(), message: "gone".into(), status: 400 };
        let faults = installation.simulation.cloud().faults();
        let other_gone = faults.add(FaultRule::call(CallMatcher::service(Service::Kms).in_region(other), gone));
        let points = installation.points(region);
        assert!(points.len() >= 10);
        for point in points {
            let (resource, region): (Arn, Region) = (must(point.resource.parse()), must(region.parse()));
            let (name, record) = must(context.sealer().open(&point.tags, &resource, &region).await);
            assert_eq!(named(&point), Some(name.clone()));
            assert_eq!(name.chain, record.chain);
            let table = resource.as_str().rsplit('/').next().unwrap_or_default();
            let chain = record.policy.is_some().then(|| installation.chain(table));
            assert_eq!(record.chain, chain);
            assert!(record.sides.iter().any(|side| side.place.region == region));
        }
        assert_eq!(installation.fired(other_gone), 0, "a point of one Region needs nothing of the other");
        faults.clear();
    }
}

#[tokio::test(start_paused = true)]
async fn with_the_ledger_lost_nothing_happens_until_it_is_rebuilt_as_it_was() {
    let installation = lived_in(51, 2).await;
    let before = as_was(&installation).await;
    let current = installation.kept();
    assert!(wipe(&installation).await > 50);
    let inspect = installation.simulation.cloud().inspect();
    let jobs = (inspect.backup_jobs().len(), inspect.copy_jobs().len());
    let points = inspect.points();
    // Whatever the outside may still ask for: a session, a prune, a manual backup.
    installation.send("sessions", &json!({"kind": "session", "policy": "gold"})).await;
    installation.send("prunes", &json!({"kind": "prune", "chain": installation.chain("orders")})).await;
    let manual = json!({"kind": "snapshot", "resource": arn("orders"), "manual": true, "id": "meanwhile",
                        "vault": VAULT, "role": "chainwright-backup"});
    installation.send("snapshots", &manual).await;
    // Over a slot and two expiries.
    installation.until("2026-01-10T10:00:00Z").await;
    assert_eq!((inspect.backup_jobs().len(), inspect.copy_jobs().len()), jobs);
    assert_eq!(inspect.points(), points);
    assert_eq!(installation.all_dead(), Vec::<String>::new());
    for worker in ["worker-1", "worker-2"] {
        assert!(installation.conditions(worker).contains(&("CW0601".into(), "ledger".into())), "{worker}");
        let health = must(installation.simulation.engine(worker).ok_or("no worker")).health();
        let pauses =
            |condition: &Condition| matches!(condition, Condition::Paused { reason } if reason.contains("CW0601"));
        assert!(health.conditions.iter().any(pauses), "{worker}: {health:?}");
    }
    let rebuilt = must(rebuild(&installation).await);
    assert_eq!((rebuilt.chains, rebuilt.points, rebuilt.left_alone), (2, before.len(), 0));
    assert_eq!(as_was(&installation).await, before);
    assert_eq!(installation.kept(), current);
    installation.apply(GOLD).await;
    goes_on(&installation).await;
}

/// Sessions, copies, prunes and what was sent meanwhile go on after a rebuild on Saturday, the 10th, at 10:00.
async fn goes_on(installation: &Installation) {
    installation.until("2026-01-13T12:00:00Z").await;
    for table in ["orders", "stock"] {
        let home = installation.days(HOME, table);
        assert_eq!(
            home.iter().filter(|day| *day == "2026-01-11" || *day == "2026-01-12" || *day == "2026-01-13").count(),
            3
        );
        let away = installation.days(AWAY, table);
        assert!(away.contains(&"2026-01-13".to_owned()), "{away:?}");
        assert!(!home.contains(&"2026-01-08".to_owned()), "{home:?}");
        // The hold outlived the ledger.
        assert_eq!(home.contains(&"2026-01-06".to_owned()), table == "stock", "{home:?}");
    }
    for worker in installation.simulation.workers() {
        assert!(!installation.conditions(&worker).iter().any(|(code, _)| *code == codes::LEDGER_NOT_READY.to_string()));
    }
    assert_eq!(installation.made_twice(), Vec::<String>::new());
    assert_eq!(installation.all_dead(), Vec::<String>::new());
    assert_eq!(installation.unfinished().await, Vec::new());
}

#[tokio::test(start_paused = true)]
async fn a_rebuild_that_was_interrupted_is_run_again() {
    let installation = lived_in(52, 1).await;
    let before = as_was(&installation).await;
    wipe(&installation).await;
    installation.until("2026-01-10T10:00:00Z").await;
    let writes = CallMatcher::operation(Service::DynamoDb, "TransactWriteItems").from_label("worker-1");
    let mut rule = FaultRule::call(writes, CallFault::ServerError(500));
    rule.when.skip = 5;
    let faults = installation.simulation.cloud().faults();
    let refused = faults.add(rule);
    assert!(rebuild(&installation).await.is_err());
    assert!(installation.fired(refused) > 0);
    let half = as_was(&installation).await;
    assert!(!half.is_empty() && half.len() < before.len(), "{} of {}", half.len(), before.len());
    installation.until("2026-01-10T11:00:00Z").await;
    assert!(!must(must(installation.simulation.ledger()).is_ready().await));
    faults.clear();
    must(rebuild(&installation).await);
    assert_eq!(as_was(&installation).await, before);
    installation.apply(GOLD).await;
    goes_on(&installation).await;
}

#[tokio::test(start_paused = true)]
async fn after_a_rebuild_replayed_messages_change_nothing_and_missing_copies_are_made() {
    let installation = Installation::with(brisk(53), &["orders"], GOLD, 1).await;
    // The points name revision 2, which the rebuilt ledger will not have.
    installation.apply(&GOLD.replace("keep_copies: 7 days", "keep_copies: 8 days")).await;
    let faults = installation.simulation.cloud().faults();
    let failing = faults.add(FaultRule::job(Some("copy"), None, JobFault::Fails("Access denied".into())));
    installation.until("2026-01-06T12:00:00Z").await;
    assert!(installation.fired(failing) > 2);
    assert_eq!(installation.days(AWAY, "orders"), Vec::<String>::new());
    wipe(&installation).await;
    faults.clear();
    installation.until("2026-01-06T13:00:00Z").await;
    must(rebuild(&installation).await);
    installation.apply(GOLD).await;
    for day in ["05", "06"] {
        let slot = format!("2026-01-{day}T06:00:00Z");
        installation.send("sessions", &json!({"kind": "session", "policy": "gold", "slot": slot})).await;
        let snapshot = json!({"kind": "snapshot", "resource": arn("orders"), "policy": "gold", "slot": slot});
        installation.send("snapshots", &snapshot).await;
    }
    installation.until("2026-01-07T12:00:00Z").await;
    assert_eq!(installation.days(HOME, "orders"), ["2026-01-05", "2026-01-06", "2026-01-07"]);
    assert_eq!(installation.days(AWAY, "orders"), ["2026-01-05", "2026-01-06", "2026-01-07"]);
    // Past every message's deadline.
    installation.until("2026-01-08T03:00:00Z").await;
    assert_eq!(installation.made_twice(), Vec::<String>::new());
    assert_eq!(installation.simulation.cloud().inspect().backup_jobs().len(), 3);
    // Monday's weekly flag has been given; a session replayed does not give it again.
    let family = installation.family(installation.chain("orders")).await;
    let newest = family.point(&installation.point("orders", "2026-01-07T06:00:00Z")).map(|point| point.value.flags());
    assert_eq!(newest, Some([Flag::Daily].into()));
    assert_eq!(installation.all_dead(), Vec::<String>::new());
}
