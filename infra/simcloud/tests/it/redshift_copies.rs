//! Redshift: the standing copy to another Region, and events by subscription.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use simcloud::faults::{EventFault, FaultRule, JobFault};
use simcloud::{Settings, SimCloud};
use tokio::time::sleep;

use crate::redshift_support::{
    DR, SALES, copy_to_dr, found, listed, prepare, refused, rs, sales, snap, there, warehouse,
};
use crate::support::{REGION, bodies, queue, request, take};

const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:warehouse";

#[tokio::test(start_paused = true)]
async fn what_is_made_while_the_copy_stands_shows_in_the_other_region_with_retentions_of_its_own() {
    let cloud = warehouse(Settings::default()).await;
    snap(&cloud, "earlier").await.unwrap();
    sleep(Duration::from_mins(20)).await;
    copy_to_dr(&cloud, "7").await;
    assert_eq!(sales(&cloud).await.text("ClusterSnapshotCopyStatus/DestinationRegion"), DR);
    let made = snap(&cloud, "later").await.unwrap();
    let mut seen = BTreeSet::new();
    for _ in 0..60 {
        sleep(Duration::from_mins(1)).await;
        let copy = found(&cloud, DR, "later").await.ok();
        seen.insert(copy.map_or("none".to_owned(), |copy| copy.text("Status").to_owned()));
    }
    assert_eq!(seen, ["available", "creating", "none"].map(str::to_owned).into());
    let copy = found(&cloud, DR, "later").await.unwrap();
    assert_eq!(copy.text("SnapshotCreateTime"), made.all("Snapshot")[0].text("SnapshotCreateTime"));
    assert_eq!(copy.text("ClusterCreateTime"), sales(&cloud).await.text("ClusterCreateTime"));
    assert_eq!((copy.text("SourceRegion"), copy.text("ManualSnapshotRemainingDays")), (REGION, "7"));
    assert_eq!(copy.text("SnapshotArn"), "arn:aws:redshift:eu-central-1:111122223333:snapshot:sales/later");
    assert!(copy.all("Tag").is_empty());
    // A new retention of manual copies is for new ones; one of automated copies is for all.
    let keep = [("ClusterIdentifier", "sales"), ("RetentionPeriod", "30"), ("Manual", "true")];
    rs(&cloud, "ModifySnapshotCopyRetentionPeriod", &keep).await.unwrap();
    sleep(Duration::from_hours(72)).await;
    let automated = [("SnapshotType", "automated")];
    assert!((5..=6).contains(&listed(&cloud, DR, &automated).await.len()), "three a day for two days");
    let keep = [("ClusterIdentifier", "sales"), ("RetentionPeriod", "1")];
    rs(&cloud, "ModifySnapshotCopyRetentionPeriod", &keep).await.unwrap();
    sleep(Duration::from_mins(10)).await;
    assert!((2..=3).contains(&listed(&cloud, DR, &automated).await.len()), "three a day for one day");
    rs(&cloud, "DisableSnapshotCopy", &keep[..1]).await.unwrap();
    snap(&cloud, "last").await.unwrap();
    sleep(Duration::from_hours(24 * 4)).await;
    assert_eq!(listed(&cloud, DR, &[]).await, Vec::<String>::new(), "all copies are over, and no more came");
    assert_eq!(listed(&cloud, REGION, &[("SnapshotType", "manual")]).await, ["earlier", "last", "later"]);
}

#[tokio::test(start_paused = true)]
async fn a_copy_fails_or_hangs_or_never_comes_and_copying_may_protect() {
    for (fault, status) in [
        (JobFault::Fails("no".into()), Some("failed")),
        (JobFault::Stalls, Some("creating")),
        (JobFault::Ignored, None),
    ] {
        let cloud = warehouse(Settings::default()).await;
        copy_to_dr(&cloud, "-1").await;
        let rule = cloud.faults().add(FaultRule::job(Some("copy"), None, fault));
        snap(&cloud, "one").await.unwrap();
        sleep(Duration::from_hours(2)).await;
        assert_eq!(cloud.faults().fired(rule), 1);
        let copies = cloud.inspect().redshift_snapshots().into_iter().filter(|copy| copy.region == DR);
        assert_eq!(copies.map(|copy| copy.status).next().as_deref(), status);
    }
    for protects in [true, false] {
        let mut settings = Settings::default();
        settings.switches.redshift.copying_protects = protects;
        let cloud = SimCloud::new(settings);
        prepare(&cloud, &[]).await;
        copy_to_dr(&cloud, "-1").await;
        snap(&cloud, "one").await.unwrap();
        while found(&cloud, REGION, "one").await.unwrap().text("Status") != "available" {
            sleep(Duration::from_secs(10)).await;
        }
        let gone = rs(&cloud, "DeleteClusterSnapshot", &[("SnapshotIdentifier", "one")]).await;
        assert_eq!(gone.is_err(), protects);
        sleep(Duration::from_hours(1)).await;
        assert_eq!(found(&cloud, DR, "one").await.is_ok(), protects);
    }
}

