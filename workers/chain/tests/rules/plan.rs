//! The plan's reasons, one by one.

use std::collections::BTreeMap;

use chainwright_chain::prune::{
    Chain, ChainPoint, Decision, Goodness, Keep, Kind, Lock, NotGood, Ownership, PointSide, plan,
};
use chainwright_contracts::{flag::Flag, jobs::Side};
use jiff::Timestamp;

use crate::at;

const NOW: &str = "2026-02-01T00:00:00Z";

fn january(day: u32) -> Timestamp {
    at(&format!("2026-01-{day:02}T07:00:00Z"))
}

fn copy() -> Side {
    Side::Copy("eu-central-1".parse().unwrap())
}

/// A good point of January `day` on `side`, whose only flag ended a day later.
fn expired_on(side: Side, day: u32) -> ChainPoint<u32> {
    let flags = BTreeMap::from([(Flag::Daily, january(day + 1))]);
    let sides = BTreeMap::from([(side, PointSide::good(flags))]);
    ChainPoint { id: day, slot: january(day), kind: Kind::Chained, keep_last: 1, held: false, sides }
}

fn expired(day: u32) -> ChainPoint<u32> {
    expired_on(Side::Regular, day)
}

fn with(mut point: ChainPoint<u32>, change: impl Fn(&mut PointSide)) -> ChainPoint<u32> {
    point.sides.values_mut().for_each(change);
    point
}

fn decide(points: Vec<ChainPoint<u32>>) -> Vec<(u32, Decision)> {
    decide_as(points, Ownership::Owned)
}

fn decide_as(points: Vec<ChainPoint<u32>>, ownership: Ownership) -> Vec<(u32, Decision)> {
    let chain = Chain { points, ownership, now: at(NOW) };
    plan(&chain).decisions.iter().map(|planned| (*planned.id, planned.decision.clone())).collect()
}

fn kept(reasons: impl Into<Vec<Keep>>) -> Decision {
    Decision::Kept(reasons.into())
}

fn removed(day: u32) -> Decision {
    Decision::Removed { since: january(day) }
}

/// The decision on one expired point that has newer good ones behind it, after a change to its side.
fn older(change: impl Fn(&mut PointSide)) -> Decision {
    decide(vec![with(expired(1), change), expired(5)])[0].1.clone()
}

#[test]
fn an_expired_point_with_no_reason_to_stay_is_removed() {
    assert_eq!(older(|_| {}), removed(5));
}

#[test]
fn the_newest_good_point_is_kept_whatever_its_age() {
    assert_eq!(decide(vec![expired(1)]), [(1, kept([Keep::Newest]))]);
}

#[test]
fn points_that_are_not_good_do_not_take_the_newest_ones_place() {
    for state in [
        Goodness::NotGood(NotGood::Failed),
        Goodness::NotGood(NotGood::ServiceExpired),
        Goodness::NotGood(NotGood::Unproven),
        Goodness::Lost,
    ] {
        let decisions = decide(vec![expired(1), with(expired(2), |side| side.goodness = state)]);
        assert_eq!(decisions[0].1, kept([Keep::Newest]), "{state:?}");
    }
}

#[test]
fn keep_last_is_the_newest_good_points() {
    let last = |keep_last, day| ChainPoint { keep_last, ..expired(day) };
    let decisions = decide(vec![last(1, 1), last(9, 2), last(1, 3), last(2, 4)]);
    assert_eq!(decisions[3].1, kept([Keep::Newest]));
    assert_eq!(decisions[2].1, kept([Keep::KeepLast { place: 2, of: 2 }]));
    assert_eq!(decisions[1].1, removed(4));
    assert_eq!(decisions[0].1, removed(3), "since the second next point came");
}

#[test]
fn every_side_has_newest_points_of_its_own() {
    let mut both = expired(2);
    both.sides.extend(expired_on(copy(), 2).sides);
    let chain =
        Chain { points: vec![expired_on(copy(), 1), both, expired(3)], ownership: Ownership::Owned, now: at(NOW) };
    let decisions = plan(&chain);
    let shown: Vec<_> = decisions
        .decisions
        .iter()
        .map(|planned| format!("{} {} {}", planned.id, planned.side, planned.decision))
        .collect();
    assert_eq!(
        shown,
        [
            "1 copy:eu-central-1 removed: due since 2026-01-02T07:00:00Z",
            "2 regular removed: due since 2026-01-03T07:00:00Z",
            "2 copy:eu-central-1 kept: newest good point",
            "3 regular kept: newest good point",
        ]
    );
}

