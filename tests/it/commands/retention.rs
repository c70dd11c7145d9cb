//! `retention` and `copy`: what a person changes about points that are there.

use chainwright_contracts::policy::SourceKind;
use chainwright_jobs::catalog;
use chainwright_tests::{
    installation::{AWAY, HOME, Installation},
    loss, policy,
    witness::{BRIEF, PAIR, begun, conditions, letters, minutes},
};
use simcloud::{
    Service,
    faults::{CallFault, CallMatcher, FaultRule, JobFault},
};

use super::{data, failure, run, told};

const LONGER: &str = policy!(copied: r#"daily: {at: "06:00", keep: 5 days, keep_copies: 9 days}"#; "keep_last: 2");

async fn days(installation: &Installation, region: &str) -> Vec<String> {
    installation.days(region, "orders")
}

#[tokio::test(start_paused = true)]
async fn points_get_the_retention_of_the_edited_policy_only_when_it_is_reapplied() {
    let installation = begun(1, &["orders"], PAIR).await;
    installation.until("2026-01-06T12:00:00Z").await;
    installation.apply(LONGER).await;
    let plan = failure(&installation, "retention reapply --policy gold").await;
    assert!(plan.contains("daily to 2026-01-07") && plan.contains("daily to 2026-01-10"), "{plan}");
    assert!(plan.contains("keep_last 1") && plan.contains("keep_last 2"), "{plan}");
    let done = told(&installation, "retention reapply --policy gold --yes").await;
    assert_eq!(done, "2 points are sealed anew");
    let again = told(&installation, "retention reapply --policy gold --yes").await;
    assert_eq!(again, "every point has its policy's present retention");
    let verified = told(&installation, &format!("chain verify {}", installation.chain("orders"))).await;
    assert!(verified.contains("4"), "{verified}");
    installation.until("2026-01-10T12:00:00Z").await;
    // The first one, whose day would have been the 7th, went on the 10th.
    assert_eq!(days(&installation, HOME).await, ["2026-01-06", "2026-01-07", "2026-01-08", "2026-01-09", "2026-01-10"]);
    assert_eq!(days(&installation, AWAY).await.len(), 6);
    assert_eq!(letters(&installation), []);
    assert_eq!(conditions(&installation, "worker-1"), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_shorter_retention_removes_what_it_has_ended_and_a_ledger_rebuilt_from_the_seals_agrees() {
    let installation = begun(2, &["orders"], LONGER).await;
    installation.until("2026-01-09T12:00:00Z").await;
    assert_eq!((days(&installation, HOME).await.len(), days(&installation, AWAY).await.len()), (5, 5));
    installation.apply(PAIR).await;
    told(&installation, "retention reapply --policy gold --yes").await;
    minutes(&installation, 120).await;
    assert_eq!(days(&installation, HOME).await, ["2026-01-08", "2026-01-09"]);
    assert_eq!(days(&installation, AWAY).await, ["2026-01-08", "2026-01-09"]);
    let before = data(&installation, &format!("chain describe {}", installation.chain("orders"))).await;
    assert!(loss::wipe(&installation).await > 0);
    loss::rebuild(&installation).await.unwrap();
    let after = data(&installation, &format!("chain describe {}", installation.chain("orders"))).await;
    let available = |told: &serde_json::Value| {
        let sides = told["chain"]["sides"].as_array().unwrap().iter();
        let points = sides.flat_map(|side| side["points"].as_array().unwrap().clone());
        points.filter(|point| point["state"] == "available").map(|point| point["flags"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(available(&before), available(&after));
}

#[tokio::test(start_paused = true)]
async fn what_a_reapply_left_half_done_is_ended_by_the_next() {
    let installation = begun(3, &["orders"], PAIR).await;
    installation.until("2026-01-06T12:00:00Z").await;
    installation.apply(LONGER).await;
    let faults = installation.simulation.cloud().faults();
    let refusal = CallFault::Error { code: "InvalidRequestException".into(), message: "no".into(), status: 400 };
    let tagging = CallMatcher::operation(Service::Backup, "TagResource");
    let refused = faults.add(FaultRule::call(tagging, refusal).nth(3));
    let failed = run(&installation, "retention reapply --policy gold --yes").await;
    assert_eq!((faults.fired(refused), failed.exit), (1, chainwright_cli::output::Exit::Failed), "{failed:?}");
    told(&installation, "retention reapply --policy gold --yes").await;
    let again = told(&installation, "retention reapply --policy gold --yes").await;
    assert_eq!(again, "every point has its policy's present retention");
    told(&installation, &format!("chain verify {}", installation.chain("orders"))).await;
}

#[tokio::test(start_paused = true)]
async fn a_ledger_that_is_lost_amid_a_reapply_is_rebuilt_from_the_later_of_a_points_seals() {
    let installation = begun(6, &["orders"], PAIR).await;
    installation.until("2026-01-05T12:00:00Z").await;
    installation.apply(LONGER).await;
    let faults = installation.simulation.cloud().faults();
    let refusal = CallFault::Error { code: "InvalidRequestException".into(), message: "no".into(), status: 400 };
    let tagging = CallMatcher::operation(Service::Backup, "TagResource");
    let refused = faults.add(FaultRule::call(tagging, refusal).nth(2));
    run(&installation, "retention reapply --policy gold --yes").await;
    assert_eq!(faults.fired(refused), 1, "the backup is sealed anew, its copy is not");
    assert!(loss::wipe(&installation).await > 0);
    // The copy, with the earlier seal, is read first.
    let places: Vec<_> = loss::places().into_iter().rev().collect();
    let context = installation.simulation.context("worker-1").unwrap().clone();
    catalog::rebuild(&context, SourceKind::Dynamodb, &places).await.unwrap();
    let ends = async |installation: &Installation| {
        let families = installation.families().await;
        let point = families[0].points[0].value.clone();
        let ends = point.sides.values().map(|side| side.last_expiry().unwrap().to_string()).collect::<Vec<_>>();
        (point.seal_revision, point.keep_last, ends)
    };
    let later = vec!["2026-01-10T06:00:00Z".to_owned(), "2026-01-14T06:00:00Z".to_owned()];
    assert_eq!(ends(&installation).await, (1, 2, later.clone()));
    // What the seals and the ledger then differ in is mended by the next run.
    installation.apply(PAIR).await;
    told(&installation, "retention reapply --policy gold --yes").await;
    installation.apply(LONGER).await;
    told(&installation, "retention reapply --policy gold --yes").await;
    assert_eq!(ends(&installation).await, (3, 2, later));
    told(&installation, &format!("chain verify {}", installation.chain("orders"))).await;
    installation.until("2026-01-05T18:00:00Z").await;
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn points_that_were_made_before_the_policy_copied_anything_are_copied_on_request() {
    let installation = begun(4, &["orders"], BRIEF).await;
    installation.until("2026-01-05T12:00:00Z").await;
    installation.apply(PAIR).await;
    installation.until("2026-01-05T13:00:00Z").await;
    assert_eq!(days(&installation, AWAY).await, Vec::<String>::new());
    let plan = failure(&installation, "copy backfill --policy gold").await;
    assert!(plan.contains("eu-central-1") && plan.contains("daily to 2026-01-07"), "{plan}");
    assert_eq!(told(&installation, "copy backfill --policy gold --yes").await, "1 copies are asked for");
    minutes(&installation, 120).await;
    assert_eq!(days(&installation, AWAY).await, ["2026-01-05"]);
    assert_eq!(told(&installation, "copy backfill --policy gold --yes").await, "no copy is missing");
    told(&installation, &format!("chain verify {}", installation.chain("orders"))).await;
    // Removed by retention it is not made again.
    installation.until("2026-01-07T12:00:00Z").await;
    assert_eq!(days(&installation, AWAY).await, ["2026-01-06", "2026-01-07"]);
    assert_eq!(told(&installation, "copy backfill --policy gold --yes").await, "no copy is missing");
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_was_given_up_is_made_on_request_and_one_under_way_hinders_it() {
    let installation = begun(5, &["orders"], PAIR).await;
    let faults = installation.simulation.cloud().faults();
    let stalls = faults.add(FaultRule::job(Some("copy"), None, JobFault::Stalls).times(1));
    installation.until("2026-01-05T12:00:00Z").await;
    assert_eq!(faults.fired(stalls), 1);
    installation.apply(LONGER).await;
    let left = run(&installation, "retention reapply --policy gold --yes").await;
    assert!(left.remarks.iter().any(|remark| remark.contains("CW0510")), "{left:?}");
}
