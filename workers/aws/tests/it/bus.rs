//! The bus: batches, and what failed in them.

use chainwright_aws::bus::{Bus, News};
use chainwright_aws::error::Class;
use chainwright_contracts::events::outgoing::{Detail, DetailType};
use serde_json::json;
use simcloud::Service;
use simcloud::faults::CallFault;

use crate::canned::Canned;
use crate::support::{Aws, account, home};

fn news(count: usize) -> Vec<News> {
    let detail = |n: usize| Detail {
        id: format!("news-{n}"),
        resource: "arn:aws:dynamodb:eu-west-1:111122223333:table/orders".parse().unwrap(),
        chain: None,
        point: None,
        side: None,
        policy: None,
        slot: None,
        recovery_point_arn: None,
        code: None,
        reason: None,
        correlation: None,
    };
    let at = "2026-01-05T06:00:00Z".parse().unwrap();
    (0..count).map(|n| News { detail_type: DetailType::CopyAvailable, detail: detail(n), at }).collect()
}

#[tokio::test(start_paused = true)]
async fn news_are_told_ten_at_a_time() {
    let aws = Aws::new();
    let bus = Bus::new(aws.clients.eventbridge(&account(), &home()).unwrap(), "default");
    bus.tell(&news(12)).await.unwrap();
    assert_eq!(aws.cloud.inspect().events().put, 12);
    assert_eq!(aws.cloud.stats().calls(Service::Events, "PutEvents"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_bus_is_transient_and_takes_the_news_later() {
    let aws = Aws::new();
    let bus = Bus::new(aws.clients.eventbridge(&account(), &home()).unwrap(), "default");
    let fault = aws.fault(Service::Events, "PutEvents", CallFault::Throttle, 3);
    assert_eq!(bus.tell(&news(1)).await.unwrap_err().class, Class::Transient);
    assert_eq!(aws.fired(fault), 3);
    bus.tell(&news(1)).await.unwrap();
    assert_eq!(aws.cloud.inspect().events().put, 1);
}

#[tokio::test(start_paused = true)]
async fn what_failed_in_a_batch_is_told_again_alone() {
    let (canned, clients) = Canned::new();
    let bus = Bus::new(clients.eventbridge(&account(), &home()).unwrap(), "bus");
    let throttled = json!({ "ErrorCode": "ThrottlingException", "ErrorMessage": "slower" });
    canned
        .answers(json!({ "FailedEntryCount": 1, "Entries": [{ "EventId": "a" }, throttled, { "EventId": "c" }] }))
        .answers(json!({ "FailedEntryCount": 0, "Entries": [{ "EventId": "b" }] }));
    bus.tell(&news(3)).await.unwrap();
    let again = &canned.asked()[1].body["Entries"];
    assert_eq!(again.as_array().map(Vec::len), Some(1));
    assert!(again[0]["Detail"].as_str().is_some_and(|detail| detail.contains("news-1")), "{again}");
    assert_eq!(again[0]["Source"], "chainwright");
    assert_eq!(again[0]["DetailType"], "Copy Available");
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_is_refused_is_not_told_for_ever() {
    let (canned, clients) = Canned::new();
    let bus = Bus::new(clients.eventbridge(&account(), &home()).unwrap(), "bus");
    let refused = json!({ "ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed." });
    canned.answers(json!({ "FailedEntryCount": 1, "Entries": [refused] }));
    assert_eq!(bus.tell(&news(1)).await.unwrap_err().class, Class::Refused);
    assert_eq!(canned.asked().len(), 1);
}
