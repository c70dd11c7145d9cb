//! AWS Backup's jobs in its own words: what is sent, and how answers are read.

use std::collections::BTreeMap;

use chainwright_aws::error::Class;
use chainwright_aws::sources::{Source, dynamodb::DynamoDb};
use chainwright_chain::exchange::{BackupRequest, CopyRequest, DeleteRequest, Observed, Operation, Started};
use chainwright_contracts::names::Region;
use chainwright_contracts::place::Place;
use serde_json::{Value, json};

use crate::canned::Canned;
use crate::seals::orders;
use crate::support::{account, away, home};

const POINT: &str = "arn:aws:backup:eu-west-1:111122223333:recovery-point:p-1";
const ROLE: &str = "arn:aws:iam::111122223333:role/chainwright-backup";

fn place(region: Region, vault: &str) -> Place {
    Place { account: account(), region, vault: Some(vault.to_owned()) }
}

fn backup() -> BackupRequest {
    BackupRequest {
        resource: orders(),
        place: place(home(), "chainwright"),
        role: Some(ROLE.into()),
        token: "token-0".into(),
        tags: BTreeMap::from([("chainwright:chain".into(), "c/p/0".into())]),
        requested_at: "2026-01-05T06:00:00Z".parse().unwrap(),
        standing_copy: None,
        from_automatic: false,
        automatic_keep: None,
    }
}

fn copy() -> CopyRequest {
    CopyRequest {
        resource: orders(),
        point: POINT.into(),
        from: place(home(), "chainwright"),
        to: place(away(), "chainwright-dr"),
        role: Some(ROLE.into()),
        token: "token-1".into(),
        requested_at: "2026-01-05T06:30:00Z".parse().unwrap(),
        standing_copy: None,
    }
}

fn unlocked() -> Value {
    json!({ "BackupVaultName": "vault", "Locked": false })
}

fn locked(maximum: i64) -> Value {
    json!({ "BackupVaultName": "vault", "Locked": true, "MinRetentionDays": 1, "MaxRetentionDays": maximum })
}

fn operation_backup() -> Operation {
    Operation::Backup { id: "job-1".into(), place: place(home(), "chainwright") }
}

fn operation_delete() -> Operation {
    Operation::Delete { point: POINT.into(), place: place(home(), "chainwright") }
}

async fn observed(operation: Operation, answer: Value) -> Observed {
    let (canned, clients) = Canned::new();
    canned.answers(answer);
    DynamoDb::new(clients).observe(&[operation]).await.unwrap().remove(0)
}

#[tokio::test]
async fn a_backup_is_started_with_its_token_and_tags_and_without_an_end() {
    let (canned, clients) = Canned::new();
    canned.answers(unlocked()).answers(json!({ "BackupJobId": "job-1", "RecoveryPointArn": POINT }));
    let started = DynamoDb::new(clients).start_backup(&backup()).await.unwrap();
    assert_eq!(started, Started { id: "job-1".into(), point: Some(POINT.into()) });
    let sent = &canned.asked()[1];
    assert_eq!(sent.what, "PUT /backup-jobs");
    assert_eq!(sent.region_host, "backup.eu-west-1.amazonaws.com");
    let expected = json!({
        "BackupVaultName": "chainwright",
        "ResourceArn": orders().as_str(),
        "IamRoleArn": ROLE,
        "IdempotencyToken": "token-0",
        "StartWindowMinutes": 60,
        "RecoveryPointTags": { "chainwright:chain": "c/p/0" },
    });
    assert_eq!(sent.body, expected);
}

#[tokio::test]
async fn a_backup_into_a_locked_vault_ends_at_the_locks_maximum() {
    let (canned, clients) = Canned::new();
    canned.answers(locked(30)).answers(json!({ "BackupJobId": "job-1" }));
    DynamoDb::new(clients).start_backup(&backup()).await.unwrap();
    assert_eq!(canned.asked()[1].body["Lifecycle"], json!({ "DeleteAfterDays": 30 }));
}

