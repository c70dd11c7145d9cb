//! Every job among the examples is read, follows its schema, and is written again as it was.

use chainwright_contracts::{
    arn::Arn,
    ids::{ChainId, Incarnation, PointId, token},
    jobs::{Copy, Delete, Drill, Prune, Reconcile, Restore, Session, Settle, Snapshot, Tick},
};
use chainwright_envelope::{Code, DecodeError, Envelope, Job, decode_job, encode};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::support::{complaints, files, kinds, validator};

/// Reads a body and writes it again, as the kind that it says it is.
fn rewrite(body: &str) -> Result<String, DecodeError> {
    fn of<J: Job>(body: &str) -> Result<String, DecodeError> {
        let (envelope, rest) = Envelope::read(body)?;
        envelope.supported()?;
        let job: J = decode_job(rest)?;
        Ok(encode(&job, &envelope).unwrap())
    }
    let (envelope, _) = Envelope::read(body)?;
    match envelope.kind.as_str() {
        Tick::KIND => of::<Tick>(body),
        Session::KIND => of::<Session>(body),
        Snapshot::KIND => of::<Snapshot>(body),
        Settle::KIND => of::<Settle>(body),
        Copy::KIND => of::<Copy>(body),
        Prune::KIND => of::<Prune>(body),
        Delete::KIND => of::<Delete>(body),
        Reconcile::KIND => of::<Reconcile>(body),
        Restore::KIND => of::<Restore>(body),
        Drill::KIND => of::<Drill>(body),
        _ => Err(DecodeError::UnknownKind { kind: envelope.kind }),
    }
}

fn examples() -> Vec<(String, Value)> {
    let read = |(name, text): (String, String)| (name, serde_json::from_str(&text).unwrap());
    files("examples/jobs", "json").into_iter().map(read).collect()
}

fn schema_of(job: &Value) -> String {
    format!("schemas/jobs/{}.json", job["kind"].as_str().unwrap())
}

#[test]
fn every_example_is_read_and_written_again_as_it_was() {
    for (name, text) in files("examples/jobs", "json") {
        let written = rewrite(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let [before, after] = [text.as_str(), &written].map(|body| serde_json::from_str::<Value>(body).unwrap());
        assert_eq!(before, after, "{name}");
        assert_eq!(rewrite(&written).unwrap(), written, "{name}");
    }
}

#[test]
fn every_example_follows_its_schema_and_is_named_after_its_kind() {
    for (name, job) in examples() {
        assert_eq!(complaints(&validator(&schema_of(&job)), &job), [""; 0], "{name}");
        assert!(name.starts_with(job["kind"].as_str().unwrap()), "{name}");
    }
}

#[test]
fn every_kind_has_an_example() {
    let examples = examples();
    for kind in kinds() {
        assert!(examples.iter().any(|(name, _)| *name == kind), "{kind}");
    }
}

#[test]
fn an_unknown_member_is_refused_by_schema_and_program() {
    for (name, mut job) in examples() {
        job["polcy"] = json!("gold");
        assert!(!validator(&schema_of(&job)).is_valid(&job), "{name}");
        assert_eq!(rewrite(&job.to_string()).unwrap_err().code(), Code::WRONG_SHAPE, "{name}");
    }
}

#[test]
fn a_member_of_the_wrong_type_is_refused_by_schema_and_program() {
    for (name, job) in examples() {
        for member in job.as_object().unwrap().keys() {
            let mut wrong = job.clone();
            wrong[member] = json!([7.5]);
            assert!(!validator(&schema_of(&job)).is_valid(&wrong), "{name}: {member}");
            assert!(rewrite(&wrong.to_string()).is_err(), "{name}: {member}");
        }
    }
}

#[test]
fn what_the_program_refuses_to_read_its_schema_refuses_too() {
    for (name, job) in examples() {
        for member in job.as_object().unwrap().keys().filter(|member| *member != "kind") {
            let mut shorter = job.clone();
            shorter.as_object_mut().unwrap().remove(member);
            if rewrite(&shorter.to_string()).is_err() {
                assert!(!validator(&schema_of(&job)).is_valid(&shorter), "{name} without {member}");
            }
        }
    }
}

#[test]
fn the_members_of_the_envelope_may_be_null_in_both() {
    for (name, mut job) in examples() {
        for member in ["v", "id", "attempt", "first_sent_at", "correlation"] {
            job[member] = Value::Null;
        }
        assert_eq!(complaints(&validator(&schema_of(&job)), &job), [""; 0], "{name}");
        assert!(rewrite(&job.to_string()).is_ok(), "{name}");
    }
}

#[test]
fn a_snapshot_is_either_manual_or_a_sessions() {
    let validator = validator("schemas/jobs/snapshot.json");
    let table = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders";
    let slot = "2026-01-05T06:00:00Z";
    let refused = [
        json!({ "kind": "snapshot", "resource": table }),
        json!({ "kind": "snapshot", "resource": table, "policy": "gold" }),
        json!({ "kind": "snapshot", "resource": table, "slot": slot }),
        json!({ "kind": "snapshot", "resource": table, "policy": "gold", "slot": slot, "manual": true }),
        json!({ "kind": "snapshot", "resource": table, "policy": "gold", "slot": slot, "keep": "3 days" }),
        json!({ "kind": "snapshot", "resource": table, "policy": "gold", "slot": "2026-01-05" }),
    ];
    for job in refused {
        assert!(!validator.is_valid(&job), "{job}");
    }
}

#[test]
fn a_restore_names_a_resource_or_a_point() {
    let restore = json!({ "kind": "restore", "to": { "name": "orders-restored" } });
    assert!(!validator("schemas/jobs/restore.json").is_valid(&restore));
}

/// Others may derive ids by themselves, so the derivation is part of the contract: `examples/ids.json` fixes it.
#[test]
fn the_ids_of_version_1_are_derived_as_they_always_were() {
    let (_, text) = files("examples", "json").into_iter().find(|(name, _)| name == "ids").unwrap();
    let ids: Value = serde_json::from_str(&text).unwrap();
    let field = |name: &str| ids[name].as_str().unwrap();
    let resource: Arn = field("resource").parse().unwrap();
    let incarnation = Incarnation(field("incarnation").to_owned());
    let chain = ChainId::of(&resource, &incarnation, field("policy"));
    assert_eq!(chain.as_str(), field("chain"));
    let point = PointId::of_slot(&chain, field("slot").parse::<Timestamp>().unwrap());
    assert_eq!(point.as_str(), field("point"));
    assert_eq!(PointId::of_manual(&resource, &incarnation, field("job")).as_str(), field("manual_point"));
    assert_eq!(token("backup", &point, "", 0), field("backup_token"));
    assert_eq!(token("copy", &point, field("copy_to"), 1), field("copy_token_of_epoch_1"));
}
