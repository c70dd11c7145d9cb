//! What bears a true seal and may not be the true point is kept, reported, and removed on request alone (I4).

use std::collections::BTreeMap;

use chainwright_chain::state::{PointRecord, SideState};
use chainwright_contracts::jobs::Side;
use chainwright_tests::{
    installation::{AWAY, GOLD, HOME, Installation, must},
    loss::{forget, rebuild, wipe},
    model::{brisk, day},
    strangers::foreign,
    witness::occupied,
};
use serde_json::json;

const TUESDAY: &str = "2026-01-06T06:00:00Z";

fn tags_of(installation: &Installation, region: &str, of: &str) -> BTreeMap<String, String> {
    let points = installation.points(region);
    must(points.iter().find(|point| day(point.created) == of).map(|point| point.tags.clone()).ok_or("no such point"))
}

fn there(installation: &Installation, arn: &str) -> bool {
    [HOME, AWAY].iter().flat_map(|region| installation.points(region)).any(|point| point.arn == arn)
}

async fn record(installation: &Installation, slot: &str) -> PointRecord {
    let family = installation.family(installation.chain("orders")).await;
    must(family.point(&installation.point("orders", slot)).map(|point| point.value.clone()).ok_or("no such point"))
}

/// A week under [`GOLD`], and what Tuesday's points, whose ends have come, said of themselves in both Regions.
async fn a_week(seed: u64) -> (Installation, [BTreeMap<String, String>; 2]) {
    let installation = Installation::with(brisk(seed), &["orders"], GOLD, 1).await;
    installation.until("2026-01-07T12:00:00Z").await;
    let tags = [HOME, AWAY].map(|region| tags_of(&installation, region, "2026-01-06"));
    installation.until("2026-01-13T12:00:00Z").await;
    for region in [HOME, AWAY] {
        assert!(!installation.days(region, "orders").contains(&"2026-01-06".to_owned()));
    }
    (installation, tags)
}

