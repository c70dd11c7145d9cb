//! Locked vaults: what never leaves them, and what leaves them whatever the policy says.

use aws_sdk_backup::operation::put_backup_vault_lock_configuration::builders::PutBackupVaultLockConfigurationFluentBuilder;
use chainwright_cli::output::Exit;
use chainwright_tests::{
    installation::{AWAY, AWAY_VAULT, HOME, Installation, VAULT},
    witness::{PAIR, backup, prepared},
};

use super::{apply, doctor, has};

fn lock(installation: &Installation, region: &str, vault: &str) -> PutBackupVaultLockConfigurationFluentBuilder {
    backup(installation, region).put_backup_vault_lock_configuration().backup_vault_name(vault.to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_governance_lock_without_a_greatest_retention_is_told_for_every_vault_of_the_policy() {
    let installation = prepared(31, &["orders"], "").await;
    lock(&installation, HOME, VAULT).min_retention_days(30).send().await.unwrap();
    lock(&installation, AWAY, AWAY_VAULT).min_retention_days(1).send().await.unwrap();
    let applied = apply(&installation, "governed.yaml", PAIR).await;
    assert_eq!(applied.exit, Exit::Done, "{applied:?}");
    let told = applied.remarks.join("\n");
    for vault in [format!("{HOME}/{VAULT}"), format!("{AWAY}/{AWAY_VAULT}")] {
        assert!(told.contains(&format!("{vault} is locked without a greatest retention")), "{told}");
    }
    let found = doctor(&installation).await;
    assert!(
        has(&found, "CW0408", "missing", &format!("--region {AWAY} --backup-vault-name {AWAY_VAULT}")),
        "{found:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_compliance_lock_without_a_greatest_retention_is_refused() {
    let installation = prepared(32, &["orders"], "").await;
    lock(&installation, AWAY, AWAY_VAULT).min_retention_days(7).changeable_for_days(3).send().await.unwrap();
    let refused = apply(&installation, "compliant.yaml", PAIR).await;
    let told = refused.remarks.join("\n");
    assert_eq!(refused.exit, Exit::Failed);
    assert!(told.starts_with("CW0408") && told.contains("no point ever leaves it"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_lock_that_removes_otherwise_than_the_policy_is_told() {
    let installation = prepared(33, &["orders"], "").await;
    lock(&installation, AWAY, AWAY_VAULT).max_retention_days(35).send().await.unwrap();
    let applied = apply(&installation, "locked.yaml", PAIR).await;
    let told = applied.remarks.join("\n");
    assert!(told.contains("CW0408") && told.contains("after 35 days and no sooner, not after 2"), "{told}");
}