#[test]
fn marks_of_people_and_unfinished_work_keep_a_point() {
    let held = ChainPoint { held: true, ..expired(1) };
    assert_eq!(decide(vec![held, expired(5)])[0].1, kept([Keep::Hold]));
    assert_eq!(older(|side| side.copying = true), kept([Keep::Copying]));
    assert_eq!(older(|side| side.restoring = true), kept([Keep::Restoring]));
    assert_eq!(older(|side| side.conflict = true), kept([Keep::Conflict]));
    assert_eq!(older(|side| side.goodness = Goodness::NotGood(NotGood::Unfinished)), kept([Keep::Unfinished]));
    assert_eq!(older(|side| side.goodness = Goodness::NotGood(NotGood::Unproven)), kept([Keep::Unproven]));
}

#[test]
fn a_lock_keeps_a_point_until_it_ends() {
    let until = at("2026-03-01T00:00:00Z");
    assert_eq!(older(|side| side.lock = Some(Lock::Until(until))), kept([Keep::Lock { until: Some(until) }]));
    assert_eq!(older(|side| side.lock = Some(Lock::Indefinite)), kept([Keep::Lock { until: None }]));
    assert_eq!(older(|side| side.lock = Some(Lock::Until(at(NOW)))), removed(5));
}

#[test]
fn what_is_not_the_chains_own_is_kept_and_keeps_nothing() {
    for (kind, reason) in
        [(Kind::Manual, Keep::Manual), (Kind::Foreign, Keep::Foreign), (Kind::Automatic, Keep::Automatic)]
    {
        let decisions = decide(vec![expired(1), ChainPoint { kind, ..expired(2) }]);
        assert_eq!(decisions, [(1, kept([Keep::Newest])), (2, kept([reason]))]);
    }
}

#[test]
fn a_point_with_two_claimants_does_not_take_the_newest_ones_place() {
    let decisions = decide(vec![expired(1), with(expired(2), |side| side.conflict = true)]);
    assert_eq!(decisions[0].1, kept([Keep::Newest]));
}

#[test]
fn a_copy_that_no_flag_asked_for_is_removed_and_never_counts() {
    let unasked = with(expired_on(copy(), 2), |side| side.flags.clear());
    let decisions = decide(vec![expired_on(copy(), 1), unasked]);
    assert_eq!(decisions, [(1, kept([Keep::Newest])), (2, removed(2))]);
}

#[test]
fn the_newest_copy_under_each_key_is_a_base() {
    let keyed = |day, key: &str| with(expired_on(copy(), day), |side| side.fsx_key = Some(key.to_owned()));
    let decisions = decide(vec![keyed(1, "old"), keyed(2, "old"), keyed(3, "new"), keyed(4, "new")]);
    let expected = [
        (1, removed(2)),
        (2, kept([Keep::IncrementalBase])),
        (3, removed(4)),
        (4, kept([Keep::Newest, Keep::IncrementalBase])),
    ];
    assert_eq!(decisions, expected);
}

#[test]
fn an_orphaned_chain_keeps_its_newest_until_it_is_released() {
    assert_eq!(
        decide_as(vec![expired(1), expired(2)], Ownership::Orphaned),
        [(1, removed(2)), (2, kept([Keep::Newest]))]
    );
    assert_eq!(decide_as(vec![expired(1), expired(2)], Ownership::Released), [(1, removed(2)), (2, removed(3))]);
}

#[test]
fn a_hold_outlasts_the_release_of_a_chain() {
    let held = ChainPoint { held: true, ..expired(1) };
    assert_eq!(decide_as(vec![held], Ownership::Released), [(1, kept([Keep::Hold]))]);
}

#[test]
fn a_point_whose_deletion_was_requested_does_not_take_the_newest_ones_place() {
    let doomed = |day| with(expired(day), |side| side.deletion_requested = true);
    assert_eq!(decide(vec![expired(1), doomed(2)]), [(1, kept([Keep::Newest])), (2, removed(3))]);
    // Where nothing else is left, a deletion that came to nothing is not tried again.
    assert_eq!(decide(vec![doomed(1), doomed(2)]), [(1, removed(2)), (2, kept([Keep::Newest]))]);
}

#[test]
fn a_lost_side_is_neither_kept_nor_removed() {
    assert_eq!(older(|side| side.goodness = Goodness::Lost), Decision::Lost);
}

#[test]
fn all_reasons_are_named_and_the_order_of_the_input_does_not_matter() {
    let standing = with(ChainPoint { held: true, ..expired(3) }, |side| {
        side.flags.insert(Flag::Yearly, at("2033-01-03T07:00:00Z"));
        side.copying = true;
    });
    let decisions = decide(vec![standing, expired(1)]);
    let shown: Vec<_> = decisions.iter().map(|(id, decision)| format!("{id} {decision}")).collect();
    assert_eq!(
        shown,
        [
            "1 removed: due since 2026-01-03T07:00:00Z",
            "3 kept: yearly until 2033-01-03T07:00:00Z; hold; copy pending or running; newest good point",
        ]
    );
}
