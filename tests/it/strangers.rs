//! Whatever lies beside a chain's points: read once, within bounds, and no longer reported than it is there.

use std::collections::BTreeMap;

use chainwright_chain::state::SideState;
use chainwright_contracts::jobs::Side;
use chainwright_tests::{
    installation::{GOLD, HOME, Installation, must},
    loss::forget,
    model::{brisk, day},
    strangers::{foreign, forged},
};
use jiff::SignedDuration;
use serde_json::json;
use simcloud::Service;

fn reads(installation: &Installation) -> u64 {
    installation.simulation.cloud().stats().calls(Service::Backup, "ListTags")
}

/// How many points' tags one comparison reads.
async fn compared(installation: &Installation) -> u64 {
    let before = reads(installation);
    installation.send("prunes", &json!({"kind": "reconcile", "chain": installation.chain("orders")})).await;
    installation.simulation.pass(SignedDuration::from_mins(5)).await;
    reads(installation) - before
}

#[tokio::test(start_paused = true)]
async fn a_vault_full_of_foreign_points_is_read_little_by_little_and_once() {
    let installation = Installation::with(brisk(80), &["orders"], GOLD, 1).await;
    installation.until("2026-01-05T12:10:00Z").await;
    let inspect = installation.simulation.cloud().inspect();
    for _ in 0..250 {
        must(inspect.put_point(foreign(HOME, BTreeMap::new(), "2026-01-03T12:00:00Z")).ok_or("no vault"));
    }
    // A point of its own is among them that the ledger does not know.
    let id = installation.point("orders", "2026-01-05T06:00:00Z");
    assert!(forget(&installation, |item| item.pk.contains(id.as_str()) || item.sk.contains(id.as_str())).await > 3);
    let mut read = Vec::new();
    for _ in 0..4 {
        read.push(compared(&installation).await);
    }
    assert_eq!(read.iter().filter(|read| **read > 100).count(), 0, "{read:?}");
    assert_eq!(read.iter().sum::<u64>(), 252, "each of them once, and the chain's own on both sides: {read:?}");
    let family = installation.family(installation.chain("orders")).await;
    assert_eq!(family.chain.value.strangers.len(), 250);
    let found = must(family.point(&id).ok_or("it was not found"));
    assert!(found.value.sides.values().all(|side| side.state == SideState::Available && side.opened_at.is_some()));
    assert_eq!(installation.all_dead(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_point_whose_tags_come_hours_later_is_known_by_them() {
    let installation = Installation::with(brisk(81), &["orders"], GOLD, 1).await;
    installation.until("2026-01-05T12:10:00Z").await;
    let inspect = installation.simulation.cloud().inspect();
    let own = installation.points(HOME).remove(0);
    let id = installation.point("orders", "2026-01-05T06:00:00Z");
    assert!(forget(&installation, |item| item.pk.contains(id.as_str()) || item.sk.contains(id.as_str())).await > 3);
    assert!(inspect.set_point_tags(&own.arn, BTreeMap::new()));
    assert_eq!(compared(&installation).await, 2);
    let family = installation.family(installation.chain("orders")).await;
    assert!(!family.chain.value.is_stranger(&own.arn));
    assert!(inspect.set_point_tags(&own.arn, own.tags.clone()));
    compared(&installation).await;
    let family = installation.family(installation.chain("orders")).await;
    let found = must(family.point(&id).ok_or("it was not found"));
    assert_eq!(found.value.sides.get(&Side::Regular).and_then(|side| side.arn.clone()), Some(own.arn));
}

#[tokio::test(start_paused = true)]
async fn what_no_comparison_finds_any_more_is_reported_by_no_worker() {
    let installation = Installation::with(brisk(82), &["orders"], GOLD, 2).await;
    installation.until("2026-01-07T12:00:00Z").await;
    let inspect = installation.simulation.cloud().inspect();
    let home = installation.points(HOME);
    let of = |wanted: &str| must(home.iter().find(|point| day(point.created) == wanted).ok_or("no such point"));
    let (tuesday, newest) = (of("2026-01-06"), of("2026-01-07"));
    let forgery = inspect.put_point(foreign(HOME, forged(&tuesday.tags), "2026-01-07T11:00:00Z"));
    let twin = inspect.put_point(foreign(HOME, tuesday.tags.clone(), "2026-01-07T11:00:00Z"));
    let [forgery, twin] = [forgery, twin].map(|arn| must(arn.ok_or("no vault")));
    assert!(inspect.set_point_tags(&newest.arn, forged(&newest.tags)));
    // On the 9th the newest but one is to be pruned, which opens the newest's seal before the day's own is there.
    installation.until("2026-01-08T05:00:00Z").await;
    let prune = json!({"kind": "prune", "chain": installation.chain("orders")});
    installation.send("prunes", &prune).await;
    installation.until("2026-01-09T12:00:00Z").await;
    let all = |installation: &Installation| -> Vec<String> {
        let workers = ["worker-1", "worker-2"].map(|worker| installation.conditions(worker));
        workers.into_iter().flatten().map(|(code, _)| code).collect()
    };
    for code in ["CW0505", "CW0507"] {
        assert!(all(&installation).contains(&code.to_owned()), "{code}: {:?}", all(&installation));
    }
    assert!(inspect.remove_point(&forgery) && inspect.remove_point(&twin));
    assert!(inspect.set_point_tags(&newest.arn, newest.tags.clone()));
    // Whichever worker compares, and whichever said so before.
    installation.until("2026-01-10T05:00:00Z").await;
    assert_eq!(all(&installation), Vec::<String>::new());
    assert_eq!(installation.family(installation.chain("orders")).await.chain.value.suspects, BTreeMap::new());
}

#[tokio::test(start_paused = true)]
async fn a_seal_that_opens_again_counts_again() {
    let installation = Installation::with(brisk(83), &["orders"], GOLD, 1).await;
    installation.until("2026-01-08T12:00:00Z").await;
    let inspect = installation.simulation.cloud().inspect();
    let own = must(installation.points(HOME).pop().ok_or("no point"));
    assert!(inspect.set_point_tags(&own.arn, forged(&own.tags)));
    let slot = "2026-01-08T06:00:00Z";
    let id = installation.point("orders", slot);
    let opened = async || {
        let family = installation.family(installation.chain("orders")).await;
        family.point(&id).and_then(|point| point.value.sides.get(&Side::Regular)?.opened_at)
    };
    // Its end comes on the 11th; the last look before its removal finds that it proves nothing.
    installation.until("2026-01-12T12:00:00Z").await;
    assert!(there(&installation, &own.arn), "what proves nothing is kept");
    assert_eq!(opened().await, None);
    assert!(installation.conditions("worker-1").contains(&("CW0504".into(), format!("{id} regular"))));
    assert!(inspect.set_point_tags(&own.arn, own.tags.clone()));
    installation.until("2026-01-13T00:00:00Z").await;
    assert!(!installation.conditions("worker-1").iter().any(|(code, _)| code == "CW0504"));
    // Proven again it is what it was: a point whose end has come.
    assert!(!there(&installation, &own.arn));
}

fn there(installation: &Installation, arn: &str) -> bool {
    installation.points(HOME).iter().any(|point| point.arn == arn)
}

#[tokio::test(start_paused = true)]
async fn whose_a_point_was_is_forgotten_with_the_point() {
    let installation = Installation::with(brisk(84), &["orders"], GOLD, 1).await;
    installation.until("2026-01-13T12:00:00Z").await;
    let ledger = must(installation.simulation.ledger());
    let expiry = async |pk: String, sk: String| {
        let item = must(ledger.store().get(&pk, &sk).await);
        must(item.ok_or("no such item")).expires_at
    };
    let chain = format!("chain#{}", installation.chain("orders"));
    let (gone, there) = ("2026-01-06T06:00:00Z", "2026-01-12T06:00:00Z");
    let [gone, there] = [gone, there].map(|slot| installation.point("orders", slot));
    let end = expiry(chain.clone(), format!("point#{gone}")).await;
    assert!(end.is_some());
    assert_eq!(expiry(format!("point#{gone}"), "owner".into()).await, end);
    assert_eq!(expiry(chain, format!("point#{there}")).await, None);
    assert_eq!(expiry(format!("point#{there}"), "owner".into()).await, None);
}
