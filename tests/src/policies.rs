//! The policies of the tests: one in all but its schedules, and what a test adds.

/// The text of the policy `gold`, with these schedules and further lines after a semicolon; `copied:` before them all makes
/// it copy to the other Region.
#[macro_export]
macro_rules! policy {
    (copied: $($schedule:literal),+ $(; $($more:literal),+)?) => {
        $crate::policy!(
            $($schedule),+ ; "copy_to:", "  eu-west-1: {region: eu-central-1, vault: chainwright-dr}" $($(, $more)+)?
        )
    };
    ($($schedule:literal),+ $(; $($more:literal),+)?) => {
        concat!(
            "policy: gold\nsource: dynamodb\naccounts: [\"111122223333\"]\nregions: [eu-west-1]\n",
            "select: {tags: {backup: gold}}\nbackup_role: chainwright-backup\nvault: chainwright\n",
            "schedules:\n",
            $("  ", $schedule, "\n",)+
            $($($more, "\n",)+)?
        )
    };
}
