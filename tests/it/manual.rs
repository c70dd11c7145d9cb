//! Manual backups: outside every chain, named by the message that asks.

use chainwright_tests::{
    installation::{HOME, arn},
    witness::{BRIEF, begun, conditions, dead, kept, letters, manual, minutes, name, news_of, send},
};
use serde_json::json;
use simcloud::{
    Service,
    faults::{FaultRule, JobFault},
};

#[tokio::test(start_paused = true)]
async fn twice_the_same_id_is_one_backup_and_retention_does_not_touch_it() {
    let installation = begun(1, &["orders"], BRIEF).await;
    let job = manual(&arn("orders"), "before-migration-42");
    for _ in 0..3 {
        send(&installation, "snapshots", &job).await;
    }
    minutes(&installation, 60).await;
    send(&installation, "snapshots", &job).await;
    minutes(&installation, 60).await;
    assert_eq!(kept(&installation).len(), 1);
    let point = kept(&installation).remove(0);
    assert_eq!(name(&point).chain, None);
    send(&installation, "snapshots", &manual(&arn("orders"), "another")).await;
    installation.until("2026-01-07T12:00:00Z").await;
    // Two manual ones, and of the chain the day's: the others have expired.
    let points = kept(&installation);
    assert_eq!(points.iter().filter(|point| name(point).chain.is_none()).count(), 2);
    assert_eq!(points.len(), 3);
    assert!(points.iter().all(|point| point.region == HOME), "manual points take no copies");
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn keep_ends_it_a_hold_keeps_it_longer_and_waiting_costs_nothing() {
    let installation = begun(2, &["orders"], "").await;
    for id in ["short", "held"] {
        let mut job = manual(&arn("orders"), id);
        job["keep"] = "1 day".into();
        send(&installation, "snapshots", &job).await;
        minutes(&installation, 60).await;
    }
    let [short, held] = &kept(&installation)[..] else { panic!("{:?}", kept(&installation)) };
    let context = installation.simulation.context("worker-1").unwrap();
    chainwright_jobs::hold(context, &name(held).point, "evidence").await.unwrap();
    installation.until("2026-01-05T23:50:00Z").await;
    assert_eq!(kept(&installation).len(), 2, "nothing goes before its end");
    installation.until("2026-01-06T04:00:00Z").await;
    assert_eq!(kept(&installation).iter().map(|point| &point.arn).collect::<Vec<_>>(), [&held.arn]);
    assert_ne!(short.arn, held.arn);
    let calls = |installation: &chainwright_tests::installation::Installation| {
        installation.simulation.cloud().stats().of_service(Service::Backup)
    };
    let before = calls(&installation);
    installation.until("2026-01-07T04:00:00Z").await;
    assert_eq!(calls(&installation), before, "a held point is not asked for over and over");
    chainwright_jobs::unhold(context, &name(held).point).await.unwrap();
    minutes(&installation, 60).await;
    assert_eq!(kept(&installation), []);
    assert_eq!(letters(&installation), []);
    assert_eq!(conditions(&installation, "worker-1"), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn an_end_in_a_locked_vault_waits_for_the_lock() {
    let installation = begun(3, &["orders"], "").await;
    let mut job = manual(&arn("orders"), "locked");
    job["keep"] = "1 day".into();
    send(&installation, "snapshots", &job).await;
    minutes(&installation, 60).await;
    let client = chainwright_tests::witness::backup(&installation, HOME);
    let vault = chainwright_tests::installation::VAULT;
    client.put_backup_vault_lock_configuration().backup_vault_name(vault).min_retention_days(1).send().await.unwrap();
    installation.until("2026-01-07T00:00:00Z").await;
    let stats = installation.simulation.cloud().stats();
    assert_eq!(stats.calls(Service::Backup, "DeleteRecoveryPoint"), 0);
    let listings = stats.calls(Service::Backup, "ListRecoveryPointsByBackupVault");
    assert!((1..=10).contains(&listings), "asked from time to time, not at every tick: {listings}");
    client.delete_backup_vault_lock_configuration().backup_vault_name(vault).send().await.unwrap();
    installation.until("2026-01-07T12:00:00Z").await;
    assert_eq!(kept(&installation), []);
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn it_fails_twice_and_then_succeeds_under_the_same_name() {
    let installation = begun(4, &["orders"], "").await;
    let faults = installation.simulation.cloud().faults();
    let fails = faults.add(FaultRule::job(Some("backup"), None, JobFault::Fails("no more space".into())).times(2));
    send(&installation, "snapshots", &manual(&arn("orders"), "third-time-lucky")).await;
    minutes(&installation, 180).await;
    assert_eq!(faults.fired(fails), 2);
    let complete: Vec<_> = kept(&installation).into_iter().filter(|point| point.status == "COMPLETED").collect();
    assert_eq!(complete.len(), 1);
    assert_eq!(installation.simulation.cloud().inspect().backup_jobs().len(), 3);
    assert_eq!(news_of(&installation, "Restore Point Available").len(), 1);
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn it_is_given_up_after_three_failures_and_said_so() {
    let installation = begun(5, &["orders"], "").await;
    let faults = installation.simulation.cloud().faults();
    let fails = faults.add(FaultRule::job(Some("backup"), None, JobFault::Fails("no more space".into())));
    send(&installation, "snapshots", &manual(&arn("orders"), "never")).await;
    installation.until("2026-01-06T00:00:00Z").await;
    assert_eq!(faults.fired(fails), 3);
    let failed = news_of(&installation, "Restore Point Failed");
    assert_eq!(failed.iter().map(|news| news.code()).collect::<Vec<_>>(), ["CW0401"]);
}

#[tokio::test(start_paused = true)]
async fn a_backup_that_aws_refuses_to_begin_is_given_up_and_said_so() {
    let installation = begun(6, &["orders"], "").await;
    let faults = installation.simulation.cloud().faults();
    let refusal = simcloud::faults::CallFault::Error {
        code: "InvalidParameterValueException".into(),
        message: "no such role".into(),
        status: 400,
    };
    let call = simcloud::faults::CallMatcher::operation(Service::Backup, "StartBackupJob");
    let refused = faults.add(FaultRule::call(call, refusal));
    send(&installation, "snapshots", &manual(&arn("orders"), "refused")).await;
    installation.until("2026-01-06T00:00:00Z").await;
    assert_eq!(faults.fired(refused), 3);
    let failed = news_of(&installation, "Restore Point Failed");
    assert_eq!(failed.iter().map(|news| news.code()).collect::<Vec<_>>(), ["CW0401"]);
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn vault_and_role_come_from_the_owning_policy_and_without_one_must_be_named() {
    let installation = begun(7, &["orders"], "").await;
    let bare = json!({"kind": "snapshot", "resource": arn("orders").to_string(), "manual": true, "id": "bare"});
    send(&installation, "snapshots", &bare).await;
    minutes(&installation, 30).await;
    assert_eq!(dead(&installation, "snapshots"), ["CW0308"]);
    installation.apply(BRIEF).await;
    // Its cause gone, the dead letter sent again is served.
    let body = letters(&installation).remove(0).body;
    installation.simulation.send("snapshots", &body).await.unwrap();
    minutes(&installation, 60).await;
    assert_eq!(kept(&installation).len(), 1);
    installation.simulation.send("snapshots", &body).await.unwrap();
    minutes(&installation, 60).await;
    assert_eq!(kept(&installation).len(), 1, "replayed once more it is the same backup");
}
