use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use crate::{at, flags, policy, slots};

#[test]
fn a_time_that_the_clocks_skip_moves_forward_by_the_gap() {
    // Berlin skips 02:00 to 03:00 on March 29, 2026; New York on March 8.
    let berlin = policy("{daily: {at: \"02:30\", keep: 3 days}}", "time_zone: Europe/Berlin");
    insta::assert_snapshot!(slots(&berlin, "2026-03-28T00:00:00Z", "2026-03-31T00:00:00Z"), @r#"
    2026-03-28T01:30:00Z D
    2026-03-29T01:30:00Z D
    2026-03-30T00:30:00Z D
    "#);
    let new_york = policy("{daily: {at: \"02:30\", keep: 3 days}}", "time_zone: America/New_York");
    insta::assert_snapshot!(slots(&new_york, "2026-03-07T00:00:00Z", "2026-03-10T00:00:00Z"), @r#"
    2026-03-07T07:30:00Z D
    2026-03-08T07:30:00Z D
    2026-03-09T06:30:00Z D
    "#);
}

#[test]
fn a_time_that_the_clocks_repeat_means_the_first() {
    // Berlin repeats 02:00 to 03:00 on October 25, 2026; New York 01:00 to 02:00 on November 1.
    let berlin = policy("{daily: {at: \"02:30\", keep: 3 days}}", "time_zone: Europe/Berlin");
    insta::assert_snapshot!(slots(&berlin, "2026-10-24T00:00:00Z", "2026-10-27T00:00:00Z"), @r#"
    2026-10-24T00:30:00Z D
    2026-10-25T00:30:00Z D
    2026-10-26T01:30:00Z D
    "#);
    let new_york = policy("{daily: {at: \"01:30\", keep: 3 days}}", "time_zone: America/New_York");
    insta::assert_snapshot!(slots(&new_york, "2026-10-31T00:00:00Z", "2026-11-03T00:00:00Z"), @r#"
    2026-10-31T05:30:00Z D
    2026-11-01T05:30:00Z D
    2026-11-02T06:30:00Z D
    "#);
}

#[test]
fn a_gap_of_half_an_hour_moves_by_half_an_hour() {
    // Lord Howe Island skips 02:00 to 02:30 on October 4, 2026, and repeats 01:30 to 02:00 on April 5.
    let lord_howe = policy("{daily: {at: [\"01:45\", \"02:15\"], keep: 3 days}}", "time_zone: Australia/Lord_Howe");
    insta::assert_snapshot!(slots(&lord_howe, "2026-10-02T12:00:00Z", "2026-10-04T12:00:00Z"), @r#"
    2026-10-02T15:15:00Z D
    2026-10-02T15:45:00Z D
    2026-10-03T15:15:00Z D
    2026-10-03T15:45:00Z D
    "#);
    insta::assert_snapshot!(slots(&lord_howe, "2026-04-03T12:00:00Z", "2026-04-05T12:00:00Z"), @r#"
    2026-04-03T14:45:00Z D
    2026-04-03T15:15:00Z D
    2026-04-04T14:45:00Z D
    2026-04-04T15:45:00Z D
    "#);
}

#[test]
fn equal_instants_are_one_slot() {
    // 02:30 does not exist on that day and moves to 03:30, where another time already is.
    let berlin = policy(
        "{daily: {at: [\"02:30\", \"03:30\"], keep: 3 days}, weekly: {at: \"02:30\", on: sunday, keep: 2 weeks}}",
        "time_zone: Europe/Berlin",
    );
    insta::assert_snapshot!(slots(&berlin, "2026-03-29T00:00:00Z", "2026-03-30T00:00:00Z"), @r#"2026-03-29T01:30:00Z DW"#);
}

#[test]
fn a_day_that_a_zone_never_had_falls_on_the_next() {
    // Samoa skipped December 30, 2011.
    let samoa = policy("{daily: {at: \"07:00\", keep: 3 days}}", "time_zone: Pacific/Apia");
    insta::assert_snapshot!(slots(&samoa, "2011-12-29T00:00:00Z", "2012-01-02T00:00:00Z"), @r#"
    2011-12-29T17:00:00Z D
    2011-12-30T17:00:00Z D
    2011-12-31T17:00:00Z D
    2012-01-01T17:00:00Z D
    "#);
}

#[test]
fn every_so_many_hours_counts_from_local_midnight() {
    let berlin = policy("{daily: {every: 6 hours, keep: 3 days}}", "time_zone: Europe/Berlin");
    insta::assert_snapshot!(slots(&berlin, "2026-03-28T12:00:00Z", "2026-03-29T20:00:00Z"), @r#"
    2026-03-28T17:00:00Z D
    2026-03-28T23:00:00Z D
    2026-03-29T04:00:00Z D
    2026-03-29T10:00:00Z D
    2026-03-29T16:00:00Z D
    "#);
}

#[test]
fn days_that_a_month_lacks_mean_its_last() {
    let last = policy("{monthly: {at: \"07:00\", on: day 31, keep: 1 year}}", "");
    insta::assert_snapshot!(slots(&last, "2028-01-01T00:00:00Z", "2028-05-01T00:00:00Z"), @r#"
    2028-01-31T07:00:00Z M
    2028-02-29T07:00:00Z M
    2028-03-31T07:00:00Z M
    2028-04-30T07:00:00Z M
    "#);
    let leap = policy("{yearly: {at: \"07:00\", on: february 29, keep: 7 years}}", "");
    insta::assert_snapshot!(slots(&leap, "2026-01-01T00:00:00Z", "2029-01-01T00:00:00Z"), @r#"
    2026-02-28T07:00:00Z Y
    2027-02-28T07:00:00Z Y
    2028-02-29T07:00:00Z Y
    "#);
}

#[test]
fn ordinals_count_the_days_of_that_name() {
    let of = |on: &str| {
        let policy = policy(&format!("{{monthly: {{at: \"07:00\", on: {on}, keep: 1 year}}}}"), "");
        policy
            .calendar()
            .slots(at("2026-01-01T00:00:00Z"), at("2026-04-01T00:00:00Z"))
            .map(|slot| slot.at.to_string()[5..10].to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(of("first monday"), ["01-05", "02-02", "03-02"]);
    assert_eq!(of("second thursday"), ["01-08", "02-12", "03-12"]);
    assert_eq!(of("third sunday"), ["01-18", "02-15", "03-15"]);
    assert_eq!(of("fourth saturday"), ["01-24", "02-28", "03-28"]);
    assert_eq!(of("last saturday"), ["01-31", "02-28", "03-28"]);
    assert_eq!(of("last day"), ["01-31", "02-28", "03-31"]);
}

#[test]
fn the_groups_of_days_are_those_of_the_working_week() {
    let days = |on: &str| {
        let policy = policy(&format!("{{daily: {{at: \"07:00\", on: {on}, keep: 3 days}}}}"), "");
        // 2026-01-05 is a Monday.
        policy
            .calendar()
            .slots(at("2026-01-05T00:00:00Z"), at("2026-01-12T00:00:00Z"))
            .map(|slot| slot.at.to_string()[8..10].to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(days("weekdays"), ["05", "06", "07", "08", "09"]);
    assert_eq!(days("weekends"), ["10", "11"]);
    assert_eq!(days("every day").len(), 7);
    assert_eq!(days("[tuesday, sunday]"), ["06", "11"]);
}

#[test]
fn an_interval_of_slots_includes_its_beginning_and_not_its_end() {
    let daily = policy("{daily: {at: \"07:00\", keep: 3 days}}", "");
    assert_eq!(slots(&daily, "2026-01-05T07:00:00Z", "2026-01-06T07:00:00Z"), "2026-01-05T07:00:00Z D");
    assert_eq!(slots(&daily, "2026-01-05T07:00:00Z", "2026-01-05T07:00:00Z"), "");
    let calendar = daily.calendar();
    assert_eq!(calendar.next_slot_after(at("2026-01-05T07:00:00Z")).unwrap().at, at("2026-01-06T07:00:00Z"));
    assert_eq!(calendar.newest_slot_at_or_before(at("2026-01-05T07:00:00Z")).unwrap().at, at("2026-01-05T07:00:00Z"));
    assert_eq!(calendar.newest_slot_at_or_before(at("2026-01-05T06:59:59Z")).unwrap().at, at("2026-01-04T07:00:00Z"));
    assert_eq!(calendar.flags_due(at("2026-01-05T07:00:00Z")), flags("D"));
    assert_eq!(calendar.flags_due(at("2026-01-05T07:00:01Z")), flags(""));
}

#[test]
fn the_end_of_time_has_no_next_slot() {
    let yearly = policy("{yearly: {at: \"07:00\", on: january 1, keep: 7 years}}", "");
    assert_eq!(yearly.calendar().next_slot_after(Timestamp::MAX), None);
    assert_eq!(yearly.calendar().newest_slot_at_or_before(Timestamp::MIN), None);
    assert_eq!(yearly.calendar().newest_slot_at_or_before(Timestamp::MAX).unwrap().at, at("9999-01-01T07:00:00Z"));
}

pub(crate) fn any_schedules() -> impl Strategy<Value = String> {
    let time = (0..24_u8, 0..60_u8).prop_map(|(hour, minute)| format!("\"{hour:02}:{minute:02}\""));
    let at = prop_oneof![time.clone(), Just("\"02:30\"".to_owned()), Just("\"07:00\"".to_owned())];
    let days = prop_oneof![Just("every day"), Just("weekdays"), Just("weekends"), Just("[monday, thursday]")];
    let times = prop_oneof![
        (at.clone(), time).prop_filter("repeated", |(a, b)| a != b).prop_map(|(a, b)| format!("at: [{a}, {b}]")),
        prop::sample::select(vec![1, 2, 3, 4, 6, 8, 12]).prop_map(|hours| format!("every: {hours} hours")),
    ];
    let daily = (times, days, 1..9).prop_map(|(times, on, keep)| {
        format!("daily: {{{times}, on: {on}, keep: {keep} days, keep_copies: {keep} weeks}}")
    });
    let weekly =
        (at.clone(), 1..9).prop_map(|(at, keep)| format!("weekly: {{at: {at}, on: sunday, keep: {keep} weeks}}"));
    let on = prop::sample::select(vec!["first monday", "last sunday", "day 31", "last day", "day 1"]);
    let monthly = (at.clone(), on, 1..9).prop_map(|(at, on, keep)| {
        format!("monthly: {{at: {at}, on: {on}, keep: {keep} months, keep_copies: {keep} days}}")
    });
    let yearly = (at, 1..3).prop_map(|(at, keep)| format!("yearly: {{at: {at}, on: february 29, keep: {keep} years}}"));
    (daily, prop::option::of(weekly), prop::option::of(monthly), prop::option::of(yearly)).prop_map(|(d, w, m, y)| {
        format!("{{{}}}", [Some(d), w, m, y].into_iter().flatten().collect::<Vec<_>>().join(", "))
    })
}

pub(crate) fn any_zone() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kolkata",
        "Pacific/Apia",
    ])
    .prop_map(|zone| format!("time_zone: {zone}\n{}", crate::COPIED))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn slots_are_sorted_unique_and_due(schedules in any_schedules(), zone in any_zone(), start in 1_300_000_000_i64..1_900_000_000) {
        let policy = policy(&schedules, &zone);
        let from = Timestamp::from_second(start).unwrap();
        let to = from + SignedDuration::from_hours(24 * 40);
        let slots: Vec<_> = policy.calendar().slots(from, to).collect();
        prop_assert!(slots.windows(2).all(|pair| pair[0].at < pair[1].at));
        for slot in &slots {
            prop_assert!(from <= slot.at && slot.at < to);
            prop_assert!(!slot.flags.is_empty());
            prop_assert_eq!(&policy.calendar().flags_due(slot.at), &slot.flags);
        }
        for pair in slots.windows(2) {
            prop_assert_eq!(policy.calendar().next_slot_after(pair[0].at), Some(pair[1].clone()));
            let between = pair[1].at - SignedDuration::from_secs(1);
            prop_assert_eq!(policy.calendar().newest_slot_at_or_before(between), Some(pair[0].clone()));
        }
    }
}
