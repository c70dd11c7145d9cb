//! What stands in a policy's way: told before it is applied, and by `doctor` afterwards, with the command that mends it.

mod fsx;
mod keys;
mod locks;
mod pace;
mod rights;
mod rules;

use std::fs;

use aws_sdk_fsx::types::StorageType;
use chainwright_cli::{
    command,
    output::{Answer, Exit},
};
use chainwright_tests::{
    files::FILES,
    installation::{AWAY_VAULT, HOME, Installation, must},
    warehouse::WAREHOUSES,
    witness::{PAIR, begun, prepared},
};

/// Applies a policy file with this text.
async fn apply(installation: &Installation, name: &str, text: &str) -> Answer {
    let path = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    must(fs::write(&path, text));
    let operator = must(installation.simulation.operator());
    command(&operator, &["policy", "apply", &path.display().to_string(), "--yes"]).await
}

/// The codes, weights and remedies that `doctor` tells.
async fn doctor(installation: &Installation) -> Vec<(String, String, String)> {
    let operator = must(installation.simulation.operator());
    let answer = command(&operator, &["doctor", "-o", "json"]).await;
    let told: serde_json::Value = must(serde_json::from_str(&answer.text));
    let text = |finding: &serde_json::Value, name: &str| finding[name].as_str().unwrap_or_default().to_owned();
    let findings = told.get("findings").and_then(serde_json::Value::as_array).into_iter().flatten();
    findings.map(|finding| (text(finding, "code"), text(finding, "weight"), text(finding, "remedy"))).collect()
}

fn has(found: &[(String, String, String)], code: &str, weight: &str, remedy: &str) -> bool {
    found.iter().any(|(c, w, r)| c == code && w == weight && r.contains(remedy))
}

#[tokio::test(start_paused = true)]
async fn what_fsx_cannot_do_keeps_a_policy_from_being_applied_with_all_reasons_at_once() {
    let installation = prepared(1, &[], "").await;
    installation.keyed_vault().await;
    installation.scratch().await;
    let refused = apply(&installation, "scratch.yaml", FILES).await;
    assert_eq!(refused.exit, Exit::Failed);
    let told = refused.remarks.join("\n");
    assert!(told.starts_with("CW0405") && told.contains("SCRATCH_2") && told.contains("`exclude`"), "{told}");
    let opt_in = FILES.replace("eu-central-1", "eu-south-1");
    let told = apply(&installation, "opt-in.yaml", &opt_in).await.remarks.join("\n");
    assert!(told.contains("eu-south-1, which is an opt-in Region"), "{told}");
    let lustre = installation.fsx(HOME).describe_file_systems().send().await.unwrap();
    assert_eq!(lustre.file_systems()[0].storage_type(), Some(&StorageType::Ssd));
}

#[tokio::test(start_paused = true)]
async fn a_vault_whose_key_is_unfit_for_copies_of_fsx_is_refused() {
    let installation = prepared(2, &[], "").await;
    installation.windows("7:20:00").await;
    let unfit = FILES.replace("vault: files-dr", &format!("vault: {AWAY_VAULT}"));
    let told = apply(&installation, "unfit.yaml", &unfit).await.remarks.join("\n");
    assert!(told.starts_with("CW0407") && told.contains("--encryption-key-arn KEY"), "{told}");
    installation.keyed_vault().await;
    assert_eq!(apply(&installation, "fit.yaml", FILES).await.exit, Exit::Done);
}

#[tokio::test(start_paused = true)]
async fn a_session_in_a_window_is_told_and_applied_nevertheless() {
    let installation = prepared(3, &[], "").await;
    installation.keyed_vault().await;
    installation.windows("1:08:00").await;
    let applied = apply(&installation, "window.yaml", FILES).await;
    assert_eq!(applied.exit, Exit::Done, "{applied:?}");
    let told = applied.remarks.join("\n");
    assert!(told.contains("CW0412") && told.contains("aws fsx update-file-system"), "{told}");
    assert!(has(&doctor(&installation).await, "CW0412", "notice", "aws fsx update-file-system"));
}

#[tokio::test(start_paused = true)]
async fn another_copy_configuration_and_what_a_new_one_copies_besides_are_told() {
    let installation = prepared(4, &[], "").await;
    installation.namespace("sales").await;
    let applied = apply(&installation, "houses.yaml", WAREHOUSES).await;
    assert!(applied.remarks.join("\n").contains("CW0411"), "{applied:?}");
    let client = installation.serverless(HOME);
    let theirs = client.create_snapshot_copy_configuration().namespace_name("sales").destination_region("us-east-1");
    theirs.send().await.unwrap();
    let found = doctor(&installation).await;
    assert!(has(&found, "CW0406", "missing", "delete-snapshot-copy-configuration"), "{found:?}");
    let before = installation.simulation.cloud().stats();
    let writes = ["CreateSnapshotCopyConfiguration", "DeleteSnapshotCopyConfiguration"];
    let calls = |stats: &simcloud::Stats| {
        writes.map(|write| stats.calls(simcloud::Service::RedshiftServerless, write)).iter().sum::<u64>()
    };
    assert_eq!(calls(&before), 1, "looking changes nothing: the person's own call alone");
}

#[tokio::test(start_paused = true)]
async fn a_quota_that_is_nearly_used_up_is_told() {
    let installation = prepared(5, &[], "").await;
    installation.namespace("sales").await;
    let client = installation.serverless(HOME);
    for number in 0..640 {
        let call = client.create_snapshot().namespace_name("sales").snapshot_name(format!("theirs-{number}"));
        call.send().await.unwrap();
    }
    apply(&installation, "quota.yaml", WAREHOUSES).await;
    assert!(has(&doctor(&installation).await, "CW0409", "notice", "aws service-quotas"));
}

#[tokio::test(start_paused = true)]
async fn nothing_stands_in_the_way_of_a_policy_that_has_all_it_needs() {
    let installation = begun(8, &["orders"], PAIR).await;
    installation.until("2026-01-06T12:00:00Z").await;
    assert_eq!(doctor(&installation).await, []);
}
