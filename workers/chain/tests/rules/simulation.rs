use std::collections::{BTreeMap, BTreeSet};

use chainwright_chain::{
    prune::{Chain, ChainPoint, Kind, Ownership, PointSide, plan},
    simulate::simulate,
};
use chainwright_contracts::jobs::Side;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use crate::{
    COPIED, at,
    calendar::{any_schedules, any_zone},
    ireland, policy,
};

#[test]
fn the_answer_is_sorted_by_chain_then_slot_and_has_the_promised_form() {
    let policy = policy("{daily: {at: \"07:00\", keep: 1 day, keep_copies: 2 days}}", COPIED);
    let answer = simulate(&policy, &ireland(), at("2026-01-05T00:00:00Z"), at("2026-01-07T00:00:00Z"));
    let expected = serde_json::json!({"points": [
        {"chain": "copy:eu-central-1", "slot": "2026-01-05T07:00:00Z", "flags": {"daily": "2026-01-07T07:00:00Z"}, "removed_at": null},
        {"chain": "copy:eu-central-1", "slot": "2026-01-06T07:00:00Z", "flags": {"daily": "2026-01-08T07:00:00Z"}, "removed_at": null},
        {"chain": "regular", "slot": "2026-01-05T07:00:00Z", "flags": {"daily": "2026-01-06T07:00:00Z"}, "removed_at": "2026-01-06T07:00:00Z"},
        {"chain": "regular", "slot": "2026-01-06T07:00:00Z", "flags": {"daily": "2026-01-07T07:00:00Z"}, "removed_at": null},
    ]});
    assert_eq!(serde_json::to_value(answer).unwrap(), expected);
}

#[test]
fn a_point_outlives_its_flags_while_it_is_among_the_newest() {
    let policy = policy("{weekly: {at: \"07:00\", on: monday, keep: 1 day}}", "keep_last: 2");
    let answer = simulate(&policy, &ireland(), at("2026-01-05T00:00:00Z"), at("2026-02-01T00:00:00Z"));
    let removed: Vec<_> = answer.points.iter().map(|point| point.removed_at).collect();
    assert_eq!(removed, [Some(at("2026-01-19T07:00:00Z")), Some(at("2026-01-26T07:00:00Z")), None, None]);
}

#[test]
fn an_empty_interval_has_no_points() {
    let policy = policy("{weekly: {at: \"07:00\", on: monday, keep: 1 day}}", "");
    assert!(simulate(&policy, &ireland(), at("2026-01-06T00:00:00Z"), at("2026-01-06T00:00:00Z")).points.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_simulation_agrees_with_planning_the_chain_at_every_instant_of_it(
        schedules in any_schedules(), zone in any_zone(), keep_last in 1_u32..5, start in 1_700_000_000_i64..1_900_000_000,
    ) {
        let policy = policy(&schedules, &format!("{zone}keep_last: {keep_last}\n"));
        let from = Timestamp::from_second(start).unwrap();
        let to = from + SignedDuration::from_hours(24 * 12);
        let answer = simulate(&policy, &ireland(), from, to);
        // Whatever can happen happens at a slot or an expiry.
        let mut instants: BTreeSet<Timestamp> = answer.points.iter().map(|point| point.slot).collect();
        instants.extend(answer.points.iter().flat_map(|point| point.flags.values().copied()).filter(|at| *at < to));
        let mut removed: BTreeMap<(String, Timestamp), Timestamp> = BTreeMap::new();
        for now in instants {
            let mut points: BTreeMap<Timestamp, ChainPoint<Timestamp>> = BTreeMap::new();
            for point in answer.points.iter().filter(|point| point.slot <= now) {
                if removed.contains_key(&(point.chain.to_string(), point.slot)) { continue }
                let fresh = ChainPoint { id: point.slot, slot: point.slot, kind: Kind::Chained, keep_last, held: false, sides: BTreeMap::new() };
                let sides = &mut points.entry(point.slot).or_insert(fresh).sides;
                sides.insert(point.chain.clone(), PointSide::good(point.flags.clone()));
            }
            let chain = Chain { points: points.into_values().collect(), ownership: Ownership::Owned, now };
            for planned in plan(&chain).removals() {
                removed.insert((planned.side.to_string(), planned.slot), now);
            }
        }
        for point in &answer.points {
            let stepped = removed.get(&(point.chain.to_string(), point.slot)).copied();
            prop_assert_eq!(stepped, point.removed_at, "{} {}", point.chain, point.slot);
            prop_assert!(point.chain == Side::Regular || !point.flags.is_empty());
        }
    }
}
