//! Seals: they open where and only where they should (invariant I12).

use std::collections::BTreeMap;

use chainwright_aws::error::Class;
use chainwright_aws::sealing::{OpenError, SealError, Sealed, Sealer};
use chainwright_contracts::names::Region;
use chainwright_contracts::sealed::{CHUNK_LENGTH, CHUNK_TAG, HOLD_TAG, MAX_CHUNKS, NAME_TAG, Record};
use proptest::prelude::*;
use simcloud::Service;
use simcloud::faults::CallFault;

use crate::seals::{noise, orders, record};
use crate::support::{Aws, KEY, account, away, home};

type Tags = BTreeMap<String, String>;

async fn sealed(record: &Record) -> (Aws, Sealer, Sealed) {
    let aws = Aws::new();
    let sealer = aws.sealer(KEY).await;
    let sealed = sealer.seal(record, 0).await.unwrap();
    (aws, sealer, sealed)
}

/// A record whose seal takes several chunks.
fn long_record() -> Record {
    let mut record = record();
    record.configuration.push(("resource_policy".into(), noise(1, 500)));
    record
}

fn is_broken<T>(opened: Result<T, OpenError>) -> bool {
    matches!(opened, Err(OpenError::Broken(_)))
}

#[tokio::test(start_paused = true)]
async fn a_sealed_record_opens_at_home_and_in_the_replicas_region() {
    let (_aws, sealer, sealed) = sealed(&record()).await;
    assert!(sealed.tags.len() <= MAX_CHUNKS + 1 && sealed.tags.values().all(|value| value.len() <= CHUNK_LENGTH));
    assert_eq!(sealed.record, record(), "an ordinary table fits whole");
    for region in [home(), away()] {
        let (name, opened) = sealer.open(&sealed.tags, &orders(), &region).await.unwrap();
        assert_eq!(opened, record());
        assert_eq!((name.chain, name.point, name.revision), (record().chain, record().point, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn the_tags_show_nothing_of_the_configuration_and_a_hold_does_not_disturb_them() {
    let (_aws, sealer, mut sealed) = sealed(&record()).await;
    assert!(!sealed.tags.values().any(|value| value.contains("PAY_PER_REQUEST")));
    sealed.tags.insert(HOLD_TAG.into(), "for the auditors".into());
    sealed.tags.insert("team".into(), "orders".into());
    assert_eq!(sealer.open(&sealed.tags, &orders(), &home()).await.unwrap().1, record());
}

#[tokio::test(start_paused = true)]
async fn a_manual_points_record_opens_too() {
    let manual = Record { chain: None, policy: None, revision: None, ..record() };
    let (_aws, sealer, sealed) = sealed(&manual).await;
    assert!(sealed.tags[NAME_TAG].starts_with("manual/"));
    assert_eq!(sealer.open(&sealed.tags, &orders(), &home()).await.unwrap().1, manual);
}

#[tokio::test(start_paused = true)]
async fn a_seal_moved_to_another_resources_point_does_not_open() {
    let (_aws, sealer, sealed) = sealed(&record()).await;
    for other in [
        "arn:aws:dynamodb:eu-west-1:111122223333:table/other",
        "arn:aws:dynamodb:eu-central-1:111122223333:table/orders",
    ] {
        assert!(is_broken(sealer.open(&sealed.tags, &other.parse().unwrap(), &home()).await), "{other}");
    }
}

#[tokio::test(start_paused = true)]
async fn chunks_of_two_points_do_not_mix() {
    let (_aws, sealer, first) = sealed(&long_record()).await;
    let slot = "2026-01-06T06:00:00Z".parse().unwrap();
    let point = chainwright_contracts::ids::PointId::of_slot(record().chain.as_ref().unwrap(), slot);
    let second = sealer.seal(&Record { point, slot, ..long_record() }, 0).await.unwrap();
    for key in first.tags.keys() {
        let mut mixed = first.tags.clone();
        mixed.insert(key.clone(), second.tags[key].clone());
        assert!(is_broken(sealer.open(&mixed, &orders(), &home()).await), "{key}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_missing_or_added_chunk_breaks_the_seal() {
    let (_aws, sealer, sealed) = sealed(&long_record()).await;
    let chunks: Vec<&String> = sealed.tags.keys().filter(|key| key.starts_with(CHUNK_TAG)).collect();
    assert!(chunks.len() >= 3, "{chunks:?}");
    for missing in &chunks {
        let mut tags = sealed.tags.clone();
        tags.remove(*missing);
        assert!(is_broken(sealer.open(&tags, &orders(), &home()).await), "{missing}");
    }
    let mut tags = sealed.tags.clone();
    tags.insert(format!("{CHUNK_TAG}{}", chunks.len()), "AAAA".into());
    assert!(is_broken(sealer.open(&tags, &orders(), &home()).await));
}

#[tokio::test(start_paused = true)]
async fn a_revision_or_chain_changed_from_outside_breaks_the_seal() {
    let (_aws, sealer, sealed) = sealed(&record()).await;
    let name = sealed.tags[NAME_TAG].clone();
    let (rest, _) = name.rsplit_once('/').unwrap();
    let (_, point) = rest.split_once('/').unwrap();
    for forged in [format!("{rest}/7"), format!("manual/{point}/0"), format!("{point}/{point}/0"), "ours".to_owned()] {
        let mut tags = sealed.tags.clone();
        tags.insert(NAME_TAG.into(), forged.clone());
        assert!(is_broken(sealer.open(&tags, &orders(), &home()).await), "{forged}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_seal_under_somebody_elses_key_does_not_open() {
    let aws = Aws::new();
    let (ours, theirs) = (aws.sealer(KEY).await, aws.sealer("alias/theirs").await);
    let forged = theirs.seal(&record(), 9).await.unwrap();
    assert!(is_broken(ours.open(&forged.tags, &orders(), &home()).await));
}

#[tokio::test(start_paused = true)]
async fn tags_without_any_of_ours_are_not_ours_and_half_of_them_are_broken() {
    let (_aws, sealer, sealed) = sealed(&record()).await;
    let foreign = Tags::from([("team".into(), "orders".into())]);
    assert_eq!(sealer.open(&foreign, &orders(), &home()).await, Err(OpenError::NotOurs));
    let nameless: Tags =
        sealed.tags.iter().filter(|(key, _)| *key != NAME_TAG).map(|(k, v)| (k.clone(), v.clone())).collect();
    assert!(is_broken(sealer.open(&nameless, &orders(), &home()).await));
}

#[tokio::test(start_paused = true)]
async fn a_kms_that_does_not_answer_says_nothing_about_the_seal() {
    let (aws, sealer, sealed) = sealed(&record()).await;
    let fault = aws.fault(Service::Kms, "Decrypt", CallFault::Throttle, 3);
    let Err(OpenError::Kms(error)) = sealer.open(&sealed.tags, &orders(), &home()).await else {
        panic!("it said something")
    };
    assert_eq!((error.class, aws.fired(fault)), (Class::Transient, 3));
    let elsewhere: Region = "us-east-1".parse().unwrap();
    let Err(OpenError::Kms(error)) = sealer.open(&sealed.tags, &orders(), &elsewhere).await else {
        panic!("no replica is there")
    };
    assert_eq!(error.class, Class::NotFound);
    let fault = aws.fault(Service::Kms, "GenerateDataKey", CallFault::ServerError(500), 3);
    assert!(matches!(sealer.seal(&record(), 1).await, Err(SealError::Kms(_))));
    assert_eq!(aws.fired(fault), 3);
}

#[tokio::test(start_paused = true)]
async fn a_key_named_by_its_arn_opens_in_the_replicas_region() {
    let aws = Aws::new();
    aws.sealer(KEY).await;
    let kms = aws.clients.kms(&account(), &home()).unwrap();
    let arn = kms.describe_key().key_id(KEY).send().await.unwrap().key_metadata.unwrap().arn.unwrap();
    let nonces = chainwright_aws::sealing::OsNonces;
    let sealer = Sealer::new(aws.clients.clone(), arn, std::sync::Arc::new(nonces));
    let sealed = sealer.seal(&record(), 0).await.unwrap();
    assert_eq!(sealer.open(&sealed.tags, &orders(), &away()).await.unwrap().1, record());
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_is_left_out_from_the_end_and_named() {
    let mut large = record();
    let parts = ["gsi", "lsi", "tags", "resource_policy"];
    large.configuration.extend(parts.iter().zip(10..).map(|(name, seed)| ((*name).to_owned(), noise(seed, 700))));
    let (_aws, sealer, sealed) = sealed(&large).await;
    let kept: Vec<&str> = sealed.record.configuration.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(kept, ["keys", "billing", "ttl", "gsi"]);
    assert_eq!(sealed.record.ledger_only, ["lsi", "tags", "resource_policy"]);
    assert_eq!(sealer.open(&sealed.tags, &orders(), &away()).await.unwrap().1, sealed.record);
}

#[tokio::test(start_paused = true)]
async fn a_record_too_large_without_any_configuration_is_refused() {
    let aws = Aws::new();
    let sealer = aws.sealer(KEY).await;
    let not_captured = (0..40).map(|n| noise(n, 60).as_str().unwrap().to_owned()).collect();
    let refused = sealer.seal(&Record { not_captured, ..record() }, 0).await;
    assert!(matches!(refused, Err(SealError::TooLarge { .. })), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn one_seed_writes_the_same_tags_and_no_key_serves_twice() {
    let (_aws, sealer, first) = sealed(&record()).await;
    let (_other, _, same) = sealed(&record()).await;
    assert_eq!(first, same);
    assert_ne!(first.tags, sealer.seal(&record(), 0).await.unwrap().tags);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_one_character_becomes_the_seal_breaks(
        tag in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        to in "[A-Za-z0-9_-]",
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let (_aws, sealer, sealed) = sealed(&long_record()).await;
            let keys: Vec<String> = sealed.tags.keys().cloned().collect();
            let key = &keys[tag.index(keys.len())];
            let value = &sealed.tags[key];
            let at = at.index(value.len());
            let mut tampered = value.clone();
            tampered.replace_range(at..=at, &to);
            prop_assume!(tampered != *value);
            let mut tags = sealed.tags.clone();
            tags.insert(key.clone(), tampered);
            let opened = sealer.open(&tags, &orders(), &home()).await;
            prop_assert!(matches!(opened, Err(OpenError::Broken(_))), "{}: {:?}", key, opened);
            Ok(())
        })?;
    }

    #[test]
    fn a_seal_cut_off_anywhere_breaks(keep in any::<prop::sample::Index>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let (_aws, sealer, sealed) = sealed(&long_record()).await;
            let chunk = |n| sealed.tags.get(&format!("{CHUNK_TAG}{n}"));
            let joined: String = (0..MAX_CHUNKS).map_while(chunk).cloned().collect();
            let cut = &joined[..keep.index(joined.len())];
            let mut tags = Tags::from([(NAME_TAG.to_owned(), sealed.tags[NAME_TAG].clone())]);
            for (n, chunk) in cut.as_bytes().chunks(CHUNK_LENGTH).enumerate() {
                tags.insert(format!("{CHUNK_TAG}{n}"), String::from_utf8_lossy(chunk).into_owned());
            }
            let opened = sealer.open(&tags, &orders(), &home()).await;
            prop_assert!(matches!(opened, Err(OpenError::Broken(_))), "{:?}", opened);
            Ok(())
        })?;
    }
}
