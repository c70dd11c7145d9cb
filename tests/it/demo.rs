//! The demo, as `chainwright demo` plays it.

use chainwright_cli::demo::{CALL_BUDGET, Report, play};
use chainwright_tests::installation::must;

fn report(seed: u64) -> Report {
    must(play(seed))
}

#[test]
fn the_demo_keeps_every_invariant_and_repeats_to_the_byte() {
    let first = report(7);
    for checked in &first.totals.invariants {
        assert!(checked.cases > 0 && checked.broken.is_empty(), "{checked:?}");
    }
    assert!(first.totals.aws_calls <= CALL_BUDGET, "{} calls", first.totals.aws_calls);
    let again = report(7);
    assert_eq!(must(serde_json::to_string(&first)), must(serde_json::to_string(&again)));
}

#[test]
fn everything_that_goes_wrong_in_the_demo_did_go_wrong() {
    let totals = report(8).totals;
    assert_eq!((totals.backups_failed, totals.workers_killed), (2, 1));
    assert!(totals.events_lost > 0 && totals.events_doubled > 0, "{totals:?}");
    assert_eq!(totals.events_found, totals.events_lost);
    let codes: Vec<&str> = totals.dead_letters.iter().map(|dead| dead.code.as_str()).collect();
    assert_eq!(codes, ["CW0101"]);
}

#[test]
fn the_report_has_one_entry_per_chain_and_side_and_one_per_side_of_manual_backups() {
    let report = report(9);
    let sides = report.chains.iter().filter(|chain| chain.policy.is_some()).count();
    assert_eq!((sides, report.chains.len()), (16, 21));
    let points = report.chains.iter().flat_map(|chain| &chain.points);
    assert!(points.clone().count() > 200 && points.clone().all(|point| !point.reason.is_empty()));
}
