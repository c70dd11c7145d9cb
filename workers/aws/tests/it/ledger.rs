//! The ledger's store: conditions, lost answers, pages, indexes.

use chainwright_aws::error::Class;
use chainwright_aws::ledger::{Check, CommitError, Item, Key, Write};
use jiff::{SignedDuration, Timestamp};
use simcloud::Service;
use simcloud::faults::CallFault;

use crate::support::{ACCOUNT, Aws, TABLE};

fn at(hours: i64) -> Timestamp {
    "2026-01-05T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hours)
}

fn item(sk: &str, version: u64) -> Item {
    Item {
        pk: "chain".into(),
        sk: sk.into(),
        version,
        due_at: None,
        aws_id: None,
        expires_at: None,
        body: format!("{{\"of\":\"{sk}\",\"version\":{version}}}"),
    }
}

fn create(sk: &str) -> Write {
    Write::Put { item: item(sk, 1), expected: None }
}

fn update(sk: &str, from: u64) -> Write {
    Write::Put { item: item(sk, from + 1), expected: Some(from) }
}

fn check(sk: &str, expected: Check) -> Write {
    Write::Check { pk: "chain".into(), sk: sk.into(), expected }
}

fn delete(sk: &str, expected: u64) -> Write {
    Write::Delete { pk: "chain".into(), sk: sk.into(), expected }
}

#[tokio::test(start_paused = true)]
async fn of_two_writers_that_read_the_same_version_one_wins() {
    let aws = Aws::new();
    let store = aws.store().await;
    store.commit(vec![create("chain")], "a").await.unwrap();
    let mut second = item("chain", 2);
    second.body = "another".into();
    store.commit(vec![update("chain", 1)], "b").await.unwrap();
    let lost = store.commit(vec![Write::Put { item: second, expected: Some(1) }], "c").await;
    assert_eq!(lost, Err(CommitError::Conflict(vec![0])));
    assert_eq!(store.get("chain", "chain").await, Ok(Some(item("chain", 2))));
}

#[tokio::test(start_paused = true)]
async fn an_item_that_must_not_exist_is_not_overwritten() {
    let aws = Aws::new();
    let store = aws.store().await;
    store.commit(vec![create("op")], "a").await.unwrap();
    let other = Item { body: "other".into(), ..item("op", 1) };
    let lost = store.commit(vec![Write::Put { item: other, expected: None }], "b").await;
    assert_eq!(lost, Err(CommitError::Conflict(vec![0])));
    assert_eq!(store.get("chain", "op").await, Ok(Some(item("op", 1))));
}

#[tokio::test(start_paused = true)]
async fn a_put_whose_answer_was_lost_is_no_conflict() {
    let aws = Aws::new();
    let store = aws.store().await;
    let fault = aws.fault(Service::DynamoDb, "PutItem", CallFault::LoseAfter, 1);
    assert_eq!(store.commit(vec![create("op")], "a").await, Ok(()));
    assert_eq!(aws.fired(fault), 1);
    assert_eq!(store.get("chain", "op").await, Ok(Some(item("op", 1))));
}