#[tokio::test(start_paused = true)]
async fn a_standing_copy_has_one_destination_and_encrypted_clusters_need_a_grant_there() {
    let cloud = SimCloud::new(Settings::default());
    prepare(&cloud, &[("Encrypted", "true")]).await;
    let to = |region: &'static str| [("ClusterIdentifier", "sales"), ("DestinationRegion", region)];
    let none = [("ClusterIdentifier", "sales"), ("RetentionPeriod", "3")];
    assert_eq!(refused(&cloud, "DisableSnapshotCopy", &none[..1]).await.0, "SnapshotCopyAlreadyDisabledFault");
    assert_eq!(refused(&cloud, "ModifySnapshotCopyRetentionPeriod", &none).await.0, "SnapshotCopyDisabledFault");
    for odd in ["mars", REGION] {
        let refusal = refused(&cloud, "EnableSnapshotCopy", &to(odd)).await;
        assert_eq!(refusal, ("UnknownSnapshotCopyRegionFault".to_owned(), 404));
    }
    let grant = [("SnapshotCopyGrantName", "copies")];
    let granted = [to(DR).as_slice(), &grant].concat();
    for input in [&to(DR)[..], &granted] {
        assert_eq!(refused(&cloud, "EnableSnapshotCopy", input).await.0, "SnapshotCopyGrantNotFoundFault");
    }
    let kms = request("111122223333", DR, "kms", "CreateKey", &json!({}));
    let key = crate::support::answer(&crate::support::send(&cloud, "test", kms).await.unwrap()).unwrap();
    let key = key["KeyMetadata"]["Arn"].as_str().unwrap().to_owned();
    let asked = [grant[0], ("KmsKeyId", key.as_str())];
    there(&cloud, DR, "CreateSnapshotCopyGrant", &asked).await.unwrap();
    let again = there(&cloud, DR, "CreateSnapshotCopyGrant", &asked).await.unwrap_err();
    assert_eq!(again.code, "SnapshotCopyGrantAlreadyExistsFault");
    rs(&cloud, "EnableSnapshotCopy", &granted).await.unwrap();
    assert_eq!(refused(&cloud, "EnableSnapshotCopy", &granted).await.0, "SnapshotCopyAlreadyEnabledFault");
    let used = there(&cloud, DR, "DeleteSnapshotCopyGrant", &grant).await.unwrap_err();
    assert_eq!(used.code, "InvalidSnapshotCopyGrantStateFault");
    snap(&cloud, "one").await.unwrap();
    sleep(Duration::from_hours(1)).await;
    assert_eq!(found(&cloud, DR, "one").await.unwrap().text("KmsKeyId"), key);
    assert_ne!(found(&cloud, REGION, "one").await.unwrap().text("KmsKeyId"), key);
    rs(&cloud, "DisableSnapshotCopy", &none[..1]).await.unwrap();
    there(&cloud, DR, "DeleteSnapshotCopyGrant", &grant).await.unwrap();
    let gone = there(&cloud, DR, "DescribeSnapshotCopyGrants", &grant).await.unwrap_err();
    assert_eq!(gone.code, "SnapshotCopyGrantNotFoundFault");
}

/// The notifications in the queue of the topic: the event's id, what it is about, and the category.
async fn told(cloud: &SimCloud, url: &str) -> Vec<(String, String)> {
    let messages = take(cloud, url, 0).await;
    let read = |body: &&str| {
        let envelope: Value = serde_json::from_str(body).unwrap();
        assert_eq!((&envelope["Type"], &envelope["TopicArn"]), (&json!("Notification"), &json!(TOPIC)));
        let inner: Value = serde_json::from_str(envelope["Message"].as_str().unwrap()).unwrap();
        let text = |one: &str, other: &str| inner.get(one).or(inner.get(other)).unwrap().as_str().unwrap().to_owned();
        let id = text("About this Event", "Event ID").rsplit('#').next().unwrap().replace("REDSHIFT-EVENT-", "");
        (id, text("Resource", "SourceId"))
    };
    bodies(&messages).iter().map(read).collect()
}

