//! Which resources belong to a policy, and what becomes of the chains of those that no longer do.

use chainwright_tests::{
    installation::{HOME, Installation, arn},
    policy,
    witness::{BRIEF, begun, conditions, letters},
};

const SILVER: &str = concat!(
    "policy: silver\nsource: dynamodb\npriority: 10\naccounts: [\"111122223333\"]\nregions: [eu-west-1]\n",
    "select: {tags: {backup: gold}}\nbackup_role: chainwright-backup\nvault: chainwright\n",
    "schedules:\n  daily: {at: \"18:00\", keep: 2 days}\n",
);

/// Why each chain is orphaned, by resource and policy.
async fn orphaned(installation: &Installation) -> Vec<(String, String, Option<String>)> {
    let families = installation.families().await;
    let chains = families.into_iter().map(|family| family.chain.value).filter(|chain| chain.policy.is_some());
    let mut all: Vec<_> = chains
        .map(|chain| {
            let name = chain.policy.map(|policy| policy.to_string()).unwrap_or_default();
            (chain.resource.name().to_owned(), name, chain.orphaned.map(|orphaned| orphaned.reason))
        })
        .collect();
    all.sort();
    all
}

#[tokio::test(start_paused = true)]
async fn a_chain_whose_resource_a_higher_policy_takes_is_orphaned_keeps_its_newest_and_is_taken_up_again() {
    let installation = begun(1, &["orders"], BRIEF).await;
    installation.until("2026-01-06T12:00:00Z").await;
    installation.apply(SILVER).await;
    installation.until("2026-01-09T12:00:00Z").await;
    let taken = Some("policy silver has the resource now".to_owned());
    let chains = [("orders".to_owned(), "gold".to_owned(), taken), ("orders".to_owned(), "silver".to_owned(), None)];
    assert_eq!(orphaned(&installation).await, chains);
    assert_eq!(installation.days(HOME, "orders"), ["2026-01-06", "2026-01-07", "2026-01-08"]);
    let operator = installation.simulation.operator().unwrap();
    let deleted = chainwright_cli::command(&operator, &["policy", "delete", "silver", "--yes"]).await;
    assert_eq!(deleted.exit, chainwright_cli::output::Exit::Done, "{deleted:?}");
    installation.until("2026-01-10T12:00:00Z").await;
    let gold = orphaned(&installation).await.into_iter().find(|(_, policy, _)| policy == "gold").unwrap();
    assert_eq!(gold.2, None, "the next point takes the chain up again");
    assert_eq!(letters(&installation), []);
    assert_eq!(conditions(&installation, "worker-1"), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_chain_whose_resource_is_selected_no_longer_is_orphaned_and_can_be_released() {
    let installation = begun(2, &["orders", "invoices"], BRIEF).await;
    installation.until("2026-01-06T12:00:00Z").await;
    let narrowed = policy!(
        r#"daily: {at: "06:00", keep: 1 day}"#;
        "exclude: {arns: [\"arn:aws:dynamodb:eu-west-1:111122223333:table/orders\"]}"
    );
    installation.apply(narrowed).await;
    installation.until("2026-01-09T12:00:00Z").await;
    let gone = Some("policy gold no longer selects the resource".to_owned());
    assert_eq!(orphaned(&installation).await[1], ("orders".to_owned(), "gold".to_owned(), gone));
    assert_eq!(installation.days(HOME, "orders"), ["2026-01-06"], "the newest stays");
    let chain = installation.chain("orders").to_string();
    let operator = installation.simulation.operator().unwrap();
    let released = chainwright_cli::command(&operator, &["chain", "release", &chain, "--yes"]).await;
    assert_eq!(released.exit, chainwright_cli::output::Exit::Done, "{released:?}");
    installation.until("2026-01-09T16:00:00Z").await;
    assert_eq!(installation.days(HOME, "orders"), Vec::<String>::new());
    assert_eq!(installation.days(HOME, "invoices"), ["2026-01-09"]);
}

#[tokio::test(start_paused = true)]
async fn who_asks_for_all_tables_does_not_get_the_hubs_own_ledger_and_who_names_it_does() {
    let all = concat!(
        "policy: gold\nsource: dynamodb\naccounts: [\"111122223333\"]\nregions: [eu-west-1]\n",
        "select: {all: true}\nbackup_role: chainwright-backup\nvault: chainwright\n",
        "schedules:\n  daily: {at: \"06:00\", keep: 1 day}\n",
    );
    let installation = begun(3, &["orders"], all).await;
    installation.until("2026-01-05T12:00:00Z").await;
    assert_eq!(installation.counts(HOME).into_keys().collect::<Vec<_>>(), [arn("orders").to_string()]);
    let ledger = arn("chainwright-ledger").to_string();
    installation.apply(&all.replace("{all: true}", &format!("{{arns: [\"{ledger}\"]}}"))).await;
    installation.until("2026-01-06T12:00:00Z").await;
    assert!(installation.counts(HOME).contains_key(&ledger));
}
