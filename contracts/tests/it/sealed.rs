//! Records that were sealed by version 1 are read for as long as a point may be kept: a hundred years.

use chainwright_contracts::{
    ids::{ChainId, PointId},
    jobs::Side,
    sealed::{Record, SCHEMA},
};
use serde_json::Value;

use crate::support::{complaints, files, validator};

fn examples() -> Vec<(String, Record, Value)> {
    let read = |(name, text): (String, String)| {
        let record = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        (name, record, serde_json::from_str(&text).unwrap())
    };
    files("examples/sealed", "json").into_iter().map(read).collect()
}

#[test]
fn every_record_is_read_and_written_again_as_it_was() {
    for (name, record, value) in examples() {
        assert_eq!(record.schema, SCHEMA, "{name}");
        assert_eq!(serde_json::to_value(&record).unwrap(), value, "{name}");
    }
}

#[test]
fn every_record_follows_the_schema() {
    let validator = validator("schemas/sealed-record.json");
    for (name, _, value) in examples() {
        assert_eq!(complaints(&validator, &value), [""; 0], "{name}");
    }
}

#[test]
fn the_configuration_keeps_its_order_of_priority() {
    let (_, record, _) = examples().into_iter().find(|(name, ..)| name == "point").unwrap();
    let names: Vec<_> = record.configuration.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["billing", "ttl", "point_in_time_recovery", "tags"]);
}

#[test]
fn a_record_of_a_chain_names_the_ids_that_follow_from_it() {
    for (name, record, _) in examples() {
        let Some(policy) = &record.policy else { continue };
        let chain = ChainId::of(&record.resource, &record.incarnation, &policy.to_string());
        assert_eq!(record.point, PointId::of_slot(&chain, record.slot), "{name}");
        assert_eq!(record.chain, Some(chain), "{name}");
        assert!(record.side(&Side::Regular).is_some(), "{name}");
    }
}
