//! What the grammar refuses, and how it says so.

use std::collections::BTreeSet;

use chainwright_contracts::policy::{MAX_BYTES, PolicyFile, PolicyProblem, parse, parse_bytes};

use crate::{small, with};

/// Lines that replace one of the smallest policy's, each with the problem and the key that must be named.
const CASES: &[(&str, PolicyProblem, &str)] = &[
    ("policy: Gold", PolicyProblem::BadName, "policy"),
    ("policy: 12", PolicyProblem::WrongType, "policy"),
    ("policy:", PolicyProblem::WrongType, "policy"),
    ("source: s3", PolicyProblem::NotAChoice, "source"),
    ("accounts: [111122223333]", PolicyProblem::WrongType, "accounts[0]"),
    ("accounts: [\"1111\"]", PolicyProblem::BadPlace, "accounts[0]"),
    ("accounts: []", PolicyProblem::WrongType, "accounts"),
    ("accounts: [\"111122223333\", \"111122223333\"]", PolicyProblem::Repeated, "accounts[1]"),
    ("regions: [europe]", PolicyProblem::BadPlace, "regions[0]"),
    ("regions: eu-west-1", PolicyProblem::WrongType, "regions"),
    ("select: {}", PolicyProblem::BadSelection, "select"),
    ("select: {all: false}", PolicyProblem::BadSelection, "select.all"),
    ("select: {all: yes}", PolicyProblem::WrongType, "select.all"),
    ("select: {all: true, tags: {a: b}}", PolicyProblem::BadSelection, "select"),
    ("select: {tags: {}}", PolicyProblem::BadSelection, "select.tags"),
    ("select: {tags: {a: 1}}", PolicyProblem::WrongType, "select.tags.a"),
    ("select: {arns: [orders]}", PolicyProblem::BadArn, "select.arns[0]"),
    ("select: {arns: [\"arn:aws:s3:eu-west-1:111122223333:table/orders\"]}", PolicyProblem::BadArn, "select.arns"),
    (
        "select: {arns: [\"arn:aws:dynamodb:eu-west-1:111122223333:table/a/index/b\"]}",
        PolicyProblem::BadArn,
        "select.arns",
    ),
    (
        "select: {arns: [\"arn:aws:dynamodb:eu-west-2:111122223333:table/orders\"]}",
        PolicyProblem::BadArn,
        "select.arns",
    ),
    (
        "select: {arns: [\"arn:aws:dynamodb:eu-west-1:999922223333:table/orders\"]}",
        PolicyProblem::BadArn,
        "select.arns",
    ),
    ("exclude: {}", PolicyProblem::BadSelection, "exclude"),
    (
        "exclude: {arns: [\"arn:aws:fsx:eu-west-1:111122223333:file-system/fs-1\"]}",
        PolicyProblem::BadArn,
        "exclude.arns",
    ),
    ("backup_role: \"arn:aws:iam::111122223333:role/x\"", PolicyProblem::BadName, "backup_role"),
    ("vault: v", PolicyProblem::BadName, "vault"),
    ("priority: -1", PolicyProblem::OutOfRange, "priority"),
    ("priority: high", PolicyProblem::WrongType, "priority"),
    ("time_zone: Europe/Atlantis", PolicyProblem::UnknownTimeZone, "time_zone"),
    ("schedules: {}", PolicyProblem::MissingKey, "schedules"),
    ("schedules: {hourly: {}}", PolicyProblem::UnknownKey, "schedules.hourly"),
    ("schedules: {daily: {keep: 3 days}}", PolicyProblem::MissingKey, "schedules.daily.at"),
    ("schedules: {daily: {at: \"07:00\"}}", PolicyProblem::MissingKey, "schedules.daily.keep"),
    (
        "schedules: {daily: {at: \"07:00\", every: 6 hours, keep: 3 days}}",
        PolicyProblem::NotTogether,
        "schedules.daily.every",
    ),
    ("schedules: {daily: {every: 5 hours, keep: 3 days}}", PolicyProblem::BadTime, "schedules.daily.every"),
    ("schedules: {daily: {at: \"24:00\", keep: 3 days}}", PolicyProblem::BadTime, "schedules.daily.at"),
    ("schedules: {daily: {at: 7, keep: 3 days}}", PolicyProblem::WrongType, "schedules.daily.at"),
    (
        "schedules: {daily: {at: [\"07:00\", \"07:00\"], keep: 3 days}}",
        PolicyProblem::Repeated,
        "schedules.daily.at[1]",
    ),
    (
        "schedules: {daily: {at: \"07:00\", on: [weekdays, sunday], keep: 3 days}}",
        PolicyProblem::BadDay,
        "schedules.daily.on[0]",
    ),
    ("schedules: {daily: {at: \"07:00\", on: Monday, keep: 3 days}}", PolicyProblem::BadDay, "schedules.daily.on"),
    (
        "schedules: {daily: {at: \"07:00\", on: [monday, monday], keep: 3 days}}",
        PolicyProblem::Repeated,
        "schedules.daily.on[1]",
    ),
    ("schedules: {daily: {at: \"07:00\", keep: 6 hours}}", PolicyProblem::BadPeriod, "schedules.daily.keep"),
    ("schedules: {daily: {at: \"07:00\", keep: 3}}", PolicyProblem::WrongType, "schedules.daily.keep"),
    ("schedules: {daily: {at: \"07:00\", keep: 101 years}}", PolicyProblem::BadPeriod, "schedules.daily.keep"),
    (
        "schedules: {daily: {at: \"07:00\", keep: 3 days, keep_copies: 7 days}}",
        PolicyProblem::BadCopyTarget,
        "schedules.daily.keep_copies",
    ),
    (
        "schedules: {weekly: {at: [\"07:00\"], on: monday, keep: 3 days}}",
        PolicyProblem::WrongType,
        "schedules.weekly.at",
    ),
    ("schedules: {weekly: {at: \"07:00\", on: weekdays, keep: 3 days}}", PolicyProblem::BadDay, "schedules.weekly.on"),
    ("schedules: {weekly: {at: \"07:00\", keep: 3 days}}", PolicyProblem::MissingKey, "schedules.weekly.on"),
    ("schedules: {monthly: {at: \"07:00\", on: day 32, keep: 1 year}}", PolicyProblem::BadDay, "schedules.monthly.on"),
    (
        "schedules: {monthly: {at: \"07:00\", on: last day, months: [13], keep: 1 year}}",
        PolicyProblem::OutOfRange,
        "schedules.monthly.months[0]",
    ),
    (
        "schedules: {monthly: {at: \"07:00\", on: last day, months: [1, 1], keep: 1 year}}",
        PolicyProblem::Repeated,
        "schedules.monthly.months[1]",
    ),
    ("schedules: {yearly: {at: \"07:00\", on: april 31, keep: 7 years}}", PolicyProblem::BadDay, "schedules.yearly.on"),
    (
        "schedules: {yearly: {at: \"07:00\", on: february 30, keep: 7 years}}",
        PolicyProblem::BadDay,
        "schedules.yearly.on",
    ),
    ("copy_to: {eu-west-1: {region: eu-central-1, vault: dr}}", PolicyProblem::BadCopyTarget, "copy_to"),
    ("rpo: soon", PolicyProblem::BadPeriod, "rpo"),
    ("keep_last: 0", PolicyProblem::OutOfRange, "keep_last"),
    ("keep_last: 101", PolicyProblem::OutOfRange, "keep_last"),
    ("keep_last: 1.5", PolicyProblem::WrongType, "keep_last"),
    ("retry: {attempts: 0}", PolicyProblem::OutOfRange, "retry.attempts"),
    ("retry: {within: 6}", PolicyProblem::WrongType, "retry.within"),
    ("catch_up: all", PolicyProblem::NotAChoice, "catch_up"),
    ("paused: no", PolicyProblem::WrongType, "paused"),
    ("tags: {\"aws:x\": y}", PolicyProblem::BadTag, "tags.aws:x"),
    ("tags: {\"chainwright:x\": y}", PolicyProblem::BadTag, "tags.chainwright:x"),
    ("tags: {a: b, c: d, e: f, g: h, i: j, k: l}", PolicyProblem::BadTag, "tags"),
    ("tags: {\"a;b\": c}", PolicyProblem::BadTag, "tags.a;b"),
    ("cold_after: 12 hours", PolicyProblem::BadPeriod, "cold_after"),
    ("redshift: {automated_keep: 1 day}", PolicyProblem::NotTogether, "redshift"),
    ("serverless: {from: snapshot}", PolicyProblem::NotTogether, "serverless"),
    ("drill: weekly", PolicyProblem::NotAChoice, "drill"),
    ("drill: {every: 6 hours}", PolicyProblem::BadPeriod, "drill.every"),
    ("kepe_last: 3", PolicyProblem::UnknownKey, "kepe_last"),
    ("<<: {a: b}", PolicyProblem::UnknownKey, "<<"),
];

