//! Holds, and the copies under them.

use chainwright_contracts::{ids::PointId, sealed::HOLD_TAG};
use chainwright_jobs::{JobError, hold, unhold};
use chainwright_tests::{
    installation::{AWAY, HOME, Installation, VAULT},
    witness::{BRIEF, PAIR, begun, kept, letters, minutes, name, news_of, send},
};
use serde_json::json;
use simcloud::{
    PointView, Service,
    faults::{CallFault, CallMatcher, FaultRule, JobFault},
};

fn sides(installation: &Installation, point: &PointId) -> Vec<PointView> {
    let mut sides = kept(installation);
    sides.retain(|side| name(side).point == *point);
    sides
}

fn code(result: Result<(), JobError>) -> String {
    match result {
        Err(JobError::Rejected { code, .. }) => code.to_string(),
        other => format!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_hold_keeps_an_expired_point_on_both_sides_until_it_is_taken_off() {
    let installation = begun(1, &["orders"], PAIR).await;
    installation.until("2026-01-05T12:00:00Z").await;
    let point = name(&kept(&installation).remove(0)).point;
    let context = installation.simulation.context("worker-1").unwrap();
    hold(context, &point, "case 7: \"evidence\"; do not remove!").await.unwrap();
    installation.until("2026-01-08T05:00:00Z").await;
    let held = sides(&installation, &point);
    assert_eq!(held.iter().map(|side| side.region.as_str()).collect::<Vec<_>>(), [AWAY, HOME]);
    assert!(held.iter().all(|side| side.tags[HOLD_TAG].starts_with("case 7:")), "{held:?}");
    // A request does not move it either.
    send(&installation, "prunes", &json!({"kind": "delete", "points": [point.to_string()], "last": true})).await;
    minutes(&installation, 30).await;
    assert_eq!(letters(&installation).remove(0).code, "CW0506");
    assert_eq!(sides(&installation, &point).len(), 2);
    unhold(context, &point).await.unwrap();
    assert!(sides(&installation, &point).iter().all(|side| !side.tags.contains_key(HOLD_TAG)));
    installation.until("2026-01-08T20:00:00Z").await;
    assert_eq!(sides(&installation, &point), []);
    assert_eq!(code(hold(context, &point, "too late").await), "CW0506");
    assert_eq!(code(hold(context, &"a".repeat(26).parse().unwrap(), "nobody's").await), "CW0303");
}

#[tokio::test(start_paused = true)]
async fn a_hold_put_while_the_copy_runs_is_on_the_copy_when_it_is_there() {
    let installation = begun(2, &["orders"], PAIR).await;
    let mut waited = 0;
    while !installation.simulation.cloud().inspect().copy_jobs().iter().any(|job| job.state == "RUNNING") {
        minutes(&installation, 5).await;
        waited += 1;
        assert!(waited < 200, "no copy runs");
    }
    let point = name(&kept(&installation).remove(0)).point;
    let context = installation.simulation.context("worker-1").unwrap();
    hold(context, &point, "evidence").await.unwrap();
    minutes(&installation, 120).await;
    let held = sides(&installation, &point);
    assert_eq!(held.len(), 2);
    assert!(held.iter().all(|side| side.tags.contains_key(HOLD_TAG)), "{held:?}");
}

#[tokio::test(start_paused = true)]
async fn a_hold_whose_tag_could_not_be_written_has_not_succeeded_and_counts_and_can_be_put_again() {
    let installation = begun(3, &["orders"], BRIEF).await;
    installation.until("2026-01-05T12:00:00Z").await;
    let point = name(&kept(&installation).remove(0)).point;
    let context = installation.simulation.context("worker-1").unwrap();
    let faults = installation.simulation.cloud().faults();
    let denied = CallFault::Error { code: "AccessDeniedException".into(), message: "not you".into(), status: 403 };
    let denied = faults.add(FaultRule::call(CallMatcher::operation(Service::Backup, "TagResource"), denied));
    assert!(hold(context, &point, "evidence").await.is_err());
    assert!(faults.fired(denied) > 0);
    faults.clear();
    installation.until("2026-01-06T20:00:00Z").await;
    assert_eq!(sides(&installation, &point).len(), 1, "the ledger's mark alone keeps it");
    hold(context, &point, "evidence").await.unwrap();
    assert!(sides(&installation, &point)[0].tags.contains_key(HOLD_TAG));
}

#[tokio::test(start_paused = true)]
async fn an_unfinished_copy_keeps_its_source_while_it_runs_and_no_longer() {
    let installation = begun(4, &["orders"], PAIR).await;
    let faults = installation.simulation.cloud().faults();
    let stalled = faults.add(FaultRule::job(Some("copy"), None, JobFault::Stalls).times(1));
    installation.until("2026-01-05T12:00:00Z").await;
    assert_eq!(faults.fired(stalled), 1);
    let point = name(&kept(&installation).remove(0)).point;
    installation.until("2026-01-08T05:00:00Z").await;
    assert_eq!(sides(&installation, &point).len(), 1, "its copy still runs");
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_aws_refuses_to_the_end_is_given_up_and_said_so() {
    let installation = begun(5, &["orders"], PAIR).await;
    let faults = installation.simulation.cloud().faults();
    let refusal = CallFault::Error {
        code: "InvalidParameterValueException".into(),
        message: "no such vault".into(),
        status: 400,
    };
    let on = CallMatcher::operation(Service::Backup, "StartCopyJob");
    let refused = faults.add(FaultRule::call(on, refusal));
    installation.until("2026-01-07T14:00:00Z").await;
    let fired = faults.fired(refused);
    assert!((50..=300).contains(&fired), "tried until its end, with pauses: {fired}");
    let failed = news_of(&installation, "Copy Failed");
    assert_eq!(failed.iter().map(|news| news.code()).collect::<Vec<_>>(), ["CW0402"]);
    // Its source, expired, waits for it no longer.
    let points = kept(&installation);
    assert_eq!(points.len(), 2, "{points:?}");
    assert!(points.iter().all(|point| point.vault == VAULT));
    assert_eq!(letters(&installation), []);
}

#[tokio::test(start_paused = true)]
async fn a_hold_that_a_person_tags_by_hand_counts_for_all_sides_once_it_is_seen_on_one() {
    let installation = begun(12, &["orders"], PAIR).await;
    let mut waited = 0;
    while kept(&installation).is_empty() {
        minutes(&installation, 5).await;
        waited += 1;
        assert!(waited < 200, "no backup comes");
    }
    let backup = kept(&installation).remove(0);
    let client = chainwright_tests::witness::backup(&installation, HOME);
    client.tag_resource().resource_arn(&backup.arn).tags(HOLD_TAG, "audit").send().await.unwrap();
    installation.until("2026-01-05T18:00:00Z").await;
    let point = name(&backup).point;
    assert_eq!(sides(&installation, &point).len(), 2);
    client.untag_resource().resource_arn(&backup.arn).tag_key_list(HOLD_TAG).send().await.unwrap();
    installation.until("2026-01-09T12:00:00Z").await;
    // Its copy bears the hold, which the ledger has learned from it.
    assert_eq!(sides(&installation, &point).len(), 2);
    let context = installation.simulation.context("worker-1").unwrap();
    unhold(context, &point).await.unwrap();
    minutes(&installation, 10 * 60).await;
    assert_eq!(sides(&installation, &point), []);
    assert_eq!(letters(&installation), []);
}
