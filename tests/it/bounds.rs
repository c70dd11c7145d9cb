//! One thing that is refused, gone or damaged holds up nothing else, and nothing is sent without end.

#![expect(clippy::unwrap_used, reason = "what helps a test fails as a test does")]

use aws_sdk_dynamodb::types::AttributeValue;
use chainwright_chain::state::{SessionRecord, SessionState};
use chainwright_jobs::ledger::Key;
use chainwright_tests::{
    installation::{AWAY, AWAY_VAULT, GOLD, HOME, Installation, arn, at},
    witness::{BRIEF, PAIR, backup, begun, calm, conditions, dead, kept, letters, minutes, prepared, send},
};
use serde_json::json;
use simcloud::{
    Service,
    faults::{CallFault, CallMatcher, FaultRule},
};

fn denied(on: CallMatcher) -> FaultRule {
    let message = "not authorized".to_owned();
    FaultRule::call(on, CallFault::Error { code: "AccessDeniedException".into(), message, status: 400 })
}

#[tokio::test(start_paused = true)]
async fn a_place_and_a_table_that_may_not_be_looked_at_hold_up_no_other() {
    let policy = BRIEF.replace("regions: [eu-west-1]", "regions: [eu-central-1, eu-west-1]");
    let mut installation = prepared(1, &["customers", "orders"], &policy).await;
    let faults = installation.simulation.cloud().faults();
    let lists = CallMatcher::operation(Service::DynamoDb, "ListTables").from_label("worker-1").in_region(AWAY);
    let tags = CallMatcher::operation(Service::DynamoDb, "ListTagsOfResource").from_label("worker-1");
    let rules = [lists, tags.containing("customers")].map(|on| faults.add(denied(on)));
    installation.simulation.start_worker("worker-1").await.unwrap();
    installation.until("2026-01-05T09:00:00Z").await;
    assert!(rules.iter().all(|rule| faults.fired(*rule) == 1), "each is asked once per session");
    let resources: Vec<String> = kept(&installation).into_iter().map(|point| point.resource).collect();
    assert_eq!(resources, [arn("orders").to_string()]);
    assert_eq!(conditions(&installation, "worker-1"), ["CW0313", "CW0313"]);
    faults.clear();
    installation.until("2026-01-06T09:00:00Z").await;
    assert_eq!(installation.counts(HOME).len(), 2);
    assert_eq!(conditions(&installation, "worker-1"), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_record_that_cannot_be_read_stops_no_tick() {
    let installation = begun(2, &["orders"], BRIEF).await;
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let item = [
        ("pk", text("chain#damaged")),
        ("sk", text("chain")),
        ("version", AttributeValue::N("1".into())),
        ("body", text("{")),
        ("due", text("due")),
        ("due_at", text("2026-01-01T00:00:00.000000000Z")),
    ];
    let mut put = installation.dynamodb().put_item().table_name(&installation.simulation.hub().table);
    for (name, value) in item {
        put = put.item(name, value);
    }
    put.send().await.unwrap();
    installation.until("2026-01-05T09:00:00Z").await;
    assert_eq!(kept(&installation).len(), 1);
    assert_eq!(conditions(&installation, "worker-1"), ["CW0604"]);
}

#[tokio::test(start_paused = true)]
async fn a_look_that_is_rejected_is_sent_ever_more_rarely() {
    let mut installation = begun(3, &["orders"], BRIEF).await;
    installation.until("2026-01-05T06:01:00Z").await;
    must_stop(&mut installation).await;
    // Whose the point is was lost, so that every look is rejected.
    let point = installation.point("orders", "2026-01-05T06:00:00Z");
    let key = Key::point_owner(&point);
    let delete = installation.dynamodb().delete_item().table_name(&installation.simulation.hub().table);
    delete.key("pk", AttributeValue::S(key.pk)).key("sk", AttributeValue::S(key.sk)).send().await.unwrap();
    installation.simulation.start_worker("worker-2").await.unwrap();
    installation.until("2026-01-05T12:01:00Z").await;
    let letters = dead(&installation, "completions");
    assert!((5..=16).contains(&letters.len()), "{letters:?}");
}

async fn must_stop(installation: &mut Installation) {
    installation.simulation.stop_worker("worker-1").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_refuses_holds_up_no_copy() {
    let installation = begun(4, &["orders"], PAIR).await;
    let faults = installation.simulation.cloud().faults();
    let puts = CallMatcher::operation(Service::Events, "PutEvents").from_label("worker-1");
    let refused = faults.add(denied(puts));
    installation.until("2026-01-05T12:00:00Z").await;
    assert!(faults.fired(refused) > 0);
    assert_eq!((installation.points(HOME).len(), installation.points(AWAY).len()), (1, 1));
    assert_eq!(conditions(&installation, "worker-1"), ["CW0605"]);
    assert_eq!(installation.unfinished().await, Vec::new());
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_by_hand_starts_no_session_and_an_old_one_that_is_replayed_takes_no_newer_table() {
    let mut installation = prepared(5, &["customers", "orders"], GOLD).await;
    installation.simulation.start_worker("worker-1").await.unwrap();
    installation.until("2026-01-06T09:00:00Z").await;
    let before = kept(&installation).len();
    let snapshot = json!({"kind": "snapshot", "resource": arn("orders").to_string(), "policy": "gold",
        "slot": "2026-01-06T08:30:00Z"});
    send(&installation, "snapshots", &snapshot).await;
    minutes(&installation, 180).await;
    // One point and its copy; the other table was not asked for.
    assert_eq!(kept(&installation).len(), before + 2);
    let key = Key::session(&"gold".parse().unwrap(), at("2026-01-06T08:30:00Z"));
    let ledger = installation.simulation.ledger().unwrap();
    let session = ledger.get::<SessionRecord>(&key).await.unwrap().unwrap().value;
    assert_eq!((session.state, session.next_send), (SessionState::Expanded, None));
    // The slot of the day before has had its session; what was created since belongs to later slots.
    installation.table("late").await;
    let before = kept(&installation).len();
    send(&installation, "sessions", &json!({"kind": "session", "policy": "gold", "slot": "2026-01-05T06:00:00Z"}))
        .await;
    minutes(&installation, 180).await;
    assert_eq!(kept(&installation).len(), before);
}

#[tokio::test(start_paused = true)]
async fn a_cursor_that_names_no_place_of_the_policy_is_rejected() {
    let installation = begun(6, &["orders"], BRIEF).await;
    let cursor = json!({"account": "999988887777", "region": "eu-west-1"}).to_string();
    let session = json!({"kind": "session", "policy": "gold", "slot": "2026-01-05T00:00:00Z", "cursor": cursor});
    send(&installation, "sessions", &session).await;
    minutes(&installation, 30).await;
    assert_eq!(dead(&installation, "sessions"), ["CW0102"]);
}

#[tokio::test(start_paused = true)]
async fn a_vault_that_is_gone_and_holds_nothing_of_a_chain_ends_nothing() {
    a_vault_goes(false).await;
}

#[tokio::test(start_paused = true)]
async fn nor_does_one_of_which_aws_says_that_access_is_denied() {
    a_vault_goes(true).await;
}

async fn a_vault_goes(denied: bool) {
    let mut settings = calm(7);
    settings.cloud.switches.backup.missing_vaults_denied = denied;
    let installation = Installation::with(settings, &["orders"], PAIR, 1).await;
    installation.until("2026-01-05T12:00:00Z").await;
    // From now on without copies; the one that there is goes on request, and its vault with it.
    installation.apply(&PAIR.replace(", keep_copies: 2 days", "").replace("copy_to:", "").replace(TARGET, "")).await;
    let point = installation.point("orders", "2026-01-05T06:00:00Z").to_string();
    let side = format!("copy:{AWAY}");
    send(&installation, "prunes", &json!({"kind": "delete", "points": [point], "side": side, "last": true})).await;
    installation.until("2026-01-08T12:00:00Z").await;
    assert_eq!(installation.points(AWAY).len(), 0);
    backup(&installation, AWAY).delete_backup_vault().backup_vault_name(AWAY_VAULT).send().await.unwrap();
    installation.until("2026-01-11T12:00:00Z").await;
    assert_eq!(installation.days(HOME, "orders"), ["2026-01-10", "2026-01-11"]);
    let chain = installation.family(installation.chain("orders")).await.chain.value;
    assert_eq!(chain.places.len(), 1, "{chain:?}");
    assert_eq!(letters(&installation), []);
}

const TARGET: &str = "\n  eu-west-1: {region: eu-central-1, vault: chainwright-dr}";
