//! What AWS Backup keeps on its own terms: legal holds, and cold storage.

use aws_sdk_backup::types::{RecoveryPointSelection, StorageClass};
use chainwright_tests::{
    installation::{AWAY, HOME, VAULT},
    policy,
    witness::{PAIR, backup, begun, conditions, letters, minutes, name, news_of},
};
use serde_json::json;
use simcloud::faults::{FaultRule, JobFault};

/// Kept for half a year, and cold after two days.
const COLD: &str =
    policy!(copied: r#"daily: {at: "06:00", keep: 180 days, keep_copies: 180 days}"#; "cold_after: 2 days");

#[tokio::test(start_paused = true)]
async fn what_is_under_a_legal_hold_stays_with_that_reason_until_the_hold_is_cancelled() {
    let installation = begun(1, &["orders"], PAIR).await;
    installation.until("2026-01-05T12:00:00Z").await;
    let client = backup(&installation, HOME);
    let selection = RecoveryPointSelection::builder().vault_names(VAULT).build();
    let hold = client
        .create_legal_hold()
        .title("case 7")
        .description("kept for the court")
        .recovery_point_selection(selection);
    let hold = hold.send().await.unwrap().legal_hold_id.unwrap();
    installation.until("2026-01-09T12:00:00Z").await;
    let kept = ["2026-01-05", "2026-01-06", "2026-01-07", "2026-01-08", "2026-01-09"];
    assert_eq!(installation.days(HOME, "orders"), kept);
    assert_eq!(installation.days(AWAY, "orders"), ["2026-01-08", "2026-01-09"], "the hold is of the other Region");
    let operator = installation.simulation.operator().unwrap();
    let chain = installation.chain("orders").to_string();
    let plan = chainwright_cli::command(&operator, &["prune", "plan", &chain]).await.text;
    assert!(plan.contains("kept: legal hold"), "{plan}");
    let first = name(&installation.points(HOME)[0]).point;
    let delete = json!({"kind": "delete", "points": [first.as_str()], "side": "regular"});
    installation.send("prunes", &delete).await;
    minutes(&installation, 60).await;
    assert_eq!(letters(&installation).iter().map(|letter| letter.code.as_str()).collect::<Vec<_>>(), ["CW0506"]);
    assert!(letters(&installation)[0].reason.contains("under a legal hold"));
    client.cancel_legal_hold().legal_hold_id(hold).cancel_description("closed").send().await.unwrap();
    installation.until("2026-01-10T12:00:00Z").await;
    assert_eq!(installation.days(HOME, "orders"), ["2026-01-09", "2026-01-10"]);
    assert_eq!(conditions(&installation, "worker-1"), Vec::<String>::new());
}

/// Which of the points of the home Region are where, oldest first.
async fn classes(installation: &chainwright_tests::installation::Installation) -> Vec<StorageClass> {
    let client = backup(installation, HOME);
    let mut classes = Vec::new();
    for point in installation.points(HOME) {
        let call = client.describe_recovery_point().backup_vault_name(VAULT).recovery_point_arn(&point.arn);
        classes.extend(call.send().await.ok().and_then(|described| described.storage_class));
    }
    classes
}

#[tokio::test(start_paused = true)]
async fn a_point_goes_cold_when_its_policy_says_and_its_copy_is_made() {
    let installation = begun(2, &["orders"], COLD).await;
    installation.until("2026-01-08T12:00:00Z").await;
    let expected = [StorageClass::Cold, StorageClass::Cold, StorageClass::Warm, StorageClass::Warm];
    assert_eq!(classes(&installation).await, expected);
    assert_eq!(installation.days(AWAY, "orders").len(), 4);
    assert_eq!(news_of(&installation, "Copy Failed").len(), 0);
    let chain = installation.chain("orders").to_string();
    let operator = installation.simulation.operator().unwrap();
    let verified = chainwright_cli::command(&operator, &["chain", "verify", &chain]).await;
    assert_eq!(verified.exit, chainwright_cli::output::Exit::Done, "{verified:?}");
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn a_point_whose_copy_is_not_there_yet_stays_warm_for_it() {
    let installation = begun(3, &["orders"], COLD).await;
    let faults = installation.simulation.cloud().faults();
    let fails = faults.add(FaultRule::job(Some("copy"), None, JobFault::Fails("no".into())));
    installation.until("2026-01-08T12:00:00Z").await;
    assert!(faults.fired(fails) > 0);
    assert!(classes(&installation).await.iter().all(|class| *class == StorageClass::Warm));
    faults.clear();
    installation.until("2026-01-10T12:00:00Z").await;
    assert_eq!(installation.days(AWAY, "orders").len(), 6, "all are copied, however late");
    assert_eq!(classes(&installation).await[0], StorageClass::Cold);
    assert_eq!(letters(&installation), []);
}
