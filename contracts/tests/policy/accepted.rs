//! What the grammar accepts, and that it survives being stored.

use std::collections::BTreeSet;

use chainwright_contracts::{
    flag::Flag,
    policy::{
        AutomatedKeep, CatchUp, ColdAfter, DailyTimes, Days, Drill, PolicyFile, Select, ServerlessFrom, SourceKind,
        Weekday, parse, parse_bytes,
    },
};

use crate::{small, with};

fn examples() -> Vec<(String, String)> {
    let folder = format!("{}/examples/policies", env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| (file.display().to_string(), std::fs::read_to_string(file).unwrap())).collect()
}

#[test]
fn every_example_is_a_valid_policy_of_every_source() {
    let mut sources = BTreeSet::new();
    for (name, text) in examples() {
        let file = parse(&name, &text).unwrap_or_else(|errors| panic!("{errors}"));
        sources.insert(file.source);
    }
    assert_eq!(sources.len(), 4);
}

#[test]
fn a_policy_stored_as_json_reads_back_as_itself() {
    for (name, text) in examples() {
        let file = parse(&name, &text).unwrap();
        let stored = serde_json::to_string(&file).unwrap();
        assert_eq!(serde_json::from_str::<PolicyFile>(&stored).unwrap(), file, "{stored}");
        assert_eq!(parse("stored.json", &stored).unwrap(), file, "the stored form is itself a policy file");
    }
}

#[test]
fn the_schema_accepts_every_example_and_every_stored_form() {
    let schema = serde_json::to_value(schemars::schema_for!(PolicyFile)).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (name, text) in examples() {
        let written: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
        let stored = serde_json::to_value(parse(&name, &text).unwrap()).unwrap();
        for form in [written, stored] {
            let errors: Vec<_> = validator.iter_errors(&form).map(|error| error.to_string()).collect();
            assert_eq!(errors, Vec::<String>::new(), "{name}: {form}");
        }
    }
}

#[test]
fn the_schema_refuses_what_an_editor_should_mark() {
    let schema = serde_json::to_value(schemars::schema_for!(PolicyFile)).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let good: serde_json::Value = serde_saphyr::from_str(&small("")).unwrap();
    assert!(validator.is_valid(&good));
    for (pointer, bad) in [
        ("/policy", serde_json::json!("Gold")),
        ("/accounts", serde_json::json!([])),
        ("/select", serde_json::json!({"all": true, "tags": {"a": "b"}})),
        ("/schedules", serde_json::json!({})),
        ("/schedules/daily", serde_json::json!({"at": "07:00", "every": "6 hours", "keep": "3 days"})),
        ("/schedules/daily/keep", serde_json::json!("0 days")),
        ("/schedules/daily/at", serde_json::json!("7:00")),
    ] {
        let mut changed = good.clone();
        *changed.pointer_mut(pointer).unwrap() = bad.clone();
        assert!(!validator.is_valid(&changed), "{pointer} {bad}");
    }
    let mut unknown = good;
    unknown.as_object_mut().unwrap().insert("kepe".into(), serde_json::json!(1));
    assert!(!validator.is_valid(&unknown));
}

#[test]
fn what_is_not_given_has_its_default() {
    let file = parse("p.yaml", &small("")).unwrap();
    assert_eq!((file.priority, file.keep_last, file.paused), (100, 1, false));
    assert_eq!((file.retry.attempts, file.retry.within.to_string()), (3, "6 hours".to_owned()));
    assert_eq!((file.catch_up, file.drill, file.cold_after.clone()), (CatchUp::Newest, Drill::Never, ColdAfter::Never));
    assert_eq!(file.time_zone.to_string(), "UTC");
    assert!(file.exclude.is_empty() && file.tags.is_empty() && file.copy_to.is_empty());
    assert_eq!(file.rpo, None);
    assert_eq!(file.schedules.daily.as_ref().unwrap().on, Days::Every);
}

#[test]
fn the_design_sample_is_understood_in_full() {
    let (_, text) = examples().into_iter().find(|(name, _)| name.ends_with("gold.yaml")).unwrap();
    let file = parse("gold.yaml", &text).unwrap();
    assert_eq!(file.source, SourceKind::Dynamodb);
    assert!(matches!(&file.select, Select::Tags(tags) if tags.get("backup").map(String::as_str) == Some("gold")));
    let daily = file.schedules.daily.as_ref().unwrap();
    assert!(matches!(&daily.times, DailyTimes::At(times) if times.len() == 2));
    assert_eq!(daily.on, Days::Weekdays);
    assert_eq!(file.schedules.weekly.as_ref().unwrap().on, BTreeSet::from([Weekday::Monday]));
    assert_eq!(file.schedules.monthly.as_ref().unwrap().months, BTreeSet::from([1, 7]));
    let keeps = file.schedules.keeps();
    assert_eq!(keeps.keys().copied().collect::<Vec<_>>(), Flag::ALL);
    assert_eq!(keeps[&Flag::Daily].copies.unwrap().to_string(), "7 days");
    assert_eq!(keeps[&Flag::Weekly].copies, None);
}

#[test]
fn the_redshift_sources_have_blocks_of_their_own() {
    let redshift = "policy: p\nsource: redshift\naccounts: [\"111122223333\"]\nregions: [eu-west-1]\nselect: {all: true}\n\
                    schedules: {daily: {every: 1 hour, keep: 1 week}}\n";
    let file = parse("p.yaml", redshift).unwrap();
    let options = file.redshift.unwrap();
    assert_eq!(options.automated_keep, AutomatedKeep::Unchanged);
    assert_eq!(options.automated_copy_keep, None);
    let serverless = redshift.replace("source: redshift\n", "source: redshift-serverless\n");
    let file = parse("p.yaml", &serverless).unwrap();
    assert_eq!(file.serverless.unwrap().from, ServerlessFrom::Snapshot);
    assert_eq!(file.redshift, None);
}

#[test]
fn a_day_and_a_list_of_one_day_mean_the_same() {
    let one = with("schedules: {weekly: {at: \"07:00\", on: monday, keep: 1 week}}").unwrap();
    let list = with("schedules: {weekly: {at: \"07:00\", on: [monday], keep: 7 days}}").unwrap();
    assert_eq!(one.schedules.weekly.unwrap().on, list.schedules.weekly.unwrap().on);
}

#[test]
fn an_anchor_and_its_alias_are_plain_yaml() {
    let text = small("tags: &t {team: data}\nexclude: {tags: *t}\n");
    let file = parse("p.yaml", &text).unwrap();
    assert_eq!(file.tags, file.exclude.tags);
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    let bytes = [b"\xef\xbb\xbf".as_slice(), small("").as_bytes()].concat();
    assert!(parse_bytes("p.yaml", &bytes).is_ok());
}
