//! `backup`.

use chainwright_tests::{
    installation::{AWAY, HOME, Installation, must},
    witness::{PAIR, begun, calm, dead, find, letters, minutes, name, send},
};
use serde_json::json;

use super::{data, failure, told, two_days, usage, words};

const ORDERS: &str = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders";

#[tokio::test(start_paused = true)]
async fn a_manual_backup_is_made_once_per_id_listed_described_and_removed() {
    let installation = begun(1, &["orders"], PAIR).await;
    installation.until("2026-01-05T12:00:00Z").await;
    let line = format!("backup create {ORDERS} --id before-migration --yes");
    let sent = data(&installation, &line).await;
    let point = sent["sent"]["point"].as_str().unwrap().to_owned();
    told(&installation, &line).await;
    let kept =
        words(&installation, &["backup", "create", ORDERS, "--id", "for-a-day", "--keep", "1 day", "--yes"]).await;
    assert!(kept.text.contains("backup for-a-day is sent"), "{kept:?}");
    minutes(&installation, 90).await;
    let listed = told(&installation, "backup get").await;
    assert!(listed.contains("before-migration") && listed.contains("until removed"), "{listed}");
    assert_eq!(data(&installation, &format!("backup get {ORDERS}")).await["backups"].as_array().map(Vec::len), Some(2));
    let described = data(&installation, &format!("backup describe {point}")).await;
    assert_eq!((&described["point"]["job"], &described["point"]["chain"]), (&json!("before-migration"), &json!(null)));
    told(&installation, &format!("backup delete {point} --yes")).await;
    minutes(&installation, 90).await;
    let left = data(&installation, "backup get").await;
    let states: Vec<_> = left["backups"].as_array().unwrap().iter().map(|one| (&one["id"], &one["state"])).collect();
    assert!(states.contains(&(&json!("before-migration"), &json!("removed"))), "{states:?}");
    installation.until("2026-01-06T20:00:00Z").await;
    let left = data(&installation, "backup get").await;
    assert!(left["backups"].as_array().unwrap().iter().all(|one| one["state"] == "removed"), "{left}");
    assert_eq!(installation.all_dead(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_resource_of_no_policy_needs_vault_and_role() {
    let installation = begun(2, &["orders"], "").await;
    let reason = failure(&installation, &format!("backup create {ORDERS} --yes")).await;
    assert!(reason.starts_with("CW0308"), "{reason}");
    told(&installation, &format!("backup create {ORDERS} --vault chainwright --role chainwright-backup --yes")).await;
    minutes(&installation, 90).await;
    assert_eq!(installation.points(HOME).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_chains_last_good_point_goes_only_with_the_word_for_it() {
    let installation = begun(3, &["orders"], PAIR).await;
    installation.until("2026-01-05T12:00:00Z").await;
    let (home, away) = (installation.points(HOME).remove(0), installation.points(AWAY).remove(0));
    let id = name(&home).point;
    let reason = failure(&installation, &format!("backup delete {id} --yes")).await;
    assert!(reason.contains("The last good point of a chain goes") && reason.contains("say --last"), "{reason}");
    told(&installation, &format!("backup delete {id} --side copy:{AWAY} --last --yes")).await;
    minutes(&installation, 90).await;
    assert!(find(&installation, &home.arn).is_some() && find(&installation, &away.arn).is_none());
    told(&installation, &format!("backup delete {id} --last --yes")).await;
    minutes(&installation, 90).await;
    assert_eq!(find(&installation, &home.arn), None);
    assert_eq!(
        told(&installation, &format!("backup delete {id} --yes")).await,
        "nothing of these points is there to be removed"
    );
    assert_eq!(installation.all_dead(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_class_is_removed_with_a_plan_and_without_what_is_held_or_last() {
    let installation = two_days(4).await;
    let manual = "backup create arn:aws:dynamodb:eu-west-1:111122223333:table/orders --id before --yes";
    told(&installation, manual).await;
    installation.until("2026-01-06T15:00:00Z").await;
    assert_eq!(installation.points(AWAY).len(), 4);
    let plan = failure(&installation, "backup delete --class copies --policy gold").await;
    assert!(plan.contains("2 stay, the last good ones of their chains and sides"), "{plan}");
    let done = told(&installation, "backup delete --class copies --policy gold --yes").await;
    assert_eq!(done, "2 are to be removed: 1 delete jobs are sent");
    installation.until("2026-01-06T18:00:00Z").await;
    assert_eq!((installation.points(HOME).len(), installation.points(AWAY).len()), (5, 2));
    told(&installation, "backup delete --class manual --yes").await;
    installation.until("2026-01-06T21:00:00Z").await;
    assert_eq!((installation.points(HOME).len(), installation.points(AWAY).len()), (4, 2));
    let held = name(&installation.points(HOME)[0]).point.to_string();
    told(&installation, &format!("point hold {held} --reason audit --yes")).await;
    told(&installation, "backup delete --class all --last --yes").await;
    installation.until("2026-01-06T23:50:00Z").await;
    let left = installation
        .points(HOME)
        .iter()
        .chain(&installation.points(AWAY))
        .map(|p| name(p).point.to_string())
        .collect::<Vec<_>>();
    assert!(!left.is_empty() && left.iter().all(|point| *point == held), "{left:?}");
    assert_eq!(letters(&installation), []);
    usage(&installation, "backup delete --class copies --side regular").await;
    usage(&installation, "backup delete").await;
}

#[tokio::test(start_paused = true)]
async fn a_warehouse_of_no_policy_needs_neither_vault_nor_role_and_takes_none() {
    let mut installation = Installation::new(calm(11)).await;
    let sales = installation.namespace("sales").await;
    must(installation.simulation.start_worker("worker-1").await);
    let given = format!("backup create {sales} --vault chainwright --role chainwright-backup --yes");
    let reason = failure(&installation, &given).await;
    assert!(reason.starts_with("CW0307"), "{reason}");
    let job = json!({"kind": "snapshot", "resource": sales, "manual": true, "vault": "chainwright"});
    send(&installation, "snapshots", &job).await;
    told(&installation, &format!("backup create {sales} --yes")).await;
    minutes(&installation, 90).await;
    assert_eq!(dead(&installation, "snapshots"), ["CW0307"]);
    assert_eq!(installation.snapshots(HOME).len(), 1);
}