#[tokio::test]
async fn a_copy_is_started_in_its_sources_region_and_says_that_it_never_ends() {
    let (canned, clients) = Canned::new();
    let source = json!({ "RecoveryPointArn": POINT, "Status": "COMPLETED" });
    canned.answers(unlocked()).answers(source).answers(json!({ "CopyJobId": "copy-1" }));
    let started = DynamoDb::new(clients).start_copy(&copy()).await.unwrap();
    assert_eq!(started, Started { id: "copy-1".into(), point: None });
    let asked = canned.asked();
    assert_eq!(asked[0].region_host, "backup.eu-central-1.amazonaws.com", "the destination's vault is looked at there");
    assert_eq!(asked[2].what, "PUT /copy-jobs");
    assert_eq!(asked[2].region_host, "backup.eu-west-1.amazonaws.com");
    let expected = json!({
        "RecoveryPointArn": POINT,
        "SourceBackupVaultName": "chainwright",
        "DestinationBackupVaultArn": "arn:aws:backup:eu-central-1:111122223333:backup-vault:chainwright-dr",
        "IamRoleArn": ROLE,
        "IdempotencyToken": "token-1",
        "Lifecycle": { "MoveToColdStorageAfterDays": -1, "DeleteAfterDays": -1 },
    });
    assert_eq!(asked[2].body, expected);
}

#[tokio::test]
async fn a_copy_does_not_inherit_its_sources_end() {
    let (canned, clients) = Canned::new();
    let source = json!({ "RecoveryPointArn": POINT, "Lifecycle": { "DeleteAfterDays": 30 } });
    canned.answers(unlocked()).answers(source).answers(json!({ "CopyJobId": "copy-1" }));
    DynamoDb::new(clients).start_copy(&copy()).await.unwrap();
    assert_eq!(canned.asked()[2].body["Lifecycle"], json!({ "DeleteAfterDays": 36_500 }));
}

#[tokio::test]
async fn a_copy_into_a_locked_vault_ends_at_the_locks_maximum() {
    let (canned, clients) = Canned::new();
    canned.answers(locked(90)).answers(json!({ "CopyJobId": "copy-1" }));
    DynamoDb::new(clients).start_copy(&copy()).await.unwrap();
    assert_eq!(canned.asked()[1].body["Lifecycle"], json!({ "DeleteAfterDays": 90 }));
}

#[tokio::test]
async fn what_names_no_vault_or_no_role_is_refused_unsent() {
    let (canned, clients) = Canned::new();
    let source = DynamoDb::new(clients);
    let vaultless = Place { vault: None, ..place(home(), "") };
    let refused = source.start_backup(&BackupRequest { place: vaultless, ..backup() }).await;
    assert_eq!(refused.unwrap_err().class, Class::Refused);
    let refused = source.start_backup(&BackupRequest { role: None, ..backup() }).await;
    assert_eq!(refused.unwrap_err().class, Class::Refused);
    assert_eq!(canned.asked().len(), 0);
}

#[tokio::test]
async fn a_backup_job_is_read_by_its_state() {
    let running = observed(operation_backup(), json!({ "State": "RUNNING", "RecoveryPointArn": POINT })).await;
    assert_eq!(running, Observed::Running);
    let done = observed(operation_backup(), json!({ "State": "COMPLETED", "RecoveryPointArn": POINT })).await;
    assert_eq!(done, Observed::Done { point: Some(POINT.into()), remark: None });
    let message = "\"Backup job failed because there was a running job for the same resource.\"";
    let expired = observed(operation_backup(), json!({ "State": "EXPIRED", "StatusMessage": message })).await;
    assert!(matches!(expired, Observed::Failed { occupied: true, .. }), "{expired:?}");
    let failed = observed(operation_backup(), json!({ "State": "FAILED", "StatusMessage": "no role" })).await;
    assert_eq!(failed, Observed::Failed { reason: "FAILED: no role".into(), occupied: false });
}

#[tokio::test]
async fn a_copy_job_is_read_by_its_state_where_it_was_started() {
    let (canned, clients) = Canned::new();
    let job = json!({ "CopyJobId": "copy-1", "State": "COMPLETED", "DestinationRecoveryPointArn": "arn:copy" });
    canned.answers(json!({ "CopyJob": job })).answers(json!({ "CopyJob": { "State": "CREATED" } }));
    let operation = Operation::Copy { id: "copy-1".into(), from: copy().from, to: copy().to };
    let seen = DynamoDb::new(clients).observe(&[operation.clone(), operation]).await.unwrap();
    assert_eq!(seen, [Observed::Done { point: Some("arn:copy".into()), remark: None }, Observed::Running]);
    assert_eq!(canned.asked()[0].what, "GET /copy-jobs/copy-1");
    assert_eq!(canned.asked()[0].region_host, "backup.eu-west-1.amazonaws.com");
}

