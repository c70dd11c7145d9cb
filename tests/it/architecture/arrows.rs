//! Dependencies point one way: envelope <- contracts <- chain <- aws <- jobs <- cli; envelope <- engine <- jobs.

use std::collections::BTreeSet;

use super::manifests::{closure, crates, known};

/// What each crate may be made of, of the workspace's own.
const ARROWS: [(&str, &[&str]); 9] = [
    ("chainwright-envelope", &[]),
    ("chainwright-contracts", &["chainwright-envelope"]),
    ("chainwright-chain", &["chainwright-envelope", "chainwright-contracts"]),
    ("chainwright-engine", &["chainwright-envelope"]),
    ("chainwright-aws", &["chainwright-envelope", "chainwright-contracts", "chainwright-chain"]),
    (
        "chainwright-jobs",
        &[
            "chainwright-envelope",
            "chainwright-contracts",
            "chainwright-chain",
            "chainwright-aws",
            "chainwright-engine",
        ],
    ),
    (
        "chainwright",
        &[
            "chainwright-envelope",
            "chainwright-contracts",
            "chainwright-chain",
            "chainwright-aws",
            "chainwright-engine",
            "chainwright-jobs",
            "simcloud",
        ],
    ),
    ("simcloud", &[]),
    (
        "chainwright-tests",
        &[
            "chainwright",
            "chainwright-envelope",
            "chainwright-contracts",
            "chainwright-chain",
            "chainwright-aws",
            "chainwright-engine",
            "chainwright-jobs",
            "simcloud",
        ],
    ),
];

fn is_sdk(name: &str) -> bool {
    name.starts_with("aws-sdk-") || name == "aws-config"
}

#[test]
fn dependencies_between_the_crates_point_one_way() {
    let crates = crates();
    let own: BTreeSet<_> = crates.keys().cloned().collect();
    assert_eq!(own, ARROWS.iter().map(|(name, _)| (*name).to_owned()).collect(), "a crate without its place here");
    for (name, allowed) in ARROWS {
        let used = crates.get(name).unwrap().normal.intersection(&own);
        let wrong: Vec<_> = used.filter(|used| !allowed.contains(&used.as_str())).collect();
        assert_eq!(wrong, Vec::<&String>::new(), "{name} may not use these");
    }
}

#[test]
fn for_its_tests_a_crate_may_use_simcloud_besides_and_nothing_else() {
    let crates = crates();
    let own: BTreeSet<_> = crates.keys().cloned().collect();
    for (name, allowed) in ARROWS {
        let used = crates.get(name).unwrap().dev.intersection(&own);
        let wrong: Vec<_> = used.filter(|used| *used != "simcloud" && !allowed.contains(&used.as_str())).collect();
        assert_eq!(wrong, Vec::<&String>::new(), "the tests of {name} may not use these");
    }
}

#[test]
fn the_contract_the_rules_and_simcloud_contain_no_service_sdk() {
    for name in ["chainwright-envelope", "chainwright-contracts", "chainwright-chain", "simcloud"] {
        let sdks: Vec<_> = closure(name).into_iter().filter(|name| is_sdk(name)).collect();
        assert_eq!(sdks, Vec::<String>::new(), "{name}");
    }
    let dev: Vec<_> = crates().remove("simcloud").unwrap().dev.into_iter().filter(|name| is_sdk(name)).collect();
    assert_eq!(dev, Vec::<String>::new(), "simcloud is tested by requests that no SDK made");
}

#[test]
fn the_rules_wait_for_nothing_and_know_no_aws() {
    let made_of = closure("chainwright-chain");
    for name in ["tokio", "aws-smithy-runtime-api", "aws-smithy-types", "simcloud"] {
        assert!(!made_of.contains(name), "{name}");
    }
}

#[test]
fn the_engine_has_sqs_and_the_aws_crate_every_other_service() {
    let crates = crates();
    let of = |name: &str| {
        let normal = crates.get(name).unwrap().normal.iter();
        normal.filter(|name| name.starts_with("aws-sdk-")).cloned().collect::<BTreeSet<_>>()
    };
    let mut all: BTreeSet<_> = known().into_iter().filter(|name| name.starts_with("aws-sdk-")).collect();
    assert!(all.remove("aws-sdk-sqs"));
    assert_eq!(of("chainwright-aws"), all);
    assert_eq!(of("chainwright-engine"), BTreeSet::from(["aws-sdk-sqs".to_owned()]));
    assert_eq!(of("chainwright-jobs"), BTreeSet::new(), "jobs speak to AWS through the sources");
}

#[test]
fn every_crate_takes_the_workspaces_lints() {
    for (name, manifest) in crates() {
        assert!(manifest.lints, "{name}");
    }
}
