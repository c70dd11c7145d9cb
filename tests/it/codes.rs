//! Every code that a job or a worker can raise is raised by a test.

use std::{collections::BTreeSet, fs, path::Path};

use chainwright_contracts::codes::PAGES;

/// The code, and the file and name of a test that reaches it.
const REACHED: [(u16, &str, &str); 42] = [
    (301, "tests/it/bad_input.rs", BAD),
    (302, "tests/it/bad_input.rs", BAD),
    (303, "tests/it/bad_input.rs", BAD),
    (304, "tests/it/bad_input.rs", BAD),
    (305, "tests/it/bad_input.rs", BAD),
    (306, "tests/it/bad_input.rs", BAD),
    (307, "tests/it/bad_input.rs", BAD),
    (308, "tests/it/manual.rs", "vault_and_role_come_from_the_owning_policy_and_without_one_must_be_named"),
    (309, "tests/it/bad_input.rs", "a_copy_to_a_side_that_is_not_sealed_and_a_look_at_nothing_are_rejected"),
    (310, "tests/it/bad_input.rs", BAD),
    (311, "tests/it/bad_input.rs", "a_copy_to_a_side_that_is_not_sealed_and_a_look_at_nothing_are_rejected"),
    (313, "tests/it/bounds.rs", "a_place_and_a_table_that_may_not_be_looked_at_hold_up_no_other"),
    (401, "tests/it/manual.rs", "it_is_given_up_after_three_failures_and_said_so"),
    (402, "tests/it/holds.rs", "a_copy_that_aws_refuses_to_the_end_is_given_up_and_said_so"),
    (403, "tests/it/bad_input.rs", "without_advanced_features_nothing_is_started_and_what_to_switch_on_is_said"),
    (404, "workers/aws/tests/it/sealing.rs", "a_record_too_large_without_any_configuration_is_refused"),
    (405, "tests/it/preflight.rs", "what_fsx_cannot_do_keeps_a_policy_from_being_applied_with_all_reasons_at_once"),
    (406, "tests/it/preflight.rs", "another_copy_configuration_and_what_a_new_one_copies_besides_are_told"),
    (407, "tests/it/preflight.rs", "a_vault_whose_key_is_unfit_for_copies_of_fsx_is_refused"),
    (408, "tests/it/preflight/locks.rs", "a_lock_that_removes_otherwise_than_the_policy_is_told"),
    (409, "tests/it/preflight.rs", "a_quota_that_is_nearly_used_up_is_told"),
    (410, "tests/it/preflight/pace.rs", "sessions_that_follow_faster_than_a_backup_and_its_copy_take_are_told"),
    (411, "tests/it/preflight.rs", "another_copy_configuration_and_what_a_new_one_copies_besides_are_told"),
    (412, "tests/it/preflight.rs", "a_session_in_a_window_is_told_and_applied_nevertheless"),
    (
        413,
        "tests/it/preflight/rights.rs",
        "a_backup_role_that_is_missing_untrusted_or_short_of_rights_is_told_with_what_mends_it",
    ),
    (501, "tests/it/deletion.rs", "a_deletion_that_turns_the_point_expired_is_noticed_reported_and_tried_again"),
    (502, "tests/it/drift.rs", DRIFT),
    (503, "tests/it/drift.rs", "a_worker_whose_clock_is_a_year_ahead_removes_nothing_and_says_so"),
    (504, "tests/it/seals.rs", "a_point_whose_own_seal_was_replaced_is_neither_removed_nor_counted"),
    (505, "tests/it/seals.rs", "forged_moved_and_foreign_points_stay_and_never_count_as_the_newest"),
    (506, "tests/it/deletion.rs", "the_last_good_point_goes_only_with_the_word_for_it"),
    (507, "tests/it/seals.rs", "forged_moved_and_foreign_points_stay_and_never_count_as_the_newest"),
    (508, "tests/it/doubts.rs", "what_bears_the_seal_of_a_forgotten_point_is_kept_until_a_person_asks"),
    (509, "tests/it/lost.rs", STALE),
    (510, "tests/it/commands/retention.rs", "a_copy_that_was_given_up_is_made_on_request_and_one_under_way_hinders_it"),
    (601, "tests/it/rebuild.rs", "with_the_ledger_lost_nothing_happens_until_it_is_rebuilt_as_it_was"),
    (602, "tests/it/start.rs", "everything_that_is_missing_is_named_at_once"),
    (603, "tests/it/start.rs", "a_ledger_that_does_not_answer_is_waited_for_and_shown_by_health"),
    (604, "tests/it/bounds.rs", "a_record_that_cannot_be_read_stops_no_tick"),
    (605, "tests/it/bounds.rs", "a_bus_that_refuses_holds_up_no_copy"),
    (606, "workers/cli/src/environment.rs", "every_mistake_is_named_at_once_with_what_is_allowed"),
    (607, "tests/process/start.rs", "a_worker_that_reaches_no_aws_says_so_and_exits_1"),
];

const STALE: &str = "a_chain_whose_newest_point_gets_too_old_is_told_once_without_any_session_and_is_well_again";
const BAD: &str = "each_bad_message_ends_with_its_code_and_reason_and_good_ones_around_it_flow_on";
const DRIFT: &str = "a_point_removed_behind_our_back_is_reported_and_not_counted_as_kept_and_found_again_is_unmarked";

#[test]
fn every_code_that_is_raised_at_work_is_reached_by_a_test() {
    let raised: BTreeSet<u16> = PAGES.iter().map(|page| page.code.number()).filter(|code| *code > 300).collect();
    assert_eq!(REACHED.iter().map(|(code, ..)| *code).collect::<BTreeSet<_>>(), raised);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for (code, file, test) in REACHED {
        let text = fs::read_to_string(root.join(file)).unwrap();
        assert!(text.contains(&format!("fn {test}()")), "{file} has no {test}");
        assert!(code == 404 || text.contains(&format!("CW{code:04}")), "{file} does not speak of {code}");
    }
}
