//! KMS: data keys that open where and how they should, and nowhere else.

use data_encoding::BASE64;
use serde_json::{Value, json};
use simcloud::SimCloud;

use crate::support::{ACCOUNT, REGION, Refusal, answer, cloud, request, send};

async fn kms(cloud: &SimCloud, region: &str, operation: &str, input: Value) -> Result<Value, Refusal> {
    answer(&send(cloud, "test", request(ACCOUNT, region, "kms", operation, &input)).await.unwrap())
}

/// A multi-Region key with an alias and a replica in Frankfurt.
async fn key(cloud: &SimCloud) -> String {
    let made = kms(cloud, REGION, "CreateKey", json!({"MultiRegion": true})).await.unwrap();
    let id = made["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned();
    let alias = json!({"AliasName": "alias/chain", "TargetKeyId": id});
    kms(cloud, REGION, "CreateAlias", alias).await.unwrap();
    kms(cloud, REGION, "ReplicateKey", json!({"KeyId": id, "ReplicaRegion": "eu-central-1"})).await.unwrap();
    id
}

#[tokio::test(start_paused = true)]
async fn a_data_key_opens_in_every_region_with_a_replica_and_only_with_its_context() {
    let cloud = cloud();
    let id = key(&cloud).await;
    assert!(id.starts_with("mrk-"));
    let context = json!({"point": "one"});
    let input = json!({"KeyId": "alias/chain", "KeySpec": "AES_256", "EncryptionContext": context});
    let made = kms(&cloud, REGION, "GenerateDataKey", input).await.unwrap();
    let blob = made["CiphertextBlob"].clone();
    assert_eq!(BASE64.decode(blob.as_str().unwrap().as_bytes()).unwrap().len(), 184);
    for region in [REGION, "eu-central-1"] {
        let input = json!({"CiphertextBlob": blob, "EncryptionContext": context});
        let opened = kms(&cloud, region, "Decrypt", input).await.unwrap();
        assert_eq!(opened["Plaintext"], made["Plaintext"]);
        assert!(opened["KeyId"].as_str().unwrap().contains(region));
    }
    let mut tampered = BASE64.decode(blob.as_str().unwrap().as_bytes()).unwrap();
    *tampered.last_mut().unwrap() ^= 1;
    for (region, blob, context) in [
        (REGION, blob.clone(), json!({"point": "two"})),
        (REGION, blob.clone(), json!({})),
        (REGION, json!(BASE64.encode(&tampered)), context.clone()),
        ("us-east-1", blob.clone(), context.clone()),
    ] {
        let input = json!({"CiphertextBlob": blob, "EncryptionContext": context});
        let refusal = kms(&cloud, region, "Decrypt", input).await.unwrap_err();
        assert_eq!(refusal.code, "InvalidCiphertextException");
    }
}

#[tokio::test(start_paused = true)]
async fn a_replica_has_a_state_of_its_own() {
    let cloud = cloud();
    let id = key(&cloud).await;
    let generate = json!({"KeyId": id, "KeySpec": "AES_256"});
    kms(&cloud, "eu-central-1", "DisableKey", json!({"KeyId": id})).await.unwrap();
    let refusal = kms(&cloud, "eu-central-1", "GenerateDataKey", generate.clone()).await.unwrap_err();
    assert_eq!(refusal.code, "DisabledException");
    kms(&cloud, REGION, "GenerateDataKey", generate.clone()).await.unwrap();
    kms(&cloud, REGION, "ScheduleKeyDeletion", json!({"KeyId": id, "PendingWindowInDays": 7})).await.unwrap();
    let refusal = kms(&cloud, REGION, "GenerateDataKey", generate.clone()).await.unwrap_err();
    assert_eq!(refusal.code, "KMSInvalidStateException");
    tokio::time::sleep(std::time::Duration::from_hours(7 * 24)).await;
    let refusal = kms(&cloud, REGION, "GenerateDataKey", generate).await.unwrap_err();
    assert_eq!(refusal.code, "NotFoundException");
}

#[tokio::test(start_paused = true)]
async fn a_key_is_described_by_id_arn_and_alias_with_its_replicas() {
    let cloud = cloud();
    let id = key(&cloud).await;
    let arn = format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/{id}");
    for name in
        [id.clone(), arn.clone(), "alias/chain".to_owned(), format!("arn:aws:kms:{REGION}:{ACCOUNT}:alias/chain")]
    {
        let described = kms(&cloud, REGION, "DescribeKey", json!({"KeyId": name})).await.unwrap();
        let metadata = &described["KeyMetadata"];
        assert_eq!(metadata["Arn"], arn);
        assert_eq!(metadata["MultiRegionConfiguration"]["MultiRegionKeyType"], "PRIMARY");
        assert_eq!(metadata["MultiRegionConfiguration"]["ReplicaKeys"][0]["Region"], "eu-central-1");
    }
    let replica = kms(&cloud, "eu-central-1", "DescribeKey", json!({"KeyId": id})).await.unwrap();
    assert_eq!(replica["KeyMetadata"]["MultiRegionConfiguration"]["MultiRegionKeyType"], "REPLICA");
    let aliases = kms(&cloud, REGION, "ListAliases", json!({})).await.unwrap();
    assert_eq!(aliases["Aliases"][0]["AliasName"], "alias/chain");
    let refusal = kms(&cloud, REGION, "DescribeKey", json!({"KeyId": "alias/none"})).await.unwrap_err();
    assert_eq!(refusal.code, "NotFoundException");
}
