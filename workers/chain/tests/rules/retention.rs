use std::collections::BTreeMap;

use chainwright_chain::retention::{copy_wanted_until, last_expiry, later, standing};
use chainwright_contracts::{flag::Flag, jobs::Side, policy::ZoneName};

use crate::{COPIED, at, flags, ireland, policy};

fn after(zone: &str, from: &str, age: &str) -> String {
    let zone: ZoneName = zone.parse().unwrap();
    later(zone.zone(), at(from), age.parse().unwrap()).to_string()
}

#[test]
fn a_months_end_clamps() {
    assert_eq!(after("UTC", "2026-01-31T07:00:00Z", "1 month"), "2026-02-28T07:00:00Z");
    assert_eq!(after("UTC", "2028-01-31T07:00:00Z", "1 month"), "2028-02-29T07:00:00Z");
    assert_eq!(after("UTC", "2028-02-29T07:00:00Z", "1 year"), "2029-02-28T07:00:00Z");
    assert_eq!(after("UTC", "2026-08-31T07:00:00Z", "6 months"), "2027-02-28T07:00:00Z");
}

#[test]
fn days_follow_the_local_calendar_across_a_change_of_the_clocks() {
    // 07:00 in Berlin is 06:00 UTC in winter and 05:00 UTC in summer.
    assert_eq!(after("Europe/Berlin", "2026-03-28T06:00:00Z", "3 days"), "2026-03-31T05:00:00Z");
    assert_eq!(after("Europe/Berlin", "2026-10-24T05:00:00Z", "1 week"), "2026-10-31T06:00:00Z");
    assert_eq!(after("Europe/Berlin", "2026-03-28T06:00:00Z", "72 hours"), "2026-03-31T06:00:00Z");
}

#[test]
fn an_expiry_in_a_gap_moves_forward_and_in_a_repeated_hour_means_the_first() {
    assert_eq!(after("Europe/Berlin", "2026-03-28T01:30:00Z", "1 day"), "2026-03-29T01:30:00Z");
    assert_eq!(after("Europe/Berlin", "2026-10-24T00:30:00Z", "1 day"), "2026-10-25T00:30:00Z");
}

#[test]
fn after_a_gap_the_period_is_added_to_the_time_as_it_happened() {
    // The slot of 02:30 happened at 03:30 local; a day later it is 03:30, not 02:30.
    assert_eq!(after("Europe/Berlin", "2026-03-29T01:30:00Z", "1 day"), "2026-03-30T01:30:00Z");
}

#[test]
fn the_longest_period_after_the_last_years_saturates() {
    assert_eq!(after("UTC", "9950-01-01T00:00:00Z", "100 years"), jiff::Timestamp::MAX.to_string());
}

#[test]
fn each_side_has_the_flags_that_the_policy_gives_it() {
    let policy = policy(
        "{daily: {at: \"07:00\", keep: 3 days, keep_copies: 7 days}, weekly: {at: \"07:00\", on: monday, keep: 14 days}}",
        COPIED,
    );
    let monday = at("2026-01-05T07:00:00Z");
    let sides = policy.sides(&ireland(), monday, &flags("DW"));
    let copy = Side::Copy("eu-central-1".parse().unwrap());
    let regular =
        BTreeMap::from([(Flag::Daily, at("2026-01-08T07:00:00Z")), (Flag::Weekly, at("2026-01-19T07:00:00Z"))]);
    assert_eq!(sides[&Side::Regular], regular);
    assert_eq!(sides[&copy], BTreeMap::from([(Flag::Daily, at("2026-01-12T07:00:00Z"))]));
    assert_eq!(copy_wanted_until(&sides[&copy], &regular), Some(at("2026-01-12T07:00:00Z")));
}

#[test]
fn a_point_with_no_flag_that_keeps_copies_is_not_copied() {
    let policy = policy(
        "{daily: {at: \"07:00\", keep: 3 days, keep_copies: 7 days}, weekly: {at: \"08:00\", on: monday, keep: 14 days}}",
        COPIED,
    );
    assert_eq!(policy.sides(&ireland(), at("2026-01-05T08:00:00Z"), &flags("W")).len(), 1);
    let other = "eu-west-2".parse().unwrap();
    assert_eq!(policy.sides(&other, at("2026-01-05T07:00:00Z"), &flags("D")).len(), 1, "a Region without a target");
}

#[test]
fn a_flag_taken_over_expires_from_the_slot_of_the_point_that_carries_it() {
    let policy =
        policy("{daily: {at: \"07:00\", keep: 3 days}, weekly: {at: \"07:00\", on: monday, keep: 14 days}}", "");
    let sides = policy.sides(&ireland(), at("2026-01-06T07:00:00Z"), &flags("DW"));
    assert_eq!(sides[&Side::Regular][&Flag::Weekly], at("2026-01-20T07:00:00Z"));
}

#[test]
fn a_flag_of_a_schedule_that_the_policy_no_longer_has_is_dropped() {
    let policy = policy("{daily: {at: \"07:00\", keep: 3 days}}", "");
    let sides = policy.sides(&ireland(), at("2026-01-06T07:00:00Z"), &flags("DY"));
    assert_eq!(sides[&Side::Regular].len(), 1);
}

#[test]
fn a_flag_is_gone_when_now_has_reached_its_expiry() {
    let side = BTreeMap::from([(Flag::Daily, at("2026-01-08T07:00:00Z"))]);
    assert_eq!(standing(&side, at("2026-01-08T06:59:59Z")).len(), 1);
    assert_eq!(standing(&side, at("2026-01-08T07:00:00Z")).len(), 0);
    assert_eq!(last_expiry(&side), Some(at("2026-01-08T07:00:00Z")));
    assert_eq!(last_expiry(&BTreeMap::new()), None);
}
