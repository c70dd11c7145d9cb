//! The hub's key: usable, and the same in every Region in which points lie.

use chainwright_contracts::names::Region;
use chainwright_tests::{
    installation::{AWAY, HOME, Installation, must},
    witness::{PAIR, prepared},
};
use simcloud::{
    Service,
    faults::{CallFault, CallMatcher, FaultRule},
};

use super::{apply, doctor, has};

const KEY: &str = "alias/chainwright";

fn kms(installation: &Installation, region: &str) -> aws_sdk_kms::Client {
    let (region, clients): (Region, _) = (must(region.parse()), installation.simulation.clients());
    must(clients.kms(clients.own_account(), &region))
}

async fn id(installation: &Installation, region: &str) -> String {
    let described = must(kms(installation, region).describe_key().key_id(KEY).send().await);
    described.key_metadata.map(|key| key.key_id).unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_disabled_or_pending_deletion_is_told_in_each_region() {
    let installation = prepared(21, &["orders"], PAIR).await;
    let id = id(&installation, HOME).await;
    kms(&installation, HOME).disable_key().key_id(&id).send().await.unwrap();
    kms(&installation, AWAY).schedule_key_deletion().key_id(&id).send().await.unwrap();
    let found = doctor(&installation).await;
    assert!(
        has(&found, "CW0602", "missing", &format!("aws kms enable-key --region {HOME} --key-id {id}")),
        "{found:?}"
    );
    let cancel = format!("aws kms cancel-key-deletion --region {AWAY} --key-id {id}");
    assert!(has(&found, "CW0602", "missing", &cancel), "{found:?}");
    kms(&installation, HOME).enable_key().key_id(&id).send().await.unwrap();
    kms(&installation, AWAY).cancel_key_deletion().key_id(&id).send().await.unwrap();
    kms(&installation, AWAY).enable_key().key_id(&id).send().await.unwrap();
    assert_eq!(doctor(&installation).await, []);
}

#[tokio::test(start_paused = true)]
async fn an_alias_that_leads_to_another_key_or_nowhere_in_the_copies_region_is_told() {
    let installation = prepared(22, &["orders"], PAIR).await;
    let (away, id) = (kms(&installation, AWAY), id(&installation, HOME).await);
    away.delete_alias().alias_name(KEY).send().await.unwrap();
    let found = doctor(&installation).await;
    let create = format!("aws kms create-alias --region {AWAY} --alias-name {KEY} --target-key-id {id}");
    assert!(found.iter().any(|(code, _, remedy)| code == "CW0602" && *remedy == create), "{found:?}");
    let other = away.create_key().send().await.unwrap().key_metadata.unwrap().key_id;
    away.create_alias().alias_name(KEY).target_key_id(other).send().await.unwrap();
    let found = doctor(&installation).await;
    assert!(has(&found, "CW0602", "missing", &format!("aws kms update-alias --region {AWAY}")), "{found:?}");
}

#[tokio::test(start_paused = true)]
async fn a_key_of_a_single_region_is_told_where_points_are_copied() {
    let installation = prepared(23, &["orders"], PAIR).await;
    let home = kms(&installation, HOME);
    home.delete_alias().alias_name(KEY).send().await.unwrap();
    assert!(has(&doctor(&installation).await, "CW0602", "missing", "aws kms create-key --multi-region"));
    let single = home.create_key().send().await.unwrap().key_metadata.unwrap().key_id;
    home.create_alias().alias_name(KEY).target_key_id(single).send().await.unwrap();
    let told = apply(&installation, "single.yaml", PAIR).await.remarks.join("\n");
    assert!(told.contains("is no multi-Region key") && told.contains("aws kms create-key --multi-region"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_kms_that_does_not_answer_is_not_told_as_a_missing_replica() {
    let installation = prepared(24, &["orders"], "").await;
    let faults = installation.simulation.cloud().faults();
    let on = CallMatcher::operation(Service::Kms, "DescribeKey").in_region(AWAY);
    let rule = faults.add(FaultRule::call(on, CallFault::ServerError(500)));
    let refused = apply(&installation, "silent.yaml", PAIR).await;
    assert!(faults.fired(rule) > 0);
    let told = refused.remarks.join("\n");
    assert!(told.contains("kms:DescribeKey") && !told.contains("replica"), "{told}");
}