#[test]
fn each_mistake_is_named_with_its_line_key_and_code() {
    for (line, problem, key) in CASES {
        let errors = with(line).expect_err(line);
        let named: Vec<_> = errors.errors().iter().map(|error| (error.problem, error.key.as_str())).collect();
        assert!(named.contains(&(*problem, key)), "{line}: {errors}");
        for error in errors.errors() {
            assert!(error.line > 0 && !error.wrong.is_empty() && !error.allowed.is_empty(), "{line}: {error}");
            assert!(error.to_string().starts_with("p.yaml:"), "{error}");
        }
    }
}

#[test]
fn every_kind_of_mistake_can_happen() {
    let mut seen: BTreeSet<_> = CASES.iter().map(|(_, problem, _)| *problem).collect();
    let first = |text: &str| parse("p.yaml", text).unwrap_err().errors()[0].problem;
    seen.insert(first("policy: [unclosed"));
    seen.insert(first(&small("policy: again\n")));
    seen.insert(first(&" ".repeat(MAX_BYTES + 1)));
    seen.insert(parse_bytes("p.yaml", b"policy: \xff").unwrap_err().errors()[0].problem);
    assert_eq!(seen, PolicyProblem::ALL.into());
}

#[test]
fn all_mistakes_of_a_file_are_reported_at_once() {
    let text = "policy: Gold\nsource: dynamodb\naccounts: [\"1111\"]\nregions: [eu-west-1]\nselect: {all: true}\nvault: v-1\n\
                schedules:\n  daily:\n    at: \"7:00\"\n    keep: 3 dayz\n  weekly: {at: \"07:00\", on: mon, keep: 14 days}\n\
                keep_last: 0\nkeep_last: 1\nspeed: fast\nrpo: soon\n";
    insta::assert_snapshot!(parse("gold.yaml", text).unwrap_err(), @r#"
    gold.yaml:1: policy: "Gold" is not a policy's name; allowed: 1 to 64 characters a to z, 0 to 9 and hyphen, beginning with a letter [CW0209]
    gold.yaml:1: backup_role: the key "backup_role" is missing; allowed: an IAM role's name without path: 1 to 64 letters, digits and any of _+=,.@- [CW0206]
    gold.yaml:3: accounts[0]: "1111" is not an account id; allowed: an account id has twelve digits, such as "111122223333" [CW0215]
    gold.yaml:9: schedules.daily.at: "7:00" is not a time of day; allowed: a time from "00:00" to "23:59", local to the policy's time zone [CW0212]
    gold.yaml:10: schedules.daily.keep: "3 dayz" is not a period; allowed: a whole number of days, weeks, months or years, such as "14 days", at most 100 years [CW0211]
    gold.yaml:11: schedules.weekly.on: "mon" is not a day of the week; allowed: monday, tuesday, wednesday, thursday, friday, saturday, sunday [CW0213]
    gold.yaml:12: keep_last: the number 0 is out of bounds; allowed: a whole number from 1 to 100 [CW0220]
    gold.yaml:13: keep_last: the key stands here again, first on line 12; allowed: each key once [CW0204]
    gold.yaml:14: speed: there is no key "speed"; allowed: policy, source, priority, accounts, regions, select, exclude, backup_role, vault, time_zone, schedules, copy_to, rpo, keep_last, retry, catch_up, paused, tags, cold_after, redshift, serverless, drill [CW0205]
    gold.yaml:15: rpo: "soon" is not a period; allowed: a whole number of hours, days, weeks, months or years, such as "36 hours", at most 100 years [CW0211]
    "#);
}

#[test]
fn a_syntax_mistake_is_named_with_its_line() {
    insta::assert_snapshot!(parse("gold.yaml", "policy: gold\nsource: [dynamodb\naccounts: 1\n").unwrap_err(), @r#"gold.yaml:3: illegal placement of ':' indicator at line 3, column 9; allowed: one document of YAML 1.2 or JSON [CW0203]"#);
    insta::assert_snapshot!(parse("gold.yaml", "policy: gold\n---\npolicy: silver\n").unwrap_err(), @r#"gold.yaml:3: there is more than one document; allowed: one document of YAML 1.2 or JSON [CW0203]"#);
    insta::assert_snapshot!(parse("gold.yaml", "").unwrap_err(), @r#"gold.yaml:1: nothing stands here; allowed: a mapping with the keys policy, source, priority, accounts, regions, select, exclude, backup_role, vault, time_zone, schedules, copy_to, rpo, keep_last, retry, catch_up, paused, tags, cold_after, redshift, serverless, drill [CW0207]"#);
    insta::assert_snapshot!(parse("gold.json", "{\"policy\": \"gold\",\n \"source\" \"fsx\"}").unwrap_err(), @r#"gold.json:2: invalid trailing content after double-quoted scalar at line 2, column 11; allowed: one document of YAML 1.2 or JSON [CW0203]"#);
}

#[test]
fn a_file_whose_aliases_multiply_is_refused() {
    let mut text = "a: &a [x, x, x, x, x, x, x, x]\n".to_owned();
    for (name, before) in ["b", "c", "d", "e", "f"].iter().zip(["a", "b", "c", "d", "e"]) {
        text.push_str(&format!("{name}: &{name} [{}]\n", [format!("*{before}").as_str(); 8].join(", ")));
    }
    assert_eq!(parse("bomb.yaml", &text).unwrap_err().errors()[0].problem, PolicyProblem::Syntax);
}

#[test]
fn the_sources_refuse_each_others_keys() {
    let redshift = "policy: p\nsource: redshift\naccounts: [\"111122223333\"]\nregions: [eu-west-1]\nselect: {all: true}\n\
                    schedules: {daily: {every: 1 hour, keep: 1 week, keep_copies: 1 week}}\nvault: vault\nbackup_role: r\n\
                    cold_after: 30 days\nserverless: {from: snapshot}\nredshift: {automated_keep: 36 days}\n\
                    copy_to: {eu-west-1: {region: eu-west-1, vault: dr}, eu-west-3: {region: eu-west-2}}\n";
    let errors = parse("p.yaml", redshift).unwrap_err();
    let keys: BTreeSet<_> = errors.errors().iter().map(|error| error.key.as_str()).collect();
    let expected = [
        "backup_role",
        "cold_after",
        "copy_to.eu-west-1.region",
        "copy_to.eu-west-1.vault",
        "copy_to.eu-west-3",
        "redshift.automated_keep",
        "serverless",
        "vault",
    ];
    assert_eq!(keys, expected.into(), "{errors}");
}

#[test]
fn dynamodb_and_fsx_need_a_vault_and_a_role_also_for_copies() {
    let text = "policy: p\nsource: fsx\naccounts: [\"111122223333\"]\nregions: [eu-west-1]\nselect: {all: true}\n\
                schedules: {daily: {every: 1 hour, keep: 1 week, keep_copies: 1 week}}\n\
                copy_to: {eu-west-1: {region: eu-central-1}}\n";
    let errors = parse("p.yaml", text).unwrap_err();
    let keys: BTreeSet<_> = errors.errors().iter().map(|error| error.key.as_str()).collect();
    assert_eq!(keys, ["backup_role", "copy_to.eu-west-1.vault", "vault"].into(), "{errors}");
}

#[test]
fn a_stored_revision_passes_the_same_rules() {
    let error = serde_json::from_str::<PolicyFile>("{\"policy\": \"gold\", \"kepe\": 1}").unwrap_err().to_string();
    assert!(error.contains("CW0205") && error.contains("CW0206"), "{error}");
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 400, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_damaged_file_is_refused_with_lines_of_its_own_or_still_a_policy(
        from in 0..900_usize, cut in 0..12_usize, put in "[-a-z0-9:,{}\\[\\] \n\"#&*!|>%@`]{0,6}",
    ) {
        let whole = include_str!("../../examples/policies/gold.yaml");
        let mut bytes = whole.as_bytes().to_vec();
        let from = from.min(bytes.len());
        let to = (from + cut).min(bytes.len());
        bytes.splice(from..to, put.bytes());
        if let Err(errors) = parse_bytes("gold.yaml", &bytes) {
            let lines = bytes.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
            proptest::prop_assert!(!errors.errors().is_empty());
            for error in errors.errors() {
                proptest::prop_assert!((1..=lines).contains(&error.line), "{}", error);
            }
        }
    }
}
