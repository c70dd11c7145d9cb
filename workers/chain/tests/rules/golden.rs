//! The published examples of harmonized schedules, from the semantics of policies with several flags: what is on a
//! Monday's point on Thursday, Friday, in the third week, and half a year later. Removal is looked at after the day's
//! session, so a limit of three days is over at the slot itself.

use std::collections::BTreeMap;

use chainwright_chain::{
    policy::Policy,
    prune::{Chain, ChainPoint, Decision, Kind, Ownership, PointSide, plan},
    retention::standing,
};
use chainwright_contracts::jobs::Side;
use jiff::Timestamp;

use crate::{at, initials, ireland, policy, policy_of};

/// The chain's points after the session of `now`, oldest first, each with the flags that stand: those that retention
/// removed at any slot before are not listed.
fn after_session(policy: &Policy, from: &str, now: &str) -> Vec<String> {
    let now = at(now);
    let mut points: Vec<ChainPoint<Timestamp>> = Vec::new();
    let second = jiff::SignedDuration::from_secs(1);
    for slot in policy.calendar().slots(at(from), now + second) {
        let sides = policy.sides(&ireland(), slot.at, &slot.flags);
        let sides = sides.into_iter().map(|(side, flags)| (side, PointSide::good(flags))).collect::<BTreeMap<_, _>>();
        points.push(ChainPoint { id: slot.at, slot: slot.at, kind: Kind::Chained, keep_last: 1, held: false, sides });
        let chain = Chain { points: points.clone(), ownership: Ownership::Owned, now: slot.at };
        let gone: Vec<Timestamp> = plan(&chain).removals().map(|planned| *planned.id).collect();
        points.retain(|point| !gone.contains(&point.id));
    }
    points
        .iter()
        .map(|point| {
            format!(
                "{} {}",
                &point.slot.to_string()[..16],
                initials(standing(&point.sides[&Side::Regular].flags, now).keys())
            )
        })
        .collect()
}

/// The example that FSx, Redshift and Redshift Serverless share.
fn weekdays() -> [Policy; 3] {
    let schedules =
        "{daily: {at: \"07:00\", on: weekdays, keep: 3 days}, weekly: {at: \"07:00\", on: monday, keep: 14 days}}";
    ["fsx", "redshift", "redshift-serverless"].map(|source| policy_of(source, schedules, ""))
}

/// What the chain of each of them has after the session of `now`.
fn after_each(now: &str, expected: &[&str]) {
    for policy in weekdays() {
        assert_eq!(after_session(&policy, "2026-01-05T00:00:00Z", now), expected, "{}", policy.file().source);
    }
}

fn dynamodb() -> Policy {
    policy(
        "{daily: {at: [\"07:00\", \"11:00\"], keep: 3 days}, weekly: {at: \"07:00\", on: monday, keep: 14 days}, \
          monthly: {at: \"07:00\", on: first monday, months: [1, 3, 5, 7, 9, 11], keep: 6 months}}",
        "cold_after: 30 days",
    )
}

// January 5, 2026 is the first Monday of its month.

#[test]
fn a_mondays_point_carries_the_daily_and_the_weekly_flag() {
    after_each("2026-01-05T07:00:00Z", &["2026-01-05T07:00 DW"]);
}

#[test]
fn on_thursday_the_daily_flag_is_off_mondays_point() {
    let expected = ["2026-01-05T07:00 W", "2026-01-06T07:00 D", "2026-01-07T07:00 D", "2026-01-08T07:00 D"];
    after_each("2026-01-08T07:00:00Z", &expected);
}

#[test]
fn on_friday_tuesdays_point_is_removed() {
    let expected = ["2026-01-05T07:00 W", "2026-01-07T07:00 D", "2026-01-08T07:00 D", "2026-01-09T07:00 D"];
    after_each("2026-01-09T07:00:00Z", &expected);
}

#[test]
fn in_the_third_week_the_first_mondays_point_is_removed() {
    // On that Monday the flags of the days before the weekend are gone too; the second Monday's point is left by W.
    let expected = ["2026-01-12T07:00 W", "2026-01-19T07:00 DW"];
    after_each("2026-01-19T07:00:00Z", &expected);
}

#[test]
fn a_first_mondays_point_carries_three_flags_and_the_eleven_oclock_point_one() {
    let expected = ["2026-01-05T07:00 DWM", "2026-01-05T11:00 D"];
    assert_eq!(after_session(&dynamodb(), "2026-01-05T00:00:00Z", "2026-01-05T11:00:00Z"), expected);
}

