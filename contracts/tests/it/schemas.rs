//! The stored documents are those that the types make, and they are what they claim to be.

use std::{collections::BTreeSet, env, fs};

use chainwright_contracts::{policy, queues, schemas::documents};
use chainwright_envelope::MEMBERS;
use serde_json::Value;

use crate::support::{complaints, document, files, kinds, path, validator};

/// Set to `1`, it makes the first test write the documents instead of comparing them.
const RENEW: &str = "CHAINWRIGHT_WRITE_SCHEMAS";

#[test]
fn the_stored_documents_are_those_that_the_types_make() {
    let renew = env::var(RENEW).is_ok_and(|value| value == "1");
    for (name, made) in documents() {
        let file = path(&name);
        if renew {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, &made).unwrap();
        }
        let stored = fs::read_to_string(&file).unwrap_or_default();
        assert!(
            stored == made,
            "contracts/{name} is not what the types say. If the change is meant, and messages of before are still \
             read, renew it with: {RENEW}=1 cargo test -p chainwright-contracts"
        );
    }
}

#[test]
fn no_schema_is_stored_that_nothing_makes() {
    let made: BTreeSet<_> = documents().into_iter().map(|(name, _)| name).collect();
    for folder in ["schemas", "schemas/jobs", "schemas/events"] {
        for (name, _) in files(folder, "json") {
            assert!(made.contains(&format!("{folder}/{name}.json")), "{folder}/{name}.json");
        }
    }
}

#[test]
fn every_schema_is_one_of_2020_12() {
    for (name, _) in documents().iter().filter(|(name, _)| name.starts_with("schemas/")) {
        let schema = document(name);
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{name}");
        assert!(jsonschema::draft202012::meta::is_valid(&schema), "{name}");
        // References inside resolve only when a validator is built.
        validator(name);
    }
}

#[test]
fn no_two_schemas_have_one_name() {
    let ids: Vec<_> = documents()
        .iter()
        .filter(|(name, _)| name.starts_with("schemas/"))
        .map(|(name, _)| document(name)["$id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
}

#[test]
fn a_job_has_the_members_of_the_envelope_and_refuses_what_it_does_not_know() {
    for name in kinds() {
        let schema = document(&format!("schemas/jobs/{name}.json"));
        for member in MEMBERS {
            assert!(schema["properties"][member].is_object(), "{name}: {member}");
        }
        assert_eq!(schema["properties"]["kind"]["const"], name.as_str());
        assert_eq!(schema["additionalProperties"], false, "{name}");
    }
}

#[test]
fn every_job_of_the_source_has_a_schema() {
    let in_source: BTreeSet<_> = files("src/jobs", "rs")
        .into_iter()
        .filter_map(|(_, text)| text.split_once("const KIND: &'static str = \"").map(|(_, rest)| rest.to_owned()))
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect();
    assert_eq!(in_source, kinds());
}

#[test]
fn the_policies_among_the_examples_follow_the_schema_of_policies() {
    let validator = validator("schemas/policy.json");
    for ext in ["yaml", "json"] {
        for (name, text) in files("examples/policies", ext) {
            let written: Value = serde_saphyr::from_str(&text).unwrap();
            assert_eq!(complaints(&validator, &written), [""; 0], "{name}");
            let stored = serde_json::to_value(policy::parse(&name, &text).unwrap()).unwrap();
            assert_eq!(complaints(&validator, &stored), [""; 0], "{name}, with its defaults written out");
        }
    }
}

#[test]
fn every_reference_of_the_asyncapi_document_leads_somewhere() {
    let asyncapi = document("asyncapi.json");
    let made: BTreeSet<_> = documents().into_iter().map(|(name, _)| name).collect();
    let mut references = Vec::new();
    collect_references(&asyncapi, &mut references);
    assert!(references.len() > 40);
    for reference in references {
        match reference.strip_prefix('#') {
            Some(pointer) => assert!(asyncapi.pointer(pointer).is_some(), "{reference}"),
            None => assert!(made.contains(reference.trim_start_matches("./")), "{reference}"),
        }
    }
}

#[test]
fn every_queue_is_a_channel_and_every_message_stands_in_one() {
    let asyncapi = document("asyncapi.json");
    let channels = asyncapi["channels"].as_object().unwrap();
    for queue in queues::ALL {
        assert_eq!(channels[queue.as_str()]["address"], format!("{{prefix}}{queue}"));
    }
    let carried: BTreeSet<_> =
        channels.values().flat_map(|channel| channel["messages"].as_object().unwrap().keys().cloned()).collect();
    let described: BTreeSet<_> = asyncapi["components"]["messages"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(carried, described);
}

fn collect_references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str));
            members.values().for_each(|inner| collect_references(inner, found));
        }
        Value::Array(items) => items.iter().for_each(|inner| collect_references(inner, found)),
        _ => {}
    }
}