/// What stands in for Tuesday's points now is kept on both sides, and goes when a person asks.
async fn kept_until_asked(installation: &Installation, [home, away]: [&str; 2]) {
    // Past the ends of all that was made in the first two weeks.
    installation.until("2026-01-30T12:00:00Z").await;
    assert!(!installation.days(HOME, "orders").contains(&"2026-01-11".to_owned()), "retention goes on");
    assert!(there(installation, home) && there(installation, away));
    let id = installation.point("orders", TUESDAY);
    let conditions = installation.conditions("worker-1");
    for side in ["regular".to_owned(), format!("copy:{AWAY}")] {
        assert!(conditions.contains(&("CW0508".into(), format!("{id} {side}"))), "{conditions:?}");
    }
    installation.send("prunes", &json!({"kind": "delete", "points": [id], "side": "regular"})).await;
    installation.until("2026-01-30T20:00:00Z").await;
    assert!(!there(installation, home) && there(installation, away));
    let conditions = installation.conditions("worker-1");
    assert!(!conditions.contains(&("CW0508".into(), format!("{id} regular"))), "{conditions:?}");
    assert_eq!(installation.all_dead(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn what_bears_the_seal_of_a_forgotten_point_is_kept_until_a_person_asks() {
    let (installation, [home, away]) = a_week(70).await;
    let inspect = installation.simulation.cloud().inspect();
    let id = installation.point("orders", TUESDAY);
    // The chain's part is forgotten; whose the point is, not yet.
    let forgotten = forget(&installation, |item| item.pk.starts_with("chain#") && item.sk.contains(id.as_str())).await;
    assert!(forgotten >= 3, "{forgotten}");
    let home = must(inspect.put_point(foreign(HOME, home, "2026-01-06T09:00:00Z")).ok_or("no vault"));
    let away = must(inspect.put_point(foreign(AWAY, away, "2026-01-06T06:05:00Z")).ok_or("no vault"));
    installation.until("2026-01-14T00:00:00Z").await;
    let found = record(&installation, TUESDAY).await;
    assert!(found.sides.values().all(|side| side.state == SideState::Available && side.opened_at.is_none()));
    kept_until_asked(&installation, [&home, &away]).await;
}

#[tokio::test(start_paused = true)]
async fn what_bears_the_seal_of_an_ended_point_is_kept_after_a_rebuild_until_a_person_asks() {
    let (installation, [home, away]) = a_week(71).await;
    let inspect = installation.simulation.cloud().inspect();
    // Of the three the last is younger than the point ever could have been.
    let put = [(HOME, &home, "2026-01-06T09:00:00Z"), (AWAY, &away, TUESDAY), (HOME, &home, "2026-01-13T09:00:00Z")];
    let put = put.map(|(region, tags, created)| inspect.put_point(foreign(region, tags.clone(), created)));
    let [home, away, later] = put.map(|arn| must(arn.ok_or("no vault")));
    wipe(&installation).await;
    assert_eq!(must(rebuild(&installation).await).left_alone, 1);
    installation.apply(GOLD).await;
    kept_until_asked(&installation, [&home, &away]).await;
    assert!(there(&installation, &later));
}

#[tokio::test(start_paused = true)]
async fn a_point_younger_than_its_seal_allows_is_a_stranger() {
    let (installation, [home, _]) = a_week(72).await;
    let inspect = installation.simulation.cloud().inspect();
    let id = installation.point("orders", TUESDAY);
    assert!(forget(&installation, |item| item.pk.contains(id.as_str()) || item.sk.contains(id.as_str())).await > 3);
    let later = must(inspect.put_point(foreign(HOME, home, "2026-01-13T09:00:00Z")).ok_or("no vault"));
    installation.until("2026-01-14T00:00:00Z").await;
    assert!(installation.conditions("worker-1").contains(&("CW0507".into(), later.clone())));
    let family = installation.family(installation.chain("orders")).await;
    assert!(family.point(&id).is_none() && family.chain.value.is_stranger(&later));
    installation.until("2026-01-20T00:00:00Z").await;
    assert!(there(&installation, &later));
}

#[tokio::test(start_paused = true)]
async fn two_claimants_found_by_a_rebuild_are_both_kept_and_reported() {
    let installation = Installation::with(brisk(73), &["orders"], GOLD, 1).await;
    installation.until("2026-01-07T12:00:00Z").await;
    let (tags, inspect) = (tags_of(&installation, HOME, "2026-01-06"), installation.simulation.cloud().inspect());
    let twin = must(inspect.put_point(foreign(HOME, tags, "2026-01-06T07:00:00Z")).ok_or("no vault"));
    wipe(&installation).await;
    must(rebuild(&installation).await);
    installation.apply(GOLD).await;
    let claimed = record(&installation, TUESDAY).await.sides.remove(&Side::Regular);
    let claimed = must(claimed.ok_or("no regular side"));
    assert!(
        claimed.opened_at.is_none()
            && claimed.arn.as_ref().is_some_and(|arn| claimed.rivals.len() == 1 && !claimed.rivals.contains(arn))
    );
    let all: Vec<String> = claimed.arn.into_iter().chain(claimed.rivals.clone()).collect();
    assert!(all.contains(&twin));
    installation.until("2026-01-24T12:00:00Z").await;
    assert!(all.iter().all(|arn| there(&installation, arn)));
    let conditions = installation.conditions("worker-1");
    assert!(
        claimed.rivals.iter().all(|rival| conditions.contains(&("CW0505".into(), rival.clone()))),
        "{conditions:?}"
    );
    // With one of them taken away nobody knows whether it was the true one: the other stays.
    assert!(inspect.remove_point(&all[1]));
    installation.until("2026-01-26T12:00:00Z").await;
    assert!(there(&installation, &all[0]));
    assert!(!installation.conditions("worker-1").iter().any(|(code, _)| code == "CW0505"));
}

#[tokio::test(start_paused = true)]
async fn a_point_whose_service_was_occupied_to_the_end_of_its_time_is_known_after_a_rebuild() {
    let installation = Installation::with(brisk(74), &["orders"], GOLD, 1).await;
    let faults = installation.simulation.cloud().faults();
    let occupied = faults.add(occupied("StartBackupJob"));
    // Tried from six o'clock on, for six hours.
    installation.until("2026-01-05T11:20:00Z").await;
    assert!(installation.fired(occupied) > 5);
    faults.clear();
    installation.until("2026-01-05T16:00:00Z").await;
    assert_eq!(installation.days(HOME, "orders"), ["2026-01-05"]);
    wipe(&installation).await;
    assert_eq!(must(rebuild(&installation).await).left_alone, 0);
    let found = record(&installation, "2026-01-05T06:00:00Z").await;
    assert!(found.sides.values().all(|side| side.opened_at.is_some() && !side.doubtful), "{found:?}");
}