#[tokio::test]
async fn a_job_that_the_service_does_not_know_is_unknown_and_not_an_error() {
    let (canned, clients) = Canned::new();
    canned.refuses("ResourceNotFoundException", "no such job");
    assert_eq!(DynamoDb::new(clients).observe(&[operation_backup()]).await, Ok(vec![Observed::Unknown]));
}

#[tokio::test]
async fn a_deletion_is_over_only_when_the_point_is_unknown() {
    let described = |status: &str| json!({ "RecoveryPointArn": POINT, "Status": status });
    assert_eq!(observed(operation_delete(), described("DELETING")).await, Observed::Running);
    for status in ["EXPIRED", "COMPLETED", "AVAILABLE"] {
        assert_eq!(observed(operation_delete(), described(status)).await, Observed::Refused { status: status.into() });
    }
    let (canned, clients) = Canned::new();
    canned.refuses("ResourceNotFoundException", "no such point");
    let gone = DynamoDb::new(clients).observe(&[operation_delete()]).await;
    assert_eq!(gone, Ok(vec![Observed::Done { point: None, remark: None }]));
}

#[tokio::test]
async fn deleting_what_is_gone_counts_and_what_is_busy_waits() {
    let (canned, clients) = Canned::new();
    let source = DynamoDb::new(clients);
    let request = DeleteRequest { point: POINT.into(), place: place(home(), "chainwright") };
    canned.refuses("ResourceNotFoundException", "no such point").refuses("InvalidResourceStateException", "try later");
    assert_eq!(source.delete_point(&request).await.unwrap().id, POINT);
    assert_eq!(source.delete_point(&request).await.unwrap_err().class, Class::Occupied);
}

#[tokio::test]
async fn a_lost_backup_is_looked_for_on_every_page_since_a_little_before_its_request() {
    let (canned, clients) = Canned::new();
    let job = |id: &str, created: f64| json!({ "BackupJobId": id, "State": "RUNNING", "CreationDate": created });
    let requested = 1_767_592_800.0;
    canned
        .answers(json!({ "BackupJobs": [job("second", requested + 60.0)], "NextToken": "more" }))
        .answers(json!({ "BackupJobs": [job("too-old", requested - 301.0), job("first", requested - 2.0)] }));
    let found = DynamoDb::new(clients).find_backups(&backup()).await.unwrap();
    assert_eq!(found.iter().map(|candidate| candidate.id.as_str()).collect::<Vec<_>>(), ["first", "second"]);
    let asked = canned.asked();
    assert!(asked[0].what.contains("resourceArn=arn%3Aaws%3Adynamodb"), "{:?}", asked[0]);
    assert!(asked[0].what.contains("backupVaultName=chainwright"), "{:?}", asked[0]);
    assert!(asked[0].what.contains("createdAfter=2026-01-05T05%3A55%3A00Z"), "{:?}", asked[0]);
    assert!(asked[1].what.contains("nextToken=more"), "{:?}", asked[1]);
}

#[tokio::test]
async fn a_lost_copy_is_looked_for_by_its_source_and_destination() {
    let (canned, clients) = Canned::new();
    let job = json!({
        "CopyJobId": "copy-1", "State": "COMPLETED", "CreationDate": 1_767_594_601.5,
        "DestinationRecoveryPointArn": "arn:copy",
    });
    canned.answers(json!({ "CopyJobs": [job] }));
    let found = DynamoDb::new(clients).find_copies(&copy()).await.unwrap();
    assert_eq!(found[0].point.as_deref(), Some("arn:copy"));
    assert_eq!(found[0].observed, Observed::Done { point: Some("arn:copy".into()), remark: None });
    let what = &canned.asked()[0].what;
    assert!(what.contains("sourceRecoveryPointArn=") && what.contains("destinationVaultArn="), "{what}");
}
