//! `policy` over a hub.

use chainwright_jobs::ledger::Change;
use chainwright_tests::{
    installation::{GOLD, HOME},
    witness::{PAIR, begun, minutes, prepared},
};
use serde_json::json;

use super::{data, failure, file, run, shown, told};

#[tokio::test(start_paused = true)]
async fn a_file_is_applied_shown_again_and_applied_anew_without_a_change() {
    let installation = prepared(1, &["orders"], "").await;
    let path = file("applied.yaml", PAIR);
    let line = format!("policy apply {} --yes", path.display());
    assert_eq!(told(&installation, &line).await, "policy gold is applied, revision 1");
    assert_eq!(told(&installation, &line).await, "policy gold stays as it is, revision 1");
    let again = file("shown.yaml", &told(&installation, "policy get gold").await);
    let line = format!("policy apply {} --yes", again.display());
    assert_eq!(told(&installation, &line).await, "policy gold stays as it is, revision 1");
    let changed = file("changed.yaml", &PAIR.replace("2 days", "5 days"));
    let applied = data(&installation, &format!("policy apply {} --yes", changed.display())).await;
    assert_eq!(applied["applied"][0]["revision"], 2);
    assert_eq!(
        applied["applied"][0]["changes"],
        json!(["schedules.daily.keep: 2 days becomes 5 days", "schedules.daily.keep_copies: 2 days becomes 5 days"])
    );
    assert_eq!(data(&installation, "policy get gold").await["schedules"]["daily"]["keep"], "5 days");
    insta::assert_snapshot!(shown(&installation, "policy get").await, @r#"
    POLICY  SOURCE    PRIORITY  REVISION  STATE    NEXT SLOT
    gold    dynamodb  100       2         running  2026-01-05T06:00:00Z
    "#);
    insta::assert_snapshot!(shown(&installation, "policy get gold").await, @r#"
    accounts:
    - "111122223333"
    backup_role: chainwright-backup
    catch_up: newest
    copy_to:
      eu-west-1:
        region: eu-central-1
        vault: chainwright-dr
    drill: never
    keep_last: 1
    paused: false
    policy: gold
    priority: 100
    regions:
    - eu-west-1
    retry:
      attempts: 3
      within: 6 hours
    schedules:
      daily:
        at:
        - 06:00
        keep: 5 days
        keep_copies: 5 days
        "on": every day
    select:
      tags:
        backup: gold
    source: dynamodb
    time_zone: UTC
    vault: chainwright
    "#);
}

#[tokio::test(start_paused = true)]
async fn of_several_files_none_is_applied_where_one_is_wrong() {
    let installation = prepared(2, &[], "").await;
    let (good, bad) = (file("good.yaml", PAIR), file("bad.yaml", &PAIR.replace("vault:", "volt:")));
    let reason = failure(&installation, &format!("policy apply {} {} --yes", good.display(), bad.display())).await;
    assert!(reason.contains("volt"), "{reason}");
    let twice = file("twice.yaml", PAIR);
    let reason = failure(&installation, &format!("policy apply {} {} --yes", good.display(), twice.display())).await;
    assert!(reason.contains("another of these files is policy gold"), "{reason}");
    assert_eq!(data(&installation, "policy get").await, json!({"policies": []}));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_backed_up_is_refused_with_what_to_switch_on() {
    let installation = prepared(3, &[], "").await;
    let clients = installation.simulation.clients();
    let backup = clients.backup(clients.own_account(), &HOME.parse().unwrap()).unwrap();
    let off = backup.update_region_settings().resource_type_management_preference("DynamoDB", false);
    off.send().await.unwrap();
    let path = file("unsupported.yaml", PAIR);
    let reason = failure(&installation, &format!("policy apply {} --yes", path.display())).await;
    assert!(reason.starts_with("CW0403: policy gold: ") && reason.contains("in 111122223333/eu-west-1"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn a_policy_tells_its_slots_and_which_resources_another_one_has() {
    let installation = begun(4, &["invoices", "orders"], GOLD).await;
    let first = GOLD.replace("policy: gold", "policy: audit\npriority: 5");
    let first = first.replace(
        "select: {tags: {backup: gold}}",
        "select: {arns: [\"arn:aws:dynamodb:eu-west-1:111122223333:table/orders\"]}",
    );
    installation.apply(&first).await;
    insta::assert_snapshot!(shown(&installation, "policy describe gold").await, @r#"
    policy gold, source dynamodb, priority 100: running
    revision 1, applied at 2026-01-05T00:04:xx.xxxZ
    every slot up to 2026-01-05T00:04:xx.xxxZ has been dealt with
    next slots 2026-01-05T06:00:00Z, 2026-01-06T06:00:00Z, 2026-01-07T06:00:00Z, 2026-01-08T06:00:00Z, 2026-01-09T06:00:00Z

    RESOURCE                                                OWNER  WHY
    arn:aws:dynamodb:eu-west-1:111122223333:table/invoices  gold
    arn:aws:dynamodb:eu-west-1:111122223333:table/orders    audit  policy audit asks for it with priority 5, and comes first
    "#);
    let described = data(&installation, "policy describe gold").await;
    let owned: Vec<_> = described["policy"]["resources"].as_array().unwrap().iter().map(|r| &r["owned"]).collect();
    assert_eq!(owned, [&json!(true), &json!(false)]);
    assert_eq!(described["policy"]["next_slots"].as_array().map(Vec::len), Some(5));
}

#[tokio::test(start_paused = true)]
async fn a_pause_outlives_files_and_the_watermark_jumps_when_it_ends() {
    let installation = begun(5, &["orders"], PAIR).await;
    installation.until("2026-01-05T12:00:00Z").await;
    assert_eq!(told(&installation, "policy pause gold --yes").await, "policy gold is paused at the command line");
    let changed = file("paused.yaml", &PAIR.replace("2 days", "5 days"));
    let answer = run(&installation, &format!("policy apply {} --yes", changed.display())).await;
    assert_eq!(answer.text, "policy gold is applied, revision 2");
    assert!(answer.remarks[0].contains("was paused at the command line and stays so"), "{answer:?}");
    installation.until("2026-01-07T12:00:00Z").await;
    assert_eq!(installation.points(HOME).len(), 1, "no session in two days");
    assert_eq!(
        told(&installation, "policy unpause gold --yes").await,
        "policy gold is running; its next slot is 2026-01-08T06:00:00Z"
    );
    minutes(&installation, 60).await;
    assert_eq!(installation.points(HOME).len(), 1, "nothing is caught up");
    installation.until("2026-01-08T12:00:00Z").await;
    assert_eq!(data(&installation, "session get gold").await["sessions"].as_array().map(Vec::len), Some(2));
}

#[tokio::test(start_paused = true)]
async fn a_pause_of_the_file_is_not_ended_at_the_command_line() {
    let installation = prepared(6, &[], &format!("{PAIR}paused: true\n")).await;
    let reason = failure(&installation, "policy unpause gold --yes").await;
    assert_eq!(reason, "policy gold is paused by its file; apply the file without `paused: true`");
}

#[tokio::test(start_paused = true)]
async fn a_deleted_policy_leaves_its_newest_points_until_its_chains_are_released_and_may_be_taken_up_again() {
    let installation = begun(7, &["orders"], PAIR).await;
    installation.until("2026-01-06T12:00:00Z").await;
    let deleted = data(&installation, "policy delete gold --yes").await;
    let chain = deleted["orphaned"][0].as_str().unwrap().to_owned();
    assert!(failure(&installation, "session start gold --yes").await.starts_with("CW0301"));
    installation.until("2026-01-10T12:00:00Z").await;
    // The older one has expired; the newest has, too, and stays.
    assert_eq!(installation.points(HOME).len(), 1);
    assert!(told(&installation, "chain get").await.contains("orphaned: its policy was deleted"));
    assert_eq!(installation.all_dead(), Vec::<String>::new());
    // As a snapshot leaves it that was under way when the policy was deleted.
    let ledger = installation.simulation.ledger().unwrap();
    let mut record = installation.family(installation.chain("orders")).await.chain;
    record.value.orphaned = None;
    ledger.commit(Change::new().update(&record)).await.unwrap();
    installation.until("2026-01-10T20:00:00Z").await;
    assert!(told(&installation, "chain get").await.contains("orphaned: policy gold was deleted"));
    let path = file("again.yaml", PAIR);
    told(&installation, &format!("policy apply {} --yes", path.display())).await;
    assert!(failure(&installation, "policy unpause silver --yes").await.starts_with("CW0301"));
    installation.until("2026-01-11T12:00:00Z").await;
    let chains = data(&installation, "chain get").await;
    assert_eq!(
        (chains["chains"][0]["chain"].as_str(), &chains["chains"][0]["orphaned"]),
        (Some(&*chain), &json!(null))
    );
    let reason = failure(&installation, &format!("chain release {chain} --yes")).await;
    assert!(reason.starts_with("CW0506: chain"), "{reason}");
    told(&installation, "policy delete gold --yes").await;
    installation.until("2026-01-15T12:00:00Z").await;
    assert_eq!(installation.points(HOME).len(), 1);
    told(&installation, &format!("chain release {chain} --yes")).await;
    minutes(&installation, 120).await;
    assert_eq!(installation.points(HOME).len(), 0, "released, the newest goes");
    // With nothing left of it the chain is at rest, until it gets a point again.
    minutes(&installation, 8 * 60).await;
    assert_eq!(installation.family(installation.chain("orders")).await.chain.value.next_reconcile, None);
    told(&installation, &format!("policy apply {} --yes", path.display())).await;
    installation.until("2026-01-17T12:00:00Z").await;
    assert!(installation.family(installation.chain("orders")).await.chain.value.next_reconcile.is_some());
    assert_eq!(installation.all_dead(), Vec::<String>::new());
}
