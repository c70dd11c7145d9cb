//! Points that are gone behind our back, or too old: reported, and made again where that can be.

use chainwright_chain::state::SideState;
use chainwright_contracts::jobs::Side;
use chainwright_tests::{
    installation::{AWAY, GOLD, HOME, Installation, at, must},
    loss::{rebuild, wipe},
    model::brisk,
    policy,
    witness::{News, calm, listen, news_of},
};
use jiff::SignedDuration;
use serde_json::json;

const SLOT: &str = "2026-01-05T06:00:00Z";

fn away() -> Side {
    Side::Copy(must(AWAY.parse()))
}

async fn copy_of(installation: &Installation, slot: &str) -> chainwright_chain::state::SideRecord {
    let family = installation.family(installation.chain("orders")).await;
    let point = must(family.point(&installation.point("orders", slot)).ok_or("no such point"));
    must(point.value.sides.get(&away()).cloned().ok_or("no such side"))
}

fn told(installation: &Installation, code: &str) -> Vec<News> {
    news_of(installation, "Chain At Risk").into_iter().filter(|news| news.code() == code).collect()
}

#[tokio::test(start_paused = true)]
async fn a_copy_lost_behind_our_back_is_reported_first_and_then_made_again() {
    let installation = Installation::with(brisk(90), &["orders"], GOLD, 1).await;
    listen(&installation).await;
    installation.until("2026-01-05T12:00:00Z").await;
    let inspect = installation.simulation.cloud().inspect();
    assert!(inspect.remove_point(&installation.points(AWAY).remove(0).arn));
    let compare = json!({"kind": "reconcile", "chain": installation.chain("orders")});
    installation.send("prunes", &compare).await;
    installation.simulation.pass(SignedDuration::from_hours(1)).await;
    assert_eq!(copy_of(&installation, SLOT).await.state, SideState::Lost);
    assert_eq!(told(&installation, "CW0502").len(), 1);
    assert_eq!(inspect.copy_jobs().len(), 1);
    installation.send("prunes", &compare).await;
    installation.simulation.pass(SignedDuration::from_hours(3)).await;
    assert_eq!(installation.days(AWAY, "orders"), ["2026-01-05"]);
    assert_eq!(copy_of(&installation, SLOT).await.state, SideState::Available);
    assert!(!installation.conditions("worker-1").iter().any(|(code, _)| code == "CW0502"));
    // Whatever removes it time after time is not fed for ever.
    for _ in 0..6 {
        for copy in installation.points(AWAY) {
            assert!(inspect.remove_point(&copy.arn));
        }
        for _ in 0..2 {
            installation.send("prunes", &compare).await;
            installation.simulation.pass(SignedDuration::from_mins(90)).await;
        }
    }
    let of_monday = installation.point("orders", SLOT);
    let family = installation.family(installation.chain("orders")).await;
    let lost = must(family.point(&of_monday).and_then(|point| point.value.sides.get(&away())).ok_or("no such side"));
    assert_eq!((lost.state, lost.made_again), (SideState::Lost, 3));
    let sources = inspect.copy_jobs().into_iter().map(|job| job.source);
    let regular = family.point(&of_monday).and_then(|point| point.value.sides.get(&Side::Regular)?.arn.clone());
    assert_eq!(sources.filter(|source| *source == regular).count(), 4);
    assert_eq!(installation.all_dead(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_lost_copy_that_comes_back_before_it_was_made_again_is_not_made_twice() {
    let installation = Installation::with(brisk(91), &["orders"], GOLD, 1).await;
    installation.until("2026-01-05T12:00:00Z").await;
    let inspect = installation.simulation.cloud().inspect();
    let taken = must(inspect.take_point(&installation.points(AWAY).remove(0).arn).ok_or("no copy"));
    let compare = json!({"kind": "reconcile", "chain": installation.chain("orders")});
    installation.send("prunes", &compare).await;
    installation.simulation.pass(SignedDuration::from_mins(10)).await;
    // The copy is asked for again at the next tick; in between it is back.
    let faults = installation.simulation.cloud().faults();
    let refused = chainwright_tests::witness::occupied("StartCopyJob");
    let refused = faults.add(refused);
    installation.send("prunes", &compare).await;
    installation.simulation.pass(SignedDuration::from_mins(30)).await;
    assert!(installation.fired(refused) > 0);
    assert_eq!(copy_of(&installation, SLOT).await.state, SideState::Wanted);
    inspect.return_point(taken);
    installation.send("prunes", &compare).await;
    installation.simulation.pass(SignedDuration::from_mins(5)).await;
    faults.clear();
    installation.until("2026-01-06T05:00:00Z").await;
    assert_eq!(copy_of(&installation, SLOT).await.state, SideState::Available);
    assert_eq!(inspect.copy_jobs().len(), 1);
    assert_eq!(installation.unfinished().await, Vec::new());
}

#[tokio::test(start_paused = true)]
async fn copies_that_were_removed_on_request_are_not_made_again_even_after_a_rebuild() {
    let installation = Installation::with(brisk(92), &["orders"], GOLD, 1).await;
    installation.until("2026-01-06T12:00:00Z").await;
    let tuesday = "2026-01-06T06:00:00Z";
    let id = installation.point("orders", tuesday);
    let delete = json!({"kind": "delete", "points": [id], "side": format!("copy:{AWAY}")});
    installation.send("prunes", &delete).await;
    installation.until("2026-01-06T20:00:00Z").await;
    assert_eq!(copy_of(&installation, tuesday).await.state, SideState::Removed);
    assert_eq!(installation.days(AWAY, "orders"), ["2026-01-05"]);
    wipe(&installation).await;
    must(rebuild(&installation).await);
    installation.apply(GOLD).await;
    installation.until("2026-01-08T03:00:00Z").await;
    assert_eq!(installation.days(AWAY, "orders"), ["2026-01-05", "2026-01-07"]);
    let copy = copy_of(&installation, tuesday).await;
    assert_eq!(copy.state, SideState::Lost);
    assert!(copy.arn.is_some());
    assert_eq!(installation.simulation.cloud().inspect().copy_jobs().len(), 3);
    assert_eq!(installation.conditions("worker-1"), []);
    assert_eq!(installation.all_dead(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_nobody_would_begin_any_more_is_given_up_by_a_rebuild() {
    let installation = Installation::with(brisk(93), &["orders"], GOLD, 1).await;
    let failing = simcloud::faults::JobFault::Fails("Access denied".into());
    let faults = installation.simulation.cloud().faults();
    let failing = faults.add(simcloud::faults::FaultRule::job(Some("copy"), None, failing));
    installation.until("2026-01-07T12:00:00Z").await;
    let tuesday = "2026-01-06T06:00:00Z";
    let context = must(installation.simulation.context("worker-1").ok_or("no worker")).clone();
    must(chainwright_jobs::hold(&context, &installation.point("orders", tuesday), "audit").await);
    installation.until("2026-01-09T12:00:00Z").await;
    assert!(installation.fired(failing) > 2);
    faults.clear();
    wipe(&installation).await;
    must(rebuild(&installation).await);
    // Its source has ended on the 9th, and is held; its own end comes on the 13th.
    assert_eq!(copy_of(&installation, tuesday).await.state, SideState::Failed);
    assert_eq!(copy_of(&installation, "2026-01-07T06:00:00Z").await.state, SideState::Wanted);
}

#[tokio::test(start_paused = true)]
async fn a_chain_whose_newest_point_gets_too_old_is_told_once_without_any_session_and_is_well_again() {
    let policy = format!("{GOLD}\nrpo: 30 hours\n");
    // The next comparison is days away: what finds it is the instant itself.
    let mut settings = calm(94);
    settings.reconcile_every = SignedDuration::from_hours(20 * 24);
    let installation = Installation::with(settings, &["orders"], &policy, 1).await;
    listen(&installation).await;
    installation.until("2026-01-06T12:00:00Z").await;
    installation.apply(&format!("{policy}paused: true\n")).await;
    installation.until("2026-01-07T11:55:00Z").await;
    assert_eq!((told(&installation, "CW0509"), installation.conditions("worker-1")), (vec![], vec![]));
    installation.until("2026-01-07T12:30:00Z").await;
    let chain = installation.chain("orders");
    assert_eq!(told(&installation, "CW0509").len(), 1);
    assert_eq!(installation.conditions("worker-1"), [("CW0509".to_owned(), chain.to_string())]);
    let at_risk = installation.family(chain.clone()).await.chain.value.at_risk;
    assert_eq!(at_risk, Some(at("2026-01-07T12:00:00Z")));
    // However often it is looked at.
    for _ in 0..3 {
        installation.send("prunes", &json!({"kind": "reconcile", "chain": chain})).await;
    }
    installation.until("2026-01-08T05:00:00Z").await;
    assert_eq!(told(&installation, "CW0509").len(), 1);
    installation.apply(&policy).await;
    installation.until("2026-01-08T12:00:00Z").await;
    assert_eq!(installation.conditions("worker-1"), []);
    assert_eq!(installation.family(chain.clone()).await.chain.value.at_risk, None);
    // The next time is another transition, with another id.
    installation.apply(&format!("{policy}paused: true\n")).await;
    installation.until("2026-01-10T12:00:00Z").await;
    let told = told(&installation, "CW0509");
    assert_eq!(told.len(), 2);
    assert_ne!(told[0].detail["id"], told[1].detail["id"]);
    assert_eq!(installation.all_dead(), Vec::<String>::new());
}

/// Every hour, kept for a week, copied nowhere.
const HOURLY: &str = policy!("daily: {every: 1 hour, keep: 7 days}");

#[tokio::test(start_paused = true)]
async fn more_points_than_one_transaction_takes_are_lost_and_found_again() {
    let installation = Installation::with(brisk(95), &["orders"], HOURLY, 1).await;
    installation.until("2026-01-10T00:30:00Z").await;
    let inspect = installation.simulation.cloud().inspect();
    let points = installation.points(HOME);
    assert!(points.len() > 100, "{}", points.len());
    let taken: Vec<_> = points.iter().filter_map(|point| inspect.take_point(&point.arn)).collect();
    let compare = json!({"kind": "reconcile", "chain": installation.chain("orders")});
    installation.send("prunes", &compare).await;
    installation.until("2026-01-10T00:45:00Z").await;
    let count = async |state: SideState| {
        let family = installation.family(installation.chain("orders")).await;
        family.points.iter().flat_map(|point| point.value.sides.values()).filter(|side| side.state == state).count()
    };
    assert_eq!((count(SideState::Lost).await, count(SideState::Available).await), (points.len(), 0));
    for point in taken {
        inspect.return_point(point);
    }
    installation.send("prunes", &compare).await;
    installation.until("2026-01-10T00:59:00Z").await;
    assert_eq!((count(SideState::Lost).await, count(SideState::Available).await), (0, points.len()));
    assert_eq!(installation.all_dead(), Vec::<String>::new());
}
