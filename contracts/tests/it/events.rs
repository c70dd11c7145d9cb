//! Every event that is sent has an example that follows its schema.

use chainwright_contracts::{
    codes,
    events::outgoing::{Detail, DetailType, SOURCE},
};
use serde_json::{Value, json};

use crate::support::{complaints, files, validator};

fn slug(detail_type: DetailType) -> String {
    detail_type.as_str().to_lowercase().replace(' ', "-")
}

fn examples() -> Vec<(String, DetailType, Value)> {
    let read = |(name, text): (String, String)| {
        let event: Value = serde_json::from_str(&text).unwrap();
        let detail_type = serde_json::from_value(event["detail-type"].clone()).unwrap();
        (name, detail_type, event)
    };
    files("examples/events", "json").into_iter().map(read).collect()
}

#[test]
fn every_example_is_what_the_type_says_and_nothing_more() {
    for (name, _, event) in examples() {
        let detail: Detail = serde_json::from_value(event["detail"].clone()).unwrap();
        assert_eq!(serde_json::to_value(&detail).unwrap(), event["detail"], "{name}");
        assert_eq!(event["source"], SOURCE, "{name}");
    }
}

#[test]
fn every_example_follows_the_schema_of_its_type() {
    for (name, detail_type, event) in examples() {
        let validator = validator(&format!("schemas/events/{}.json", slug(detail_type)));
        assert_eq!(complaints(&validator, &event), [""; 0], "{name}");
    }
}

#[test]
fn every_type_has_an_example() {
    let examples = examples();
    for wanted in DetailType::ALL {
        assert!(examples.iter().any(|(name, found, _)| *found == wanted && *name == slug(wanted)), "{wanted:?}");
    }
}

#[test]
fn a_code_in_an_event_has_a_page() {
    let with_code: Vec<_> =
        examples().into_iter().filter(|(_, _, event)| event["detail"]["code"].is_string()).collect();
    assert!(!with_code.is_empty());
    for (name, _, event) in with_code {
        let code = event["detail"]["code"].as_str().unwrap().parse().unwrap();
        assert!(codes::explain(code).is_some(), "{name}: {code}");
    }
}

#[test]
fn an_event_of_a_later_release_with_more_members_still_follows_the_schema() {
    for (name, detail_type, mut event) in examples() {
        event["detail"]["size"] = json!(7);
        event["replay-name"] = json!("again");
        let validator = validator(&format!("schemas/events/{}.json", slug(detail_type)));
        assert_eq!(complaints(&validator, &event), [""; 0], "{name}");
    }
}

#[test]
fn an_event_without_its_id_or_of_another_type_is_refused() {
    for (name, detail_type, event) in examples() {
        let validator = validator(&format!("schemas/events/{}.json", slug(detail_type)));
        let mut nameless = event.clone();
        nameless["detail"].as_object_mut().unwrap().remove("id");
        assert!(!validator.is_valid(&nameless), "{name}");
        let mut other = event;
        other["detail-type"] = json!("Copy Arrived");
        assert!(!validator.is_valid(&other), "{name}");
    }
}
