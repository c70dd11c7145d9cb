//! What AWS sends, in the shapes in which it sends it, is read as what it is.
//!
//! The samples are made up, after the AWS Backup developer guide ("Monitoring AWS Backup events using EventBridge") and
//! the Redshift management guide ("Amazon Redshift event notifications"), with the oddities that these show.

use chainwright_contracts::events::incoming::{Incoming, JobChange, read};

use crate::support::files;

const POINT: &str = "arn:aws:backup:eu-west-1:111122223333:recovery-point:3a9a5cbb-8c1d-4c6e-9d1e-0b5d8f8a2c11";
const COPY: &str = "arn:aws:backup:eu-central-1:111122223333:recovery-point:7d0b1f2e-55aa-4d7c-b1f3-1d2c3b4a5f66";
const BACKUP_JOB: &str = "5c0e7b1a-41d9-4d0a-9f57-6f1b2a3c4d5e";
const COPY_JOB: &str = "0190A1B2-C3D4-E5F6-0718-293A4B5C6D7E";
const RESTORE_JOB: &str = "AB12CD34-5678-90EF-1234-567890ABCDEF";
const SNAPSHOT: &str = "cw-lpqe3iqlfoamyi26hjmdcabcr3";

fn change(id: impl Into<Option<&'static str>>, state: &str, resource: Option<&str>) -> JobChange {
    let id = id.into().map(str::to_owned);
    JobChange { id, state: Some(state.to_owned()), resource: resource.map(str::to_owned) }
}

fn point(status: &str) -> Incoming {
    Incoming::RecoveryPoint { arn: POINT.to_owned(), status: Some(status.to_owned()) }
}

fn redshift(event: Option<&str>, source: Option<&str>) -> Incoming {
    Incoming::Redshift { event_id: event.map(str::to_owned), source_id: source.map(str::to_owned) }
}

fn other(source: &str, detail_type: &str) -> Incoming {
    Incoming::Other { source: source.to_owned(), detail_type: detail_type.to_owned() }
}

fn words(words: &[&str]) -> Incoming {
    // Their order is that of a JSON map, which depends on how the map was built.
    let mut words: Vec<_> = words.iter().map(|&word| word.to_owned()).collect();
    words.sort();
    Incoming::RedshiftServerless { words }
}

/// What each sample is, sorted by name.
fn expected() -> Vec<(&'static str, Incoming)> {
    let completed = format!("Snapshot {SNAPSHOT} completed successfully at 2026-01-05 06:06 UTC.");
    let failed = "Restore from snapshot on namespace analytics-restored failed";
    let expired = "e3b5d6f7-0a1b-4c2d-8e3f-4a5b6c7d8e9f";
    let failed_backup = "1f2e3d4c-5b6a-4798-8a9b-acbdcedfe0f1";
    let failed_copy = "0190A1B2-C3D4-E5F6-0718-293A4B5C6D7F";
    let failed_restore = "AB12CD34-5678-90EF-1234-567890ABCDE0";
    vec![
        ("another-program", other("com.example.orders", "Order Placed")),
        ("backup-job-completed", Incoming::BackupJob(change(BACKUP_JOB, "COMPLETED", Some(POINT)))),
        ("backup-job-created", Incoming::BackupJob(change(BACKUP_JOB, "CREATED", None))),
        ("backup-job-expired", Incoming::BackupJob(change(expired, "EXPIRED", None))),
        ("backup-job-failed", Incoming::BackupJob(change(failed_backup, "FAILED", None))),
        ("backup-job-running", Incoming::BackupJob(change(BACKUP_JOB, "RUNNING", None))),
        ("backup-vault-locked", other("aws.backup", "Backup Vault State Change")),
        ("copy-job-completed", Incoming::CopyJob(change(COPY_JOB, "COMPLETED", Some(POINT)))),
        ("copy-job-created", Incoming::CopyJob(change(None, "CREATED", Some(POINT)))),
        ("copy-job-failed", Incoming::CopyJob(change(failed_copy, "FAILED", Some(POINT)))),
        ("copy-job-running", Incoming::CopyJob(change(COPY_JOB, "RUNNING", Some(POINT)))),
        ("recovery-point-completed", point("COMPLETED")),
        ("recovery-point-deleting", point("DELETING")),
        ("recovery-point-expired", point("EXPIRED")),
        ("redshift-serverless-restore-failed", words(&["REDSHIFT-SERVERLESS-EVENT-1005", "ERROR", failed])),
        (
            "redshift-serverless-snapshot-completed",
            words(&["REDSHIFT-SERVERLESS-EVENT-1000", "INFO", "Monitoring", &completed]),
        ),
        ("redshift-snapshot-completed", redshift(Some("REDSHIFT-EVENT-3004"), Some(SNAPSHOT))),
        ("redshift-snapshot-failed", redshift(Some("REDSHIFT-EVENT-3503"), Some(SNAPSHOT))),
        ("restore-job-completed", Incoming::RestoreJob(change(RESTORE_JOB, "COMPLETED", Some(COPY)))),
        ("restore-job-created", Incoming::RestoreJob(change(RESTORE_JOB, "CREATED", Some(COPY)))),
        ("restore-job-failed", Incoming::RestoreJob(change(failed_restore, "FAILED", Some(COPY)))),
        ("sns-subscription", other("sns", "")),
    ]
}

#[test]
fn every_sample_is_read_as_what_it_is() {
    let read: Vec<_> = files("examples/incoming", "json")
        .into_iter()
        .map(|(name, text)| {
            let mut event = read(&text).unwrap();
            if let Incoming::RedshiftServerless { words } = &mut event {
                words.sort();
            }
            (name, event)
        })
        .collect();
    let expected: Vec<_> = expected().into_iter().map(|(name, event)| (name.to_owned(), event)).collect();
    assert_eq!(read, expected);
}

#[test]
fn a_member_of_an_unexpected_type_or_none_at_all_is_no_error() {
    for (name, text) in files("examples/incoming", "json") {
        let event: serde_json::Value = serde_json::from_str(&text).unwrap();
        let Some(detail) = event["detail"].as_object() else { continue };
        for member in detail.keys() {
            let mut odd = event.clone();
            odd["detail"][member] = serde_json::json!({});
            assert!(read(&odd.to_string()).is_ok(), "{name}: {member}");
        }
        let mut bare = event.clone();
        bare.as_object_mut().unwrap().retain(|member, _| member == "detail-type");
        assert!(read(&bare.to_string()).is_ok(), "{name}");
    }
}
