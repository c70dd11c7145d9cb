//! Recovery points as AWS Backup lists, describes and tags them.

use std::collections::BTreeMap;

use chainwright_aws::error::Class;
use chainwright_aws::sources::{Source, dynamodb::DynamoDb};
use chainwright_chain::exchange::PointStatus;
use chainwright_contracts::place::Place;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::canned::Canned;
use crate::seals::orders;
use crate::support::{account, home};

const POINT: &str = "arn:aws:backup:eu-west-1:111122223333:recovery-point:p-1";

fn vault() -> Place {
    Place { account: account(), region: home(), vault: Some("chainwright".into()) }
}

fn point(status: &str) -> Value {
    json!({
        "RecoveryPointArn": POINT,
        "ResourceArn": orders().as_str(),
        "Status": status,
        "CreationDate": 1_767_592_805.25,
        "BackupSizeInBytes": 4096,
    })
}

fn unlocked() -> Value {
    json!({ "BackupVaultName": "chainwright" })
}

#[tokio::test]
async fn a_listing_carries_the_date_of_its_own_answer() {
    let (canned, clients) = Canned::new();
    canned
        .answers(unlocked())
        .answers(json!({ "LegalHolds": [] }))
        .answers(json!({ "RecoveryPoints": [point("COMPLETED")], "NextToken": "more" }));
    let page = DynamoDb::new(clients).list_points(Some(&orders()), &vault(), Some("page".into())).await.unwrap();
    assert_eq!(page.date, "2026-01-05T06:00:00Z".parse::<Timestamp>().unwrap());
    assert_eq!(page.next.as_deref(), Some("more"));
    let what = &canned.asked()[2].what;
    assert!(what.contains("resourceArn=") && what.contains("nextToken=page"), "{what}");
    let listed = &page.points[0];
    assert_eq!(listed.arn, POINT);
    assert_eq!(listed.created, "2026-01-05T06:00:05.25Z".parse().unwrap());
    assert_eq!((listed.bytes, listed.expires, listed.locked_until), (Some(4096), None, None));
}

#[tokio::test]
async fn every_status_has_its_standing() {
    for (status, standing) in [
        ("COMPLETED", PointStatus::Available),
        ("AVAILABLE", PointStatus::Available),
        ("CREATING", PointStatus::Creating),
        ("DELETING", PointStatus::Deleting),
        ("EXPIRED", PointStatus::Expired),
        ("PARTIAL", PointStatus::Unusable),
        ("STOPPED", PointStatus::Unusable),
        ("REHEARSED", PointStatus::Unusable),
    ] {
        let (canned, clients) = Canned::new();
        canned.answers(point(status)).answers(unlocked());
        let described = DynamoDb::new(clients).describe_point(&vault(), POINT).await.unwrap().unwrap();
        assert_eq!(described.status, standing, "{status}");
    }
}

#[tokio::test]
async fn a_locked_vault_locks_its_points_until_their_end_or_for_ever() {
    let (canned, clients) = Canned::new();
    let mut ending = point("COMPLETED");
    ending["CalculatedLifecycle"] = json!({ "DeleteAt": 1_770_184_800 });
    let locked = json!({ "BackupVaultName": "chainwright", "Locked": true, "MaxRetentionDays": 30 });
    canned
        .answers(locked)
        .answers(json!({ "LegalHolds": [] }))
        .answers(json!({ "RecoveryPoints": [ending, point("COMPLETED")] }));
    let points = DynamoDb::new(clients).list_points(Some(&orders()), &vault(), None).await.unwrap().points;
    let end = Some("2026-02-04T06:00:00Z".parse().unwrap());
    assert_eq!((points[0].expires, points[0].locked_until), (end, end));
    assert_eq!((points[1].expires, points[1].locked_until), (None, Some(Timestamp::MAX)));
}

#[tokio::test]
async fn only_the_services_own_word_makes_a_point_gone() {
    let (canned, clients) = Canned::new();
    let source = DynamoDb::new(clients);
    canned.refuses("ResourceNotFoundException", "no such point").refuses("AccessDeniedException", "no");
    assert_eq!(source.describe_point(&vault(), POINT).await, Ok(None));
    assert_eq!(source.describe_point(&vault(), POINT).await.unwrap_err().class, Class::Denied);
}

#[tokio::test]
async fn tags_are_read_from_every_page_written_and_removed() {
    let (canned, clients) = Canned::new();
    let source = DynamoDb::new(clients);
    canned
        .answers(json!({ "Tags": { "a": "1" }, "NextToken": "more" }))
        .answers(json!({ "Tags": { "b": "2" } }))
        .answers(json!({}))
        .answers(json!({}));
    let tags = source.read_tags(&vault(), POINT).await.unwrap();
    assert_eq!(tags, BTreeMap::from([("a".into(), "1".into()), ("b".into(), "2".into())]));
    source.tag(&vault(), POINT, &tags).await.unwrap();
    source.untag(&vault(), POINT, &["a".to_owned()]).await.unwrap();
    let asked = canned.asked();
    assert_eq!(asked[2].body, json!({ "Tags": { "a": "1", "b": "2" } }));
    assert_eq!(asked[3].body, json!({ "TagKeyList": ["a"] }));
    assert!(asked[3].what.starts_with("POST /untag/"), "{:?}", asked[3]);
}