#[tokio::test(start_paused = true)]
async fn a_put_that_never_gets_an_answer_can_be_repeated() {
    let aws = Aws::new();
    let store = aws.store().await;
    let fault = aws.fault(Service::DynamoDb, "PutItem", CallFault::LoseAfter, 3);
    let Err(CommitError::Failed(error)) = store.commit(vec![create("op")], "a").await else { panic!("it got through") };
    assert_eq!((error.class, aws.fired(fault)), (Class::Transient, 3));
    assert_eq!(store.commit(vec![create("op")], "a").await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_delete_whose_answer_was_lost_is_no_conflict() {
    let aws = Aws::new();
    let store = aws.store().await;
    store.commit(vec![create("op")], "a").await.unwrap();
    assert_eq!(store.commit(vec![delete("op", 7)], "b").await, Err(CommitError::Conflict(vec![0])));
    let fault = aws.fault(Service::DynamoDb, "DeleteItem", CallFault::LoseAfter, 1);
    assert_eq!(store.commit(vec![delete("op", 1)], "c").await, Ok(()));
    assert_eq!(aws.fired(fault), 1);
    assert_eq!(store.get("chain", "op").await, Ok(None));
}

#[tokio::test(start_paused = true)]
async fn a_transaction_is_done_whole_or_names_every_write_in_its_way() {
    let aws = Aws::new();
    let store = aws.store().await;
    store.commit(vec![create("chain"), create("point#1")], "a").await.unwrap();
    let writes = vec![update("chain", 1), update("point#1", 9), create("op#1"), check("op#2", Check::Exists)];
    assert_eq!(store.commit(writes, "b").await, Err(CommitError::Conflict(vec![1, 3])));
    assert_eq!(store.get("chain", "chain").await, Ok(Some(item("chain", 1))));
    assert_eq!(store.get("chain", "op#1").await, Ok(None));

    let writes = vec![update("chain", 1), delete("point#1", 1), create("op#1"), check("op#2", Check::Absent)];
    assert_eq!(store.commit(writes, "c").await, Ok(()));
    assert_eq!(store.get("chain", "chain").await, Ok(Some(item("chain", 2))));
    assert_eq!(store.get("chain", "point#1").await, Ok(None));
}

#[tokio::test(start_paused = true)]
async fn a_lone_check_holds_or_is_named() {
    let aws = Aws::new();
    let store = aws.store().await;
    store.commit(vec![create("chain")], "a").await.unwrap();
    assert_eq!(store.commit(vec![check("chain", Check::Version(1))], "b").await, Ok(()));
    let failed = store.commit(vec![check("chain", Check::Version(2))], "c").await;
    assert_eq!(failed, Err(CommitError::Conflict(vec![0])));
    assert_eq!(store.commit(Vec::new(), "d").await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_transaction_whose_answer_was_lost_is_no_conflict() {
    let aws = Aws::new();
    let store = aws.store().await;
    let fault = aws.fault(Service::DynamoDb, "TransactWriteItems", CallFault::LoseAfter, 1);
    assert_eq!(store.commit(vec![create("chain"), create("op")], "a").await, Ok(()));
    assert_eq!(aws.fired(fault), 1);
    assert_eq!(store.get("chain", "op").await, Ok(Some(item("op", 1))));
}

#[tokio::test(start_paused = true)]
async fn different_writes_under_one_token_are_different_commits() {
    let aws = Aws::new();
    let store = aws.store().await;
    store.commit(vec![create("chain"), create("op")], "same").await.unwrap();
    store.commit(vec![update("chain", 1), update("op", 1)], "same").await.unwrap();
    assert_eq!(store.get("chain", "op").await, Ok(Some(item("op", 2))));
}

#[tokio::test(start_paused = true)]
async fn throttling_for_longer_than_the_attempts_is_told_as_such() {
    let aws = Aws::new();
    let store = aws.store().await;
    let fault = aws.fault(Service::DynamoDb, "GetItem", CallFault::Throttle, 3);
    let error = store.get("chain", "chain").await.unwrap_err();
    assert_eq!((error.class, error.is_throttling(), aws.fired(fault)), (Class::Transient, true, 3));
    assert_eq!(store.get("chain", "chain").await, Ok(None));
}

#[tokio::test(start_paused = true)]
async fn what_is_too_large_is_refused_before_anything_is_sent() {
    let aws = Aws::new();
    let store = aws.store().await;
    let calls = aws.cloud.stats().total;
    let large = Item { body: "x".repeat(400 * 1024), ..item("op", 1) };
    let refused = store.commit(vec![Write::Put { item: large, expected: None }], "a").await;
    assert!(matches!(refused, Err(CommitError::TooLarge(_))), "{refused:?}");
    let many = (0..101).map(|n| create(&format!("op#{n}"))).collect();
    assert!(matches!(store.commit(many, "b").await, Err(CommitError::TooLarge(_))));
    assert_eq!(aws.cloud.stats().total, calls);
}

#[tokio::test(start_paused = true)]
async fn a_partition_is_read_page_by_page_in_the_order_of_its_keys() {
    let aws = Aws::new();
    let store = aws.store().await;
    for n in 0..7 {
        store.commit(vec![create(&format!("point#{n}"))], "a").await.unwrap();
        store.commit(vec![create(&format!("op#{n}"))], "a").await.unwrap();
    }
    let (mut read, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = store.query("chain", "point#", after, 3).await.unwrap();
        assert!(page.items.len() <= 3);
        read.extend(page.items.into_iter().map(|item| item.sk));
        (after, pages) = (page.next, pages + 1);
        if after.is_none() {
            break;
        }
    }
    assert_eq!(read, (0..7).map(|n| format!("point#{n}")).collect::<Vec<_>>());
    assert!(pages >= 3);
    assert_eq!(store.query("chain", "", None, 100).await.unwrap().items.len(), 14);
    assert_eq!(store.query("nobody", "", None, 100).await.unwrap().items, []);
}

#[tokio::test(start_paused = true)]
async fn what_is_due_comes_page_by_page_the_longest_due_first() {
    let aws = Aws::new();
    let store = aws.store().await;
    for (sk, hours) in [("op#c", 3), ("op#a", 1), ("op#later", 9), ("op#b", 2), ("op#b2", 2)] {
        let due = Item { due_at: Some(at(hours)), ..item(sk, 1) };
        store.commit(vec![Write::Put { item: due, expected: None }], "a").await.unwrap();
    }
    let (mut read, mut after) = (Vec::new(), None);
    loop {
        let page = store.due(at(3), after, 2).await.unwrap();
        read.extend(page.items.into_iter().map(|due| (due.sk, due.version, due.due_at)));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let expected =
        [("op#a", 1), ("op#b", 2), ("op#b2", 2), ("op#c", 3)].map(|(sk, hours)| (sk.to_owned(), 1, at(hours)));
    assert_eq!(read, expected);

    store.commit(vec![update("op#a", 1)], "b").await.unwrap();
    let first = store.due(at(3), None, 1).await.unwrap().items;
    assert_eq!(first.into_iter().map(|due| due.sk).collect::<Vec<_>>(), ["op#b"], "what is no longer due is gone");
    assert_eq!(store.due(at(3), Some("no cursor".into()), 1).await.unwrap_err().class, Class::Refused);
}

#[tokio::test(start_paused = true)]
async fn an_item_is_found_by_what_aws_calls_it() {
    let aws = Aws::new();
    let store = aws.store().await;
    let named = Item { aws_id: Some("job-1".into()), expires_at: Some(at(800)), ..item("op#1", 1) };
    store.commit(vec![Write::Put { item: named.clone(), expected: None }], "a").await.unwrap();
    assert_eq!(store.by_aws_id("job-1").await, Ok(vec![Key { pk: "chain".into(), sk: "op#1".into() }]));
    assert_eq!(store.by_aws_id("job-2").await, Ok(Vec::new()));
    assert_eq!(store.get("chain", "op#1").await, Ok(Some(named)));
}

#[tokio::test(start_paused = true)]
async fn a_scan_sees_every_item_once() {
    let aws = Aws::new();
    let store = aws.store().await;
    for n in 0..9 {
        let spread = Item { pk: format!("chain-{}", n % 4), ..item(&format!("op#{n}"), 1) };
        store.commit(vec![Write::Put { item: spread, expected: None }], "a").await.unwrap();
    }
    let (mut read, mut after) = (Vec::new(), None);
    loop {
        let page = store.scan(after, 2).await.unwrap();
        read.extend(page.items.into_iter().map(|item| item.sk));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    read.sort();
    assert_eq!(read, (0..9).map(|n| format!("op#{n}")).collect::<Vec<_>>());
    assert_eq!(aws.cloud.inspect().items(ACCOUNT, "eu-west-1", TABLE).len(), 9);
}
