//! File systems: links that their own description does not tell, and windows longer than a policy tries.

use aws_sdk_fsx::types::{CreateFileSystemLustreConfiguration, FileSystemType, LustreDeploymentType, Tag};
use chainwright_cli::output::Exit;
use chainwright_tests::{
    files::FILES,
    installation::{HOME, Installation, must},
    witness::{letters, prepared},
};
use jiff::SignedDuration;

use super::{apply, doctor, has};

/// Makes a Lustre file system that can be backed up, with the tag that [`FILES`] selects; its id.
async fn lustre(installation: &Installation) -> String {
    let persistent = CreateFileSystemLustreConfiguration::builder().deployment_type(LustreDeploymentType::Persistent2);
    let configuration = persistent.weekly_maintenance_start_time("7:20:00").automatic_backup_retention_days(0).build();
    let call = installation.fsx(HOME).create_file_system().file_system_type(FileSystemType::Lustre);
    let call = call.storage_capacity(1200).subnet_ids("subnet-1").lustre_configuration(configuration);
    let made = must(call.tags(Tag::builder().key("backup").value("gold").build()).send().await);
    installation.simulation.pass(SignedDuration::from_mins(30)).await;
    made.file_system.and_then(|made| made.file_system_id).unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn a_lustre_file_system_with_an_association_is_refused_and_fails_no_session_of_others() {
    let mut installation = prepared(51, &[], "").await;
    installation.keyed_vault().await;
    let id = lustre(&installation).await;
    assert_eq!(apply(&installation, "unlinked.yaml", FILES).await.exit, Exit::Done);
    let fsx = installation.fsx(HOME);
    let link = fsx.create_data_repository_association().file_system_id(&id).data_repository_path("s3://bucket");
    link.send().await.unwrap();
    let refused = apply(&installation, "linked.yaml", FILES).await;
    let told = refused.remarks.join("\n");
    assert_eq!(refused.exit, Exit::Failed);
    assert!(told.starts_with("CW0405") && told.contains("linked to a data repository"), "{told}");
    installation.windows("7:20:00").await;
    installation.simulation.start_worker("worker-1").await.unwrap();
    installation.until("2026-01-05T20:00:00Z").await;
    let backups = installation.file_backups(HOME);
    assert_eq!(backups.len(), 1, "{backups:?}");
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn a_window_longer_than_the_policy_tries_is_told_as_a_backup_that_fails() {
    let installation = prepared(52, &[], "").await;
    installation.keyed_vault().await;
    installation.windows("1:08:00").await;
    for (within, weight) in [("3 hours", "notice"), ("2 hours", "missing")] {
        let tried = format!("{FILES}retry: {{within: {within}}}\n");
        assert_eq!(apply(&installation, "tried.yaml", &tried).await.exit, Exit::Done);
        let found = doctor(&installation).await;
        assert!(has(&found, "CW0412", weight, "aws fsx update-file-system"), "{within}: {found:?}");
        assert_eq!(has(&found, "CW0412", weight, "`retry.within`"), weight == "missing", "{found:?}");
    }
}
