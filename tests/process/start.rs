//! How the program refuses to begin.

use std::collections::BTreeMap;

use crate::harness::{chainwright, errors};

fn variables(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn a_worker_names_every_mistake_of_its_environment_and_exits_2() {
    let mistaken = variables(&[("CHAINWRIGHT_CONCURRENCY", "many"), ("CHAINWRIGHT_PREFIX", "x-")]);
    let output = chainwright(&["worker"], &mistaken);
    assert_eq!(output.status.code(), Some(2));
    let errors = errors(&output);
    assert!(errors.contains("CW0606") && errors.contains("CHAINWRIGHT_CONCURRENCY=many"), "{errors}");
    assert!(errors.contains("CHAINWRIGHT_PREFIX: there is no such variable"), "{errors}");
}

#[test]
fn a_worker_that_reaches_no_aws_says_so_and_exits_1() {
    let output = chainwright(&["worker"], &variables(&[]));
    assert_eq!(output.status.code(), Some(1));
    let errors = errors(&output);
    assert!(errors.contains("CW0607") && errors.contains("AWS_REGION"), "{errors}");
}

#[test]
fn a_command_that_reaches_no_aws_says_so_and_exits_1() {
    let nobody = variables(&[
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "111122223333"),
        ("AWS_SECRET_ACCESS_KEY", "simulated"),
        // Port 9 is discard's, which nothing serves any more.
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
    ]);
    let output = chainwright(&["queue", "list"], &nobody);
    assert_eq!(output.status.code(), Some(1));
    let errors = errors(&output);
    assert!(errors.contains("CW0607") && errors.contains("sts:GetCallerIdentity"), "{errors}");
}
