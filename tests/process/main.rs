//! The real program as a process: what it says, how it exits, what it does when it is signalled, stopped and killed.
//!
//! Declared in workers/cli's manifest, since only there cargo says where the binary is.

#![expect(clippy::unwrap_used, reason = "what helps a test fails as a test does")]

use std::process::{Command, Output};

/// Runs the program to its end with nothing in its environment but these variables.
fn chainwright(line: &str, variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chainwright"));
    command.args(line.split(' ')).env_clear().envs(variables.iter().copied()).output().unwrap()
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_worker_names_every_mistake_of_its_environment_and_exits_2() {
    let output = chainwright("worker", &[("CHAINWRIGHT_CONCURRENCY", "many"), ("CHAINWRIGHT_PREFIX", "x-")]);
    assert_eq!(output.status.code(), Some(2));
    let errors = errors(&output);
    assert!(errors.contains("CW0606") && errors.contains("CHAINWRIGHT_CONCURRENCY=many"), "{errors}");
    assert!(errors.contains("CHAINWRIGHT_PREFIX: there is no such variable"), "{errors}");
}

#[test]
fn a_worker_that_reaches_no_aws_says_so_and_exits_1() {
    let output = chainwright("worker", &[]);
    assert_eq!(output.status.code(), Some(1));
    let errors = errors(&output);
    assert!(errors.contains("CW0607") && errors.contains("AWS_REGION"), "{errors}");
}

#[test]
fn a_command_that_reaches_no_aws_says_so_and_exits_1() {
    let nobody = [
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "111122223333"),
        ("AWS_SECRET_ACCESS_KEY", "simulated"),
        // Port 9 is discard's, which nothing serves any more.
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
    ];
    let output = chainwright("queue list", &nobody);
    assert_eq!(output.status.code(), Some(1));
    let errors = errors(&output);
    assert!(errors.contains("CW0607") && errors.contains("sts:GetCallerIdentity"), "{errors}");
}
