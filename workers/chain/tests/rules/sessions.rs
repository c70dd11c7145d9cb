use chainwright_chain::session::{Due, due, flags_of};

use crate::{at, flags, policy};

const HARMONIZED: &str = "{daily: {at: \"07:00\", keep: 3 days}, weekly: {at: \"07:00\", on: monday, keep: 2 weeks}, monthly: {at: \"12:00\", on: day 6, keep: 6 months}}";

// January 5, 2026 is a Monday.

#[test]
fn nothing_is_due_between_slots() {
    let policy = policy(HARMONIZED, "");
    assert_eq!(due(&policy, at("2026-01-05T07:00:00Z"), at("2026-01-06T06:59:59Z")), Due::Nothing);
    assert_eq!(due(&policy, at("2026-01-05T07:00:00Z"), at("2026-01-05T07:00:00Z")), Due::Nothing);
    assert_eq!(
        due(&policy, at("2026-01-06T07:00:00Z"), at("2026-01-05T07:00:00Z")),
        Due::Nothing,
        "a tick from before"
    );
}

#[test]
fn one_slot_since_the_watermark_is_a_session_of_its_own() {
    let policy = policy(HARMONIZED, "");
    let Due::Session(session) = due(&policy, at("2026-01-04T07:00:00Z"), at("2026-01-05T07:00:00Z")) else {
        panic!("no session")
    };
    assert_eq!((session.slot, session.flags), (at("2026-01-05T07:00:00Z"), flags("DW")));
    assert_eq!((session.catch_up, session.missed, session.new_watermark), (false, vec![], at("2026-01-05T07:00:00Z")));
}

#[test]
fn after_an_outage_one_session_for_the_newest_slot_carries_all_flags() {
    let policy = policy(HARMONIZED, "");
    let Due::Session(session) = due(&policy, at("2026-01-04T07:00:00Z"), at("2026-01-08T06:00:00Z")) else {
        panic!("no session")
    };
    assert_eq!((session.slot, session.flags), (at("2026-01-07T07:00:00Z"), flags("DWM")));
    assert!(session.catch_up);
    assert_eq!(session.missed, [at("2026-01-05T07:00:00Z"), at("2026-01-06T07:00:00Z"), at("2026-01-06T12:00:00Z")]);
    assert_eq!(session.new_watermark, session.slot);
}

#[test]
fn without_catch_up_missed_slots_are_passed_over() {
    let policy = policy(HARMONIZED, "catch_up: none");
    let missed = vec![at("2026-01-05T07:00:00Z"), at("2026-01-06T07:00:00Z")];
    let passed = Due::Passed { missed: missed.clone(), new_watermark: at("2026-01-06T07:00:00Z") };
    assert_eq!(due(&policy, at("2026-01-04T07:00:00Z"), at("2026-01-06T08:00:01Z")), passed);
    let Due::Session(session) = due(&policy, at("2026-01-04T07:00:00Z"), at("2026-01-06T08:00:00Z")) else {
        panic!("the newest slot is still within its start window")
    };
    assert_eq!((session.slot, session.flags, session.catch_up), (missed[1], flags("D"), false));
    assert_eq!(session.missed, missed[..1]);
}

#[test]
fn a_slot_of_no_schedule_has_the_flag_of_the_most_frequent_one() {
    let harmonized = policy(HARMONIZED, "");
    assert_eq!(flags_of(&harmonized, at("2026-01-05T09:13:00Z")), flags("D"));
    assert_eq!(flags_of(&harmonized, at("2026-01-05T07:00:00Z")), flags("DW"));
    let rare = policy(
        "{monthly: {at: \"12:00\", on: day 6, keep: 6 months}, yearly: {at: \"12:00\", on: may 1, keep: 1 year}}",
        "",
    );
    assert_eq!(flags_of(&rare, at("2026-01-05T09:13:00Z")), flags("M"));
}
