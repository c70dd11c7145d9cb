//! Calls to AWS Backup by hand.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};
use simcloud::SimCloud;
use tokio::time::sleep;

use crate::dynamodb::{db, table};
use crate::support::{ACCOUNT, REGION, Refusal, authorization, send};

pub(crate) const ROLE: &str = "arn:aws:iam::111122223333:role/backup";
pub(crate) const DR: &str = "eu-central-1";

pub(crate) fn table_arn() -> String {
    format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/orders")
}

pub(crate) fn dr_vault() -> String {
    format!("arn:aws:backup:{DR}:{ACCOUNT}:backup-vault:dr")
}

/// An ARN as a path label.
pub(crate) fn label(arn: &str) -> String {
    arn.replace(':', "%3A").replace('/', "%2F")
}

/// One REST call.
pub(crate) async fn rest(
    cloud: &SimCloud,
    region: &str,
    method: &str,
    path: &str,
    body: Value,
) -> Result<Value, Refusal> {
    let request = Request::builder()
        .method(method)
        .uri(format!("https://backup.{region}.amazonaws.com/{path}"))
        .header("authorization", authorization(ACCOUNT, region, "backup"))
        .body(if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) })
        .unwrap();
    let response = send(cloud, "test", request).await.unwrap();
    let status = response.status().as_u16();
    let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
    if status == 200 {
        return Ok(body);
    }
    let code = response.headers()["x-amzn-errortype"].to_str().unwrap().to_owned();
    Err(Refusal { code, message: body["Message"].as_str().unwrap_or_default().to_owned(), status })
}

pub(crate) async fn get(cloud: &SimCloud, path: &str) -> Result<Value, Refusal> {
    rest(cloud, REGION, "GET", path, Value::Null).await
}

pub(crate) async fn put(cloud: &SimCloud, path: &str, body: Value) -> Result<Value, Refusal> {
    rest(cloud, REGION, "PUT", path, body).await
}

/// The vaults `main` here and `dr` there, and a table with one item and one tag.
pub(crate) async fn prepare(cloud: &SimCloud) {
    put(cloud, "backup-vaults/main", json!({})).await.unwrap();
    rest(cloud, DR, "PUT", "backup-vaults/dr", json!({})).await.unwrap();
    table(cloud).await;
    sleep(Duration::from_secs(10)).await;
    let item = json!({"p": {"S": "a"}, "s": {"N": "1"}, "v": {"S": "kept"}});
    db(cloud, "PutItem", json!({"TableName": "orders", "Item": item})).await.unwrap();
    let tags = json!([{"Key": "team", "Value": "red"}, {"Key": "chain", "Value": "of the table"}]);
    db(cloud, "TagResource", json!({"ResourceArn": table_arn(), "Tags": tags})).await.unwrap();
}

/// A backup request with this token.
pub(crate) fn request(token: &str) -> Value {
    json!({
        "BackupVaultName": "main", "ResourceArn": table_arn(), "IamRoleArn": ROLE, "IdempotencyToken": token,
        "StartWindowMinutes": 60, "RecoveryPointTags": {"chain": "ours"},
    })
}

pub(crate) async fn start(cloud: &SimCloud, token: &str) -> String {
    let started = put(cloud, "backup-jobs", request(token)).await.unwrap();
    started["BackupJobId"].as_str().unwrap().to_owned()
}

pub(crate) async fn job(cloud: &SimCloud, id: &str) -> Value {
    get(cloud, &format!("backup-jobs/{id}")).await.unwrap()
}

/// A completed backup's ARN.
pub(crate) async fn backup(cloud: &SimCloud, token: &str) -> String {
    let id = start(cloud, token).await;
    sleep(Duration::from_mins(30)).await;
    let job = job(cloud, &id).await;
    assert_eq!(job["State"], "COMPLETED", "{job}");
    job["RecoveryPointArn"].as_str().unwrap().to_owned()
}

pub(crate) async fn point(cloud: &SimCloud, region: &str, vault: &str, arn: &str) -> Result<Value, Refusal> {
    rest(cloud, region, "GET", &format!("backup-vaults/{vault}/recovery-points/{}", label(arn)), Value::Null).await
}

pub(crate) async fn delete(cloud: &SimCloud, arn: &str) -> Result<Value, Refusal> {
    rest(cloud, REGION, "DELETE", &format!("backup-vaults/main/recovery-points/{}", label(arn)), Value::Null).await
}

/// A copy request to the vault `dr`.
pub(crate) fn copy(arn: &str, token: &str) -> Value {
    json!({
        "RecoveryPointArn": arn, "SourceBackupVaultName": "main", "DestinationBackupVaultArn": dr_vault(),
        "IamRoleArn": ROLE, "IdempotencyToken": token,
    })
}

pub(crate) async fn copy_job(cloud: &SimCloud, id: &str) -> Value {
    get(cloud, &format!("copy-jobs/{id}")).await.unwrap()["CopyJob"].clone()
}
