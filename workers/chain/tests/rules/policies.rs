use chainwright_chain::policy::Policy;
use chainwright_contracts::policy::parse;

use crate::{COPIED, at, policy};

fn findings(policy: &Policy) -> String {
    policy.findings().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_policy_in_order_has_no_findings() {
    let policy = policy(
        "{daily: {at: [\"07:00\", \"11:00\"], on: weekdays, keep: 3 days}, weekly: {at: \"07:00\", on: monday, keep: 14 days}}",
        "rpo: 3 days\ntime_zone: Europe/Berlin",
    );
    assert_eq!(findings(&policy), "");
}

#[test]
fn an_rpo_that_the_schedules_cannot_meet_is_a_finding() {
    let policy = policy("{daily: {at: \"07:00\", on: weekdays, keep: 3 days}}", "rpo: 2 days");
    insta::assert_snapshot!(findings(&policy), @r#"rpo: no slot falls between 2026-01-02T07:00:00Z and 2026-01-05T07:00:00Z, which is longer than 2 days [CW0251]"#);
}

#[test]
fn short_fsx_periods_and_uncopied_regions_are_findings() {
    let text = "policy: p\nsource: fsx\naccounts: [\"111122223333\"]\nregions: [eu-west-1, eu-west-2]\nselect: {all: true}\n\
                backup_role: r\nvault: vault\ncopy_to: {eu-west-1: {region: eu-central-1, vault: dr}}\n\
                schedules: {daily: {at: \"07:00\", keep: 6 days, keep_copies: 1 week}}\n";
    insta::assert_snapshot!(findings(&Policy::new(parse("p.yaml", text).unwrap())), @r#"
    schedules.daily.keep: 6 days is shorter than a week, and FSx backups may become full again [CW0252]
    copy_to: points of eu-west-2 are copied nowhere [CW0253]
    "#);
    let dynamodb = policy("{daily: {at: \"07:00\", keep: 6 days, keep_copies: 1 week}}", COPIED);
    assert_eq!(findings(&dynamodb), "");
}

#[test]
fn schedules_that_do_not_harmonize_are_findings() {
    let never =
        policy("{daily: {at: \"07:00\", keep: 3 days}, weekly: {at: \"08:00\", on: monday, keep: 14 days}}", "");
    insta::assert_snapshot!(findings(&never), @r#"schedules.weekly: no slot falls on a slot of a more frequent schedule; each makes a point of its own, the first of 2026 to 2029 at 2026-01-05T08:00:00Z [CW0254]"#);
    let sometimes = policy(
        "{daily: {at: \"07:00\", on: weekdays, keep: 3 days}, monthly: {at: \"07:00\", on: day 1, keep: 1 year}}",
        "",
    );
    insta::assert_snapshot!(findings(&sometimes), @r#"schedules.monthly: of the 48 slots in 2026 to 2029, 14 fall on no slot of a more frequent schedule and make points of their own, the first at 2026-02-01T07:00:00Z; the others fall on slots of daily [CW0254]"#);
    let harmony = &sometimes.harmony()[0];
    assert_eq!((harmony.slots, harmony.first_alone), (48, Some(at("2026-02-01T07:00:00Z"))));
}