#[test]
fn on_thursday_and_friday_the_points_of_seven_oclock_lose_their_daily_flag() {
    let thursday = after_session(&dynamodb(), "2026-01-05T00:00:00Z", "2026-01-08T07:00:00Z");
    let expected = [
        "2026-01-05T07:00 WM",
        "2026-01-05T11:00 D",
        "2026-01-06T07:00 D",
        "2026-01-06T11:00 D",
        "2026-01-07T07:00 D",
        "2026-01-07T11:00 D",
        "2026-01-08T07:00 D",
    ];
    assert_eq!(thursday, expected);
    let friday = after_session(&dynamodb(), "2026-01-05T00:00:00Z", "2026-01-09T07:00:00Z");
    assert!(
        !friday.iter().any(|point| point.starts_with("2026-01-06T07:00")),
        "Tuesday's 07:00 is removed: {friday:?}"
    );
    assert!(friday.contains(&"2026-01-06T11:00 D".to_owned()), "Tuesday's 11:00 is not over yet: {friday:?}");
}

#[test]
fn in_the_third_week_the_monthly_flag_alone_keeps_the_first_mondays_point() {
    let points = after_session(&dynamodb(), "2026-01-05T00:00:00Z", "2026-01-19T07:00:00Z");
    assert_eq!(points[0], "2026-01-05T07:00 M");
    assert_eq!(points[1], "2026-01-12T07:00 W");
}

#[test]
fn in_the_seventh_month_the_first_mondays_point_is_removed() {
    let before = after_session(&dynamodb(), "2026-01-05T00:00:00Z", "2026-07-04T11:00:00Z");
    assert_eq!(before[0], "2026-01-05T07:00 M");
    let after = after_session(&dynamodb(), "2026-01-05T00:00:00Z", "2026-07-05T07:00:00Z");
    assert_eq!(after[0], "2026-03-02T07:00 M");
}

#[test]
fn only_a_point_whose_longest_flag_outlives_the_move_by_90_days_goes_cold() {
    let policy = dynamodb();
    let regular =
        |slot: &str| policy.sides(&ireland(), at(slot), &policy.calendar().flags_due(at(slot)))[&Side::Regular].clone();
    let (monthly, weekly) = ("2026-01-05T07:00:00Z", "2026-01-12T07:00:00Z");
    assert_eq!(policy.cold_after_days(at(monthly), &regular(monthly)), Some(30));
    assert_eq!(policy.cold_after_days(at(weekly), &regular(weekly)), None);
}

#[test]
fn with_six_days_and_a_daily_session_six_points_remain() {
    let policy = policy("{daily: {at: \"07:00\", keep: 6 days}}", "");
    let sunday_to_saturday = after_session(&policy, "2026-01-04T00:00:00Z", "2026-01-10T07:00:00Z");
    assert_eq!(sunday_to_saturday.len(), 6);
    assert_eq!(sunday_to_saturday[0], "2026-01-05T07:00 D");
}

#[test]
fn a_removal_names_the_instant_since_which_it_was_due() {
    let [policy, ..] = weekdays();
    let side = |slot: &str| {
        PointSide::good(
            policy.sides(&ireland(), at(slot), &policy.calendar().flags_due(at(slot)))[&Side::Regular].clone(),
        )
    };
    let point = |slot: &str| ChainPoint {
        id: slot.to_owned(),
        slot: at(slot),
        kind: Kind::Chained,
        keep_last: 1,
        held: false,
        sides: BTreeMap::from([(Side::Regular, side(slot))]),
    };
    let points = vec![point("2026-01-06T07:00:00Z"), point("2026-01-12T07:00:00Z")];
    let chain = Chain { points, ownership: Ownership::Owned, now: at("2026-01-13T00:00:00Z") };
    let decisions: Vec<_> = plan(&chain).decisions.iter().map(|planned| planned.decision.clone()).collect();
    // Its flag ended on the 9th, but until the 12th it was the newest.
    assert_eq!(decisions[0], Decision::Removed { since: at("2026-01-12T07:00:00Z") });
    assert_eq!(
        decisions[1].to_string(),
        "kept: daily until 2026-01-15T07:00:00Z, weekly until 2026-01-26T07:00:00Z; newest good point"
    );
}