#[tokio::test(start_paused = true)]
async fn whoever_subscribed_is_told_what_becomes_of_snapshots() {
    for linked in [true, false] {
        let mut settings = Settings::default();
        settings.switches.redshift.linked_notifications = linked;
        let cloud = warehouse(settings).await;
        let asked = [("SubscriptionName", "all"), ("SnsTopicArn", TOPIC)];
        assert_eq!(refused(&cloud, "CreateEventSubscription", &asked).await, ("SNSTopicArnNotFound".to_owned(), 404));
        let url = queue(&cloud, "warehouse", json!({})).await;
        assert_eq!(cloud.inspect().topic_queue(TOPIC).unwrap(), "arn:aws:sqs:eu-west-1:111122223333:warehouse");
        rs(&cloud, "CreateEventSubscription", &asked).await.unwrap();
        copy_to_dr(&cloud, "-1").await;
        cloud.faults().add(FaultRule::job(Some("backup"), None, JobFault::Fails("no".into())).times(1));
        snap(&cloud, "fails").await.unwrap();
        sleep(Duration::from_mins(20)).await;
        snap(&cloud, "works").await.unwrap();
        sleep(Duration::from_hours(1)).await;
        rs(&cloud, "DeleteClusterSnapshot", &[("SnapshotIdentifier", "works")]).await.unwrap();
        sleep(Duration::from_secs(1)).await;
        let event = |id: &str, about: &str| (id.to_owned(), about.to_owned());
        let expected = [
            event("2009", "fails"),
            event("3503", "fails"),
            event("2009", "works"),
            event("3004", "works"),
            event("3007", "sales"),
            event("2011", "works"),
        ];
        assert_eq!(told(&cloud, &url).await, expected);
        let all = rs(&cloud, "DescribeEvents", &[("Duration", "120")]).await.unwrap();
        assert_eq!(all.texts("EventId").len(), 6);
        let hour = rs(&cloud, "DescribeEvents", &[("SourceType", "cluster-snapshot")]).await.unwrap();
        assert_eq!(hour.texts("EventId").last(), Some(&"REDSHIFT-EVENT-2011"));
        // Automated snapshots are made and copied too, and only the copies are told.
        sleep(Duration::from_hours(9)).await;
        assert_eq!(told(&cloud, &url).await[expected.len()..], [event("3007", "sales")]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_subscription_gets_what_it_asks_for_and_a_fault_loses_it() {
    let cloud = warehouse(Settings::default()).await;
    let url = queue(&cloud, "warehouse", json!({})).await;
    let errors = [
        ("SubscriptionName", "errors"),
        ("SnsTopicArn", TOPIC),
        ("SourceType", "cluster-snapshot"),
        ("Severity", "ERROR"),
    ];
    rs(&cloud, "CreateEventSubscription", &errors).await.unwrap();
    assert_eq!(refused(&cloud, "CreateEventSubscription", &errors).await.0, "SubscriptionAlreadyExist");
    let lost = cloud.faults().add(FaultRule::event(Some("REDSHIFT-EVENT-3503"), EventFault::Drop).times(1));
    cloud.faults().add(FaultRule::job(Some("backup"), None, JobFault::Fails("no".into())).times(2));
    for name in ["lost", "told", "works"] {
        snap(&cloud, name).await.unwrap();
        sleep(Duration::from_mins(20)).await;
    }
    assert_eq!(cloud.faults().fired(lost), 1);
    assert_eq!(told(&cloud, &url).await, [("3503".to_owned(), "told".to_owned())]);
    rs(&cloud, "DeleteEventSubscription", &errors[..1]).await.unwrap();
    let gone = refused(&cloud, "DescribeEventSubscriptions", &errors[..1]).await;
    assert_eq!(gone, ("SubscriptionNotFound".to_owned(), 404));
}

#[tokio::test(start_paused = true)]
async fn a_saved_warehouse_goes_on_as_the_uninterrupted_one() {
    let cloud = warehouse(Settings::default()).await;
    copy_to_dr(&cloud, "3").await;
    snap(&cloud, "one").await.unwrap();
    let restore = [("ClusterIdentifier", "sales"), ("FinalClusterSnapshotIdentifier", "last")];
    sleep(Duration::from_hours(8)).await;
    rs(&cloud, "DeleteCluster", &restore).await.unwrap();
    let saved = cloud.save().unwrap();
    let resumed = SimCloud::resume(&saved, Settings::default()).unwrap();
    assert!(resumed.save().unwrap() == saved, "something was lost between reading and writing");
    sleep(Duration::from_hours(48)).await;
    assert_eq!(resumed.inspect().redshift_snapshots(), cloud.inspect().redshift_snapshots());
    assert_eq!(listed(&resumed, REGION, &[]).await, ["last", "one"]);
    assert!(cloud.inspect().remove_redshift_snapshot(&SALES.replace("cluster:sales", "snapshot:sales/one")));
    assert_eq!(listed(&cloud, REGION, &[]).await, ["last"]);
}
