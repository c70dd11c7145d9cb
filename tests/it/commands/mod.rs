//! The command line over an installation in virtual time: what each command tells, and what it leaves behind.

mod backups;
mod chains;
mod hub;
mod points;
mod policies;
mod retention;
mod sessions;
mod tree;

use std::{fs, path::PathBuf};

use chainwright_cli::{
    command,
    output::{Answer, Exit},
};
use chainwright_tests::{
    installation::{Installation, must},
    model::POLICY,
    witness::{PAIR, begun},
};
use serde_json::Value;

/// Runs one command line, whose words stand between spaces.
async fn run(installation: &Installation, line: &str) -> Answer {
    words(installation, &line.split(' ').collect::<Vec<_>>()).await
}

async fn words(installation: &Installation, line: &[&str]) -> Answer {
    command(&must(installation.simulation.operator()), line).await
}

/// What a command that succeeds tells.
async fn told(installation: &Installation, line: &str) -> String {
    let answer = run(installation, line).await;
    assert_eq!(answer.exit, Exit::Done, "{line}: {answer:?}");
    answer.text
}

/// What a command tells, without what hangs on the simulation's dice: ids and instants between seconds are crossed out.
async fn shown(installation: &Installation, line: &str) -> String {
    let text = told(installation, line).await;
    text.split_inclusive([' ', '\n', '(', ')', ':', '/', ',']).map(crossed_out).collect()
}

fn crossed_out(word: &str) -> String {
    let bare = word.trim_end_matches([' ', '\n', '(', ')', ':', '/', ',']);
    let id = bare.len() == 26 && bare.chars().all(|c| matches!(c, 'a'..='z' | '2'..='7'));
    let uuid = bare.len() == 36 && bare.chars().filter(|c| *c == '-').count() == 4;
    let seconds = bare.ends_with('Z') && bare.contains('.');
    let trace = bare.len() == 32 && bare.chars().all(|c| c.is_ascii_hexdigit());
    match (id || uuid || trace, seconds) {
        (true, _) => word.replace(|c: char| c.is_alphanumeric(), "x"),
        (false, true) => word.replace(bare, "xx.xxxZ"),
        (false, false) => word.to_owned(),
    }
}

/// The same as data.
async fn data(installation: &Installation, line: &str) -> Value {
    must(serde_json::from_str(&told(installation, &format!("{line} -o json")).await))
}

/// Why a command fails.
async fn failure(installation: &Installation, line: &str) -> String {
    let answer = run(installation, line).await;
    assert_eq!((answer.exit, answer.text.as_str()), (Exit::Failed, ""), "{line}: {answer:?}");
    answer.remarks.join("\n")
}

/// A command line that makes no sense.
async fn usage(installation: &Installation, line: &str) -> String {
    let answer = run(installation, line).await;
    assert_eq!(answer.exit, Exit::Usage, "{line}: {answer:?}");
    answer.remarks.join("\n")
}

/// Two tables under one policy, two days after it was applied.
async fn two_days(seed: u64) -> Installation {
    let installation = begun(seed, &["invoices", "orders"], PAIR).await;
    installation.until("2026-01-06T12:00:00Z").await;
    installation
}

/// A policy file of this name with this text.
fn file(name: &str, text: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    must(fs::write(&path, text));
    path
}

/// An id that nothing bears.
const NOBODY: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaa";

#[tokio::test(start_paused = true)]
async fn what_is_no_id_or_name_is_a_usage_error_and_what_nothing_bears_fails_with_its_code() {
    let installation = begun(1, &[], PAIR).await;
    for line in [
        "chain describe short",
        "chain describe",
        "chain describe --resource arn:aws:dynamodb:eu-west-1:111122223333:table/orders",
        "point describe 7go4",
        "point hold 7go4 --reason why",
        "prune plan UPPER",
        "session start Not-A-Name",
        "session start gold --slot noon",
        "session start gold --slot 2026-01-05T06:00:30Z",
        "backup create orders",
        "backup create arn:aws:dynamodb:eu-west-1:111122223333:table/orders --keep soon",
        "backup delete",
        "policy describe -",
        "chain frobnicate",
    ] {
        usage(&installation, line).await;
    }
    for (line, code) in [
        (format!("chain describe {NOBODY}"), "CW0302"),
        (format!("chain verify {NOBODY}"), "CW0302"),
        (format!("chain reconcile {NOBODY} --yes"), "CW0302"),
        (format!("chain release {NOBODY} --yes"), "CW0302"),
        (format!("prune plan {NOBODY}"), "CW0302"),
        (format!("prune apply {NOBODY} --yes"), "CW0302"),
        (format!("point describe {NOBODY}"), "CW0303"),
        (format!("point unhold {NOBODY} --yes"), "CW0303"),
        (format!("backup delete {NOBODY} --yes"), "CW0303"),
        ("chain get --policy silver".to_owned(), "CW0301"),
        ("policy describe silver".to_owned(), "CW0301"),
        ("policy pause silver --yes".to_owned(), "CW0301"),
        ("policy delete silver --yes".to_owned(), "CW0301"),
        ("session start silver --yes".to_owned(), "CW0301"),
        ("session get silver".to_owned(), "CW0301"),
        (format!("session start {POLICY} --slot 2027-01-05T06:00:00Z --yes"), "CW0306"),
        ("backup create arn:aws:s3:eu-west-1:111122223333:bucket --yes".to_owned(), "CW0305"),
        ("backup create arn:aws:dynamodb:eu-west-1:111122223333:table/nowhere --yes".to_owned(), "CW0310"),
    ] {
        let reason = failure(&installation, &line).await;
        assert!(reason.starts_with(code) && reason.contains("; "), "{line}: {reason}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_yes_and_without_a_terminal_the_plan_is_shown_and_nothing_is_done() {
    let installation = two_days(2).await;
    let chains = data(&installation, "chain get").await;
    let chain = chains["chains"][0]["chain"].as_str().unwrap().to_owned();
    let point = chains["chains"][0]["sides"][0]["newest_point"].as_str().unwrap().to_owned();
    let path = file("unconfirmed.yaml", &PAIR.replace("2 days", "5 days"));
    let before = installation.simulation.cloud().stats().total;
    for (line, plan) in [
        (format!("policy apply {}", path.display()), "schedules.daily.keep: 2 days becomes 5 days"),
        ("policy pause gold".to_owned(), "will start no sessions"),
        ("policy delete gold".to_owned(), "becomes orphaned"),
        ("session start gold".to_owned(), "will back up each"),
        ("backup create arn:aws:dynamodb:eu-west-1:111122223333:table/orders".to_owned(), "kept until it is removed"),
        (format!("backup delete {point}"), "will be removed for good"),
        (format!("chain reconcile {chain}"), "mend the ledger"),
        (format!("point hold {point} --reason audit"), "will be held"),
        (format!("point unhold {point}"), "retention applies again"),
    ] {
        let reason = failure(&installation, &line).await;
        assert!(reason.contains(plan) && reason.ends_with("Nothing was done: say --yes to do it."), "{line}: {reason}");
    }
    let after = installation.simulation.cloud().stats();
    assert!(after.total > before, "the commands have looked");
    assert_eq!(data(&installation, "policy get").await["policies"][0]["revision"], 1);
    assert_eq!(data(&installation, "policy get").await["policies"][0]["paused"], false);
    assert_eq!(data(&installation, &format!("point describe {point}")).await["point"]["hold"], Value::Null);
    assert_eq!(data(&installation, "backup get").await["backups"], Value::Array(vec![]));
}
